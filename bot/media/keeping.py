"""How long files are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from bot.media.vault import Vault
from bot.store.unit_of_work import Store

log = structlog.get_logger()

LETTERS_KEPT: Final = timedelta(days=30)
"""What could not be read may hold a shopper's words; nobody needs it after a month."""


class Housekeeper:
    """Deletes files and dead letters that are old enough. `days` 0 keeps files for ever."""

    def __init__(
        self, store: Store, vault: Vault, *, days: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store = store
        self._vault = vault
        self._days = days
        self._now = now

    async def tidy(self) -> None:
        """Delete what is due. What the vault does not give up now is tried again the next time."""
        async with self._store.begin() as work:
            dropped = await work.dead_letters.drop_before(self._now() - LETTERS_KEPT)
        deleted = 0
        while self._days and (old := await self._old()):
            for media_id, key in old:
                await self._vault.delete(key)
                async with self._store.begin() as work:
                    await work.media.deleted(media_id)
            deleted += len(old)
        log.info("media.tidied", deleted=deleted, letters=dropped)

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete files whose shopper is forgotten."""
        for key in keys:
            await self._vault.delete(key)

    async def _old(self) -> list[tuple[int, str]]:
        async with self._store.begin() as work:
            files = await work.media.kept_since_before(self._now() - timedelta(days=self._days))
        return [(file.id, file.key) for file in files if file.key is not None]
