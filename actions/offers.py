"""Offering what may be promised, and promising it after a yes. What may be is decided in actions/remedies.py."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from actions.case import Case
from actions.deescalation import may_be_one_order
from actions.facts import day, masked, money
from actions.photos import say_it_goes_along
from actions.remedies import Already, Remedy, problem_of, remedy_for, remedy_of, request_for
from actions.slots import Slot
from actions.which_order import order_or_ask
from actions.words import first_words, words_for
from bot.domain.handoff import Reason
from bot.domain.order import Order, OrderStatus
from bot.domain.promise import NewPromise, OrderProblem, Promise, PromiseKind, PromiseState, shopper_key

_FACTS: Final = {OrderProblem.LATE: "utter_facts_late", OrderProblem.LOST: "utter_facts_lost"}
_REPORTED: Final = frozenset({OrderProblem.DAMAGED, OrderProblem.WRONG_ITEM, OrderProblem.MISSING})
_REQUESTS: Final = frozenset({PromiseKind.CANCEL, PromiseKind.CHANGE_ADDRESS, PromiseKind.INVOICE})


async def make_good(case: Case, order: Order, problem: OrderProblem | None, *, only: PromiseKind | None = None) -> bool:
    """Tell the facts, and what was promised for a problem or can be; False when the policy has nothing to offer."""
    if problem is None:
        return False
    made = await case.work.promises.of_order(order.number)
    if known := next((promise for promise in made if promise.is_open and promise.problem is problem), None):
        _tell_facts(case, order, problem)
        say_receipt(case, order, known)
        return True
    late, policy = order.days_late(case.now), case.policy.remedies
    if only is None:
        offered = _offered(case, order, problem)
        if case.turn.offer_before in offered:
            # Not answered is not refused: something else in its place would be promised by a yes to the first.
            _tell_facts(case, order, problem)
            case.speech.add("utter_offer_stands")
            case.speech.remember(Slot.OFFER, case.turn.offer_before)
            return True
        already = Already(offered, tuple(made))
        remedy = remedy_for(order, problem, late, already, policy)
    else:
        remedy = remedy_of(only, order, problem, late, Already(made=tuple(made)), policy)
    if remedy is None or not await _has_room(case, order, remedy):
        return False
    _tell_facts(case, order, problem)
    facts = _facts_of(case, remedy.kind, problem, remedy.amount, order.currency)
    case.say_about(f"utter_offer_{remedy.kind.value}", order, **facts)
    return True


async def offer_cancelling(case: Case, order: Order) -> bool:
    """Offer to put in the cancellation of an order, or say that it is; False when it cannot be."""
    if request_for(PromiseKind.CANCEL, order, case.policy.remedies) is None:
        return False
    if not await say_promised(case, order, PromiseKind.CANCEL):
        case.say_about("utter_offer_cancel", order)
    return True


async def say_promised(case: Case, order: Order, kind: PromiseKind) -> bool:
    """Say again what was promised of this kind for an order and is still owed; False when nothing was."""
    made = await case.work.promises.of_order(order.number)
    known = next((promise for promise in made if promise.is_open and promise.kind is kind), None)
    if known:
        say_receipt(case, order, known)
    return known is not None


async def offer_address(case: Case) -> bool:
    """Repeat the address just given and offer to put it in; False when the order cannot go elsewhere."""
    order = await order_or_ask(case)
    if order and request_for(PromiseKind.CHANGE_ADDRESS, order, case.policy.remedies) is None:
        return False
    if order:
        case.say_about("utter_offer_change_address", order, address=first_words(case.turn.said.text))
    return True


async def accept(case: Case, kind: PromiseKind) -> bool:
    """Promise what was offered and say the receipt; False when it cannot be offered any more.

    Where another conversation has used up the budget meanwhile, a person takes over.
    """
    order = await order_or_ask(case)
    if order is None:
        return True
    promise = await case.work.promises.made_for(case.turn.conversation_id, case.turn.said.key)
    if promise is None:
        remedy = await _still_possible(case, order, kind)
        if remedy is None:
            return False
        promise = await case.work.promises.make(_new(case, order, remedy), remedy.limits, case.now)
    if promise:
        say_receipt(case, order, promise)
        if promise.problem in _REPORTED:
            await say_it_goes_along(case)
    else:
        reason = Reason.OFFER_ACCEPTED
        await case.hand_over(reason, case.policy.severity[reason], words_for(reason, case.turn))
    return True


async def problem_reported(case: Case, order: Order) -> OrderProblem | None:
    """Return what went wrong with an order whose money is asked back: its loss, or what was last said of the goods."""
    if order.status is OrderStatus.LOST:
        return OrderProblem.LOST
    return await last_reported(case, order) if order.status is OrderStatus.DELIVERED else None


async def last_reported(case: Case, order: Order) -> OrderProblem | None:
    """Return what the shopper last said is wrong with the goods of an order."""
    since = case.now - case.policy.handoff.repeat.window
    complaints = await case.work.complaints.since(case.turn.conversation_id, since)
    about = [c.problem for c in complaints if may_be_one_order(c.order_number, order.number) and c.problem in _REPORTED]
    return OrderProblem(about[-1]) if about else None


async def _still_possible(case: Case, order: Order, kind: PromiseKind) -> Remedy | None:
    policy = case.policy.remedies
    if kind in _REQUESTS:
        known = kind is not PromiseKind.CHANGE_ADDRESS or case.turn.new_address
        return request_for(kind, order, policy) if known else None
    problem = problem_of(order, case.turn.topic, case.now) or await problem_reported(case, order)
    if problem is None:
        return None
    made = tuple(await case.work.promises.of_order(order.number))
    same = [promise for promise in made if (promise.kind, promise.problem) == (kind, problem) and promise.is_open]
    others = tuple(promise for promise in made if promise not in same)
    return remedy_of(kind, order, problem, order.days_late(case.now), Already(made=others), policy)


async def _has_room(case: Case, order: Order, remedy: Remedy) -> bool:
    return await case.work.promises.has_room(_new(case, order, remedy), remedy.limits, case.now)


def _new(case: Case, order: Order, remedy: Remedy) -> NewPromise:
    return NewPromise(
        conversation_id=case.turn.conversation_id,
        message_key=case.turn.said.key,
        shopper_key=shopper_key(order),
        order_number=order.number,
        kind=remedy.kind,
        problem=remedy.problem,
        due_at=case.now + remedy.due_in,
        amount=remedy.amount,
        currency=order.currency if remedy.amount is not None else None,
        details=first_words(_details(case, remedy.kind) or ""),
        needs_approval=remedy.needs_approval,
    )


def _details(case: Case, kind: PromiseKind) -> str | None:
    """Return what the shopper told us for a request and has seen repeated."""
    return {PromiseKind.CHANGE_ADDRESS: case.turn.new_address, PromiseKind.INVOICE: case.turn.company}.get(kind)


def _offered(case: Case, order: Order, problem: OrderProblem) -> frozenset[PromiseKind]:
    """Return what was offered in this conversation for the same problem of the same order."""
    ours = (offer for offer in case.turn.offers if offer.order_number == order.number)
    return frozenset(offer.kind for offer in ours if problem_of(order, offer.topic, case.now) is problem)


def _tell_facts(case: Case, order: Order, problem: OrderProblem) -> None:
    if response := _FACTS.get(problem):
        case.say_about(response, order)


def say_receipt(case: Case, order: Order, promise: Promise) -> None:
    """Say what was promised, under which code and by when; what needs approval is not said to be given."""
    waits = promise.state is PromiseState.NEEDS_APPROVAL
    response = f"utter_promise_{promise.kind.value}" + ("_approval" if waits else "")
    facts = _facts_of(case, promise.kind, promise.problem, promise.amount, promise.currency)
    due = day(promise.due_at, case.turn.language, case.now)
    email = masked(order.email) if order.email else ""
    case.say_about(response, order, code=promise.code, due=due, email=email, **facts)


def _facts_of(
    case: Case, kind: PromiseKind, problem: OrderProblem, amount: Decimal | None, currency: str | None
) -> dict[str, str]:
    """Return the variables of an offer or a receipt. A sum that is only the most it can come to is `up_to`."""
    language = case.turn.language
    if kind is PromiseKind.RESHIP:
        return {"what": case.shop.book.word(language, f"reship_{problem.value}")}
    if amount is None or currency is None:
        return {}
    exact = kind is PromiseKind.VOUCHER or problem is OrderProblem.LOST
    return {"amount" if exact else "up_to": money(amount, currency, language)}
