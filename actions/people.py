"""A complaint about one of our people: a courier who was rude, a colleague who hung up. Nobody is named, nobody defended."""

from __future__ import annotations

from actions.case import Case
from actions.facts import day
from actions.which_order import own_order
from bot.domain.promise import (
    Limits,
    NewPromise,
    OrderProblem,
    Promise,
    PromiseKind,
    key_without_order,
    shopper_key,
)


async def hear_about_person(case: Case) -> bool:
    """Offer that a colleague looks into it and answers by a day, or say that it is promised; False where nobody may offer it."""
    rule = case.policy.remedies.answer
    if known := await _still_open(case):
        _say_receipt(case, known)
    elif rule.on:
        case.speech.say("utter_offer_answer", {"due": day(case.now + rule.due_in, case.turn.language, case.now)})
    return known is not None or rule.on


async def accept_answer(case: Case) -> None:
    """Promise the answer after a yes and say the receipt; one that is still open stands for this, too."""
    turn = case.turn
    promises = case.work.promises
    made = await promises.made_for(turn.conversation_id, turn.said.key) or await _still_open(case)
    if made is None:
        made = await promises.make(await _new(case), Limits(), case.now)
    assert made is not None, "an answer has no budget"
    _say_receipt(case, made)


async def _still_open(case: Case) -> Promise | None:
    open_ = await case.work.promises.open_of(case.turn.conversation_id, ())
    return next((promise for promise in open_ if promise.kind is PromiseKind.ANSWER), None)


async def _new(case: Case) -> NewPromise:
    turn = case.turn
    number = turn.order_number
    order = await own_order(case.work, turn.conversation_id, number) if number else None
    return NewPromise(
        conversation_id=turn.conversation_id,
        message_key=turn.said.key,
        shopper_key=shopper_key(order) if order else key_without_order(turn.conversation_id),
        # About somebody, not about an order: it keeps no other promise of the order away.
        order_number="",
        kind=PromiseKind.ANSWER,
        problem=OrderProblem.REQUEST,
        due_at=case.now + case.policy.remedies.answer.due_in,
    )


def _say_receipt(case: Case, promise: Promise) -> None:
    due = day(promise.due_at, case.turn.language, case.now)
    case.speech.say("utter_promise_answer", {"code": promise.code, "due": due})
