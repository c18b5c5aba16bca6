"""Personas speak through the demo page's door, and what the store holds is what they heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from bot.channels.web import webhook
from bot.channels.web.parse import CHANNEL
from bot.channels.web.send import WebSender
from bot.channels.web.tokens import WebTokens
from bot.domain.handoff import HandoffRequest, Reason
from bot.domain.messages import Button, InboundMessage, Reply
from bot.domain.people import Message
from bot.domain.queue import QueueFilter, Whose
from bot.handoff.notices import Notices
from bot.metrics import Metrics
from bot.rehearsal.course import misses
from bot.rehearsal.heard import Phrasebook
from bot.rehearsal.persona import Persona
from bot.rehearsal.stage import Stage, StageUnusable
from bot.rehearsal.system import _alone, running_system
from bot.running.up import children_of
from bot.settings import ROOT, Settings
from bot.store.unit_of_work import Store
from bot.turns.assistant import Answer, Question
from bot.turns.inbox import Inbox
from bot.turns.pipeline import Pipeline
from bot.turns.stages import AskAssistant, FitToChannel, PassToOperator
from bot.turns.stages import Stage as TurnStage
from tests.doubles.assistant import ScriptedAssistant, a_handoff, an_answer
from tests.doubles.channels import caller
from tests.doubles.shipped import the_book

BOOK = the_book()
PHRASEBOOKS = {"en": Phrasebook.of(ROOT / "responses" / "en.yml")}


def saying(response: str, **facts: str) -> Answer:
    line = BOOK.say(response, "en", **facts)
    answer = an_answer()
    buttons = tuple(Button(button.title, button.payload) for button in line.buttons)
    return Answer(answer.reading, (Reply(line.text, buttons),), None, "en", "steady")


def shop(question: Question) -> Answer:
    """Asks whose order it is, tells about it, and hands over whoever shouts."""
    match question.text:
        case "where is WL-1001?":
            return saying("utter_ask_proof", number="WL-1001")
        case "maria.p@example.com":
            return saying("utter_order_late", number="WL-1001", promised="Monday", late_by="3 days")
        case "/deny":
            return saying("utter_ok_what_else")
        case "HELP!":
            return an_answer("Somebody comes.", handoff=a_handoff(Reason.ANGER, 5))
        case _:
            return saying("utter_welcome")


@dataclass
class AtOnce:
    """An inbox whose messages are answered before the page hears that they arrived; `deaf` leaves them unanswered."""

    store: Store
    pipeline: Pipeline
    deaf: bool = False

    async def receive(self, *messages: InboundMessage) -> int:
        new = await Inbox(self.store).receive(*messages)
        async with self.store.begin() as work:
            found = await work.conversations.known(CHANNEL, messages[0].address)
        assert found is not None
        if not self.deaf:
            await self.pipeline.drain(found.id, last_try=False)
        return new

    async def delivery_changed(self, *_: Any) -> None:
        """The page has nothing to report."""

    async def channel_stopped(self, *_: Any) -> None:
        """The page is never too full."""


@dataclass
class Scene:
    door: httpx.AsyncClient
    store: Store
    intake: AtOnce

    def stage(self, *, patience: float = 5) -> Stage:
        return Stage(self.door, self.store, PHRASEBOOKS, patience=patience)


@pytest_asyncio.fixture
async def scene(store: Store) -> AsyncIterator[Scene]:
    senders, notices = {CHANNEL: WebSender()}, Notices(BOOK, "en")
    assistant = ScriptedAssistant(shop)
    ask = AskAssistant(assistant, senders, notices, lambda: HandoffRequest(Reason.ERROR, 3, "", 15))
    stages: list[TurnStage] = [PassToOperator(assistant), ask, FitToChannel(senders)]
    intake = AtOnce(store, Pipeline(store, stages, notices, Metrics(), when_broken=ask.give_up))

    async def transcript(address: str, after: int) -> list[Message]:
        return []

    async with caller(webhook.router(WebTokens("a secret"), intake, transcript)) as door:
        yield Scene(door, store, intake)


def a_persona(*says: Any, expects: Any = "never") -> Persona:
    given = {"language": "en", "persona": "fighter", "about": "Angry.", "says": says, "expects": expects}
    return Persona.model_validate(given)


async def test_a_persona_answers_what_it_is_asked_and_presses_what_it_is_offered(scene: Scene) -> None:
    persona = a_persona(
        "where is WL-1001?",
        {"when": "asks_proof", "say": "maria.p@example.com"},
        {"when": "offers", "press": "/deny"},
        {"when": "utter_ok_what_else", "say": "bye", "last": True},
        expects="solved",
    )

    course = await scene.stage().play(persona)

    assert [exchange.said for exchange in course.exchanges] == [
        ("where is WL-1001?",), ("maria.p@example.com",), ("No, thanks",), ("bye",),
    ]  # fmt: skip
    assert course.shape == "asks proof, facts+offers, answers, answers"
    assert course.exchanges[0].readings == ("greet 0.90, neutral 0.90 x 0.10, abuse 0.00, stance steady",)
    assert misses(course) == []


async def test_a_handoff_is_told_with_its_message_and_reason_and_the_bot_is_silent_after_it(scene: Scene) -> None:
    persona = a_persona(
        ["hello", "HELP!", "hello?"],
        {"when": "handed_over", "say": "at last"},
        expects={"handed_off": {"by": 2, "reasons": "anger"}},
    )

    course = await scene.stage().play(persona)

    assert course.handed_off == (2, Reason.ANGER)
    assert [len(exchange.heard.replies) for exchange in course.exchanges] == [2, 0]
    assert course.turns == 4


async def test_a_message_nobody_answers_ends_the_course_and_is_told(scene: Scene) -> None:
    scene.intake.deaf = True

    course = await scene.stage(patience=0.2).play(a_persona("where is WL-1001?", "hello?"))

    assert course.turns == 1
    assert misses(course) == ["message 1 was not answered within 0 s"]


async def test_two_personas_have_a_conversation_each(scene: Scene) -> None:
    stage, persona = scene.stage(), a_persona("hello")

    await stage.play(persona)
    await stage.play(persona)

    async with scene.store.begin() as work:
        assert len(await work.queue.lines(QueueFilter(Whose.ALL), 0, limit=10)) == 2


async def test_a_system_without_the_demo_page_is_one_sentence(store: Store) -> None:
    gone = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(404)), base_url="http://shop")
    async with gone:
        with pytest.raises(StageUnusable, match=r"http://shop/webhooks/web/sessions answered 404; is the demo page on"):
            await Stage(gone, store, PHRASEBOOKS).play(a_persona("hello"))


async def test_the_database_of_another_system_is_one_sentence(store: Store) -> None:
    def takes_everything(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"session": "s", "token": "t", "new": 1})

    other = httpx.AsyncClient(transport=httpx.MockTransport(takes_everything), base_url="http://shop")
    async with other:
        with pytest.raises(StageUnusable, match="the database is not that of the system spoken to"):
            await Stage(other, store, PHRASEBOOKS).play(a_persona("hello"))


async def test_a_system_that_does_not_answer_is_one_sentence() -> None:
    with pytest.raises(StageUnusable, match=r"http://127.0.0.1:9 is not ready \(ConnectError\)"):
        async with running_system("http://127.0.0.1:9", Settings.model_construct()):
            pass


def test_a_system_of_our_own_never_gets_the_shops_channels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TELEGRAM_BOT_TOKEN", "TWILIO_AUTH_TOKEN", "DEFAULT_LANGUAGE", "PORT"):
        monkeypatch.setenv(name, "the shop's")
    settings = Settings.model_construct(warmline_home=tmp_path, port=4321)

    children = [_alone(child, settings) for child in children_of(settings, "postgresql://ours", tmp_path / "model")]

    for child in children:
        assert "the shop's" not in child.environment.values()
        assert child.environment["PORT"] == "4321"
        assert child.environment["DATABASE_URL"] == "postgresql://ours"
    # In the shop's folder a `.env` would be read.
    assert [child.folder for child in children] == [None, tmp_path, tmp_path]
