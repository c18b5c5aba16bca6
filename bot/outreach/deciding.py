"""Whether to write first: plain decisions on plain values, made again under a lock just before something is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from actions.outreach_policy import Csat, QuietHours
from bot.channels.ports import Capabilities
from bot.domain.conversation import Holder
from bot.domain.handoff import HELPED
from bot.domain.outreach import Outreach, OutreachKind
from bot.domain.people import Conversation, Handoff

# Who wrote a moment ago is in the middle of something else.
TALKING: Final = timedelta(minutes=30)


class Verdict(StrEnum):
    """WAIT: not now, perhaps later. SKIP: the channel does not carry it, and nothing is written about this any more."""

    WRITE = "write"
    SKIP = "skip"
    WAIT = "wait"


def is_quiet(quiet: QuietHours | None, zone: ZoneInfo, now: datetime) -> bool:
    """True in the hours in which nobody wants news, by the shop's clock."""
    return quiet is not None and quiet.hold(now.astimezone(zone).time())


def quiet_until(quiet: QuietHours | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return when the quiet hours end that it is in, or None outside them."""
    if quiet is None or not is_quiet(quiet, zone, now):
        return None
    here = now.astimezone(zone)
    end = datetime.combine(here.date(), quiet.end, zone)
    return end if end > here else datetime.combine(here.date() + timedelta(days=1), quiet.end, zone)


def ask_for_score(
    handoff: Handoff,
    conversation: Conversation,
    earlier: Sequence[Outreach],
    capabilities: Capabilities | None,
    rules: Csat,
    now: datetime,
) -> Verdict:
    """Decide on the question how it was with a person. `earlier` is what was written first in the conversation."""
    asked = [row.created_at for row in earlier if row.kind is OutreachKind.CSAT and row.skipped is None]
    wrote_since = conversation.last_inbound_at is not None and conversation.last_inbound_at > _closed(handoff)
    if (
        not _may_write(conversation)
        or handoff.outcome not in HELPED
        or now < _closed(handoff) + rules.after
        or wrote_since
        or any(now < at + rules.pause for at in asked)
    ):
        return Verdict.WAIT
    return _carried(conversation, capabilities, now)


def tell_first(
    conversation: Conversation,
    capabilities: Capabilities | None,
    now: datetime,
    template: tuple[str, str] | None = None,
) -> Verdict:
    """Decide on news and follow-ups: to shoppers who want them, with whom the bot is not in the middle of a talk.

    `template` (name and language) says the same, and carries it where the channel takes no free text now.
    """
    last = conversation.last_inbound_at
    if not _may_write(conversation) or (last is not None and now < last + TALKING):
        return Verdict.WAIT
    return _carried(conversation, capabilities, now, template)


def where_to_tell(
    conversations: Sequence[Conversation], verdicts: Sequence[Verdict]
) -> tuple[Conversation, Verdict] | None:
    """Choose one of a shopper's conversations, the one with the newest message first; None when it has to wait.

    Who wants no such messages in one of them wants none in the others; who is talking in one is not told in another.
    """
    if not conversations or Verdict.WAIT in verdicts:
        return None
    at = verdicts.index(Verdict.WRITE) if Verdict.WRITE in verdicts else 0
    return conversations[at], verdicts[at]


def why_skipped(conversation: Conversation, capabilities: Capabilities | None) -> str:
    """Return what is kept as the reason, where a channel does not carry something."""
    if capabilities is None:
        return "channel_off"
    return "unreachable" if conversation.unreachable_since is not None else "window"


def _may_write(conversation: Conversation) -> bool:
    return conversation.holder is Holder.BOT and not conversation.no_outreach and conversation.blocked_at is None


def _carried(
    conversation: Conversation,
    capabilities: Capabilities | None,
    now: datetime,
    template: tuple[str, str] | None = None,
) -> Verdict:
    if capabilities is None or conversation.unreachable_since is not None:
        return Verdict.SKIP
    carried = capabilities.can_reply(conversation, now) or template in capabilities.templates
    return Verdict.WRITE if carried else Verdict.SKIP


def _closed(handoff: Handoff) -> datetime:
    assert handoff.closed_at is not None, "only what was returned is asked about"
    return handoff.closed_at
