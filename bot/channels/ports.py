"""What a channel promises to the rest of Warmline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.messages import Delivery, InboundMessage, Reply
from bot.domain.people import Conversation


@dataclass(frozen=True)
class Capabilities:
    """A channel's limits: characters a message, buttons a message (0: offered as a numbered list), and so on."""

    max_text: int
    max_buttons: int
    max_button_title: int
    shares_contact: bool = False
    reply_window: timedelta | None = None

    def can_reply(self, conversation: Conversation, now: datetime) -> bool:
        """True while the channel carries free text to this shopper; the window opens anew with every message of theirs."""
        if conversation.unreachable_since is not None:
            return False
        if self.reply_window is None:
            return True
        return conversation.last_inbound_at is not None and now < conversation.last_inbound_at + self.reply_window


class Sender(Protocol):
    """Sends one reply that already fits the channel."""

    @property
    def capabilities(self) -> Capabilities:
        """What the channel takes."""
        ...

    async def send(self, address: str, reply: Reply) -> str | None:
        """Send and return the provider's message id, if it gives one.

        Raises DeliveryError (try again), RateLimited (try again in `retry_after` seconds), DeliveryRefused or
        ShopperUnreachable (do not try again).
        """
        ...

    async def typing(self, address: str) -> None:
        """Show that an answer is being written, where the channel can; never raises."""
        ...


class Intake(Protocol):
    """Where channels put what they parsed (`bot.turns.inbox.Inbox`)."""

    async def receive(self, *messages: InboundMessage) -> int:
        """Store messages with their job in one commit; return how many were new."""
        ...

    async def delivery_changed(self, channel: str, provider_id: str, state: Delivery, code: str | None = None) -> None:
        """Keep what the provider says about a reply it took earlier. Unknown ids are ignored."""
        ...
