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
        if turn.asks_for_a_moment:
            _come_back(case, "utter_misunderstood")
        elif says_product(turn):
            topic = turn.topic if turn.topic in CATALOGUE else "ask_product"
            case.speech.remember(Slot.TOPIC, topic)
            await _CONTINUE[topic](case)
        elif turn.brings_data:
            await _continue_with_data(case)
        elif turn.awaiting is not None or turn.means_another_order or turn.said.is_button:
            await _CONTINUE[turn.topic](case)
        else:
            _not_understood(case)


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
        elif turn.has_offer and (turn.asks or turn.intent == "affirm"):
            # "I don't know, what do I have to do?" is no refusal, and "so what will you do?" is no yes.
            _question_offer(case)
        elif turn.intent == "deny" and turn.promise_offered:
            case.leave_offer()
        elif turn.intent == "affirm" and turn.awaiting is not None and not turn.lets_go:
            await _CONTINUE[turn.topic](case)
        elif turn.intent == "affirm":
            case.say("utter_misunderstood" if turn.asks else "utter_ok_what_else")
        else:
            _come_back(case, "utter_ok_what_else")


class NotUnderstood(CaseAction):
    """Answers what was not understood."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_not_understood"

    async def answer(self, case: Case) -> None:
        """Say so, unless data in it say what it is about."""
        if case.turn.brings_data:
            await _continue_with_data(case)
        else:
            _not_understood(case)


_ASIDES: Final[Mapping[str, str]] = {
    "smalltalk": "utter_smalltalk",
    "praise": "utter_thanks_for_praise",
    "out_of_scope": "utter_out_of_scope",
}
# "so what now?" resembles small talk a little, as it resembles everything a little.
_SURELY_CHAT: Final = 0.5


class HearAside(CaseAction):
    """Answers words that ask nothing of the shop: small talk, praise, what is outside its business."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_hear_aside"

    async def answer(self, case: Case) -> None:
        """Answer, and leave open what is; an offer is not talked over."""
        turn = case.turn
        if turn.intent == "smalltalk" and turn.reading.intent_confidence < _SURELY_CHAT:
            _not_understood(case)
        elif turn.has_offer:
            if turn.intent == "out_of_scope":
                _question_offer(case)
            else:
                case.speech.add("utter_offer_stands")
        else:
            case.speech.add(_ASIDES[turn.intent])


async def _continue_with_data(case: Case) -> None:
    """Go on with the topic by the number or contact in the message."""
    topic = case.turn.topic
    if topic in CATALOGUE:
        topic = WHERE_IS_IT  # an order's number says nothing about a product
        case.speech.remember(Slot.TOPIC, topic)
    await _CONTINUE[topic](case)


def _question_offer(case: Case) -> None:
    """Answer words about an offer that are no yes or no; the offer stands."""
    if case.turn.offer_open:
        case.say("utter_person_can")
    else:
        case.speech.add("utter_offer_questioned")


def _not_understood(case: Case) -> None:
    """Say so; what was offered stays offered, and who was asked for something hears that there are other ways."""
    if case.turn.has_offer and not (case.turn.lets_go or case.turn.asks_for_a_moment):
        _question_offer(case)
    else:
        _come_back(case, "utter_misunderstood")


def _come_back(case: Case, otherwise: str) -> None:
    """Come back to what we asked for and say that there are other ways, unless the shopper lets our question go."""
    turn = case.turn
    if turn.asks_for_a_moment:
        case.say("utter_take_your_time")
    elif turn.lets_go:
        case.say("utter_ok_what_else")
        case.speech.remember(Slot.TOPIC, None)
    elif turn.awaiting is Awaiting.PROOF and turn.order_number:
        case.speech.ask_for_proof("utter_ask_proof_again", turn.order_number)
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
