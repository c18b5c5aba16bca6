"""What operators do with promises: at the desk, with a record, and only where it is theirs to do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from bot.domain.people import User
from bot.domain.promise import (
    Limits,
    NewPromise,
    OrderProblem,
    Promise,
    PromiseKind,
    PromiseMove,
    PromiseState,
    WithdrawReason,
)
from bot.errors import NotAllowed, WrongTurn
from tests.dialogue.conftest import CHANNEL, Dialogue
from tests.doubles.counter import an_order

M, S = PromiseMove, PromiseState
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


async def held(dialogue: Dialogue, name: str = "Ana") -> tuple[str, User]:
    """A conversation of an operator's own."""
    await dialogue.shopper_says("hello")
    conversation, operator = await dialogue.conversation(), await dialogue.operator(name)
    await dialogue.desk.take_over(conversation.id, operator)
    return conversation.id, operator


async def promised(dialogue: Dialogue, conversation: str, *, needs_approval: bool = False) -> Promise:
    new = NewPromise(
        conversation, "m1", "key", "WL-1001", PromiseKind.RESHIP, OrderProblem.LOST, NOW + timedelta(days=2),
        needs_approval=needs_approval,
    )  # fmt: skip
    async with dialogue.store.begin() as work:
        made = await work.promises.make(new, Limits(), NOW)
    assert made
    return made


async def state(dialogue: Dialogue, code: str) -> PromiseState:
    async with dialogue.store.begin() as work:
        return (await work.promises.get(code)).state


def audit(database_url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database_url) as looking:
        wanted = "SELECT user_id, act, conversation_id::text, details FROM audit WHERE act LIKE 'promise%' ORDER BY id"
        return looking.execute(wanted).fetchall()


@pytest.mark.parametrize(
    ("needs_approval", "move", "reason", "ends"),
    [
        pytest.param(False, M.KEEP, None, S.KEPT, id="kept"),
        pytest.param(False, M.WITHDRAW, WithdrawReason.NOT_WANTED, S.WITHDRAWN, id="withdrawn"),
        pytest.param(True, M.APPROVE, None, S.OPEN, id="approved"),
        pytest.param(True, M.DECLINE, WithdrawReason.MISTAKE, S.WITHDRAWN, id="declined"),
    ],
)
async def test_who_holds_the_chat_moves_its_promises_and_it_is_written_down(
    dialogue: Dialogue,
    database_url: str,
    needs_approval: bool,
    move: PromiseMove,
    reason: WithdrawReason | None,
    ends: PromiseState,
) -> None:
    conversation, ana = await held(dialogue)
    made = await promised(dialogue, conversation, needs_approval=needs_approval)

    moved = await dialogue.desk.move_promise(conversation, ana, made.code, move, reason)

    assert moved.state is await state(dialogue, made.code) is ends
    details = {"promise": made.code} | ({"reason": reason.value} if reason else {})
    assert audit(database_url) == [(ana.id, f"promise_{move.value}", conversation, details)]


@pytest.mark.parametrize("move", [M.WITHDRAW, M.DECLINE])
async def test_nothing_is_taken_back_without_a_reason(dialogue: Dialogue, database_url: str, move: PromiseMove) -> None:
    conversation, ana = await held(dialogue)
    made = await promised(dialogue, conversation, needs_approval=move is M.DECLINE)

    with pytest.raises(ValueError, match="needs a reason"):
        await dialogue.desk.move_promise(conversation, ana, made.code, move)

    assert (await state(dialogue, made.code), audit(database_url)) == (made.state, [])


async def test_a_promise_in_another_state_is_left_as_it_is(dialogue: Dialogue, database_url: str) -> None:
    conversation, ana = await held(dialogue)
    made = await promised(dialogue, conversation, needs_approval=True)

    with pytest.raises(WrongTurn, match="needs_approval has no move keep"):
        await dialogue.desk.move_promise(conversation, ana, made.code, M.KEEP)

    assert (await state(dialogue, made.code), audit(database_url)) == (S.NEEDS_APPROVAL, [])


async def test_who_does_not_hold_the_chat_moves_nothing(dialogue: Dialogue, database_url: str) -> None:
    conversation, ana = await held(dialogue)
    made, ben = await promised(dialogue, conversation), await dialogue.operator("Ben")

    with pytest.raises(WrongTurn):
        await dialogue.desk.move_promise(conversation, ben, made.code, M.KEEP)
    await dialogue.desk.return_to_bot(conversation, ana)
    with pytest.raises(WrongTurn):
        await dialogue.desk.move_promise(conversation, ana, made.code, M.KEEP)

    assert (await state(dialogue, made.code), audit(database_url)) == (S.OPEN, [])


async def elsewhere(dialogue: Dialogue) -> str:
    """Another conversation, that may be the same shopper's."""
    async with dialogue.store.begin() as work:
        return (await work.conversations.of_address(CHANNEL, "anna at work", name=None, language=None)).id


async def test_a_promise_made_elsewhere_moves_where_its_order_is_proven(dialogue: Dialogue) -> None:
    conversation, ana = await held(dialogue)
    made = await promised(dialogue, await elsewhere(dialogue))
    async with dialogue.store.begin() as work:
        await work.orders.put([an_order()])
        await work.proofs.add(conversation, "email", "maria.p@example.com", "order")

    await dialogue.desk.move_promise(conversation, ana, made.code, M.KEEP)

    assert await state(dialogue, made.code) is S.KEPT


async def test_another_shoppers_promise_is_not_moved_from_here(dialogue: Dialogue, database_url: str) -> None:
    conversation, ana = await held(dialogue)
    made = await promised(dialogue, await elsewhere(dialogue))
    async with dialogue.store.begin() as work:
        await work.orders.put([an_order()])

    with pytest.raises(NotAllowed):
        await dialogue.desk.move_promise(conversation, ana, made.code, M.KEEP)

    assert (await state(dialogue, made.code), audit(database_url)) == (S.OPEN, [])


async def test_of_two_operators_at_once_one_moves_it_and_the_other_is_told(
    dialogue: Dialogue, database_url: str
) -> None:
    here, ana = await held(dialogue)
    there, ben = await elsewhere(dialogue), await dialogue.operator("Ben")
    await dialogue.desk.take_over(there, ben)
    made = await promised(dialogue, there)
    async with dialogue.store.begin() as work:
        await work.orders.put([an_order()])
        await work.proofs.add(here, "email", "maria.p@example.com", "order")

    ended = await asyncio.gather(
        dialogue.desk.move_promise(here, ana, made.code, M.KEEP),
        dialogue.desk.move_promise(there, ben, made.code, M.WITHDRAW, WithdrawReason.NOT_POSSIBLE),
        return_exceptions=True,
    )

    assert sum(isinstance(end, WrongTurn) for end in ended) == 1
    assert sum(isinstance(end, Promise) for end in ended) == 1
    assert len(audit(database_url)) == 1
