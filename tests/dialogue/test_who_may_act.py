"""Who lost the right to chats can do nothing with one they still hold: every act there is, found by reflection."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pytest

from bot.domain.conversation import Holder
from bot.domain.handoff import Outcome
from bot.domain.messages import Template
from bot.domain.people import Role, User
from bot.domain.promise import PromiseMove
from bot.domain.remarks import Tag
from bot.errors import NotAllowed
from bot.handoff.desk import Desk
from bot.handoff.order_acts import OrderAct, OrderActs
from bot.handoff.remarks import Remarks
from tests.dialogue.conftest import Dialogue
from tests.dialogue.test_desk import ana_holds
from tests.doubles.shipped import the_book

# What an act asks for besides the chat and the person.
GIVEN: Final[dict[str, Any]] = {
    "text": "hello",
    "template": Template("nudge", "en"),
    "says": "hello",
    "message_id": 1,
    "outcome": Outcome.SOLVED,
    "until": datetime(2030, 1, 1, tzinfo=UTC),
    "code": "P-1",
    "move": PromiseMove.KEEP,
    "act": OrderAct.CONFIRM,
    "number": "WL-1001",
    "amount": Decimal(5),
    "name": "late",
    "tag": Tag(1, "late"),
    "on": True,
}
# Parts of acts, in a transaction of somebody who has asked already; `give` asks again, see below.
PARTS: Final = {"give", "put_back", "end_quietly", "say"}


def acts_of(kind: type) -> list[tuple[type, str]]:
    """Return what somebody does with a chat."""
    found = inspect.getmembers(kind, inspect.iscoroutinefunction)
    return [(kind, name) for name, act in found if not name.startswith("_") and name not in PARTS and _whose(act)]


def _whose(act: Any) -> str | None:
    return next((name for name in inspect.signature(act).parameters if name in {"operator", "user"}), None)


ACTS: Final = [*acts_of(Desk), *acts_of(OrderActs), *acts_of(Remarks)]


async def what_is_kept(dialogue: Dialogue) -> tuple[Any, ...]:
    return await dialogue.conversation(), await dialogue.transcript(), await dialogue.handoffs()


async def made_a_trainer(dialogue: Dialogue, user: User) -> None:
    async with dialogue.store.begin() as work:
        await work.users.add("boss", "a long password", Role.ADMIN, "Boss")
        await work.users.set_role(user.id, Role.TRAINER)


async def try_it(dialogue: Dialogue, kind: type, name: str, chat: str, user: User) -> None:
    order_acts = OrderActs(dialogue.store, lambda: dialogue.policy, the_book(), dialogue.notices)
    made = {Desk: dialogue.desk, OrderActs: order_acts, Remarks: Remarks(dialogue.store)}[kind]
    act = getattr(made, name)
    asked = {"conversation_id": chat, str(_whose(act)): user}
    for parameter in inspect.signature(act).parameters.values():
        if parameter.default is parameter.empty and parameter.name not in asked:
            asked[parameter.name] = GIVEN[parameter.name]
    if name == "transfer":
        asked["to"] = await dialogue.operator("Ben")
    await act(**asked)


@pytest.mark.parametrize(("kind", "name"), ACTS, ids=[f"{kind.__name__}.{name}" for kind, name in ACTS])
async def test_a_trainer_acts_on_no_chat(dialogue: Dialogue, kind: type, name: str) -> None:
    chat, ana = await ana_holds(dialogue)
    if name == "claim":
        await dialogue.desk.release(chat, ana)
    if name in {"take_over", "reopen"}:
        await dialogue.desk.return_to_bot(chat, ana)
    if name == "unblock":
        await dialogue.desk.block(chat, ana)
    await made_a_trainer(dialogue, ana)
    before = await what_is_kept(dialogue)

    with pytest.raises(NotAllowed):
        await try_it(dialogue, kind, name, chat, ana)

    assert await what_is_kept(dialogue) == before


async def test_who_is_locked_out_answers_nobody(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)
    async with dialogue.store.begin() as work:
        await work.users.add("boss", "a long password", Role.ADMIN, "Boss")
        await work.users.set_disabled(ana.id, disabled=True)
    before = await what_is_kept(dialogue)

    with pytest.raises(NotAllowed):
        await dialogue.desk.reply(chat, ana, "hello")

    assert await what_is_kept(dialogue) == before


async def test_nobody_is_given_a_chat_without_the_right_to(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)
    ben = await dialogue.operator("Ben")
    await made_a_trainer(dialogue, ben)

    with pytest.raises(NotAllowed):
        await dialogue.desk.transfer(chat, ana, to=ben)

    now = await dialogue.conversation()
    assert (now.holder, now.operator_id) == (Holder.OPERATOR, ana.id)


def test_the_acts_are_found() -> None:
    assert {("Desk", "reply"), ("Desk", "move_promise"), ("OrderActs", "do"), ("Remarks", "note")} <= {
        (kind.__name__, name) for kind, name in ACTS
    }
