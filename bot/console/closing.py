"""Whether a chat's channel closes soon while an answer is owed."""

from __future__ import annotations

from bot.domain.conversation import Holder
from bot.domain.people import Conversation


def closes_soon(conversation: Conversation) -> bool:
    """True from when people were told that the channel closes, until the shopper writes or nobody is needed any more."""
    told, wrote = conversation.closing_told_at, conversation.last_inbound_at
    return conversation.holder is not Holder.BOT and told is not None and (wrote is None or told > wrote)
