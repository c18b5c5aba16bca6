"""Whatever is killed, whenever: every message is answered, in order, and none is taken twice."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import psycopg
import pytest
import pytest_asyncio
from psycopg.rows import dict_row

from tests.system import Warmline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SHOPPERS = 20
MESSAGES = 10
SAYINGS = (
    "hello", "where is my order WL-1003?", "thanks", "Здравствуйте, где мой заказ?", "спасибо большое", "你好",
    "我的订单到哪里了", "Καλημέρα", "πού είναι η παραγγελία μου;", "what are your prices like", "are you a robot?",
)  # fmt: skip


class Shopper:
    """Writes to the web channel as a provider does: the same message again until it is accepted."""

    def __init__(self, base: str, number: int) -> None:
        self._base = base
        self._number = number
        self.session = ""
        self._token = ""

    async def write(self, client: httpx.AsyncClient, count: int) -> None:
        await self._until_accepted(lambda: client.post(f"{self._base}/webhooks/web/sessions"), self._opened)
        headers = {"Authorization": f"Bearer {self.session}.{self._token}"}
        rng = random.Random(self._number)
        for position in range(count):
            body = {"id": f"{self._number}-{position}", "text": rng.choice(SAYINGS)}
            for _ in range(rng.choice((1, 1, 2))):  # providers repeat what they think was lost
                await self._until_accepted(
                    lambda body=body: client.post(f"{self._base}/webhooks/web/messages", json=body, headers=headers)
                )
            await asyncio.sleep(rng.uniform(0.5, 4))

    def _opened(self, response: httpx.Response) -> None:
        answer = response.json()
        self.session, self._token = answer["session"], answer["token"]

    @staticmethod
    async def _until_accepted(
        send: Callable[[], Awaitable[httpx.Response]], then: Callable[[httpx.Response], None] | None = None
    ) -> None:
        async with asyncio.timeout(180):
            while True:
                try:
                    response = await send()
                    if response.is_success:
                        if then:
                            then(response)
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.5)


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=10) as opened:
        yield opened


async def test_every_message_is_answered_in_order_whatever_is_killed(
    running: Warmline, client: httpx.AsyncClient
) -> None:
    shoppers = [Shopper(running.url, number) for number in range(SHOPPERS)]
    writing = asyncio.gather(*(shopper.write(client, MESSAGES) for shopper in shoppers))

    for name in ("gateway", "actions", "postgres", "rasa", "gateway", "up", "postgres"):
        await asyncio.sleep(random.uniform(2, 5))
        await asyncio.to_thread(running.kill, name)
        if name == "up":
            await asyncio.to_thread(running.start)
    await writing
    messages = await _all_handled(running)

    inbound = [m for m in messages if m["author"] == "shopper"]
    assert len(inbound) == SHOPPERS * MESSAGES
    by_shopper = defaultdict(list)
    for message in inbound:
        by_shopper[message["address"]].append(message)
    for said in by_shopper.values():
        assert [m["external_id"].rsplit("-", 1)[1] for m in said] == [str(i) for i in range(MESSAGES)]
        handled = [m["handled_at"] for m in said]
        assert handled == sorted(handled)
    _each_is_answered_once_or_with_people(messages)


async def _all_handled(running: Warmline) -> list[dict]:  # type: ignore[type-arg]
    """Wait until nothing is left to do, and return every message, with whether it led to a handoff."""
    dsn = running.dsn
    async with asyncio.timeout(300):
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(dsn, row_factory=dict_row) as connection:
                    found = await connection.execute(
                        "SELECT m.*, c.address, EXISTS (SELECT FROM handoffs h WHERE h.message_id = m.turn_id) AS handed_off"
                        " FROM messages m JOIN conversations c ON c.id = m.conversation_id ORDER BY m.id"
                    )
                    messages = await found.fetchall()
                open_ones = [
                    m
                    for m in messages
                    if (m["author"] == "shopper" and m["handled_at"] is None) or m["delivery"] in {"queued", "sending"}
                ]
                if not open_ones:
                    return messages
            except psycopg.Error:
                pass
            await asyncio.sleep(1)


def _each_is_answered_once_or_with_people(messages: list[dict]) -> None:  # type: ignore[type-arg]
    """A turn's replies stand in the database once; only after its handoff may a message have none."""
    replies = defaultdict(list)
    for message in messages:
        if message["in_reply_to"]:
            replies[message["in_reply_to"]].append(message)
    with_people: set[str] = set()
    for message in messages:
        if message["author"] != "shopper" or message["turn_id"] not in {None, message["id"]}:
            continue  # a turn is known by its first message
        answered = replies[message["id"]]
        if message["address"] in with_people:
            assert answered == [], "the bot spoke while people had the chat"
            continue
        assert answered, f"message {message['id']} was not answered"
        texts = [reply["text"] for reply in answered]
        assert len(texts) == len(set(texts)), "a reply was recorded twice"
        assert all(reply["delivery"] == "sent" for reply in answered)
        if message["handed_off"]:
            with_people.add(message["address"])
    assert len(with_people) < SHOPPERS, "killing a process sent every shopper to the queue"
