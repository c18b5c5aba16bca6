"""The gateway channel over HTTP, in front of a real agent with the real domain and rules; only the action server is a stand-in."""

from __future__ import annotations

import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import yaml
from aiohttp import web
from conftest import ROOT, SOME_INTENTS
from rasa.core.agent import Agent
from rasa.core.run import configure_app
from rasa.model_training import train
from rasa.shared.core.domain import Domain
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic
from sanic.server.async_server import AsyncioServer

from nlu.buttons import ButtonReader
from nlu.empathetic_nlg import EmpatheticNLG
from nlu.event_store import EventStore
from nlu.gateway_channel import GatewayInput

TOKEN = "a token"
FACTS = {"number": "WL-1001", "late_by": "3 days", "promised": "2 May"}


@dataclass
class ActionServer:
    """Answers as told; remembers what was asked."""

    stance: str = "steady"
    failing: set[str] = field(default_factory=set)
    garbled: bool = False
    facts: dict[str, str] = field(default_factory=lambda: dict(FACTS))
    asked: list[str] = field(default_factory=list)

    async def __call__(self, request: web.Request) -> web.Response:
        action = (await request.json())["next_action"]
        self.asked.append(action)
        if action in self.failing:
            return web.json_response({"error": "broken"}, status=500)
        if self.garbled:
            return web.Response(text="?")
        return web.json_response({"events": self._events(action), "responses": self._responses(action)})

    def _events(self, action: str) -> list[dict[str, Any]]:
        if action != "action_validate_slot_mappings":
            return []
        values = {
            "language": "en",
            "stance": self.stance,
            "cause": "late",
            "handoff_reason": "anger",
            "handoff_severity": 4.0,
        }
        return [{"event": "slot", "name": name, "value": value} for name, value in values.items()]

    def _responses(self, action: str) -> list[dict[str, Any]]:
        if action == "action_handoff":
            command = {"command": "handoff", "reason": "anger", "severity": 4, "words": "fools", "within_minutes": 10}
            return [{"response": "utter_handoff_anger", "within": "10 minutes"}, {"custom": command}]
        if action == "action_tell_order_status":
            return [{"response": "utter_order_late", "buttons": [{"title": "More", "payload": "/greet"}], **self.facts}]
        return []


@dataclass
class Gateway:
    """What a test speaks to."""

    url: str
    actions: ActionServer
    agent: Agent
    server: AsyncioServer

    async def post(self, path: str, body: Any, token: str | None = TOKEN) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/{path}", json=body, headers=headers) as answer,
        ):
            return answer.status, await answer.json() if answer.content_length else None

    async def says(self, text: str, message_id: str = "m1", **fields: Any) -> tuple[int, Any]:
        return await self.post(
            "turn", {"conversation_id": "c1", "message_id": message_id, "channel": "telegram", "text": text, **fields}
        )

    async def kept(self) -> int:
        tracker = await self.agent.tracker_store.retrieve("c1")
        return len(tracker.events) if tracker else 0


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    data = tmp_path_factory.mktemp("data")
    shutil.copytree(ROOT / "stories", data / "stories")
    for file in sorted((ROOT / "nlu_data" / "en").glob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        content["nlu"][0]["examples"] = content["nlu"][0]["examples"][: 12 if file.stem in SOME_INTENTS else 3]
        (data / file.name).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    out = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("cwd"))
        patch.setenv("RASA_TELEMETRY_ENABLED", "false")
        patch.setattr("rasa.telemetry.initialize_telemetry", lambda: False)
        result = train(str(ROOT / "domain.yml"), str(ROOT / "config.yml"), [str(data)], str(out))
    assert result.model is not None
    return result.model


