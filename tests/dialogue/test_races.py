"""One chat has one owner, however many reach for it at the same moment."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Final

import pytest
from sqlalchemy import text as sql

from bot.domain.conversation import Holder
from bot.domain.messages import Author, InboundMessage
from bot.domain.people import Role, User
from bot.errors import WrongTurn
from bot.store.unit_of_work import Store
from tests.dialogue.conftest import CHANNEL, Dialogue
from tests.doubles.assistant import a_handoff, an_answer

CLAIMS: Final = 50
RACES: Final = 500
AT_ONCE: Final = 6


async def operators(store: Store, count: int) -> list[User]:
    """So many people, all with one password: hashing takes longer than everything else here."""
    async with store.begin() as work:
        first = await work.users.add("op0", "a long password", Role.OPERATOR, "Op 0")
        await work.session.execute(
            sql(
                "INSERT INTO users (username, display_name, role, password_hash)"
                " SELECT 'op' || n, 'Op ' || n, role, password_hash FROM users, generate_series(1, :last) n"
            ),
            {"last": count - 1},
        )
        everybody = await work.users.all()
    assert first in everybody
    return everybody


async def test_of_fifty_who_claim_a_chat_at_once_one_has_it(dialogue: Dialogue) -> None:
    dialogue.assistant.reply = lambda _: an_answer("a colleague comes", handoff=a_handoff())
    await dialogue.shopper_says("a person please")
    chat = (await dialogue.conversation()).id
    people = await operators(dialogue.store, CLAIMS)

    tries = await asyncio.gather(*(dialogue.desk.claim(chat, each) for each in people), return_exceptions=True)

    winners = [each for each, tried in zip(people, tries, strict=True) if tried is None]
    assert len(winners) == 1
    assert [type(tried) for tried in tries if tried is not None] == [WrongTurn] * (CLAIMS - 1)
    now = await dialogue.conversation()
    assert (now.holder, now.operator_id) == (Holder.OPERATOR, winners[0].id)
    joined = [message for message in await dialogue.transcript() if winners[0].display_name in message.text]
    assert len(joined) == 1


@pytest.mark.timeout(300)
async def test_bot_and_operator_never_both_answer(dialogue: Dialogue) -> None:
    """A turn of the bot and an operator's take-over and reply, 500 times at the same moment and at random ones around it."""
    (ana,) = await operators(dialogue.store, 1)
    luck, gate = random.Random(6), asyncio.Semaphore(AT_ONCE)

    async def written(number: int) -> str:
        message = InboundMessage(CHANNEL, f"race{number}", f"shopper{number}", "hello")
        await dialogue.inbox.receive(message)
        async with dialogue.store.begin() as work:
            known = await work.conversations.known(CHANNEL, message.address)
        assert known is not None, "they just wrote"
        return known.id

    async def bot_answers(chat: str) -> float:
        began = time.monotonic()
        await dialogue.pipeline.drain(chat, last_try=False)
        await dialogue.outbox.deliver(chat)
        return time.monotonic() - began

    async def ana_answers(chat: str, delay: float) -> None:
        await asyncio.sleep(delay)
        await dialogue.desk.take_over(chat, ana)
        await dialogue.desk.reply(chat, ana, "It is Ana who answers now.")

    # How long a turn takes here and now, so that Ana comes at any moment of it.
    chats = [await written(-number) for number in range(1, AT_ONCE + 1)]
    turn = sum(await asyncio.gather(*map(bot_answers, chats))) / AT_ONCE

    async def race(number: int) -> None:
        async with gate:
            chat = await written(number)
            await asyncio.gather(bot_answers(chat), ana_answers(chat, luck.uniform(0, 2 * turn)))
            await dialogue.outbox.deliver(chat)

    await asyncio.gather(*(race(number) for number in range(RACES)))

    async with dialogue.store.begin() as work:
        bots = (
            await work.session.execute(
                sql(
                    "SELECT m.delivery, m.sending_since > h.claimed_at AS late, m.created_at > h.claimed_at AS after"
                    " FROM messages m JOIN handoffs h USING (conversation_id) WHERE m.author = 'bot'"
                )
            )
        ).all()
        ours = await work.session.scalar(
            sql("SELECT count(*) FROM messages WHERE author = :ana AND delivery = 'sent'"),
            {"ana": Author.OPERATOR.value},
        )
    assert ours == RACES
    assert [each for each in bots if each.after] == [], "the bot wrote into a chat that Ana had"
    assert [each for each in bots if each.late] == [], "a reply of the bot left after Ana had the chat"
    assert {each.delivery for each in bots} == {"sent", "withdrawn"}, "the race was not close: one side always won"
    assert 0 < len(bots) < RACES, "the race was not close: the turn was overtaken never, or always"
