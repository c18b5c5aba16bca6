"""Offers of a promise: nothing is promised without a yes, and every yes is a row."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from actions.policy import Policy
from bot.domain.order import Order, OrderStatus, number_key
from bot.domain.promise import Limits, NewPromise, OrderProblem, Promise, PromiseKind, PromiseState, shopper_key
from tests.doubles.counter import LANGUAGES, NOW, Chat, an_order
from tests.doubles.shipped import the_policy

K, P, S = PromiseKind, OrderProblem, OrderStatus
LATE = an_order(promised_at=NOW - timedelta(days=3))
LOST = an_order(status=S.LOST)
DELIVERED = an_order(status=S.DELIVERED)
PAID = an_order(status=S.PAID)


def a_chat(order: Order, language: str = "en", policy: Policy | None = None) -> Chat:
    return Chat(order, language=language, policy=policy).proves("email", "maria.p@example.com")


def promises(chat: Chat) -> list[Promise]:
    return [promise for _, promise in chat.ledger.promises.rows]


def with_rule(kind: str, **changes: Any) -> Policy:
    """The shop's policy with a rule of one remedy changed."""
    remedies = the_policy().remedies
    rule = getattr(remedies, kind).model_copy(update=changes)
    return the_policy().model_copy(update={"remedies": remedies.model_copy(update={kind: rule})})


async def use_up(chat: Chat, order: Order, kind: PromiseKind, times: int = 2) -> None:
    """Promise the same shopper something for other orders."""
    for number in range(times):
        new = NewPromise(
            "c0", f"used {number}", shopper_key(order), f"A-{number}", kind, P.LATE, NOW, Decimal(1), "GBP"
        )
        await chat.ledger.promises.make(new, Limits(), NOW)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_yes_to_a_voucher_is_a_row_and_a_receipt_with_code_sum_and_day(language: str) -> None:
    chat = a_chat(LATE, language)

    offered = await chat.says("...", "report_late")
    told = await chat.says("...", "affirm")

    [promise] = promises(chat)
    assert offered.responses == ["utter_facts_late", "utter_offer_voucher"]
    assert "2" in offered.replies[1].text
    assert told.responses == ["utter_promise_voucher"]
    assert (promise.kind, promise.problem, promise.amount, promise.currency) == (
        K.VOUCHER,
        P.LATE,
        Decimal("2.49"),
        "GBP",
    )
    assert promise.code in told.text
    assert "23" in told.text
    assert promise.due_at == NOW + timedelta(hours=24)
    assert told.commands == []
    assert chat.slots["offer"] is None


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_no_promises_nothing_and_a_person_stays_available(language: str) -> None:
    chat = a_chat(LATE, language)
    await chat.says("...", "report_late")

    told = await chat.says("...", "deny")
    asked = await chat.presses("/ask_human")

    assert told.responses == ["utter_offer_declined"]
    assert len(told.replies[0].buttons) == 1
    assert promises(chat) == []
    assert asked.reason == "asked"


async def test_a_yes_after_another_subject_promises_nothing() -> None:
    chat = a_chat(LATE)
    await chat.says("where is it", "report_late")

    await chat.says("do you have it in blue", "discount")
    told = await chat.says("yes", "affirm")

    assert promises(chat) == []
    assert told.reason == "offer"


async def test_thanks_leave_the_offer_open() -> None:
    chat = a_chat(LATE)
    await chat.says("where is it", "ask_order_status")

    await chat.says("thanks", "thank")
    await chat.says("ok, yes", "affirm")

    assert [promise.kind for promise in promises(chat)] == [K.VOUCHER]


async def test_what_was_offered_is_not_offered_again_and_a_person_is() -> None:
    chat = a_chat(LATE)
    await chat.says("where is it", "ask_order_status")
    await chat.says("no", "deny")

    told = await chat.says("and now?", "ask_order_status")

    assert told.responses == ["utter_order_late"]
    assert chat.slots["offer"] == "human"
    assert (await chat.says("yes", "affirm")).reason == "offer"


