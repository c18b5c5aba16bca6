"""When a conversation goes to a person, and how the bot carries itself until then. This module decides and does nothing.

If several reasons to hand over apply in one turn, the first of this order is given:
error > asked > abuse > anger > threat > repeat > offer > misunderstood. The severity is the highest of all that apply.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from actions.policy_file import Policy, Stance
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from bot.domain.order import number_key
from bot.domain.people import Complaint

PRECEDENCE: Final = (
    Reason.ERROR,
    Reason.ASKED,
    Reason.ABUSE,
    Reason.ANGER,
    Reason.THREAT,
    Reason.REPEAT,
    Reason.OFFER_ACCEPTED,
    Reason.MISUNDERSTOOD,
)
MAX_SEVERITY: Final = 5
NOT_UNDERSTOOD: Final = frozenset({"nlu_fallback", "out_of_scope"})
# Says that it was raised before and nothing else.
SAYS_REPEATED: Final = "repeat_complaint"
_PLEASED: Final = frozenset({Emotion.JOY, Emotion.GRATITUDE})


class Problem(StrEnum):
    """What a complaint is about; GENERAL when the shopper does not say."""

    LATE = "late"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    MISSING = "missing"
    REFUND = "refund"
    GENERAL = "general"


_PROBLEMS: Final = {
    "ask_order_status": Problem.LATE,
    "report_late": Problem.LATE,
    "report_damaged": Problem.DAMAGED,
    "report_wrong_item": Problem.WRONG_ITEM,
    "missing_item": Problem.MISSING,
    "ask_refund": Problem.REFUND,
}


@dataclass(frozen=True)
class Situation:
    """Everything the decision looks at, of one turn. `misunderstood_in_row` and `tension` count this message too."""

    intent: str
    emotion: Emotion
    confidence: float
    intensity: float
    abuse: float
    offer_open: bool = False
    misunderstood_in_row: int = 0
    repeated: bool = False
    broken: bool = False
    tension: float = 0.0


@dataclass(frozen=True)
class Decision:
    """How to answer; `reason` and `severity` (1..5) are set when a person takes over."""

    stance: Stance
    reason: Reason | None = None
    severity: int | None = None


def decide(situation: Situation, policy: Policy) -> Decision:
    """Return the stance of this turn; HANDOFF with exactly one reason when at least one applies."""
    reasons = reasons_for_a_person(situation, policy)
    if not reasons:
        return Decision(stance_towards(situation, policy))
    severity = max(policy.severity[reason] for reason in reasons)
    if is_upset(situation.emotion, situation.confidence, policy):
        severity += policy.upset_adds
    return Decision(Stance.HANDOFF, reasons[0], min(severity, MAX_SEVERITY))


def reasons_for_a_person(situation: Situation, policy: Policy) -> list[Reason]:
    """Return every reason that applies, in the order of precedence."""
    rules = policy.handoff
    applies = {
        Reason.ERROR: situation.broken,
        Reason.ASKED: situation.intent == "ask_human",
        Reason.ABUSE: situation.abuse >= rules.abuse.above,
        Reason.ANGER: is_angry(situation, policy) or is_tense(situation, policy),
        Reason.THREAT: situation.intent in rules.threat.intents,
        Reason.REPEAT: situation.repeated,
        Reason.OFFER_ACCEPTED: situation.offer_open and situation.intent == "affirm",
        Reason.MISUNDERSTOOD: situation.misunderstood_in_row >= rules.misunderstood.in_a_row,
    }
    return [reason for reason in PRECEDENCE if applies[reason]]


def is_angry(situation: Situation, policy: Policy) -> bool:
    """True when anger is both sure and strong."""
    rule = policy.handoff.anger
    sure_and_strong = situation.confidence >= rule.confidence and situation.intensity >= rule.intensity
    return situation.emotion is Emotion.ANGER and sure_and_strong


def is_tense(situation: Situation, policy: Policy) -> bool:
    """True when the last messages together were heated, and this one is neither pleased nor calm."""
    rule = policy.handoff.anger
    calm = situation.emotion is Emotion.NEUTRAL and situation.intensity < rule.calm_below
    return situation.tension >= rule.tension and not calm and situation.emotion not in _PLEASED


def stance_towards(situation: Situation, policy: Policy) -> Stance:
    """Return how to answer a shopper who stays with the bot; a feeling counts only when the reading is sure."""
    if situation.abuse >= policy.stances.boundary_above:
        return Stance.BOUNDARY
    if situation.confidence < policy.stances.sure_above:
        return Stance.STEADY
    stance = policy.stances.by_emotion[situation.emotion]
    if stance is Stance.WARM and situation.intent in policy.complaints.always:
        return Stance.STEADY  # joy read into a complaint is a misreading or sarcasm: "Good to hear!" would be an insult
    return stance


def is_upset(emotion: Emotion, confidence: float, policy: Policy) -> bool:
    """True when frustration, anger or disappointment is read surely enough to count."""
    threshold = policy.complaints.upset.get(emotion)
    return threshold is not None and confidence >= threshold


def problem_complained_about(intent: str, emotion: Emotion, confidence: float, policy: Policy) -> Problem | None:
    """Return what a message complains about, or None when it is no complaint."""
    rules = policy.complaints
    upset = intent in rules.when_upset and is_upset(emotion, confidence, policy)
    if intent not in rules.always and not upset:
        return None
    return _PROBLEMS.get(intent, Problem.GENERAL)


def says_it_was_raised_before(
    intent: str, emotion: Emotion, confidence: float, repetitions: Iterable[str], policy: Policy
) -> bool:
    """True when a complaint says itself that it is not the first: by its intent, or upset and in so many words.

    `repetitions` are the words of repetition in the message ("third time", "again").
    """
    if intent == SAYS_REPEATED:
        return True
    rule = policy.handoff.repeat
    upset = is_upset(emotion, confidence, policy) and intent in policy.complaints.always | policy.complaints.when_upset
    return rule.said_by_shopper and upset and any(word.casefold() not in rule.not_by_itself for word in repetitions)


def earlier_complaint(
    complaints: Iterable[Complaint], *, message_key: str, problem: Problem, order_number: str | None
) -> Complaint | None:
    """Return the latest other message that complained about the same, or None.

    The same: the same problem, or one of them does not say; and the same order, or one of them is not known.
    """
    same = [
        complaint
        for complaint in complaints
        if complaint.message_key != message_key
        and (complaint.problem == problem or Problem.GENERAL in {complaint.problem, problem})
        and _may_be_one_order(complaint.order_number, order_number)
    ]
    return same[-1] if same else None


def _may_be_one_order(one: str | None, other: str | None) -> bool:
    """True when two spellings (`WL-1001`, `wl1001`, `1001`) are of one order, or when one of them is not known."""
    if one is None or other is None:
        return True
    keys = sorted((number_key(one), number_key(other)), key=len)
    return keys[0] == keys[1] or (keys[0].isdigit() and keys[0] == "".join(filter(str.isdigit, keys[1])))
