"""The port through which the pipeline speaks to Rasa."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.domain.emotion import Reading
from bot.domain.handoff import HandoffRequest
from bot.domain.messages import Reply


@dataclass(frozen=True)
class Question:
    """One message put to the assistant; `message_id` makes saying it twice harmless."""

    conversation_id: str
    message_id: str
    channel: str
    text: str
    language_hint: str | None = None


@dataclass(frozen=True)
class Answer:
    """What the assistant read and says; `handoff` is set when it asks for an operator.

    `forget` is set after a yes to the deletion of everything; whoever deletes says so.
    """

    reading: Reading | None
    replies: tuple[Reply, ...]
    handoff: HandoffRequest | None = None
    language: str | None = None
    stance: str | None = None
    forget: bool = False


class Assistant(Protocol):
    """Reads and answers shoppers. Every method raises AssistantUnavailable when it cannot."""

    async def answer(self, question: Question) -> Answer:
        """Answer one message; asking again with the same message id returns the same answer."""
        ...

    async def read(self, text: str) -> Reading:
        """Read a message without answering it."""
        ...

    async def returned(self, conversation_id: str) -> None:
        """Tell the assistant that an operator has handed the conversation back."""
        ...