async def test_an_offer_that_was_not_answered_stands_and_nothing_else_is_put_in_its_place() -> None:
    chat = a_chat(an_order(status=OrderStatus.LOST))
    offered = await chat.says("where is it", "ask_order_status")

    told = await chat.says("it was for my son's birthday", "report_late")
    await chat.says("yes, send it", "affirm")

    [promise] = promises(chat)
    assert offered.responses == ["utter_facts_lost", "utter_offer_reship"]
    assert told.responses == ["utter_facts_lost", "utter_offer_stands"]
    assert promise.kind is K.RESHIP


async def test_who_asks_again_after_a_yes_is_told_the_same_receipt() -> None:
    chat = a_chat(LATE)
    await chat.says("where is it", "ask_order_status")
    await chat.says("yes", "affirm")

    told = await chat.says("and now?", "ask_order_status")

    [promise] = promises(chat)
    assert told.responses == ["utter_facts_late", "utter_promise_voucher"]
    assert promise.code in told.text


async def test_a_turn_that_is_tried_again_says_the_same_receipt() -> None:
    chat = a_chat(LATE)
    await chat.says("where is it", "ask_order_status")
    slots = dict(chat.slots)

    first = await chat.says("yes", "affirm", key="m9")
    chat.slots.update(slots)
    again = await chat.says("yes", "affirm", key="m9")

    [promise] = promises(chat)
    assert promise.code in first.text
    assert promise.code in again.text


async def test_a_budget_that_is_used_up_is_not_spoken_of() -> None:
    chat = a_chat(LATE)
    await use_up(chat, LATE, K.VOUCHER)

    told = await chat.says("where is it", "report_late")

    assert told.responses == ["utter_order_late"]
    assert chat.slots["offer"] == "human"


async def test_where_another_conversation_was_quicker_a_person_takes_over() -> None:
    chat = a_chat(LATE)
    await chat.says("where is it", "report_late")
    await use_up(chat, LATE, K.VOUCHER)

    told = await chat.says("yes", "affirm")

    assert told.responses == ["utter_handoff_offer"]
    assert told.reason == "offer"
    assert [promise.order_number for promise in promises(chat)] == ["A-0", "A-1"]


async def test_an_order_that_arrived_meanwhile_gets_no_voucher() -> None:
    chat = a_chat(LATE)
    await chat.says("where is it", "report_late")
    chat.ledger.orders.rows[number_key("WL-1001")] = an_order(status=S.DELIVERED)

    told = await chat.says("yes", "affirm")

    assert told.responses == ["utter_not_received"]
    assert promises(chat) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_lost_order_is_sent_again_else_refunded(language: str) -> None:
    chat = a_chat(LOST, language)

    told = [(await chat.says("...", intent)).responses[-1] for intent in ("ask_order_status", "deny") * 2]

    assert told[::2] == ["utter_offer_reship", "utter_offer_refund"]
    assert promises(chat) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_lost_order_is_sent_again_on_a_yes(language: str) -> None:
    chat = a_chat(LOST, language)
    await chat.says("...", "report_late")

    told = await chat.presses("/affirm")

    [promise] = promises(chat)
    assert told.responses == ["utter_promise_reship"]
    assert (promise.kind, promise.problem, promise.amount) == (K.RESHIP, P.LOST, Decimal("24.90"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_money_for_a_lost_order_is_promised_to_the_penny(language: str) -> None:
    chat = a_chat(LOST, language)

    offered = await chat.says("...", "ask_refund")
    told = await chat.says("...", "affirm")

    assert offered.responses == ["utter_facts_lost", "utter_offer_refund"]
    assert told.responses == ["utter_promise_refund"]
    assert [(promise.kind, promise.state) for promise in promises(chat)] == [(K.REFUND, PromiseState.OPEN)]
    assert "24" in told.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("intent", "problem"),
    [("report_damaged", P.DAMAGED), ("report_wrong_item", P.WRONG_ITEM), ("missing_item", P.MISSING)],
)
async def test_goods_that_arrived_wrong_are_made_good(intent: str, problem: OrderProblem, language: str) -> None:
    chat = a_chat(DELIVERED, language)

    offered = await chat.says("...", intent)
    told = await chat.presses("/affirm")

    assert offered.responses == ["utter_offer_reship"]
    assert told.responses == ["utter_promise_reship"]
    assert [(promise.kind, promise.problem) for promise in promises(chat)] == [(K.RESHIP, problem)]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_money_instead_is_said_to_be_confirmed_by_a_person_who_knows_the_sum(language: str) -> None:
    chat = a_chat(DELIVERED, language)
    await chat.says("...", "report_damaged", order_number="WL-1001")

    offered = await chat.presses("/ask_refund")
    told = await chat.presses("/affirm")

    [promise] = promises(chat)
    assert offered.responses == ["utter_offer_refund"]
    assert told.responses == ["utter_promise_refund_approval"]
    assert (promise.kind, promise.problem, promise.state) == (K.REFUND, P.DAMAGED, PromiseState.NEEDS_APPROVAL)


@pytest.mark.parametrize(
    ("total", "response"), [("50.00", "utter_promise_reship"), ("50.01", "utter_promise_reship_approval")]
)
async def test_over_the_approval_sum_the_receipt_says_that_a_person_confirms(total: str, response: str) -> None:
    chat = a_chat(an_order(status=S.LOST, total=Decimal(total)))
    await chat.says("where is it", "ask_order_status")

    assert (await chat.says("yes", "affirm")).responses == [response]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "days"), [("free_delivery", 1), ("voucher", 30)])
