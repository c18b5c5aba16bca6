"""Replies to the demo page, which reads them from the transcript."""

from __future__ import annotations

from bot.channels.ports import Capabilities
from bot.domain.messages import Reply

CAPABILITIES = Capabilities(max_text=8000, max_buttons=10, max_button_title=80)


class WebSender:
    """Has nothing to do: a reply in the transcript is a reply on the page."""

    @property
    def capabilities(self) -> Capabilities:
        """Return the page's limits."""
        return CAPABILITIES

    async def send(self, address: str, reply: Reply) -> str | None:  # noqa: ARG002  the port's signature
        """Succeed; the page has no ids of its own."""
        return None

    async def typing(self, address: str) -> None:
        """Do nothing: the page sees the message being worked on."""
