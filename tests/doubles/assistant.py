"""An assistant that answers what the test says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.domain.emotion import Emotion, Reading
from bot.domain.handoff import HandoffRequest, Reason
from bot.domain.messages import Reply
from bot.errors import AssistantUnavailable
from bot.turns.assistant import Answer, Question


def a_reading(emotion: Emotion = Emotion.NEUTRAL, *, language: str = "en", intent: str = "greet") -> Reading:
    return Reading(language, intent, 0.9, emotion, 0.9, 0.1, 0.0, {emotion.value: 0.9})


def an_answer(*texts: str, handoff: HandoffRequest | None = None, language: str = "en") -> Answer:
    return Answer(
        reading=a_reading(language=language),
        replies=tuple(Reply(text) for text in texts),
        handoff=handoff,
        language=language,
        stance="steady",
    )


def a_handoff(reason: Reason = Reason.ASKED, severity: int = 2, words: str = "a person") -> HandoffRequest:
    return HandoffRequest(reason, severity, words, 10)


@dataclass
class ScriptedAssistant:
    """Echoes, unless `reply` says otherwise. Remembers what it was asked. `down` makes it unavailable."""

    reply: Callable[[Question], Answer] = lambda question: an_answer(f"echo {question.text}")
    down: bool = False
    asked: list[Question] = field(default_factory=list)
    read_texts: list[str] = field(default_factory=list)
    returned_to: list[str] = field(default_factory=list)

    async def answer(self, question: Question) -> Answer:
        self.asked.append(question)
        if self.down:
            raise AssistantUnavailable("down")
        return self.reply(question)

    async def read(self, text: str) -> Reading:
        self.read_texts.append(text)
        if self.down:
            raise AssistantUnavailable("down")
        return a_reading(Emotion.ANGER)

    async def returned(self, conversation_id: str) -> None:
        self.returned_to.append(conversation_id)