async def test_every_remedy_for_lateness_has_its_words(kind: str, days: int, language: str) -> None:
    policy = with_rule(kind, on=True)
    chat = a_chat(an_order(promised_at=NOW - timedelta(days=days), total=Decimal(90)), language, policy)

    offered = await chat.says("...", "report_late")
    told = await chat.says("...", "affirm")

    approval = "_approval" if kind == "voucher" else ""
    assert offered.responses[1:] == [f"utter_offer_{kind}"]
    assert told.responses == [f"utter_promise_{kind}{approval}"]
    assert not set("{}[]") & set(offered.text + told.text)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_call_back_comes_where_nothing_else_is_allowed(language: str) -> None:
    nothing_else = the_policy().remedies
    off = {name: getattr(nothing_else, name).model_copy(update={"on": False}) for name in ("reship", "refund")}
    policy = the_policy().model_copy(update={"remedies": nothing_else.model_copy(update=off)})
    chat = a_chat(LOST, language, policy)

    offered = await chat.says("...", "ask_order_status")
    told = await chat.says("...", "affirm")

    assert offered.responses == ["utter_facts_lost", "utter_offer_callback"]
    assert told.responses == ["utter_promise_callback"]


async def test_an_order_of_somebody_else_is_promised_nothing() -> None:
    chat = Chat(LATE)
    await chat.says("WL-1001 is late", "report_late", order_number="WL-1001")

    told = await chat.presses("/affirm")

    assert told.responses == ["utter_ask_proof_again"]
    assert promises(chat) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_cancellation_is_put_in_on_a_yes_only(language: str) -> None:
    chat = a_chat(PAID, language)

    offered = await chat.says("...", "cancel_order")
    before = promises(chat)
    told = await chat.says("...", "affirm")
    again = await chat.says("...", "cancel_order")

    [promise] = promises(chat)
    assert offered.responses == ["utter_offer_cancel"]
    assert before == []
    assert told.responses == again.responses == ["utter_promise_cancel"]
    assert (promise.kind, promise.problem, promise.due_at) == (K.CANCEL, P.REQUEST, NOW + timedelta(hours=4))
    assert promise.code in again.text


async def test_a_cancellation_that_is_declined_is_not_put_in() -> None:
    chat = a_chat(PAID)
    await chat.says("cancel it", "cancel_order")

    told = await chat.says("no, keep it", "deny")

    assert told.responses == ["utter_offer_declined"]
    assert promises(chat) == []


