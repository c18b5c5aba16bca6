"""Answers to what we asked or offered: yes, no, and bare data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from actions.case import Case, CaseAction
from actions.changes import explain_address, explain_cancelling
from actions.complaints import hear_complaint
from actions.deescalation import says_yes
from actions.erasure import answer_deletion
from actions.exchanges import explain_exchange
from actions.invoices import explain_invoice
from actions.offers import accept
from actions.orders import tell_status
from actions.payments import explain_payment
from actions.people import accept_answer
from actions.photos import say_it_goes_along
from actions.problems import take_on_problem
from actions.products import tell_price, tell_product, tell_stock
from actions.refunds import explain_refund
from actions.returns import explain_return
from actions.slots import CATALOGUE, HUMAN, WHERE_IS_IT, Awaiting, Slot
from actions.warranty import explain_warranty
from actions.which_product import says_product
from actions.words import words_for
from bot.domain.handoff import Reason
from bot.domain.promise import PromiseKind

_CONTINUE: Final[Mapping[str, Callable[[Case], Awaitable[None]]]] = {
    "ask_order_status": tell_status,
    "report_late": tell_status,
    "report_damaged": take_on_problem,
    "report_wrong_item": take_on_problem,
    "missing_item": take_on_problem,
    "ask_return": explain_return,
    "exchange": explain_exchange,
    "ask_refund": explain_refund,
    "cancel_order": explain_cancelling,
    "change_address": explain_address,
    "payment_problem": explain_payment,
    "invoice": explain_invoice,
    "warranty": explain_warranty,
    "complain": hear_complaint,
    "ask_price": tell_price,
    "stock": tell_stock,
    "ask_product": tell_product,
}


class ContinueTopic(CaseAction):
    """Answers `inform`: data belongs to what the conversation is about."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_continue_topic"

    async def answer(self, case: Case) -> None:
        """Go on with the topic; say so plainly when the message holds nothing we can use."""
        turn = case.turn
        if says_product(turn):
            topic = turn.topic if turn.topic in CATALOGUE else "ask_product"
            case.speech.remember(Slot.TOPIC, topic)
            await _CONTINUE[topic](case)
        elif turn.topic in CATALOGUE and turn.brings_data:
            case.speech.remember(Slot.TOPIC, WHERE_IS_IT)  # an order's number says nothing about a product
            await tell_status(case)
        elif turn.brings_data or turn.awaiting is not None or turn.means_another_order or turn.said.is_button:
            await _CONTINUE[turn.topic](case)
        else:
            case.say("utter_misunderstood")


class AnswerOffer(CaseAction):
    """Answers `affirm` and `deny`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_answer_offer"

    async def answer(self, case: Case) -> None:
        """Do what was offered, leave it, or come back to what we asked."""
        turn = case.turn
        yes = says_yes(turn.intent, turn.reading.intent_confidence, case.policy)
        if turn.deletion_offered:
            answer_deletion(case, yes=yes)
        elif yes and turn.offer_open:
            reason = Reason.OFFER_ACCEPTED
            await case.hand_over(reason, case.policy.severity[reason], words_for(reason, turn))
            await say_it_goes_along(case)
        elif yes and turn.promise_offered is PromiseKind.ANSWER:
            await accept_answer(case)
        elif yes and turn.promise_offered:
            if not await accept(case, turn.promise_offered):
                await _CONTINUE[turn.topic](case)
        elif turn.intent == "deny" and turn.promise_offered:
            case.leave_offer()
        elif turn.intent == "affirm" and turn.awaiting is not None:
            await _CONTINUE[turn.topic](case)
        elif turn.intent == "affirm":
            case.say("utter_ok_what_else")
        else:
            _come_back(case, "utter_ok_what_else")


class NotUnderstood(CaseAction):
    """Answers what was not understood."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_not_understood"

    async def answer(self, case: Case) -> None:
        """Say so; who has no order number at hand hears that there is another way, and who lets it go is not asked again."""
        _come_back(case, "utter_misunderstood")


def _come_back(case: Case, otherwise: str) -> None:
    """Come back to the number we asked for and say that there are other ways, unless the shopper lets our question go."""
    turn = case.turn
    if turn.lets_go and turn.awaiting is not None:
        case.say("utter_ok_what_else")
        case.speech.remember(Slot.TOPIC, None)
    else:
        case.say("utter_ask_order_number_again" if turn.awaiting is Awaiting.ORDER_NUMBER else otherwise)


class OfferPerson(CaseAction):
    """Remembers that the response just said offers a person."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_offer_person"

    async def answer(self, case: Case) -> None:
        """Leave the offer open."""
        case.speech.remember(Slot.OFFER, HUMAN)
        case.speech.remember(Slot.AWAITING, None)
