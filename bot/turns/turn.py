"""What is known about one message while it goes through the pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.domain.command import Asked
from bot.domain.conversation import Holder
from bot.domain.emotion import Reading
from bot.domain.handoff import HandoffRequest
from bot.domain.messages import Author, Button, Reply
from bot.domain.outreach import STOP, Pressed
from bot.domain.people import Conversation, Message
from responses.traditional import page_for

_UNSUBSCRIBE: Final = "unsubscribe"


@dataclass(frozen=True)
class Turn:
    """What a shopper said and what becomes of it; each stage returns a new turn.

    `messages` are answered together; `message` is the first of them with the words of all (`bot.turns.burst`). `offered`
    are the buttons of the last reply before it, `author` signs the replies to it. `handoff`, when set, sends the
    conversation to the queue. `pressed` is the answer to an outreach, `obeyed` a command that changes something when the
    turn is recorded. `finished` skips the stages that are left, but never recording.
    """

    conversation: Conversation
    messages: tuple[Message, ...]
    message: Message
    language: str
    offered: tuple[Button, ...] = ()
    reading: Reading | None = None
    stance: str | None = None
    replies: tuple[Reply, ...] = ()
    author: Author = Author.BOT
    handoff: HandoffRequest | None = None
    pressed: Pressed | None = None
    obeyed: Asked | None = None
    finished: bool = False

    @property
    def with_bot(self) -> bool:
        """True while the bot is the one to answer."""
        return self.conversation.holder is Holder.BOT

    @property
    def page(self) -> str:
        """The page of the book that this shopper reads: their language, in their characters."""
        return page_for(self.language, traditional=self.conversation.traditional)

    @property
    def read_in(self) -> int:
        """The message with which the reading stands: the last with words."""
        return next((m.id for m in reversed(self.messages) if m.text.strip()), self.message.id)

    @property
    def stops_outreach(self) -> bool:
        """True when the shopper wants to be written to only in answer."""
        if self.pressed is not None:
            return self.pressed.answer == STOP
        return self.reading is not None and self.reading.intent == _UNSUBSCRIBE