async def test_an_order_that_left_meanwhile_is_not_said_to_be_cancelled() -> None:
    chat = a_chat(PAID)
    await chat.says("cancel it", "cancel_order")
    chat.ledger.orders.rows[number_key("WL-1001")] = an_order(status=S.SHIPPED)

    told = await chat.says("yes", "affirm")

    assert told.responses == ["utter_cancel_too_late"]
    assert promises(chat) == []


@pytest.mark.parametrize(
    ("kind", "intent", "response"),
    [
        ("cancel", "cancel_order", "utter_cancel_possible"),
        ("change_address", "change_address", "utter_address_possible"),
    ],
)
async def test_a_request_that_is_switched_off_is_for_a_person(kind: str, intent: str, response: str) -> None:
    chat = a_chat(PAID, policy=with_rule(kind, on=False))

    assert (await chat.says("please", intent)).responses == [response]
    assert chat.slots["offer"] == "human"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_address_is_asked_for_repeated_confirmed_and_only_then_put_in(language: str) -> None:
    chat = a_chat(PAID, language)
    address = "Jo Whitcombe, 12 Mill Lane, Leeds LS1 4AB"

    asked = await chat.says("...", "change_address")
    repeated = await chat.says(address, "inform")
    before = promises(chat)
    told = await chat.says("...", "affirm")

    [promise] = promises(chat)
    assert asked.responses == ["utter_ask_address"]
    assert repeated.responses == ["utter_offer_change_address"]
    assert address in repeated.text
    assert before == []
    assert told.responses == ["utter_promise_change_address"]
    assert (promise.kind, promise.details) == (K.CHANGE_ADDRESS, address)
    assert address not in [str(value) for value in chat.slots.values()]


@pytest.mark.parametrize(
    "intent",
    ["inform", "nlu_fallback", "out_of_scope", "report_late", "complain", "pickup_point", "smalltalk", "greet"],
)
async def test_whatever_an_address_is_read_as_it_is_an_address(intent: str) -> None:
    chat = a_chat(PAID)
    await chat.says("change it", "change_address")

    told = await chat.says("Late Lane 3, Missing-on-Sea", intent, "anger", confidence=0.6, intensity=0.3)

    assert told.responses == ["utter_offer_change_address"]
    assert chat.slots["topic"] == "change_address"
    assert chat.ledger.complaints.rows == {}


async def test_a_house_number_is_no_other_order_and_the_language_stays() -> None:
    chat = a_chat(PAID, "ru")
    await chat.says("другой адрес", "change_address")

    told = await chat.says("12345 Long Street, London", "ask_order_status", read="en", order_number="12345")
    await chat.says("да", "affirm")

    assert told.responses == ["utter_offer_change_address"]
    assert chat.slots["language"] == "ru"
    assert [promise.order_number for promise in promises(chat)] == ["WL-1001"]


@pytest.mark.parametrize(
    ("answer", "intent", "responses"),
    [
        pytest.param("no, leave it", "deny", ["utter_offer_declined"], id="never mind"),
        pytest.param("yes", "affirm", ["utter_ask_address"], id="yes is no address"),
        pytest.param("do you deliver on Sunday?", "pickup_point", ["utter_pickup_point"], id="a question"),
        pytest.param("a person please", "ask_human", ["utter_handoff_asked"], id="a person"),
        pytest.param("thanks", "thank", ["utter_welcome"], id="thanks"),
    ],
)
async def test_what_is_no_address_is_not_taken_for_one(answer: str, intent: str, responses: list[str]) -> None:
    chat = a_chat(PAID)
    await chat.says("change it", "change_address")

    told = await chat.says(answer, intent)

    assert told.responses == responses
    assert promises(chat) == []


async def test_after_never_mind_no_address_is_waited_for() -> None:
    chat = a_chat(PAID)
    await chat.says("change it", "change_address")
    await chat.says("never mind", "deny")

    told = await chat.says("12 Mill Lane", "nlu_fallback")

    assert told.responses == ["utter_misunderstood"]


