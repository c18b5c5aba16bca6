"""The demo page's door opens to the session it was made for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bot.channels.web import webhook
from bot.channels.web.tokens import WebTokens
from bot.domain.messages import Author, Button, Delivery, Kind
from bot.domain.people import Message
from tests.doubles.channels import RecordingIntake, caller

TOKENS = WebTokens("secret of the test")


def a_message(number: int, author: Author, text: str, *buttons: Button) -> Message:
    return Message(
        id=number,
        conversation_id="c1",
        channel="web",
        author=author,
        kind=Kind.TEXT,
        text=text,
        payload=None,
        buttons=buttons,
        share_contact=None,
        reading=None,
        stance=None,
        operator_id=None,
        created_at=datetime.now(UTC),
        language_hint=None,
        handled_at=None,
        in_reply_to=None,
        delivery=Delivery.SENT,
        attempts=0,
        provider_id=None,
        delivery_code=None,
    )


class Page:
    """Somebody on the demo page; `spoken` is the transcript, by session."""

    def __init__(self, intake: RecordingIntake, spoken: dict[str, list[Message]] | None = None) -> None:
        self.spoken = spoken or {}
        self._intake = intake
        self.bearer: str | None = None

    async def opened(self) -> str:
        given = (await self._call("POST", webhook.SESSIONS_PATH)).json()
        self.bearer = f"{given['session']}.{given['token']}"
        return str(given["session"])

    async def say(self, body: object) -> httpx.Response:
        return await self._call("POST", webhook.PATH, json=body)

    async def read(self, after: object = 0) -> httpx.Response:
        return await self._call("GET", webhook.PATH, params={"after": after})

    async def _call(self, method: str, path: str, **sent: Any) -> httpx.Response:
        async def transcript(address: str, after: int) -> list[Message]:
            return [message for message in self.spoken.get(address, []) if message.id > after]

        headers = {"Authorization": f"Bearer {self.bearer}"} if self.bearer is not None else {}
        async with caller(webhook.router(TOKENS, self._intake, transcript)) as page:
            return await page.request(method, path, headers=headers, **sent)


async def test_a_session_can_say_something() -> None:
    intake = RecordingIntake()
    page = Page(intake)
    session = await page.opened()

    answer = await page.say({"id": "1", "text": "hello"})

    assert (answer.status_code, answer.json()) == (200, {"new": 1})
    assert [(message.address, message.text) for message in intake.messages] == [(session, "hello")]


async def test_the_same_id_said_again_is_not_new() -> None:
    page = Page(RecordingIntake())
    await page.opened()
    await page.say({"id": "1", "text": "hello"})

    assert (await page.say({"id": "1", "text": "hello"})).json() == {"new": 0}


async def test_replies_are_read_with_their_buttons_and_without_ones_own_words() -> None:
    page = Page(RecordingIntake())
    session = await page.opened()
    page.spoken[session] = [
        a_message(1, Author.SHOPPER, "hello"),
        a_message(2, Author.BOT, "Hi. A person?", Button("Yes", "/affirm")),
        a_message(3, Author.OPERATOR, "Ana here."),
    ]

    first = {"id": 2, "author": "bot", "text": "Hi. A person?", "buttons": [{"title": "Yes", "payload": "/affirm"}]}
    second = {"id": 3, "author": "operator", "text": "Ana here.", "buttons": []}
    assert (await page.read()).json() == [first, second]
    assert (await page.read(after=2)).json() == [second]


def _forged(session: str) -> list[str | None]:
    other = WebTokens("another secret")
    return [
        None,
        "",
        session,
        f"{session}.",
        f"{session}.wrong",
        f"{session}.{other._sign(session)}",
        f"someone.{TOKENS._sign(session)}",
        f".{TOKENS._sign('')}",
    ]


@pytest.mark.parametrize("number", range(8))
async def test_nobody_else_speaks_or_reads_in_a_session(number: int) -> None:
    intake = RecordingIntake()
    page = Page(intake)
    session = await page.opened()
    page.spoken[session] = [a_message(2, Author.BOT, "private")]

    page.bearer = _forged(session)[number]

    assert (await page.say({"id": "1", "text": "hello"})).status_code == 403
    assert (await page.read()).status_code == 403
    assert intake.messages == []


async def test_sessions_are_not_guessable() -> None:
    issued = {TOKENS.issue()[0] for _ in range(50)}

    assert len(issued) == 50
    assert min(map(len, issued)) >= 20


@pytest.mark.parametrize("body", [{}, {"id": "1"}, {"id": "1", "text": ""}, {"id": "1", "text": "x", "payload": "x"}])
async def test_what_is_no_message_is_a_422(body: dict[str, str]) -> None:
    page = Page(RecordingIntake())
    await page.opened()

    assert (await page.say(body)).status_code == 422


async def test_what_is_no_object_is_a_400_and_what_is_too_big_a_413() -> None:
    page = Page(RecordingIntake())
    await page.opened()

    assert (await page.say([1])).status_code == 400
    assert (await page.say({"id": "1", "text": "x" * webhook.MAX_BODY})).status_code == 413


@pytest.mark.parametrize("after", [-1, "x", 2**63])
async def test_a_place_that_cannot_be_is_a_422(after: object) -> None:
    page = Page(RecordingIntake())
    await page.opened()

    assert (await page.read(after=after)).status_code == 422
