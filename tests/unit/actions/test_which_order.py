"""The order a conversation is about: asked once, remembered, and shown to nobody else."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.order import OrderStatus
from tests.doubles.counter import LANGUAGES, NOW, Chat, an_order

ASKING = [
    "ask_order_status",
    "report_late",
    "report_damaged",
    "report_wrong_item",
    "ask_return",
    "ask_refund",
    "cancel_order",
    "change_address",
]
ASKED_WITH_THE_RULE = {"ask_return": "utter_ask_number_for_return", "ask_refund": "utter_ask_number_for_refund"}
SECRETS = ("mixer", "Royal Mail", "QK417203985GB", "24.90", "maria", "Prentice", "November", "7700900123", "shipped")


@pytest.fixture
def chat() -> Chat:
    return Chat(an_order())


@pytest.mark.parametrize("intent", ASKING)
async def test_the_number_is_asked_once_and_then_remembered(chat: Chat, intent: str) -> None:
    chat.proves("email", "someone.else@example.com")

    asked = await chat.says("hello?", intent)
    answered = await chat.says("WL-1001", "inform", order_number="WL-1001")
    shown = await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")
    again = await chat.says("and now?", "ask_order_status")

    assert asked.responses == [ASKED_WITH_THE_RULE.get(intent, "utter_ask_order_number")]
    assert answered.responses == ["utter_ask_proof"]
    assert shown.responses != asked.responses
    assert again.responses == ["utter_order_shipped"]


async def test_a_second_message_without_the_number_gets_other_help(chat: Chat) -> None:
    await chat.says("where is my parcel", "ask_order_status")

    asked = await chat.says("the blue one", "inform")

    assert asked.responses == ["utter_ask_order_number_again"]


async def test_an_unknown_number_is_said_so_and_forgotten(chat: Chat) -> None:
    told = await chat.says("WL-9999", "inform", order_number="WL-9999")

    assert told.responses == ["utter_order_unknown"]
    assert "WL-9999" in told.text
    assert chat.slots["order_number"] is None
    assert chat.slots["awaiting"] == "order_number"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", [*ASKING, "complain", "inform"])
async def test_no_fact_leaks_without_proof(intent: str, language: str) -> None:
    chat = Chat(an_order(), language=language).proves("phone", "+447700900999")

    replies = [
        await chat.says("WL-1001", intent, order_number="WL-1001"),
        await chat.says("a@b.example", "inform", email="a@b.example"),
        await chat.says("tell me", "ask_return"),
        await chat.presses("/affirm"),
    ]

    for reply in replies:
        assert not [secret for secret in SECRETS if secret.lower() in reply.text.lower()]


@pytest.mark.parametrize(
    "given",
    [
        {"email": "maria.p@example.com"},
        {"email": "Maria.P@Example.com"},
        {"phone": "+447700900123"},
        {"phone": "+44 7700 900123"},
        {"phone": "07700 900123"},
        {"order_number": "07700900123"},
    ],
)
async def test_the_email_or_phone_of_the_order_opens_it_however_it_is_written(
    chat: Chat, given: dict[str, str]
) -> None:
    await chat.says("where is WL-1001", "ask_order_status", order_number="WL-1001")

    shown = await chat.says(next(iter(given.values())), "inform", **given)

    assert shown.responses == ["utter_order_shipped"]
    assert chat.slots["order_number"] == "WL-1001"
    assert chat.slots["awaiting"] is None


@pytest.mark.parametrize("given", ["7700900123", "+4477009001234", "900123", "+17700900123"])
async def test_a_phone_that_only_resembles_the_orders_opens_nothing(chat: Chat, given: str) -> None:
    order = an_order(phone="+447700900124")
    chat = Chat(order)
    await chat.says("where is WL-1001", "ask_order_status", order_number="WL-1001")

    shown = await chat.says(given, "inform", phone=given)

    assert shown.responses == ["utter_proof_mismatch"]


async def test_an_email_given_before_the_number_counts(chat: Chat) -> None:
    await chat.says("where is my order, maria.p@example.com", "ask_order_status", email="maria.p@example.com")

    shown = await chat.says("WL-1001", "inform", order_number="WL-1001")

    assert shown.responses == ["utter_order_shipped"]


async def test_asking_for_proof_offers_the_button_that_shares_a_phone(chat: Chat) -> None:
    asked = await chat.says("WL-1001", "ask_order_status", order_number="WL-1001")

    assert [reply.share_contact for reply in asked.replies] == [True]


async def test_a_shared_phone_opens_the_order_it_is_on(chat: Chat) -> None:
    await chat.says("WL-1001", "ask_order_status", order_number="WL-1001")
    chat.proves("phone", "+447700900123")

    shown = await chat.presses("/inform")

    assert shown.responses == ["utter_order_shipped"]


async def test_a_shared_phone_of_somebody_else_is_a_mismatch(chat: Chat) -> None:
    await chat.says("WL-1001", "ask_order_status", order_number="WL-1001")
    chat.proves("phone", "+447700900777")

    shown = await chat.presses("/inform")

    assert shown.responses == ["utter_proof_mismatch"]


async def test_a_proven_phone_finds_the_only_order_without_a_number(chat: Chat) -> None:
    chat.proves("phone", "+447700900123")

    shown = await chat.says("where is my parcel", "ask_order_status")

    assert shown.responses == ["utter_order_shipped"]
    assert chat.slots["order_number"] == "WL-1001"


async def test_several_orders_are_offered_as_buttons_newest_first() -> None:
    older = an_order("WL-1002", placed_at=NOW - timedelta(days=9), items=("linen duvet cover",))
    chat = Chat(older, an_order()).proves("email", "maria.p@example.com")

    asked = await chat.says("where is my parcel", "ask_order_status")
    chosen = await chat.presses('/inform{"order_number": "WL-1002"}', order_number="WL-1002")

    assert asked.responses == ["utter_choose_order"]
    assert asked.replies[0].buttons == ("WL-1001: hand mixer", "WL-1002: linen duvet cover")
    assert chosen.responses == ["utter_order_shipped"]
    assert "WL-1002" in chosen.text or chat.slots["order_number"] == "WL-1002"


async def test_wrong_proofs_are_told_nothing_and_then_a_person_checks(chat: Chat) -> None:
    await chat.says("WL-1001", "ask_order_status", order_number="WL-1001")

    tries = [await chat.says(f"x{n}@example.com", "inform", email=f"x{n}@example.com") for n in range(3)]

    assert [t.responses for t in tries[:2]] == [["utter_proof_mismatch"]] * 2
    assert tries[2].reason == "misunderstood"


async def test_after_too_many_guesses_even_the_right_one_is_for_a_person(chat: Chat) -> None:
    await chat.says("WL-1001", "ask_order_status", order_number="WL-1001")
    for n in range(3):
        await chat.says(f"x{n}@example.com", "inform", email=f"x{n}@example.com")

    told = await chat.says("WL-1001 maria.p@example.com", "inform", order_number="WL-1001", email="maria.p@example.com")

    assert told.reason == "misunderstood"
    assert not [secret for secret in SECRETS if secret.lower() in told.text.lower()]


async def test_wrong_proofs_are_forgotten_after_their_time(chat: Chat) -> None:
    await chat.says("WL-1001", "ask_order_status", order_number="WL-1001")
    for n in range(3):
        await chat.says(f"x{n}@example.com", "inform", email=f"x{n}@example.com")
    chat.now.time = NOW + timedelta(minutes=61)

    told = await chat.says("WL-1001 maria.p@example.com", "inform", order_number="WL-1001", email="maria.p@example.com")

    assert told.responses == ["utter_order_shipped"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", ["ask_order_status", "report_late", "ask_refund", "complain"])
async def test_of_two_orders_in_a_message_one_is_chosen_and_the_other_can_follow(intent: str, language: str) -> None:
    chat = Chat(an_order(), an_order("WL-1002"), language=language).proves("email", "maria.p@example.com")

    asked = await chat.says("WL-1001, WL-1002?", intent, order_number=("WL-1001", "1002"))
    first = await chat.presses('/inform{"order_number": "WL-1002"}', order_number="WL-1002")
    second = await chat.presses('/inform{"order_number": "WL-1001"}', order_number="WL-1001")

    assert asked.responses == ["utter_which_order_first"]
    assert asked.replies[0].buttons == ("WL-1001", "WL-1002")
    assert "WL-1002" in first.text
    assert "WL-1001" in second.text


async def test_choosing_between_two_orders_shows_nothing_of_them() -> None:
    chat = Chat(an_order(), an_order("WL-1002"))

    asked = await chat.says("WL-1001, WL-1002?", "ask_order_status", order_number=("WL-1001", "WL-1002"))
    chosen = await chat.presses('/inform{"order_number": "WL-1002"}', order_number="WL-1002")

    assert not [secret for secret in SECRETS if secret.lower() in asked.text.lower()]
    assert chosen.responses == ["utter_ask_proof"]


@pytest.mark.parametrize("numbers", [("WL-1001", "90210"), ("90210", "WL-1001"), ("WL-1001", "1001")])
async def test_of_two_numbers_the_one_that_is_an_order_counts(numbers: tuple[str, ...]) -> None:
    chat = Chat(an_order()).proves("email", "maria.p@example.com")

    told = await chat.says("where is it", "ask_order_status", order_number=numbers)

    assert told.responses == ["utter_order_shipped"]
    assert "WL-1001" in told.text


ANOTHER = [{"kind": "another_order", "text": "the other one", "start": 4, "end": 17}]


@pytest.mark.parametrize("intent", ["ask_order_status", "inform"])
async def test_the_other_one_of_two_orders_is_the_one_not_spoken_of(intent: str) -> None:
    chat = Chat(an_order(), an_order("WL-1002")).proves("phone", "+447700900123")
    await chat.says("where is WL-1001", "ask_order_status", order_number="WL-1001")

    told = await chat.says("and the other one?", intent, cues=ANOTHER)

    assert told.responses == ["utter_order_shipped"]
    assert "WL-1002" in told.text
    assert chat.slots["order_number"] == "WL-1002"


async def test_of_several_others_one_is_chosen() -> None:
    chat = Chat(an_order(), an_order("WL-1002"), an_order("WL-1003")).proves("phone", "+447700900123")
    await chat.says("where is WL-1001", "ask_order_status", order_number="WL-1001")

    asked = await chat.says("and the other one?", "ask_order_status", cues=ANOTHER)

    assert asked.responses == ["utter_choose_order"]
    assert {title[:7] for title in asked.replies[0].buttons} == {"WL-1002", "WL-1003"}


async def test_who_has_one_order_only_has_no_other() -> None:
    chat = Chat(an_order()).proves("phone", "+447700900123")
    await chat.says("where is WL-1001", "ask_order_status", order_number="WL-1001")

    told = await chat.says("and the other one?", "ask_order_status", cues=ANOTHER)

    assert "WL-1001" in told.text


async def test_what_the_order_came_to_is_not_taken_for_another_order() -> None:
    chat = Chat(an_order(total=Decimal("14990.00"))).proves("email", "maria.p@example.com")
    await chat.says("I was charged twice", "payment_problem", order_number="WL-1001")

    told = await chat.says("29980 instead of 14990", "inform", order_number="14990")

    assert told.responses == ["utter_payment_problem"]
    assert chat.slots["order_number"] == "WL-1001"


async def test_a_contact_given_before_one_of_two_orders_is_picked_is_kept() -> None:
    chat = Chat(an_order(), an_order("WL-1002"))
    await chat.says("WL-1001 and WL-1002?", "ask_order_status", order_number=("WL-1001", "WL-1002"))

    told = await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")

    assert told.responses == ["utter_choose_order"]


async def test_a_wrong_contact_given_before_an_order_is_picked_counts_as_a_guess() -> None:
    chat = Chat(an_order(), an_order("WL-1002"))
    for guess in ("a@example.com", "b@example.com", "c@example.com"):
        await chat.says("WL-1001 and WL-1002?", "ask_order_status", order_number=("WL-1001", "WL-1002"))
        await chat.says(guess, "inform", email=guess)

    told = await chat.says("WL-1001", "inform", order_number="WL-1001")

    assert told.reason == "misunderstood"


async def test_looking_for_the_number_does_not_change_what_it_is_for() -> None:
    chat = Chat(an_order(status=OrderStatus.PAID))
    await chat.says("I want to cancel", "cancel_order")
    await chat.says("let me look... WL-1001 I think", "ask_order_status", order_number="WL-1001")

    told = await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")

    assert told.responses == ["utter_offer_cancel"]


async def test_what_hardly_sounds_like_a_wrong_item_is_not_called_one() -> None:
    chat = Chat(an_order(status=OrderStatus.DELIVERED))
    await chat.says("they said it went", "report_wrong_item", sure=0.35, order_number="WL-1001")

    shown = await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")
    again = await chat.says("hm, odd", "report_wrong_item", sure=0.35)

    assert shown.responses == ["utter_complaint_with_order"]
    assert again.responses == ["utter_complaint_with_order"]


async def test_a_complaint_goes_on_with_the_order_once_it_is_proven() -> None:
    chat = Chat(an_order())
    await chat.says("your service is poor, take WL-1001", "complain", order_number="WL-1001")
    await chat.says("how do I log in", "account")

    told = await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")

    assert told.responses == ["utter_complaint_with_order"]


async def test_an_order_marked_as_delivered_that_never_came_is_taken_up() -> None:
    chat = Chat(an_order(status=OrderStatus.DELIVERED)).proves("email", "maria.p@example.com")

    told = await chat.says("it says delivered and I have nothing", "report_late", order_number="WL-1001")

    assert told.responses == ["utter_not_received"]
    assert chat.slots["offer"] == "human"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("intent", "days"), [("ask_return", "30"), ("exchange", "30"), ("ask_refund", "14")])
async def test_who_asks_how_long_it_takes_is_told_before_the_number_is_asked_for(
    intent: str, days: str, language: str
) -> None:
    told = await Chat(an_order(), language=language).says("how long", intent)

    assert days in told.text
    assert told.responses[0].startswith("utter_ask_number_for_re")
