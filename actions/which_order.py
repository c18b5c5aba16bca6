"""The order a conversation is about: found and shown to be the shopper's, or asked for. Every order action starts here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

from actions import proof
from actions.case import Case
from actions.facts import days
from actions.ports import Work
from actions.proof import Contact
from actions.slots import Awaiting, Slot
from actions.words import words_for
from bot.domain.handoff import Reason
from bot.domain.order import Order
from bot.domain.people import Proof, phones_and_emails

MAX_CHOICES: Final = 5
_TITLE: Final = 40


async def order_or_ask(case: Case) -> Order | None:
    """Return the order this is about once the shopper has shown that it is theirs.

    Otherwise say what is missing (number, proof, choice), or hand over after too many wrong proofs, and return None.
    """
    named = await _named(case)
    if len(named) > 1:
        case.speech.say("utter_which_order_first", choices=[(order.number, _payload(order)) for order in named])
        case.speech.remember(Slot.ORDER_NUMBER, None)
        return None
    number = named[0].number if named else case.turn.order_number
    if number is not None and case.turn.means_another_order and (others := await _others(case, number)):
        return _one_or_choose(case, others)
    if number is None:
        return await _own_order_or_ask(case)
    order = await case.work.orders.find(number) or await _whose_total(case, number)
    if order is None:
        case.speech.say("utter_order_unknown", {"number": number})
        case.speech.remember(Slot.ORDER_NUMBER, None)
        return None
    return order if await _may_see(case, order) else None


async def _named(case: Case) -> list[Order]:
    """Return the orders that there are of several numbers in the message; nothing where it has one, or they are something else."""
    turn = case.turn
    numbers = list(dict.fromkeys(turn.values("order_number")))
    if len(numbers) < 2 or turn.awaiting is Awaiting.PROOF or turn.gives_details:
        return []
    found = [await case.work.orders.find(number) for number in numbers[:MAX_CHOICES]]
    return list({order.number: order for order in found if order}.values())


async def _whose_total(case: Case, number: str) -> Order | None:
    """Return the shopper's order spoken of where the number is what it came to: "29980 instead of 14990"."""
    order = await own_order(case.work, case.turn.conversation_id, case.turn.number_before)
    return order if order and number.isdecimal() and Decimal(number) == order.total else None


async def say_with_order_if_known(case: Case, with_order: str, without: str) -> None:
    """Say `with_order` with the facts of the order this is about where it is theirs, else `without`.

    Asks for proof only of an order that was just named or proven, or that we asked for.
    """
    turn = case.turn
    if turn.order_number and (turn.brings_data or turn.awaiting):
        if order := await order_or_ask(case):
            case.say_about(with_order, order)
    elif order := await own_order(case.work, turn.conversation_id, turn.order_number):
        case.say_about(with_order, order)
    else:
        case.say(without)


async def own_order(work: Work, conversation_id: str, number: str | None) -> Order | None:
    """Return the order with this number (else the shopper's only one) if it is shown to be theirs; asks nothing."""
    proofs = await work.proofs.of(conversation_id)
    if number is not None:
        order = await work.orders.find(number)
        return order if order and proof.is_proven(order, proofs) else None
    orders = await _orders_of(work, proofs)
    return orders[0] if len(orders) == 1 else None


async def _own_order_or_ask(case: Case) -> Order | None:
    await _take_proof_for_choice(case)
    if orders := await _orders_of(case.work, await case.work.proofs.of(case.turn.conversation_id)):
        return _one_or_choose(case, orders)
    if case.turn.awaiting is Awaiting.ORDER_NUMBER and not case.turn.changes_topic:
        case.speech.say("utter_ask_order_number_again")
    else:
        _ask_for_number(case)
    return None


def _ask_for_number(case: Case) -> None:
    """Ask which order is meant; who asks about sending back or money hears first how long that may take in this shop."""
    turn, rule = case.turn, case.policy.returns
    facts = {"return_days": days(rule.days, turn.language), "refund_days": days(rule.refund_days, turn.language)}
    if turn.intent == "ask_refund" and not turn.wants_money_for_damage:
        case.speech.say("utter_ask_number_for_refund", facts)
    elif turn.intent in {"ask_return", "exchange"} and rule.days:
        case.speech.say("utter_ask_number_for_return", facts)
    else:
        case.speech.say("utter_ask_order_number")


async def _take_proof_for_choice(case: Case) -> None:
    """Keep a contact given in answer to our question which of several named orders comes first, where it is on one of them."""
    turn, contacts = case.turn, _contacts(case)[:1]
    if turn.awaiting is not Awaiting.ORDER_CHOICE or not contacts or await _guessed_too_often(case):
        return
    named = next((said.values("order_number") for said in reversed(turn.earlier) if said.values("order_number")), ())
    found = [await case.work.orders.find(number) for number in named[:MAX_CHOICES]]
    if order := next((order for order in found if order and proof.is_on(order, contacts[0])), None):
        await _keep(case, contacts[0], order)
    elif named:
        await case.work.proofs.failed(turn.conversation_id, named[0])