async def test_an_address_can_be_written_again() -> None:
    chat = a_chat(PAID)
    await chat.says("change it", "change_address")
    await chat.says("12 Mil Lane", "inform")

    asked = await chat.presses("/change_address")
    await chat.says("12 Mill Lane", "inform")
    await chat.says("yes", "affirm")

    assert asked.responses == ["utter_ask_address"]
    assert [promise.details for promise in promises(chat)] == ["12 Mill Lane"]


async def test_an_order_that_left_meanwhile_goes_where_it_goes() -> None:
    chat = a_chat(PAID)
    await chat.says("change it", "change_address")
    chat.ledger.orders.rows[number_key("WL-1001")] = an_order(status=S.SHIPPED)

    told = await chat.says("12 Mill Lane", "inform")

    assert told.responses == ["utter_address_too_late"]
    assert chat.slots["offer"] is None


def a_cue(kind: str, text: str) -> list[dict[str, Any]]:
    return [{"kind": kind, "text": text, "start": 0, "end": len(text)}]


@pytest.mark.parametrize("intent", ["deny", "nlu_fallback"])
@pytest.mark.parametrize("text", ["never mind", "забей", "算了", "άσε"])
async def test_who_lets_a_question_go_is_not_asked_again(text: str, intent: str) -> None:
    chat = Chat(an_order())
    await chat.says("where is my parcel", "ask_order_status")

    left = await chat.says(text, intent, cues=a_cue("let_go", text))

    assert left.responses == ["utter_ok_what_else"]
    assert (chat.slots["awaiting"], chat.slots["topic"]) == (None, None)


async def test_who_has_no_number_is_told_of_other_ways() -> None:
    chat = Chat(an_order())
    await chat.says("where is my parcel", "ask_order_status")

    told = await chat.says("I don't have the number", "deny")

    assert told.responses == ["utter_ask_order_number_again"]
    assert chat.slots["awaiting"] == "order_number"


async def test_money_for_something_damaged_is_offered_as_such_and_a_photo_is_asked_for() -> None:
    chat = Chat(DELIVERED, channel="telegram").proves("email", "maria.p@example.com")

    offered = await chat.says("I want my money back, it's torn", "ask_refund", cues=a_cue("damage", "torn"))
    told = await chat.says("yes", "affirm")

    [promise] = promises(chat)
    assert offered.responses == ["utter_ask_photo", "utter_offer_refund"]
    assert told.responses[0] == "utter_promise_refund_approval"
    assert (promise.kind, promise.problem) == (K.REFUND, P.DAMAGED)


async def test_money_for_something_damaged_stays_what_is_wanted_until_the_order_is_known() -> None:
    chat = Chat(DELIVERED)
    await chat.says("money back, it's torn", "ask_refund", "disappointment", cues=a_cue("damage", "torn"))
    cause = chat.slots["cause"]
    await chat.says("WL-1001", "inform", order_number="WL-1001")

    offered = await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")

    assert cause == "damaged"
    assert offered.responses == ["utter_offer_refund"]


async def test_money_for_something_damaged_that_is_on_its_way_by_our_record_is_not_answered_by_the_delay() -> None:
    chat = Chat(LATE).proves("email", "maria.p@example.com")
    await chat.says("where is WL-1001", "ask_order_status", order_number="WL-1001")

    told = await chat.says("I want my money back, the cup is smashed", "ask_refund", cues=a_cue("damage", "smashed"))

    assert told.responses == ["utter_damaged"]


async def test_who_will_not_prove_an_order_is_told_why_it_is_asked_and_of_another_way() -> None:
    chat = Chat(an_order())
    await chat.says("where is WL-1001", "ask_order_status", order_number="WL-1001")

    refused = await chat.says("No", "deny")
    asked = await chat.says("what do you need it for?", "nlu_fallback")
    shown = await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")

    assert (refused.responses, asked.responses) == (["utter_ask_proof_again"], ["utter_ask_proof_again"])
    assert refused.replies[0].buttons
    assert shown.responses == ["utter_order_shipped"]


