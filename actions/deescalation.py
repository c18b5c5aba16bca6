"""When a conversation goes to a person, and how the bot carries itself until then. This module decides and does nothing.

If several reasons to hand over apply in one turn, the first of PRECEDENCE is given. The severity is the highest of all
that apply. Each but `error` and `offer`, which nobody would want to miss, can be switched off in deescalation.yml.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Final

from actions.policy import Policy, Stance
from actions.situation import Decision, Read, Situation
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from bot.domain.order import number_key
from bot.domain.people import Complaint

PRECEDENCE: Final = (
    Reason.ERROR,
    Reason.SAFETY,
    Reason.FRAUD,
    Reason.ASKED,
    Reason.ABUSE,
    Reason.ANGER,
    Reason.THREAT,
    Reason.REPEAT,
    Reason.TENSION,
    Reason.OFFER_ACCEPTED,
    Reason.VALUE,
    Reason.ASKED_AGAIN,
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
    PERSON = "person"
    GENERAL = "general"


_PROBLEMS: Final = {
    "ask_order_status": Problem.LATE,
    "report_late": Problem.LATE,
    "report_damaged": Problem.DAMAGED,
    "report_wrong_item": Problem.WRONG_ITEM,
    "missing_item": Problem.MISSING,
    "ask_refund": Problem.REFUND,
}


def decide(situation: Situation, policy: Policy) -> Decision:
    """Return the stance of this turn; HANDOFF with exactly one reason when at least one applies."""
    if is_elsewhere(situation.intent, policy, swears_elsewhere=situation.swears_elsewhere):
        situation = _not_at_us(situation)
    reasons = reasons_for_a_person(situation, policy)
    if not reasons:
        return Decision(stance_towards(situation, policy))
    severity = max(policy.severity[reason] for reason in reasons)
    if is_upset(situation, policy):
        severity += policy.upset_adds
    if is_victim(situation, policy):
        severity += policy.victim_adds
    return Decision(Stance.HANDOFF, reasons[0], min(severity, MAX_SEVERITY))


def _not_at_us(situation: Situation) -> Situation:
    """Return the situation without the heat that is meant for a bank or the weather: no abuse, no anger, no repetition."""
    tension = min(situation.tension, situation.tension_before)
    return replace(situation, abuse=0.0, intensity=0.0, tension=tension, repetitions=(), hours_since_same=None)


def reasons_for_a_person(situation: Situation, policy: Policy) -> list[Reason]:
    """Return every reason that applies, in the order of precedence."""
    rules = policy.handoff
    applies = {
        Reason.ERROR: situation.broken,
        Reason.FRAUD: rules.fraud.on and bool(situation.frauds),
        Reason.SAFETY: rules.safety.on and bool(situation.dangers) and situation.intent not in rules.safety.not_in,
        Reason.ASKED: rules.asked.on
        and situation.intent == "ask_human"
        and situation.intent_confidence >= rules.asked.sure_above,
        Reason.ABUSE: rules.abuse.on and situation.abuse >= rules.abuse.above,
        Reason.ANGER: rules.anger.on and is_angry(situation, policy),
        Reason.THREAT: rules.threat.on and is_threat(situation, policy),
        Reason.REPEAT: rules.repeat.on and (is_repeated(situation, policy) or is_hit_again(situation, policy)),
        Reason.TENSION: rules.tension.on and is_tense(situation, policy),
        Reason.OFFER_ACCEPTED: situation.offer_open and says_yes(situation.intent, situation.intent_confidence, policy),
        Reason.VALUE: rules.value.on and is_of_high_value(situation, policy),
        Reason.ASKED_AGAIN: rules.asked_again.on and is_asked_again(situation, policy),
        Reason.MISUNDERSTOOD: rules.misunderstood.on and is_misunderstood(situation, policy),
    }
    return [reason for reason in PRECEDENCE if applies[reason]]


def is_angry(situation: Situation, policy: Policy) -> bool:
    """True when anger is both sure and strong."""
    rule = policy.handoff.anger
    sure_and_strong = situation.confidence >= rule.confidence and situation.intensity >= rule.intensity
    elsewhere = situation.intent in rule.not_in or (situation.offer_open and situation.intent == "deny")
    return situation.emotion is Emotion.ANGER and sure_and_strong and not elsewhere


def is_elsewhere(intent: str, policy: Policy, *, swears_elsewhere: bool) -> bool:
    """True for who swears at somebody who is none of us, and complains of nothing of ours."""
    return swears_elsewhere and intent not in policy.complaints.always


def is_threat(situation: Situation, policy: Policy) -> bool:
    """True for a threat read surely enough, unless it is told with a laugh."""
    rule = policy.handoff.threat
    sure = situation.intent in rule.intents and situation.intent_confidence >= rule.sure_above
    return sure and not is_pleased(situation, policy)


def is_asked_again(situation: Situation, policy: Policy) -> bool:
    """True when the same was asked too often, or the shopper says that our answer was none."""
    rule = policy.handoff.asked_again
    return situation.asked_times >= rule.times or (rule.said_by_shopper and bool(situation.unanswered))


def is_misunderstood(situation: Situation, policy: Policy) -> bool:
    """True after too many messages in a row that were not understood; fewer where the shopper is upset by it."""
    rule = policy.handoff.misunderstood
    upset = is_upset(situation, policy)
    return situation.misunderstood_in_row >= (rule.upset_in_a_row if upset else rule.in_a_row)


def is_at_ease(situation: Situation, policy: Policy) -> bool:
    """True for words of calm from somebody who is not upset, and for joy or thanks."""
    calm = bool(situation.calming) and not is_upset(situation, policy)
    return calm or is_pleased(situation, policy)


def is_pleased(situation: Situation, policy: Policy) -> bool:
    """True when joy or thanks are read surely."""
    return situation.emotion in _PLEASED and situation.confidence >= policy.stances.sure_above


def says_yes(intent: str, confidence: float, policy: Policy) -> bool:
    """True for a yes that is read surely enough to act on it; a pressed button always is."""
    return intent == "affirm" and confidence >= policy.offers.sure_above


def is_tense(situation: Situation, policy: Policy) -> bool:
    """True when the last messages together were heated, not this one alone, and this one is neither pleased nor calm.

    Who answers a question of ours goes on with us.
    """
    rule = policy.handoff.tension
    plain = situation.emotion is Emotion.NEUTRAL and situation.intensity < rule.calm_below
    calm = plain or is_at_ease(situation, policy) or situation.intent in policy.handoff.anger.not_in
    tense = situation.tension >= rule.above and situation.tension_before >= rule.before
    return tense and not calm and not situation.answers_us and situation.emotion not in _PLEASED


def is_repeated(situation: Situation, policy: Policy) -> bool:
    """True when this complaint is not the first about the same, as we have heard or as the shopper says.

    The answer to a question of ours is no repetition, nor is what is said at ease.
    """
    if situation.answers_us or is_at_ease(situation, policy):
        return False
    hours = situation.hours_since_same
    heard = hours is not None and hours <= policy.handoff.repeat.within_hours and is_complaint(situation, policy)
    return heard or says_it_was_raised_before(situation, policy)


def is_victim(situation: Situation, policy: Policy) -> bool:
    """True for somebody to whom things happen again and again: earlier complaints about whatever, or talks that ended badly."""
    rule = policy.handoff.repeat.victim
    often = situation.complaints_before >= rule.complaints or situation.ended_badly >= rule.bad_endings
    return rule.on and often


def is_hit_again(situation: Situation, policy: Policy) -> bool:
    """True for another complaint of such a shopper, unless it answers a question of ours or is made at ease."""
    at_ease = situation.answers_us or is_at_ease(situation, policy)
    return is_victim(situation, policy) and is_complaint(situation, policy) and not at_ease


def is_of_high_value(situation: Situation, policy: Policy) -> bool:
    """True for a complaint about an order that came to much, or of somebody whose orders did."""
    rule = policy.handoff.value
    one = rule.from_total.get(situation.currency or "")
    every = rule.all_orders.from_total.get(situation.orders_currency or "") if rule.all_orders.on else None
    much = (one is not None and situation.order_total >= one) or (every is not None and situation.orders_total >= every)
    return much and is_complaint(situation, policy)


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


def is_upset(read: Read, policy: Policy) -> bool:
    """True when frustration, anger or disappointment is read surely enough to count."""
    threshold = policy.complaints.upset.get(read.emotion)
    return threshold is not None and read.confidence >= threshold


def problem_complained_about(read: Read, policy: Policy, *, of_staff: bool = False) -> Problem | None:
    """Return what a message complains about, or None when it is no complaint. `of_staff`: it is about one of our people."""
    if not is_complaint(read, policy):
        return None
    return Problem.PERSON if of_staff else _PROBLEMS.get(read.intent, Problem.GENERAL)


def is_complaint(read: Read, policy: Policy) -> bool:
    """True for what is a complaint in any mood, and for what becomes one when the shopper is upset; each read surely."""
    rules = policy.complaints
    sure = read.intent_confidence >= rules.sure_above
    return sure and (read.intent in rules.always or (read.intent in rules.when_upset and is_upset(read, policy)))


def says_it_was_raised_before(situation: Situation, policy: Policy) -> bool:
    """True when a complaint says itself that it is not the first: by its intent, or upset and in so many words.

    Such words make up for an intent that is not read surely.
    """
    rules, rule = policy.complaints, policy.handoff.repeat
    if situation.intent == SAYS_REPEATED and is_complaint(situation, policy):
        return True
    may_complain = situation.intent in rules.always | rules.when_upset and is_upset(situation, policy)
    words = (word.casefold() for word in situation.repetitions)
    return rule.said_by_shopper and may_complain and any(word not in rule.not_by_itself for word in words)


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
        and may_be_one_order(complaint.order_number, order_number)
    ]
    return same[-1] if same else None


def may_be_one_order(one: str | None, other: str | None) -> bool:
    """True when two spellings (`WL-1001`, `wl1001`, `1001`) are of one order, or when one of them is not known."""
    if one is None or other is None:
        return True
    keys = sorted((number_key(one), number_key(other)), key=len)
    return keys[0] == keys[1] or (keys[0].isdigit() and keys[0] == "".join(filter(str.isdigit, keys[1])))