async def _others(case: Case, number: str) -> Sequence[Order]:
    """Return the shopper's orders but the one with this number, spelt as the shop does."""
    orders = await _orders_of(case.work, await case.work.proofs.of(case.turn.conversation_id))
    return [order for order in orders if order.number != number]


def _one_or_choose(case: Case, orders: Sequence[Order]) -> Order | None:
    """Return the only order, or let the shopper choose and return None."""
    if len(orders) == 1:
        _found(case, orders[0])
        return orders[0]
    case.speech.say("utter_choose_order", choices=[_choice(order) for order in orders[:MAX_CHOICES]])
    return None


async def _may_see(case: Case, order: Order) -> bool:
    """True when the order is shown to be the shopper's; otherwise asks for proof, or hands over."""
    turn, proofs = case.turn, case.work.proofs
    proven = await proofs.of(turn.conversation_id)
    if proof.is_proven(order, proven):
        _found(case, order)
        return True
    given = [contact for contact in _contacts(case) if Proof(contact.kind, contact.value, "order") not in proven]
    if await _guessed_too_often(case):
        await _hand_over_guesser(case)
        return False
    if right := next((contact for contact in given if proof.is_on(order, contact)), None):
        await _keep(case, right, order)
        _found(case, order)
        return True
    if given:
        # One guess a message, however many addresses it holds: a list of them is no better than its first.
        await proofs.failed(turn.conversation_id, order.number)
        if await _guessed_too_often(case):
            await _hand_over_guesser(case)
        else:
            case.speech.ask_for_proof("utter_proof_mismatch", order.number)
    elif turn.awaiting is Awaiting.PROOF and turn.said.text == "/inform":
        # A phone number was shared with the channel's own button, and it is not the one on the order.
        case.speech.ask_for_proof("utter_proof_mismatch", order.number)
    else:
        again = turn.awaiting is Awaiting.PROOF and turn.number_before == order.number and not turn.changes_topic
        case.speech.ask_for_proof("utter_ask_proof_again" if again else "utter_ask_proof", order.number)
    return False


async def _keep(case: Case, contact: Contact, order: Order) -> None:
    """Keep a proof as it stands on the order, so that the shopper's other orders are found by it."""
    on_order = order.email if contact.kind == proof.EMAIL else order.phone
    await case.work.proofs.add(case.turn.conversation_id, contact.kind, on_order or contact.value, "order")


async def _guessed_too_often(case: Case) -> bool:
    rule = case.policy.handoff.wrong_proofs
    since = case.now - timedelta(minutes=rule.within_minutes)
    return await case.work.proofs.failures_since(case.turn.conversation_id, since) >= rule.limit


async def _hand_over_guesser(case: Case) -> None:
    """A person can check in other ways. The reason is `misunderstood`: we could not tell who this is; nothing is revealed."""
    reason = Reason.MISUNDERSTOOD
    await case.hand_over(reason, case.policy.severity[reason], words_for(reason, case.turn))


def _contacts(case: Case) -> tuple[Contact, ...]:
    """Return the e-mails and phones to compare: of this message, else the one given before the number was."""
    turn = case.turn
    numbers = turn.values("order_number") if turn.awaiting is Awaiting.PROOF else ()
    here = proof.contacts_in(turn.values("email"), turn.values("phone"), numbers)
    if here or turn.awaiting is Awaiting.PROOF or not turn.values("order_number"):
        return here[:2]
    before = [proof.contacts_in(said.values("email"), said.values("phone")) for said in turn.earlier]
    return next((contacts[:1] for contacts in reversed(before) if contacts), ())


async def _orders_of(work: Work, proofs: Sequence[Proof]) -> Sequence[Order]:
    phones, emails = phones_and_emails(proofs)
    return await work.orders.of_contacts(phones=phones, emails=emails)


def _choice(order: Order) -> tuple[str, str]:
    """Return the title and payload of the button that picks an order."""
    title = f"{order.number}: {order.items[0]}" if order.items else order.number
    return shortened(title), _payload(order)


def _payload(order: Order) -> str:
    return f'/inform{{"order_number": "{order.number}"}}'


def shortened(title: str) -> str:
    """Return a button's title at a length that can be read."""
    return title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"


def _found(case: Case, order: Order) -> None:
    """Remember the order by the shop's own spelling; nothing is asked any more."""
    case.speech.remember(Slot.ORDER_NUMBER, order.number)
    case.speech.remember(Slot.AWAITING, None)
