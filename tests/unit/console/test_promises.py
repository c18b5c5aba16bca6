"""What an operator sees of promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.console.case import Case, KnownOrder, load_case
from bot.console.overdue import about
from bot.console.promises import moves_for, worth
from bot.domain.conversation import Holder
from bot.domain.people import Conversation
from bot.domain.promise import Limits, NewPromise, OrderProblem, Promise, PromiseKind, PromiseMove, PromiseState
from bot.store.unit_of_work import Store
from tests.doubles.counter import an_order
from tests.doubles.shipped import the_texts
from tests.unit.console.test_case import A_CONVERSATION, ANA

K, P = PromiseKind, OrderProblem
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
A_REFUND = Promise(
    1, "K7QM-4F", "c1", "WL-1001", K.REFUND, P.LOST, Decimal("24.90"), "GBP", "", PromiseState.OPEN, NOW, NOW
)


@pytest.mark.parametrize(
    ("promise", "text"),
    [
        (A_REFUND, "£24.90"),
        (replace(A_REFUND, problem=P.DAMAGED), "up to £24.90"),
        (replace(A_REFUND, kind=K.VOUCHER, problem=P.LATE), "£24.90"),
        (replace(A_REFUND, kind=K.CANCEL, problem=P.REQUEST, amount=None, currency=None), ""),
    ],
)
def test_a_sum_that_is_not_known_is_the_most_it_can_come_to(promise: Promise, text: str) -> None:
    assert worth(the_texts().words("en"), promise) == text


async def test_an_operator_sees_what_is_promised_for_the_shoppers_orders_elsewhere_too(store: Store) -> None:
    async with store.begin() as work:
        await work.orders.put([an_order()])
        here = (await work.conversations.of_address("web", "anna", name=None, language=None)).id
        there = (await work.conversations.of_address("telegram", "7", name=None, language=None)).id
        await work.proofs.add(here, "email", "maria.p@example.com", "order")
        new = NewPromise(there, "m1", "key", "WL-1001", K.RESHIP, P.LOST, NOW + timedelta(days=2), Decimal(5), "GBP")
        made = await work.promises.make(new, Limits(), NOW)

    case = await load_case(store, here, limit=10)

    assert case
    assert case.promises == (made,)


HELD = replace(A_CONVERSATION, holder=Holder.OPERATOR, operator_id=ANA.id)
HERE = replace(A_REFUND, conversation_id=HELD.id)
MAY = (PromiseMove.KEEP, PromiseMove.WITHDRAW)


@pytest.mark.parametrize(
    ("conversation", "promise", "proven", "moves"),
    [
        pytest.param(HELD, HERE, False, MAY, id="in an own chat"),
        pytest.param(
            HELD,
            replace(HERE, state=PromiseState.NEEDS_APPROVAL),
            False,
            (PromiseMove.APPROVE, PromiseMove.DECLINE),
            id="that needs approval",
        ),
        pytest.param(HELD, A_REFUND, True, MAY, id="made elsewhere for an order of theirs"),
        pytest.param(HELD, A_REFUND, False, (), id="for an order they only named"),
        pytest.param(replace(HELD, operator_id=2), HERE, True, (), id="in a chat of somebody else's"),
        pytest.param(A_CONVERSATION, HERE, True, (), id="in a chat with the bot"),
    ],
)
def test_an_operator_is_offered_what_they_may_do_with_a_promise(
    conversation: Conversation, promise: Promise, proven: bool, moves: tuple[PromiseMove, ...]
) -> None:
    case = Case(conversation, (), True, (), (), (KnownOrder(an_order(), proven),), (promise,), {})

    assert moves_for(case, promise, ANA) == moves


@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
def test_an_overdue_answer_is_named_by_what_was_complained_about(language: str) -> None:
    words = the_texts().words(language)
    owed = replace(A_REFUND, kind=K.ANSWER, problem=P.REQUEST, order_number="")

    assert about(owed, words) == words("facts.problem.person")
    assert about(replace(owed, kind=K.CALLBACK), words) == ""
    assert about(A_REFUND, words) == "WL-1001"
