"""The job that fetches a shopper's file from the provider, looks at it and keeps it."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot.channels.ports import MediaSource
from bot.domain.people import MediaState, StoredMedia
from bot.errors import DeliveryError, DeliveryRefused
from bot.media.examining import Examiner
from bot.media.vault import Vault
from bot.store.unit_of_work import Store

log = structlog.get_logger()


class MediaFetcher:
    """Fetches files once; what is too big, gone, a program or infected is refused and says why."""

    def __init__(
        self,
        store: Store,
        sources: Mapping[str, MediaSource],
        vault: Vault,
        examiner: Examiner,
    ) -> None:
        self._store = store
        self._sources = sources
        self._vault = vault
        self._examiner = examiner

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
        if (file.size or 0) > self._examiner.limit:
            raise DeliveryRefused("larger than we keep", code="too_big")
        content = await source.fetch(file.ref, self._examiner.limit)
        kind = await self._examiner.kind_of(content, file.content_type)
        return await self._vault.write(content), kind, len(content)

    async def _refuse(self, media_id: int, conversation_id: str, reason: str) -> None:
        async with self._store.begin() as work:
            await work.media.refused(media_id, reason)
            await work.changed(conversation_id)
        log.info("media.refused", media=media_id, reason=reason)
