"""Invoices: the address is never shown in full, and a company's details are kept as they were repeated."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.policy import Policy
from bot.domain.order import Order, OrderStatus
from bot.domain.promise import OrderProblem, Promise, PromiseKind, PromiseState
from tests.doubles.counter import LANGUAGES, NOW, Chat, an_order
from tests.doubles.shipped import the_policy

EMAIL = "maria.p@example.com"
COMPANIES = {
    "en": "Acme Ltd, VAT GB 123 4567 89",
    "ru": "ООО Ромашка, ИНН 7707083893",
    "zh": "杭州青禾贸易有限公司 91330106MA2CC4XW5N",
    "el": "Αφοί Νικολάου ΟΕ, ΑΦΜ 094014201",
}


def a_chat(language: str = "en", order: Order | None = None, policy: Policy | None = None) -> Chat:
    return Chat(order or an_order(), language=language, policy=policy).proves("phone", "+447700900123")


def promises(chat: Chat) -> list[Promise]:
    return [promise for _, promise in chat.ledger.promises.rows]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_invoice_is_promised_after_a_yes_with_code_and_day(language: str) -> None:
    chat = a_chat(language)

    offered = await chat.says("...", "invoice")
    before = promises(chat)
    told = await chat.says("...", "affirm")

    [promise] = promises(chat)
    assert offered.responses == ["utter_invoice_for_company", "utter_offer_invoice"]
    assert before == []
    assert told.responses == ["utter_promise_invoice"]
    assert (promise.kind, promise.problem, promise.details) == (PromiseKind.INVOICE, OrderProblem.REQUEST, "")
    assert promise.due_at == NOW + timedelta(hours=24)
    assert promise.code in told.text
    for text in (offered.text, told.text):
        assert "m…@example.com" in text
        assert EMAIL not in text


async def test_it_waits_for_the_order_and_the_proof_and_goes_on() -> None:
    chat = Chat(an_order())

    asked = await chat.says("an invoice please", "invoice")
    whose = await chat.says("WL-1001", "inform", order_number="WL-1001")
    offered = await chat.says(EMAIL, "inform", email=EMAIL)

    assert asked.responses == ["utter_ask_order_number"]
    assert whose.responses == ["utter_ask_proof"]
    assert offered.responses == ["utter_invoice_for_company", "utter_offer_invoice"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", ["inform", "affirm", "nlu_fallback", "ask_order_status", "complain"])
async def test_a_company_is_repeated_and_kept_whatever_it_is_read_as(intent: str, language: str) -> None:
    chat = a_chat(language)
    await chat.says("...", "invoice")
    company = COMPANIES[language]

    repeated = await chat.says(company, intent, order_number="7707083893")
    before = promises(chat)
    await chat.says("...", "affirm")

    [promise] = promises(chat)
    assert repeated.responses == ["utter_invoice_made_out", "utter_offer_invoice"]
    assert company in repeated.text
    assert before == []
    assert (promise.order_number, promise.details) == ("WL-1001", company)
    assert company not in [str(value) for value in chat.slots.values()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", ["inform", "invoice"])
async def test_a_company_told_after_the_promise_is_kept_with_it(intent: str, language: str) -> None:
    chat = a_chat(language)
    await chat.says("...", "invoice")
    await chat.says("...", "affirm")
    company = COMPANIES[language]

    told = await chat.says(company, intent, order_number="7707083893")

    [promise] = promises(chat)
    assert told.responses == ["utter_invoice_made_out", "utter_promise_invoice"]
    assert company in told.text
    assert promise.code in told.text
    assert promise.details == company


@pytest.mark.parametrize("intent", ["out_of_scope", "smalltalk", "nlu_fallback"])
async def test_the_form_of_a_company_is_enough_after_the_promise(intent: str) -> None:
    chat = a_chat()
    await chat.says("invoice please", "invoice")
    await chat.says("yes", "affirm")
    text = "to Thornbury Ltd please"
    form = {"kind": "company", "text": "Ltd", "start": text.index("Ltd"), "end": text.index("Ltd") + 3}

    told = await chat.says(text, intent, cues=[form])

    assert told.responses == ["utter_invoice_made_out", "utter_promise_invoice"]
    assert [promise.details for promise in promises(chat)] == [text]


async def test_words_that_name_no_company_change_nothing_of_the_promise() -> None:
    chat = a_chat()
    await chat.says("invoice please", "invoice")
    await chat.says("yes", "affirm")

    told = await chat.says("call me on 07700900123", "ask_human")

    assert told.responses == ["utter_handoff_asked"]
    assert [promise.details for promise in promises(chat)] == [""]


@pytest.mark.parametrize(("digits", "taken"), [("1234567", False), ("12345678", True)])
async def test_a_tax_number_has_eight_digits_at_least(digits: str, taken: bool) -> None:
    chat = a_chat()
    await chat.says("invoice please", "invoice")

    told = await chat.says(f"number {digits}", "nlu_fallback")

    assert ("utter_invoice_made_out" in told.responses) == taken


async def test_details_can_be_written_again_and_the_last_ones_count() -> None:
    chat = a_chat()
    await chat.says("invoice please", "invoice")
    await chat.says("Acme Ltd", "inform")
    await chat.says("Acme Limited, 123456789", "inform")
    await chat.says("yes", "affirm")

    assert [promise.details for promise in promises(chat)] == ["Acme Limited, 123456789"]


async def test_an_invoice_asked_for_anew_forgets_the_company_before() -> None:
    chat = a_chat()
    await chat.says("invoice please", "invoice")
    await chat.says("Acme Ltd, 123456789", "inform")
    await chat.says("no, wait", "deny")

    await chat.says("invoice please", "invoice")
    await chat.says("yes", "affirm")

    assert [promise.details for promise in promises(chat)] == [""]


@pytest.mark.parametrize(
    ("text", "intent", "response"),
    [
        pytest.param("never mind", "deny", "utter_offer_declined", id="never mind"),
        pytest.param("is 12345678 my order?", "discount", "utter_discount", id="a question"),
        pytest.param("a person, 12345678", "ask_human", "utter_handoff_asked", id="a person"),
        pytest.param("thanks", "thank", "utter_welcome", id="thanks"),
    ],
)
async def test_what_is_no_company_promises_nothing(text: str, intent: str, response: str) -> None:
    chat = a_chat()
    await chat.says("invoice please", "invoice")

    told = await chat.says(text, intent)

    assert told.responses == [response]
    assert promises(chat) == []


async def test_after_a_digression_it_is_taken_up_again() -> None:
    chat = a_chat()
    await chat.says("invoice please", "invoice")
    await chat.says("where is it", "ask_order_status")

    again = await chat.says("and the invoice", "invoice")
    await chat.says("yes", "affirm")

    assert again.responses == ["utter_invoice_for_company", "utter_offer_invoice"]
    assert [promise.kind for promise in promises(chat)] == [PromiseKind.INVOICE]


@pytest.mark.parametrize(
    ("state", "response"),
    [(PromiseState.OPEN, "utter_promise_invoice"), (PromiseState.KEPT, "utter_invoice")],
)
async def test_who_asks_again_hears_the_receipt_and_once_it_was_sent_a_person_is_offered(
    state: PromiseState, response: str
) -> None:
    chat = a_chat()
    await chat.says("invoice please", "invoice")
    await chat.says("yes", "affirm")
    chat.ledger.promises.rows = [
        (new, Promise(**vars(promise) | {"state": state})) for new, promise in chat.ledger.promises.rows
    ]

    assert (await chat.says("the invoice?", "invoice")).responses == [response]


async def test_without_an_e_mail_on_the_order_a_person_is_offered() -> None:
    chat = a_chat(order=an_order(email=None))

    assert (await chat.says("invoice please", "invoice")).responses == ["utter_invoice"]
    assert chat.slots["offer"] == "human"


async def test_where_it_is_switched_off_a_person_is_offered() -> None:
    remedies = the_policy().remedies
    off = remedies.model_copy(update={"invoice": remedies.invoice.model_copy(update={"on": False})})
    chat = a_chat(policy=the_policy().model_copy(update={"remedies": off}))

    assert (await chat.says("invoice please", "invoice")).responses == ["utter_invoice"]


@pytest.mark.parametrize("status", list(OrderStatus))
async def test_an_order_in_any_status_has_its_invoice(status: OrderStatus) -> None:
    chat = a_chat(order=an_order(status=status))

    assert "utter_offer_invoice" in (await chat.says("invoice please", "invoice")).responses


async def test_who_is_furious_about_it_gets_a_person() -> None:
    told = await a_chat().says("WHERE IS MY INVOICE, USELESS LOT", "invoice", "anger", intensity=0.9)

    assert told.reason == "anger"
