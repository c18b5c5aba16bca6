"""Who is there to answer, in which teams, and what is watched while people hold a chat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain.people import Conversation, Handoff, User


class Presence(StrEnum):
    """Whether somebody is there. AWAY is said by hand; OFFLINE is a console that is not heard of."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


def presence_at(seen_at: datetime | None, now: datetime, offline_after: timedelta, *, away: bool) -> Presence:
    """Return whether somebody is there, by when their console was last heard of."""
    if seen_at is None or now - seen_at >= offline_after:
        return Presence.OFFLINE
    return Presence.AWAY if away else Presence.ONLINE


@dataclass(frozen=True)
class Team:
    """People who answer the same chats; `languages` empty where they answer in all."""

    id: int
    name: str
    languages: tuple[str, ...]
    members: frozenset[int]

    def speaks(self, language: str | None) -> bool:
        """True when the team answers in this language, or in all."""
        return language is None or not self.languages or language in self.languages


@dataclass(frozen=True)
class Colleague:
    """Somebody who may log in, as the others see them. `load` is how many chats they hold, `capacity` the most at once."""

    user: User
    presence: Presence
    seen_at: datetime | None
    load: int
    capacity: int

    @property
    def has_room(self) -> bool:
        """True when they may be given one more chat."""
        return self.presence is Presence.ONLINE and self.load < self.capacity


class Step(StrEnum):
    """What is done about a waiting chat, once a handoff each and in this order."""

    REMIND = "remind"
    WIDEN = "widen"
    TELL = "tell"


class Wish(StrEnum):
    """What a shopper chooses when nobody came in time. LATER: the chat stays in line and they are written to."""

    WAIT = "wait"
    CALLBACK = "callback"
    LATER = "later"


@dataclass(frozen=True)
class WaitingChat:
    """A chat that waits: since when (the later of the handoff and its coming back to the queue), and what was done."""

    conversation: Conversation
    handoff: Handoff
    since: datetime
    steps: frozenset[str]


@dataclass(frozen=True)
class HeldChat:
    """A chat that an operator holds.

    `owed_since` is the shopper's first message without an answer (`owed_id`), `answered_at` the operator's last words.
    """

    conversation: Conversation
    handoff: Handoff
    operator: User
    seen_at: datetime | None
    held_since: datetime
    owed_id: int | None
    owed_since: datetime | None
    answered_at: datetime | None
    steps: frozenset[str]


STOPPED: Final = "stopped "
"""What an alert about a channel begins with; its name follows."""


@dataclass(frozen=True)
class AlertFacts:
    """An alert with what may be said in it. `chat` is the person's own (`telegram 4711`), `spoken` their language there.

    `stands` while what it says is still so: nobody took the chat, the answer is still owed, or `channel` is still stopped,
    which it is about then and no conversation.
    """

    target: str
    user_id: int | None
    about: str
    created_at: datetime
    sent_at: datetime | None
    conversation_id: str
    severity: int
    reason: str
    language: str | None
    chat: str | None
    spoken: str | None
    stands: bool
    channel: str | None = None


class TargetKind(StrEnum):
    """What is promised to be done in time."""

    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"
    RESOLUTION = "resolution"


@dataclass(frozen=True)
class Wanted:
    """Something that should have a target and has none yet."""

    handoff_id: int
    conversation_id: str
    severity: int
    kind: TargetKind
    since: datetime


@dataclass(frozen=True)
class Target:
    """By when something of a handoff has to be done; `breached_at` is set once it was not."""

    id: int
    handoff_id: int
    conversation_id: str
    kind: TargetKind
    started_at: datetime
    due_at: datetime
    met_at: datetime | None
    breached_at: datetime | None


@dataclass(frozen=True)
class Duty:
    """Everything that the page of people on duty shows."""

    colleagues: Sequence[Colleague]
    teams: Sequence[Team]
