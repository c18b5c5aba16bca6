"""The Bot API client: which server, which time limits, and updates before anybody reads them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final, cast

from telegram import Bot
from telegram.error import TelegramError
from telegram.request import BaseRequest, HTTPXRequest

# Somebody looks at a page meanwhile.
_SOON: Final[dict[str, Any]] = {"connect_timeout": 2.0, "read_timeout": 3.0, "pool_timeout": 1.0}
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "message_reaction", "my_chat_member")


class Client(Bot):
    """A bot that can be used without asking who it is first, so that a start does not wait for Telegram."""

    def __init__(
        self,
        token: str,
        api_base_url: str,
        *,
        request: BaseRequest | None = None,
        updates_request: BaseRequest | None = None,
    ) -> None:
        # httpx logs every address at INFO, and the Bot API's addresses contain the token. The library logs answers it
        # cannot read, and those may hold a shopper's words; what went wrong reaches our own log as an exception.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        logging.getLogger("telegram").setLevel(logging.CRITICAL)
        request = request or HTTPXRequest(connection_pool_size=32, pool_timeout=10, read_timeout=15)
        updates_request = updates_request or HTTPXRequest(connection_pool_size=1, read_timeout=10)
        base = api_base_url.rstrip("/")
        super().__init__(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=request,
            get_updates_request=updates_request,
        )

    async def fetch(self, offset: int | None, wait: int) -> list[dict[str, Any]]:
        """Return the updates from `offset` on as Telegram wrote them, waiting up to `wait` seconds for the first.

        Unlike `get_updates` it cannot stumble over an update of a shape this version of the library does not know.
        """
        asked = {"offset": offset, "timeout": wait, "allowed_updates": list(ALLOWED_UPDATES)}
        answer = await self._post(
            "getUpdates", {key: value for key, value in asked.items() if value is not None}, read_timeout=wait + 10
        )
        return cast("list[dict[str, Any]]", answer)

    async def address_to_start(self, argument: str) -> str | None:
        """Return the address that opens our chat in Telegram and says `/start argument`; None while Telegram is not heard."""
        # https://core.telegram.org/api/links#bot-links
        try:
            me = await self.get_me(**_SOON)
        except TelegramError:
            return None
        return f"https://t.me/{me.username}?start={argument}"

    async def hang_up(self) -> None:
        """Close every connection; may be called twice."""
        await asyncio.gather(*(request.shutdown() for request in self._request))