@pytest_asyncio.fixture
async def gateway(model: str, tmp_path: Path) -> AsyncIterator[Gateway]:
    actions = ActionServer()
    runner = web.AppRunner(web.Application())
    runner.app.router.add_post("/webhook", actions)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    actions_port = runner.addresses[0][1]

    agent = Agent.load(
        model,
        generator=EmpatheticNLG(),
        tracker_store=EventStore(None, db=str(tmp_path / "tracker.db")),
        action_endpoint=EndpointConfig(f"http://127.0.0.1:{actions_port}/webhook"),
    )
    Sanic.test_mode = True
    Sanic._app_registry.clear()
    app = configure_app([GatewayInput(TOKEN)], enable_api=False)
    app.ctx.agent = agent
    listening = socket.create_server(("127.0.0.1", 0))
    server = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.start_serving()
    yield Gateway(f"http://127.0.0.1:{listening.getsockname()[1]}/webhooks/gateway", actions, agent, server)
    await server.before_stop()
    server.close()
    await server.after_stop()
    await runner.cleanup()


async def test_a_turn_is_answered_whole(gateway: Gateway) -> None:
    status, answer = await gateway.says("where is my order WL-1001")

    assert status == 200
    assert (answer["message_id"], answer["language"], answer["stance"]) == ("m1", "en", "steady")
    assert set(answer["reading"]) == {"language", "intent", "emotion", "abuse", "entities", "cues"}
    assert answer["reading"]["intent"]["name"] == "ask_order_status"
    assert answer["reading"]["entities"][0]["value"] == "WL-1001"
    (reply,) = answer["replies"]
    assert reply["response"] == "utter_order_late"
    assert reply["buttons"][-1] == {"title": "More", "payload": "/greet"}
    assert answer["commands"] == []


@pytest.mark.parametrize("has_model", [True, False])
async def test_something_is_read_before_the_first_message_where_there_is_a_model(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, *, has_model: bool
) -> None:
    read: list[str] = []

    async def parse_message(text: str) -> dict[str, Any]:
        read.append(text)
        return {}

    monkeypatch.setattr(gateway.agent, "parse_message", parse_message)
    monkeypatch.setattr(gateway.agent, "is_ready", lambda: has_model)

    await gateway.server.after_start()

    assert bool(read) is has_model


async def test_the_line_to_the_actions_is_closed_when_rasa_stops(gateway: Gateway) -> None:
    await gateway.says("where is my order WL-1001")
    lines = [made for made in vars(gateway.agent.action_endpoint).values() if isinstance(made, aiohttp.ClientSession)]

    await gateway.server.after_stop()

    assert [line.closed for line in lines] == [True]


async def test_a_message_said_twice_is_handled_once_and_answered_the_same(gateway: Gateway) -> None:
    first = await gateway.says("where is my order WL-1001")
    asked = list(gateway.actions.asked)
    await gateway.says("hello", "m2")

    again = await gateway.says("where is my order WL-1001")

    assert again == first
    assert gateway.actions.asked[: len(asked)] == asked
    assert gateway.actions.asked.count("action_tell_order_status") == 1


async def test_a_handoff_comes_as_a_command_and_no_rule_speaks(gateway: Gateway) -> None:
    gateway.actions.stance = "handoff"

    _, answer = await gateway.says("where is my order WL-1001")

    assert [command["command"] for command in answer["commands"]] == ["handoff"]
    assert [reply["response"] for reply in answer["replies"]] == ["utter_handoff_anger"]
    assert gateway.actions.asked == ["action_validate_slot_mappings", "action_handoff"]


@pytest.mark.parametrize("action", ["action_validate_slot_mappings", "action_tell_order_status"])
async def test_a_turn_whose_action_failed_saves_nothing(gateway: Gateway, action: str) -> None:
    gateway.actions.failing = {action}
    status, answer = await gateway.says("where is my order WL-1001")

    assert status == 503
    assert action in answer["error"]
    assert await gateway.kept() == 0


async def test_a_failed_turn_can_be_said_again(gateway: Gateway) -> None:
    gateway.actions.failing = {"action_tell_order_status"}
    await gateway.says("where is my order WL-1001")
    gateway.actions.failing = set()

    status, answer = await gateway.says("where is my order WL-1001")

    assert status == 200
    assert len(answer["replies"]) == 1


async def test_an_action_server_that_is_away_fails_the_turn(gateway: Gateway) -> None:
    gateway.agent.processor.action_endpoint = EndpointConfig("http://127.0.0.1:9/webhook")

    assert (await gateway.says("hello"))[0] == 503
    assert await gateway.kept() == 0


