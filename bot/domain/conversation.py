"""Who holds a conversation, and the moves between holders."""

from __future__ import annotations

from enum import StrEnum

from bot.errors import WrongTurn


class Holder(StrEnum):
    """The one party that speaks to the shopper now."""

    BOT = "bot"
    QUEUE = "queue"
    OPERATOR = "operator"


_ALLOWED = frozenset(
    {
        (Holder.BOT, Holder.QUEUE),  # handoff
        (Holder.QUEUE, Holder.OPERATOR),  # claim
        (Holder.OPERATOR, Holder.QUEUE),  # release
        (Holder.OPERATOR, Holder.BOT),  # return to bot
        (Holder.QUEUE, Holder.BOT),  # the shopper no longer wants to wait
        (Holder.BOT, Holder.OPERATOR),  # take over
    }
)


def moved(holder: Holder, to: Holder) -> Holder:
    """Return `to` where the move is allowed.

    Raises WrongTurn with both names where it is not.
    """
    if (holder, to) not in _ALLOWED:
        raise WrongTurn(f"a conversation held by {holder.value} cannot pass to {to.value}")
    return to
