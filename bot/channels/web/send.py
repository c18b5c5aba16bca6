"""Replies to the demo page, which reads them from the transcript."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.channels.ports import Capabilities
from bot.domain.messages import Reply, Template
from bot.errors import DeliveryRefused

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

    async def edit(self, address: str, provider_id: str, reply: Reply) -> None:  # noqa: ARG002  the port's signature
        """Refuse: what was said here stays as it was."""
        raise DeliveryRefused("messages cannot be changed in this channel", code="cannot_edit")

    async def find(self, address: str, reply: Reply, since: datetime, known: Collection[str] = ()) -> str | None:  # noqa: ARG002  the port's signature
        """Return None: nothing is ever under way."""
        return None

    async def template(self, address: str, template: Template) -> str | None:  # noqa: ARG002  the port's signature
        """Refuse: there is no window here, so there are no templates."""
        raise DeliveryRefused("no templates in this channel", code="no_template")

    async def typing(self, address: str, answered: str | None = None) -> None:
        """Do nothing: the page sees the message being worked on."""
