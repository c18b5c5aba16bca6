"""How long words and files are kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from bot.media.vault import Vault
from bot.store.unit_of_work import Store, Work
from bot.turns.jobs import DELETE_FILES

log = structlog.get_logger()

LETTERS_KEPT: Final = timedelta(days=30)
"""What could not be read may hold a shopper's words; nobody needs it after a month."""
REPORTS_KEPT: Final = timedelta(days=1)
"""A report that is early is so by seconds; what is older is about messages that are not replies of ours."""
# Rows a transaction: whoever takes a chat meanwhile waits for one of these.
_PORTION: Final = 500


@dataclass(frozen=True)
class Periods:
    """Days that things are kept; 0 keeps them for ever."""

    words: int
    files: int
    audit: int


class Housekeeper:
    """Deletes what is old enough, a portion a transaction, so that it may be stopped anywhere."""

    def __init__(
        self, store: Store, vault: Vault, periods: Periods, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store = store
        self._vault = vault
        self._periods = periods
        self._now = now

    async def tidy(self) -> None:
        """Delete what is due. What the vault does not give up now is tried again the next time."""
        now = self._now()
        words = self._before(self._periods.words)
        letters = now - LETTERS_KEPT if words is None else max(words, now - LETTERS_KEPT)
        async with self._store.begin() as work:
            dropped = await work.dead_letters.drop_before(letters)
            early = await work.early_reports.drop_before(now - REPORTS_KEPT)
        done = {"letters": dropped, "reports": early, "files": await self._tidy_files()}
        if words is not None:
            done["messages"] = await self._all(lambda work: _empty(work, words))
            done["others"] = await self._all(lambda work: work.erasure.empty_others(words, limit=_PORTION))
        done["shoppers"] = await self._all(lambda work: work.erasure.let_go(words, now, limit=_PORTION))
        done["events"] = await self._all(lambda work: work.erasure.drop_events(words, limit=_PORTION))
        if (acts := self._before(self._periods.audit)) is not None:
            async with self._store.begin() as work:
                done["acts"] = await work.erasure.drop_audit(acts)
        log.info("keeping.tidied", **done)

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete files whose shopper is forgotten."""
        for key in keys:
            await self._vault.delete(key)

    async def _all(self, portion: Callable[[Work], Awaitable[int]]) -> int:
        """Do a portion after the other until one finds nothing; return how much there was."""
        total = 0
        while True:
            async with self._store.begin() as work:
                done = await portion(work)
            total += done
            if not done:
                return total

    async def _tidy_files(self) -> int:
        deleted = 0
        before = self._before(self._periods.files)
        while before is not None and (old := await self._old_files(before)):
            for media_id, key in old:
                await self._vault.delete(key)
                async with self._store.begin() as work:
                    await work.media.deleted(media_id)
            deleted += len(old)
        return deleted

    async def _old_files(self, before: datetime) -> list[tuple[int, str]]:
        async with self._store.begin() as work:
            files = await work.media.kept_since_before(before)
        return [(file.id, file.key) for file in files if file.key is not None]

    def _before(self, days: int) -> datetime | None:
        return self._now() - timedelta(days=days) if days else None


async def _empty(work: Work, before: datetime) -> int:
    done, keys = await work.erasure.empty_messages(before, limit=_PORTION)
    if keys:
        await work.defer(DELETE_FILES, lock="files:old", keys=keys)
    return done