async def test_an_action_server_that_talks_nonsense_fails_the_turn(gateway: Gateway) -> None:
    gateway.actions.garbled = True

    assert (await gateway.says("hello"))[0] == 503


async def test_a_response_that_cannot_be_said_fails_the_turn(gateway: Gateway) -> None:
    del gateway.actions.facts["late_by"]

    status, answer = await gateway.says("where is my order WL-1001")

    assert (status, await gateway.kept()) == (503, 0)
    assert "late_by" in answer["error"]


async def test_a_turn_without_any_answer_fails(gateway: Gateway) -> None:
    status, answer = await gateway.says("/ask_refund")

    assert (status, answer["error"]) == (503, "no rule answered")


async def test_a_database_that_refuses_fails_the_turn(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(self: EventStore, tracker: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(EventStore, "save", refuse)

    assert (await gateway.says("hello"))[0] == 503


async def test_a_button_is_read_as_what_it_says(gateway: Gateway) -> None:
    _, answer = await gateway.says('/ask_order_status{"order_number": "WL-1001"}')

    reading = answer["reading"]
    assert (reading["language"], reading["abuse"], reading["cues"]) == ("und", 0.0, [])
    assert reading["intent"] == {"name": "ask_order_status", "confidence": 1.0}
    assert (reading["emotion"]["name"], reading["emotion"]["confidence"]) == ("neutral", 1.0)
    assert reading["entities"][0]["value"] == "WL-1001"


@pytest.mark.parametrize("text", ["/drop tables", "/ what", "//", "/ask_orders"])
def test_a_slash_that_is_no_button_stays_the_text_it_was(text: str) -> None:
    message = Message({"text": text, "language": "en"})

    assert ButtonReader.create({}, None, None, None).process([message], Domain.from_dict({"intents": ["greet"]})) == [
        message
    ]
    assert message.get("language") == "en"


async def test_the_channel_of_the_shopper_is_kept(gateway: Gateway) -> None:
    await gateway.says("hello")

    tracker = await gateway.agent.tracker_store.retrieve("c1")
    assert tracker.get_latest_input_channel() == "telegram"


async def test_giving_a_conversation_back_calms_it(gateway: Gateway) -> None:
    gateway.actions.stance = "handoff"
    await gateway.says("where is my order WL-1001")

    status, _ = await gateway.post("returned", {"conversation_id": "c1"})

    tracker = await gateway.agent.tracker_store.retrieve("c1")
    assert status == 204
    assert tracker.get_slot("stance") == "steady"
    assert tracker.get_slot("handoff_reason") is None


async def test_giving_back_a_conversation_nobody_knows_leaves_no_trace(gateway: Gateway) -> None:
    assert (await gateway.post("returned", {"conversation_id": "c1"}))[0] == 204
    assert await gateway.kept() == 0


@pytest.mark.parametrize("token", [None, "", "another token", "a toke", "a token2"])
@pytest.mark.parametrize("path", ["turn", "returned"])
async def test_a_caller_without_the_token_is_refused(gateway: Gateway, path: str, token: str | None) -> None:
    status, _ = await gateway.post(path, {"conversation_id": "c1"}, token)

    assert status == 401
    assert await gateway.kept() == 0


@pytest.mark.parametrize(
    ("field_name", "value"),
    [
        *(
            (name, value)
            for name in ("conversation_id", "message_id", "channel", "text")
            for value in (7, "", "  ", None, {})
        ),
        ("language_hint", 7),
        ("text", "x" * 8001),
    ],
)
async def test_a_malformed_body_is_refused_by_field(gateway: Gateway, field_name: str, value: object) -> None:
    status, answer = await gateway.says(**{"text": "hello", field_name: value})

    assert status == 422
    assert field_name in answer["error"]


async def test_a_body_that_is_no_object_is_refused(gateway: Gateway) -> None:
    assert (await gateway.post("turn", ["hello"]))[0] == 422


@pytest.mark.parametrize("credentials", [None, {}, {"token": ""}, {"token": "${RASA_TOKEN}"}])
def test_the_channel_does_not_start_without_a_token(credentials: dict[str, str] | None) -> None:
    with pytest.raises(InvalidConfigException, match="RASA_TOKEN"):
        GatewayInput.from_credentials(credentials)
