"""Alerts: to whom, in which words, how often, and by a real HTTP server for the shop's own addresses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from bot.domain.command import Asked, Command
from bot.domain.messages import Kind
from bot.domain.people import User
from bot.errors import DeliveryError, RateLimited, SettingsError, ShopperUnreachable
from bot.handoff.alerts import LINK, MOST_A_MINUTE, Alerts, new_link
from bot.handoff.notify import Address, addresses_of
from tests.dialogue.conftest import CHANNEL, Dialogue
from tests.dialogue.test_duty import ahead, alerts, look, seen, waiting, with_ana
from tests.doubles.assistant import a_handoff, an_answer
from tests.doubles.shipped import the_texts


class Listener:
    """A server that keeps what is posted to it; `status` is its answer."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.status = 200
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append(json.loads(body))
                self.send_response(listener.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = Address(SecretStr(f"json://127.0.0.1:{self._server.server_port}/"))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


def with_addresses(dialogue: Dialogue, *addresses: Address) -> Alerts:
    dialogue.alerts = Alerts(
        dialogue.store, {CHANNEL: dialogue.sender}, addresses, the_texts().words,
        default_language="en", console="https://shop.example/", now=dialogue.clock,
    )  # fmt: skip
    dialogue.watch._alerts = dialogue.alerts
    return dialogue.alerts


async def links(dialogue: Dialogue, user: User, language: str = "ru") -> str:
    async with dialogue.store.begin() as work:
        return await new_link(work, user.id, language, dialogue.clock())


async def opens(dialogue: Dialogue, argument: str) -> list[str]:
    payload = Asked(Command.START, argument).payload
    return await dialogue.shopper_says(f"/start {argument}", kind=Kind.COMMAND, payload=payload)


async def ids(dialogue: Dialogue) -> list[int]:
    async with dialogue.store.begin() as work:
        return list(await work.session.scalars(text("SELECT id FROM alerts ORDER BY id")))


async def reminded(dialogue: Dialogue) -> tuple[User, int]:
    """A chat that waits, Ana reminded of it with a chat of her own; return her alert."""
    ana = await dialogue.operator("Ana")
    await opens(dialogue, await links(dialogue, ana))
    await waiting(dialogue)
    await seen(dialogue, ana, 5)
    await look(dialogue, 5.1)
    dialogue.sender.sent.clear()
    return ana, (await ids(dialogue))[0]


async def test_an_alert_says_severity_reason_and_language_in_the_persons_own_and_no_word_of_the_shopper(
    dialogue: Dialogue,
) -> None:
    _, alert = await reminded(dialogue)

    await dialogue.alerts.send(alert)
    await dialogue.alerts.send(alert)

    (sent,) = dialogue.sender.sent
    conversation = await dialogue.conversation()
    assert sent.text.splitlines() == [
        "Чат ждёт, и никто его не взял.",
        "Срочность 2 из 5 · Просьба позвать человека · English",
        f"https://shop.example/console?c={conversation.id}",
    ]
    assert "person" not in sent.text


async def test_what_was_taken_meanwhile_is_no_news(dialogue: Dialogue) -> None:
    ana, alert = await reminded(dialogue)
    await dialogue.desk.claim((await dialogue.conversation()).id, ana)

    await dialogue.alerts.send(alert)

    assert dialogue.sender.sent == []


@pytest.mark.parametrize(("later", "sent"), [(29, 1), (31, 0)], ids=["still news", "too old"])
async def test_an_old_alert_is_not_sent(dialogue: Dialogue, later: float, sent: int) -> None:
    _, alert = await reminded(dialogue)
    dialogue.now = ahead(5.1 + later)

    await dialogue.alerts.send(alert)

    assert len(dialogue.sender.sent) == sent


async def test_more_alerts_than_a_minute_takes_wait(dialogue: Dialogue) -> None:
    ana, alert = await reminded(dialogue)
    assert dialogue.now is not None
    async with dialogue.store.begin() as work:
        (handoff,) = await work.handoffs.of((await dialogue.conversation()).id)
        for n in range(MOST_A_MINUTE):
            ((earlier, _),) = await work.alerts.add(handoff.id, f"new {n}", [ana.id], [], dialogue.now)
            await work.alerts.sent(earlier, dialogue.now - timedelta(seconds=30))

    with pytest.raises(RateLimited):
        await dialogue.alerts.send(alert)
    dialogue.now += timedelta(seconds=31)
    await dialogue.alerts.send(alert)

    assert len(dialogue.sender.sent) == 1


async def test_a_provider_that_is_away_is_tried_again_and_a_blocked_chat_is_unlinked(dialogue: Dialogue) -> None:
    ana, alert = await reminded(dialogue)
    dialogue.sender.failing += [DeliveryError("away"), ShopperUnreachable("blocked")]

    with pytest.raises(DeliveryError):
        await dialogue.alerts.send(alert)
    await dialogue.alerts.send(alert)

    async with dialogue.store.begin() as work:
        assert await work.alerts.linked(ana.id) is None


async def test_who_has_no_chat_of_their_own_is_told_in_the_console_only(dialogue: Dialogue) -> None:
    await waiting(dialogue)
    ana = await dialogue.operator("Ana")
    await seen(dialogue, ana, 5)
    await look(dialogue, 5.1)
    before = len(dialogue.sender.sent)

    await dialogue.alerts.send((await ids(dialogue))[0])

    async with dialogue.store.begin() as work:
        unseen = await work.alerts.unseen(ana.id, datetime.now(UTC))
        again = await work.alerts.unseen(ana.id, datetime.now(UTC))
    assert (len(dialogue.sender.sent), [about for _, about in unseen], again) == (before, ["remind"], [])


async def test_a_link_is_good_once(dialogue: Dialogue) -> None:
    ana = await dialogue.operator("Ana")
    link = await links(dialogue, ana)

    (done,) = await opens(dialogue, link)
    (over,) = await opens(dialogue, link)

    async with dialogue.store.begin() as work:
        assert await work.alerts.linked(ana.id) == CHANNEL
    assert "chat" in done
    assert "new one" in over or "another" in over
    assert [question.text for question in dialogue.assistant.asked] == []


@pytest.mark.parametrize(("minutes", "linked"), [(59, True), (61, False)], ids=["in time", "too late"])
async def test_a_link_is_good_for_an_hour(dialogue: Dialogue, minutes: float, linked: bool) -> None:
    ana = await dialogue.operator("Ana")
    link = await links(dialogue, ana)
    dialogue.now = ahead(minutes)

    await opens(dialogue, link)

    async with dialogue.store.begin() as work:
        assert (await work.alerts.linked(ana.id) is not None) == linked


async def test_a_guessed_link_links_nothing(dialogue: Dialogue) -> None:
    ana = await dialogue.operator("Ana")
    await links(dialogue, ana)

    await opens(dialogue, f"{LINK}guessed")

    async with dialogue.store.begin() as work:
        assert await work.alerts.linked(ana.id) is None


async def test_an_owed_answer_is_no_news_once_somebody_else_has_the_chat(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    ben = await dialogue.operator("Ben")
    await opens(dialogue, await links(dialogue, ana))
    await dialogue.shopper_says("are you there?")
    await seen(dialogue, ana, 60)
    await look(dialogue, 10.1)
    await dialogue.desk.transfer(conversation, ana, to=ben)
    await dialogue.work()
    before = len(dialogue.sender.sent)

    await dialogue.alerts.send((await ids(dialogue))[0])

    assert len(dialogue.sender.sent) == before


@pytest.mark.parametrize(("severity", "told"), [(3, []), (4, ["new"])], ids=["below", "severe"])
async def test_a_severe_chat_is_told_of_at_once(dialogue: Dialogue, severity: int, told: list[str]) -> None:
    await dialogue.operator("Ana")
    dialogue.assistant.reply = lambda _: an_answer("A colleague comes.", handoff=a_handoff(severity=severity))
    await dialogue.shopper_says("a person please")

    for _ in range(2):
        await dialogue.watch.handed_off((await dialogue.conversation()).id)

    assert [about for about, _ in await alerts(dialogue)] == told


# --- The shop's own addresses -------------------------------------------------------------------------------------


async def test_the_shops_address_gets_one_alert(dialogue: Dialogue, listener: Listener) -> None:
    sending = with_addresses(dialogue, listener.address)
    await waiting(dialogue)
    await look(dialogue, 5.1)

    for _ in range(2):
        await sending.send((await ids(dialogue))[0])

    (heard,) = listener.heard
    assert heard["title"] == "A chat is waiting, and nobody has taken it."
    assert "Severity 2 of 5" in heard["message"]
    assert "a person please" not in json.dumps(heard)


async def test_an_address_that_fails_is_tried_again(dialogue: Dialogue, listener: Listener) -> None:
    sending = with_addresses(dialogue, listener.address)
    await waiting(dialogue)
    await look(dialogue, 5.1)
    (alert,) = await ids(dialogue)
    listener.status = 503

    with pytest.raises(DeliveryError):
        await sending.send(alert)
    listener.status = 200
    await sending.send(alert)

    assert len(listener.heard) == 2


def test_an_address_that_is_none_is_named_by_its_place_and_not_shown() -> None:
    with pytest.raises(SettingsError, match="ALERT_URLS: number 2 is no address") as caught:
        addresses_of([SecretStr("json://localhost"), SecretStr("hunter2")])

    assert "hunter2" not in str(caught.value)
