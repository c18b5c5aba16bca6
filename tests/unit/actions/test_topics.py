"""Returns, refunds, problems, changes and complaints: what is said of an order in each of its states."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from actions.changes import address_response, cancel_response
from actions.exchanges import exchange_response
from actions.problems import problem_response
from actions.refunds import refund_response
from actions.returns import last_day, return_response
from actions.slots import QUESTIONS
from bot.domain.order import Order, OrderStatus
from tests.doubles.counter import LANGUAGES, NOW, Chat, a_bare_order, an_order

S = OrderStatus
TOPICS = [
    "report_damaged",
    "report_wrong_item",
    "missing_item",
    "ask_return",
    "exchange",
    "ask_refund",
    "cancel_order",
    "change_address",
    "payment_problem",
    "warranty",
    "complain",
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", TOPICS)
async def test_every_topic_is_answered_for_every_status_in_every_language(intent: str, language: str) -> None:
    for status in OrderStatus:
        for order in (an_order(status=status), a_bare_order(status)):
            chat = Chat(order, language=language).proves("email", "maria.p@example.com")

            told = await chat.says("...", intent, order_number=order.number)

            assert told.replies
            assert not [reply for reply in told.replies[:-1] if reply.buttons]
            assert not re.search(r"[{}\[\]]|None", told.text)
            assert told.commands == []


@pytest.mark.parametrize(
    ("status", "response"),
    [
        (S.DELIVERED, "utter_return_possible"),
        (S.SHIPPED, "utter_return_not_yet"),
        (S.PLACED, "utter_return_not_yet"),
        (S.RETURNED, "utter_refund_coming"),
        (S.REFUNDED, "utter_refund_done"),
        (S.CANCELLED, "utter_order_cancelled"),
        (S.LOST, "utter_order_lost"),
    ],
)
def test_what_can_go_back(status: OrderStatus, response: str) -> None:
    order = an_order(status=status)

    assert return_response(order, last_day(order, 30), 14, NOW) == response


@pytest.mark.parametrize(("days", "response"), [(30, "utter_return_possible"), (31, "utter_return_expired")])
def test_the_last_day_still_counts(days: int, response: str) -> None:
    order = an_order(status=S.DELIVERED, status_since=NOW - timedelta(days=days))

    assert return_response(order, last_day(order, 30), 14, NOW) == response


@pytest.mark.parametrize(
    ("order", "response"),
    [
        (an_order(status=S.REFUNDED), "utter_refund_done"),
        (an_order(status=S.RETURNED), "utter_refund_coming"),
        (an_order(status=S.DELIVERED), "utter_refund_how"),
        (an_order(status=S.SHIPPED), "utter_refund_how"),
        (an_order(status=S.PAID), "utter_cancel_possible"),
        (an_order(status=S.LOST), "utter_order_lost"),
        (an_order(status=S.DELAYED), "utter_order_delayed"),
        (an_order(promised_at=NOW - timedelta(days=1)), "utter_order_late"),
    ],
)
def test_where_the_money_is(order: Order, response: str) -> None:
    assert refund_response(order, 14, NOW) == response


@pytest.mark.parametrize(
    ("order", "response"),
    [
        (an_order(status=S.REFUNDED), "utter_refund_done"),
        (an_order(status=S.DELIVERED), "utter_damaged"),
        (an_order(promised_at=NOW - timedelta(days=1)), "utter_damaged"),
        (an_order(status=S.PAID), "utter_cancel_possible"),
        (an_order(status=S.LOST), "utter_order_lost"),
    ],
)
def test_where_the_money_is_for_something_said_to_be_damaged(order: Order, response: str) -> None:
    assert refund_response(order, 14, NOW, damaged=True) == response


@pytest.mark.parametrize(
    ("order", "cancel", "address"),
    [
        (an_order(status=S.PLACED), "utter_cancel_possible", "utter_address_possible"),
        (an_order(status=S.PACKED), "utter_cancel_possible", "utter_address_possible"),
        (an_order(status=S.SHIPPED), "utter_cancel_too_late", "utter_address_too_late"),
        (an_order(status=S.DELAYED), "utter_cancel_too_late", "utter_address_too_late"),
        (an_order(status=S.DELAYED, tracking=None), "utter_order_delayed", "utter_order_delayed"),
        (an_order(status=S.CANCELLED), "utter_cancel_already", "utter_order_cancelled"),
        (an_order(status=S.REFUNDED), "utter_refund_done", "utter_order_refunded"),
    ],
)
def test_what_can_still_change(order: Order, cancel: str, address: str) -> None:
    assert (cancel_response(order), address_response(order)) == (cancel, address)


@pytest.mark.parametrize(
    ("topic", "status", "response"),
    [
        ("report_damaged", S.DELIVERED, "utter_damaged"),
        ("report_wrong_item", S.DELIVERED, "utter_wrong_item"),
        ("missing_item", S.DELIVERED, "utter_missing_item"),
        ("missing_item", S.RETURNED, "utter_refund_coming"),
        ("report_damaged", S.RETURNED, "utter_refund_coming"),
        ("report_wrong_item", S.REFUNDED, "utter_refund_done"),
    ],
)
def test_a_problem_is_taken_on_unless_it_is_being_settled(topic: str, status: OrderStatus, response: str) -> None:
    assert problem_response(an_order(status=status), topic, 14, NOW) == response


async def test_a_complaint_without_an_order_is_heard() -> None:
    assert (await Chat().says("your service is bad", "complain")).responses == ["utter_complaint_heard"]


async def test_a_complaint_with_an_order_comes_with_its_facts_and_an_offer() -> None:
    chat = Chat(an_order()).proves("email", "maria.p@example.com")

    told = await chat.says("your service is bad", "complain")

    assert told.responses == ["utter_complaint_with_order"]
    assert chat.slots["offer"] == "human"


async def test_the_number_sent_after_a_complaint_belongs_to_it() -> None:
    chat = Chat(an_order())
    await chat.says("your service is bad", "complain")

    asked = await chat.says("WL-1001", "inform", order_number="WL-1001")
    told = await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")

    assert asked.responses == ["utter_ask_proof"]
    assert told.responses == ["utter_complaint_with_order"]


async def test_a_number_continues_the_topic_it_was_asked_for() -> None:
    chat = Chat(an_order(status=S.DELIVERED))
    await chat.says("i want to send it back", "ask_return")

    await chat.says("WL-1001", "inform", order_number="WL-1001")
    told = await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")

    assert told.responses == ["utter_return_possible"]


@pytest.mark.parametrize(
    ("order", "response"),
    [
        (an_order(status=S.DELIVERED, status_since=NOW - timedelta(days=30)), "utter_exchange_possible"),
        (an_order(status=S.DELIVERED, status_since=NOW - timedelta(days=31)), "utter_exchange_expired"),
        (a_bare_order(S.DELIVERED), "utter_exchange_possible"),
        (an_order(status=S.SHIPPED), "utter_exchange_not_yet"),
        (an_order(status=S.PAID), "utter_exchange_not_yet"),
        (an_order(status=S.REFUNDED), "utter_refund_done"),
        (an_order(status=S.LOST), "utter_order_lost"),
    ],
)
def test_what_can_be_exchanged(order: Order, response: str) -> None:
    assert exchange_response(order, last_day(order, 30), 14, NOW) == response


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_missing_item_is_looked_up_and_a_person_offered_where_the_order_is_still_under_way(
    language: str,
) -> None:
    chat = Chat(an_order(status=S.SHIPPED), language=language)

    asked = await chat.says("...", "missing_item")
    await chat.says("WL-1001", "inform", order_number="WL-1001")
    told = await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")
    accepted = await chat.presses("/affirm")

    assert asked.responses == ["utter_ask_order_number"]
    assert told.responses == ["utter_missing_item"]
    assert "WL-1001" in told.text
    assert accepted.reason == "offer"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", ["payment_problem", "warranty"])
async def test_payment_and_warranty_go_to_a_person_without_asking_for_an_order(intent: str, language: str) -> None:
    chat = Chat(an_order(), language=language)

    told = await chat.says("...", intent)

    assert told.responses == [f"utter_{intent}"]
    assert "WL-1001" not in told.text
    assert (await chat.presses("/affirm")).reason == "offer"


@pytest.mark.parametrize("intent", ["payment_problem", "warranty", "exchange"])
async def test_an_order_that_is_not_shown_to_be_theirs_stays_hidden(intent: str) -> None:
    chat = Chat(an_order(status=S.DELIVERED))

    told = await chat.says("it is WL-1001", intent, order_number="WL-1001")
    shown = await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")

    assert told.responses == ["utter_ask_proof"]
    assert "24.90" not in told.text
    assert shown.responses == ["utter_exchange_possible" if intent == "exchange" else f"utter_{intent}"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", sorted(QUESTIONS - {"delete_my_data"}))
async def test_what_this_chat_cannot_do_is_said_and_a_person_offered(intent: str, language: str) -> None:
    chat = Chat(an_order(), language=language).proves("email", "maria.p@example.com")

    told = await chat.says("my own words about it", intent)
    accepted = await chat.presses("/affirm")

    assert len(told.replies) == 1
    assert told.commands == []
    assert accepted.reason == "offer"
    assert accepted.commands[0]["words"] == "my own words about it"


async def test_who_keeps_the_old_address_and_names_an_order_asks_where_it_is() -> None:
    chat = Chat(an_order(status=OrderStatus.PACKED)).proves("phone", "+447700900123")
    asked = await chat.says("another address for WL-1001", "change_address", order_number="WL-1001")
    await chat.says("no, leave it as it is", "deny")

    told = await chat.says("so when does WL-1001 come", "inform", order_number="WL-1001")

    assert asked.responses == ["utter_ask_address"]
    assert told.responses == ["utter_order_packed"]


async def test_after_an_offer_was_declined_a_number_asks_where_that_order_is() -> None:
    chat = Chat(an_order(status=OrderStatus.PACKED), an_order("WL-1002")).proves("phone", "+447700900123")
    await chat.says("cancel WL-1001", "cancel_order", order_number="WL-1001")
    declined = await chat.says("no, leave it", "deny")

    told = await chat.says("and WL-1002?", "inform", order_number="WL-1002")

    assert declined.responses == ["utter_offer_declined"]
    assert told.responses == ["utter_order_shipped"]


@pytest.mark.parametrize("status", [S.RETURNED, S.REFUNDED])
@pytest.mark.parametrize(("days", "late"), [(14, False), (15, True)])
def test_money_is_late_once_its_last_day_has_passed(days: int, late: bool, status: OrderStatus) -> None:
    order = an_order(status=status, status_since=NOW - timedelta(days=days))

    assert (refund_response(order, 14, NOW) == "utter_refund_late") is late


@pytest.mark.parametrize(("status", "response"), [(S.RETURNED, "utter_refund_late"), (S.REFUNDED, "utter_refund_done")])
def test_money_we_sent_long_ago_is_late_only_for_who_asks_for_it(status: OrderStatus, response: str) -> None:
    order = an_order(status=status, status_since=NOW - timedelta(days=90))

    told = {problem_response(order, "report_damaged", 14, NOW), return_response(order, None, 14, NOW)}

    assert told | {exchange_response(order, None, 14, NOW)} == {response}


async def test_a_day_that_has_passed_is_named_only_as_late() -> None:
    order = an_order(status=S.REFUNDED, status_since=NOW - timedelta(days=30))
    chat = Chat(order).proves("phone", "+447700900123")

    told = await chat.says("can i send it back", "ask_return")

    assert told.responses == ["utter_refund_done"]
    assert "6 November" not in told.text


def test_where_we_do_not_know_since_when_no_money_is_late() -> None:
    assert refund_response(a_bare_order(S.RETURNED), 14, NOW) == "utter_refund_coming"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", [S.RETURNED, S.REFUNDED])
@pytest.mark.parametrize("emotion", ["neutral", "frustration", "anxiety"])
async def test_who_asks_for_their_money_hears_the_day(emotion: str, status: OrderStatus, language: str) -> None:
    order = an_order(status=status, status_since=NOW - timedelta(days=4))
    chat = Chat(order, language=language).proves("phone", "+447700900123")

    told = await chat.says("...", "ask_refund", emotion, intensity=0.3)

    assert {"en": "2 December", "ru": "2 декабря", "zh": "12月2日", "el": "2 Δεκεμβρίου"}[language] in told.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_late_money_is_admitted_and_a_yes_brings_a_person(language: str) -> None:
    order = an_order(status=S.RETURNED, status_since=NOW - timedelta(days=30))
    chat = Chat(order, language=language).proves("phone", "+447700900123")

    told = await chat.says("...", "ask_refund")
    yes = await chat.says("...", "affirm")

    assert told.responses == ["utter_refund_late"]
    assert yes.reason == "offer"
