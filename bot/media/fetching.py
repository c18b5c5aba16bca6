"""The job that fetches a shopper's file from the provider, looks at it and keeps it."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping

import structlog

from bot.channels.ports import MediaSource
from bot.domain.people import MediaState, StoredMedia
from bot.errors import DeliveryError, DeliveryRefused
from bot.media.kinds import is_program, kind_of
from bot.media.vault import Vault
from bot.store.unit_of_work import Store

log = structlog.get_logger()

_SCAN_TIMEOUT = 60.0
_CLEAN, _INFECTED = 0, 1


class MediaFetcher:
    """Fetches files once; what is too big, gone, a program or infected is refused and says why."""

    def __init__(
        self,
        store: Store,
        sources: Mapping[str, MediaSource],
        vault: Vault,
        *,
        limit: int,
        scan_command: str | None = None,
    ) -> None:
        """`limit` is in bytes. `scan_command` reads a file from its input; it exits 0 for clean and 1 for infected."""
        self._store = store
        self._sources = sources
        self._vault = vault
        self._limit = limit
        self._scan_command = shlex.split(scan_command) if scan_command else []

    async def fetch(self, media_id: int, conversation_id: str, *, last_try: bool) -> None:
        """Fetch a file; raises DeliveryError when trying again later may help and this was not the `last_try`."""
        async with self._store.begin() as work:
            file = await work.media.get(media_id)
            message = await work.messages.get(file.message_id) if file else None
        if file is None or message is None or file.state is not MediaState.WAITING:
            return
        try:
            key, kind, size = await self._kept(file, message.channel)
        except DeliveryRefused as exc:
            await self._refuse(media_id, conversation_id, exc.code or "gone")
        except (DeliveryError, OSError):
            if not last_try:
                raise
            log.exception("media.given_up", media=media_id)
            await self._refuse(media_id, conversation_id, "unreachable")
        else:
            async with self._store.begin() as work:
                await work.media.stored(media_id, key=key, content_type=kind, size=size)
                await work.changed(conversation_id)
            log.info("media.stored", media=media_id, kind=kind, size=size)

    async def _kept(self, file: StoredMedia, channel: str) -> tuple[str, str, int]:
        source = self._sources.get(channel)
        if source is None:
            raise DeliveryError("the channel is switched off")
        if (file.size or 0) > self._limit:
            raise DeliveryRefused("larger than we keep", code="too_big")
        content = await source.fetch(file.ref, self._limit)
        if is_program(content):
            raise DeliveryRefused("a program", code="program")
        if not await self._is_clean(content):
            raise DeliveryRefused("infected", code="infected")
        return await self._vault.write(content), kind_of(content, file.content_type), len(content)

    async def _is_clean(self, content: bytes) -> bool:
        if not self._scan_command:
            return True
        process = await asyncio.create_subprocess_exec(
            *self._scan_command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(_SCAN_TIMEOUT):
                await process.communicate(content)
        except TimeoutError:
            process.kill()
            await process.wait()
        if process.returncode not in {_CLEAN, _INFECTED}:
            raise DeliveryError(f"the scanner ended with {process.returncode}")
        return process.returncode == _CLEAN

    async def _refuse(self, media_id: int, conversation_id: str, reason: str) -> None:
        async with self._store.begin() as work:
            await work.media.refused(media_id, reason)
            await work.changed(conversation_id)
        log.info("media.refused", media=media_id, reason=reason)
