"""What a channel promises to the rest of Warmline."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.messages import DeadLetter, Delivery, Edit, InboundMessage, Reachability, Reply, Template
from bot.domain.people import Conversation
from bot.errors import ChannelStopped


@dataclass(frozen=True)
class Capabilities:
    """A channel's limits: characters a message, buttons a message (0: offered as a numbered list), and so on.

    `max_text_with_buttons` where a message with buttons takes fewer characters than one without. `templates` are the
    approved messages the shop has, by name and language. `max_file` and `max_picture` are in bytes (0: no files);
    `edits` where a message that went out can be given other words, `reports` where the provider tells what becomes of it.
    """

    max_text: int
    max_buttons: int
    max_button_title: int
    shares_contact: bool = False
    reply_window: timedelta | None = None
    max_text_with_buttons: int | None = None
    templates: frozenset[tuple[str, str]] = frozenset()
    max_file: int = 0
    max_picture: int = 0
    edits: bool = False
    reports: bool = False

    def largest(self, content_type: str) -> int:
        """Return how many bytes a file of a type may have."""
        return self.max_picture if content_type.startswith("image/") else self.max_file

    def can_reply(self, conversation: Conversation, now: datetime) -> bool:
        """True while the channel carries free text to this shopper; the window opens anew with every message of theirs."""
        if conversation.unreachable_since is not None:
            return False
        if self.reply_window is None:
            return True
        closes = self.closes_at(conversation)
        return closes is not None and now < closes

    def closes_at(self, conversation: Conversation) -> datetime | None:
        """Return when the window closes, or closed; None where the channel has none, or the shopper never opened it."""
        if self.reply_window is None or conversation.last_inbound_at is None:
            return None
        return conversation.last_inbound_at + self.reply_window


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

    async def edit(self, address: str, provider_id: str, reply: Reply) -> None:
        """Give a message that went out other words; raises DeliveryRefused with code `cannot_edit` where the channel cannot."""
        ...

    async def find(self, address: str, reply: Reply, since: datetime, known: Collection[str] = ()) -> str | None:
        """Return the id of a reply that was handed over at `since` and whose answer never came, if it did arrive.

        None where it did not, and where the provider cannot be asked. The ids in `known` are other messages', however alike.
        Raises DeliveryError when asking fails.
        """
        ...

    async def template(self, address: str, template: Template) -> str | None:
        """Send an approved message outside the window and return its id.

        Raises as `send` does; DeliveryRefused with code `no_template` where the channel or the shop has none of this name.
        """
        ...

    async def typing(self, address: str, answered: str | None = None) -> None:
        """Show that an answer is being written, where the channel can; never raises.

        `answered` is the provider's id of the shopper's message that is answered; some channels cannot do without.
        """
        ...


class MediaSource(Protocol):
    """Where a channel's files are."""

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Return a file of at most `limit` bytes.

        Raises DeliveryError (try again), or DeliveryRefused with code `gone` or `too_big`.
        """
        ...


class Intake(Protocol):
    """Where channels put what they parsed (`bot.turns.inbox.Inbox`)."""

    async def receive(self, *messages: InboundMessage) -> int:
        """Store messages with their job in one commit; return how many were new."""
        ...

    async def edited(self, edit: Edit) -> None:
        """Give a stored message new words; an unknown one is ignored."""
        ...

    async def reachability(self, change: Reachability) -> None:
        """Keep that a shopper blocked us or is back; an unknown one is ignored."""
        ...

    async def dead(self, letter: DeadLetter) -> None:
        """Keep what could not be read, for somebody to look at."""
        ...

    async def delivery_changed(
        self,
        channel: str,
        provider_id: str,
        state: Delivery,
        code: str | None = None,
        *,
        again_in: float | None = None,
    ) -> None:
        """Keep what the provider says about a reply it took; what it says before we know the id counts once we do.

        `again_in`: it failed, and may be sent again after so many seconds.
        """
        ...

    async def channel_stopped(self, channel: str, failure: ChannelStopped) -> None:
        """Hold everything in a channel whose provider says that it takes nothing more."""
        ...
