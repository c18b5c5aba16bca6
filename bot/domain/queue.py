"""Which conversations an operator wants to see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Final, Self

from bot.domain.conversation import Holder
from bot.domain.duty import Team
from bot.domain.people import Conversation

UNKNOWN: Final = "und"
"""The language of shoppers whose language is not known."""
_LONGEST: Final = 64


class Whose(StrEnum):
    """Who holds the conversations that the queue shows."""

    WAITING = "waiting"
    MINE = "mine"
    BOT = "bot"
    ALL = "all"


@dataclass(frozen=True)
class QueueFilter:
    """What a person chose to see. `severity` is the least; empty parts choose nothing out, `followed` what others follow."""

    whose: Whose = Whose.WAITING
    language: str = ""
    channel: str = ""
    problem: str = ""
    tag: str = ""
    severity: int = 0
    followed: bool = False

    @classmethod
    def read(cls, given: Mapping[str, object]) -> Self:
        """Return the filter in an address or in what a browser kept; parts that could not be one are left out."""

        def plain(name: str) -> str:
            value = str(given.get(name) or "")
            return value if len(value) <= _LONGEST and value.isprintable() else ""

        whose = plain("whose")
        level = plain("severity")
        return cls(
            whose=Whose(whose) if whose in set(Whose) else Whose.WAITING,
            language=plain("language"),
            channel=plain("channel"),
            problem=plain("problem"),
            tag=plain("tag"),
            severity=int(level) if level in {"1", "2", "3", "4", "5"} else 0,
            followed=plain("followed") == str(True),
        )

    def written(self) -> dict[str, str]:
        """Return what `read` reads, without empty parts."""
        return {part.name: str(value) for part in fields(self) if (value := getattr(self, part.name))}

    @property
    def narrow(self) -> bool:
        """True when something but `whose` is chosen."""
        return self != QueueFilter(self.whose)

    def cleared(self) -> Self:
        """Return the filter with nothing but `whose`."""
        return replace(self, language="", channel="", problem="", tag="", severity=0, followed=False)

    @property
    def own(self) -> bool:
        """True when these are other conversations for each user."""
        return self.whose is Whose.MINE or self.followed

    def admits(self, conversation: Conversation) -> bool:
        """True when a conversation is among these, as far as it tells itself (not its problem and tags)."""
        return (
            self.language in {"", conversation.language or UNKNOWN}
            and self.channel in {"", conversation.channel}
            and self.severity <= conversation.severity
        )


def counts(held: Mapping[tuple[Holder, int | None], int], user_id: int) -> dict[Whose, int]:
    """Return how many conversations each choice of `whose` shows one user."""

    def of(holder: Holder) -> int:
        return sum(count for (name, _), count in held.items() if name is holder)

    return {
        Whose.WAITING: of(Holder.QUEUE),
        Whose.MINE: held.get((Holder.OPERATOR, user_id), 0),
        Whose.BOT: of(Holder.BOT),
        Whose.ALL: sum(held.values()),
    }


def concerns(conversation: Conversation, user_id: int, teams: Collection[Team]) -> bool:
    """True when a waiting conversation is for this user: passed to a team of theirs, or in a language they answer in."""
    own = [team for team in teams if user_id in team.members]
    if conversation.team_id is not None:
        return any(team.id == conversation.team_id for team in own)
    return not own or any(team.speaks(conversation.language) for team in own)
