"""Files that shoppers sent: https://core.telegram.org/bots/api#getfile."""

from __future__ import annotations

from telegram.constants import FileSizeLimit
from telegram.error import BadRequest, TelegramError

from bot.channels.telegram.client import Client
from bot.channels.telegram.send import translated
from bot.errors import DeliveryRefused


class TelegramMedia:
    """Fetches files through the Bot API, which gives out 20 MB at most."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Return a file of at most `limit` bytes; raises DeliveryError, or DeliveryRefused with code `gone` or `too_big`."""
        most = min(limit, FileSizeLimit.FILESIZE_DOWNLOAD)
        try:
            file = await self._client.get_file(ref)
            if (file.file_size or 0) > most:
                raise DeliveryRefused("larger than we keep", code="too_big")
            content = bytes(await file.download_as_bytearray())
        except BadRequest as exc:
            code = "too_big" if "too big" in exc.message.lower() else "gone"
            raise DeliveryRefused(exc.message, code=code) from exc
        except TelegramError as exc:
            raise translated(exc) from exc
        if len(content) > most:
            raise DeliveryRefused("larger than we keep", code="too_big")
        return content