@pytest.mark.parametrize(
    ("text", "intent", "confidence"),
    [
        pytest.param("I don't know... what would I have to do?", "deny", 0.9, id="a no that asks"),
        pytest.param("so what are you going to do about it", "affirm", 0.3, id="a yes that is not sure"),
        pytest.param("do you need a photo", "nlu_fallback", 0.8, id="not understood"),
        pytest.param("I'll look again after the weekend", "inform", 0.8, id="data without any"),
        pytest.param("what now", "smalltalk", 0.3, id="hardly small talk"),
        pytest.param("who won the match", "out_of_scope", 0.9, id="not our business"),
    ],
)
async def test_a_question_about_an_offer_is_no_answer_to_it(text: str, intent: str, confidence: float) -> None:
    chat = a_chat(LATE)
    await chat.says("where is it", "ask_order_status")

    told = await chat.says(text, intent, sure=confidence)
    await chat.says("yes", "affirm")

    assert told.responses == ["utter_offer_questioned"]
    assert [promise.kind for promise in promises(chat)] == [K.VOUCHER]


@pytest.mark.parametrize("intent", ["smalltalk", "praise"])
async def test_an_offer_is_not_talked_over(intent: str) -> None:
    chat = a_chat(LOST)
    await chat.says("where is it", "ask_order_status")

    told = await chat.says("it was for my grandson's birthday", intent)
    await chat.says("yes", "affirm")

    assert told.responses == ["utter_offer_stands"]
    assert [promise.kind for promise in promises(chat)] == [K.RESHIP]


async def test_a_yes_that_asks_is_not_taken_for_an_end() -> None:
    chat = a_chat(an_order())
    await chat.says("where is it", "ask_order_status")

    assert (await chat.says("yes but what time roughly?", "affirm")).responses == ["utter_misunderstood"]


async def test_a_number_is_taken_up_whatever_the_words_around_it() -> None:
    chat = Chat(an_order())

    told = await chat.says("hi there, question re WL-1001", "nlu_fallback", order_number="WL-1001")

    assert told.responses == ["utter_ask_proof"]


async def test_an_address_put_right_takes_the_place_of_the_one_repeated() -> None:
    chat = a_chat(PAID)
    await chat.says("wrong house number", "change_address")
    await chat.says("it's 27 not 72", "change_address")

    repeated = await chat.says("27 Elm Row, Bristol BS3 1AA", "out_of_scope", read="el")
    await chat.says("yes", "affirm")

    [promise] = promises(chat)
    assert repeated.responses == ["utter_offer_change_address"]
    assert "27 Elm Row, Bristol BS3 1AA" in repeated.text
    assert chat.slots["language"] == "en"
    assert promise.details == "27 Elm Row, Bristol BS3 1AA"


async def test_who_asks_for_the_money_of_an_order_being_cancelled_is_told_so() -> None:
    chat = a_chat(PAID)
    await chat.says("cancel it", "cancel_order")
    await chat.says("yes", "affirm")

    told = await chat.says("when do I get the money", "ask_refund")

    assert told.responses == ["utter_promise_cancel"]
    assert len(promises(chat)) == 1


async def test_a_question_about_a_person_offered_is_answered_with_the_person() -> None:
    chat = a_chat(DELIVERED)
    await chat.says("can it go back", "ask_return")

    told = await chat.says("not sure, what would I have to do?", "deny")

    assert told.responses == ["utter_person_can"]
    assert (await chat.says("ok, yes", "affirm")).reason == "offer"


async def test_who_is_sent_goods_again_and_asks_when_hears_of_those() -> None:
    chat = a_chat(DELIVERED)
    await chat.says("it came broken", "report_damaged")
    receipt = await chat.says("yes", "affirm")

    told = await chat.says("when will it be here?", "ask_order_status")

    assert told.responses == receipt.responses[:1] == ["utter_promise_reship"]
