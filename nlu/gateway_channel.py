"""The only way messages come into Rasa: the gateway asks, the whole turn is in the answer."""

from __future__ import annotations

import hmac
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.core.events import BotUttered, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import InvalidConfigException
from sanic import Blueprint, Sanic
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json

from nlu.turn_runner import TurnFailed, TurnRunner, hang_up, said_in, turn_of

_READING: Final = ("language", "intent", "emotion", "abuse", "entities", "cues")
_FIRST_READ: Final = "does it come by Monday"
_LONGEST_TEXT: Final = 8000  # characters; a Telegram message has 4096 at most

log = structlog.get_logger()


class Malformed(Exception):
    """The body of a request is not what the contract says; the text names the field."""


@dataclass(frozen=True)
class TurnRequest:
    """What the gateway asks: one message of a shopper."""

    conversation_id: str
    message_id: str
    channel: str
    text: str
    language_hint: str | None

    @classmethod
    def read(cls, body: Any) -> TurnRequest:
        """Read the body of a request; raises Malformed naming the field."""
        fields = {name: _text(body, name) for name in ("conversation_id", "message_id", "channel", "text")}
        hint = body.get("language_hint")
        if hint is not None and not isinstance(hint, str):
            raise Malformed("language_hint must be a text or null")
        return cls(**fields, language_hint=hint)


class GatewayInput(InputChannel):  # type: ignore[misc]
    """`POST /webhooks/gateway/turn` and `/webhooks/gateway/returned`, for callers with the token.

    A turn that fails saves nothing and is answered 503: an action that raised, an action server that is away, a response
    that cannot be said, a database that refuses. Rasa's own channels would answer 200 and go on with half a turn.
    """

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()

    @classmethod
    def name(cls) -> str:
        """Return the name in the path."""
        return "gateway"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GatewayInput:
        """Build the channel from credentials.yml; refuses to without a token."""
        token = str((credentials or {}).get("token") or "").strip()
        if not token or token.startswith("${"):
            raise InvalidConfigException("credentials.yml: the gateway channel needs a token; set RASA_TOKEN")
        return cls(token)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("gateway", __name__)
        routes.add_route(self._guarded(self._turn), "/turn", methods=["POST"])
        routes.add_route(self._guarded(self._returned), "/returned", methods=["POST"])
        routes.listener("after_server_start")(_warm_up)
        routes.listener("after_server_stop")(_hang_up)
        return routes

    def _guarded(
        self, handler: Callable[[Request], Awaitable[HTTPResponse]]
    ) -> Callable[[Request], Awaitable[HTTPResponse]]:
        async def guarded(request: Request) -> HTTPResponse:
            if not hmac.compare_digest(request.headers.get("authorization", "").encode(), self._expected):
                return json({"error": "wrong token"}, status=401)
            try:
                return await handler(request)
            except (Malformed, InvalidUsage) as exc:
                return json({"error": str(exc)}, status=422)

        guarded.__name__ = handler.__name__
        return guarded

    async def _turn(self, request: Request) -> HTTPResponse:
        asked = TurnRequest.read(request.json)
        message = UserMessage(
            asked.text,
            sender_id=asked.conversation_id,
            message_id=asked.message_id,
            input_channel=asked.channel,
            metadata={"language_hint": asked.language_hint},
        )
        ids = {"conversation": asked.conversation_id, "message": asked.message_id}
        try:
            tracker = await TurnRunner(request.app.ctx.agent).run(message)
        except TurnFailed as exc:
            log.error("turn.failed", reason=str(exc), **ids)  # noqa: TRY400 - it is no fault of the code
            return json({"error": str(exc)}, status=503)
        except Exception as exc:  # noqa: BLE001 - whatever it was, nothing is saved and the gateway must know
            log.error("turn.failed", reason=type(exc).__name__, where=_place(exc), **ids)  # noqa: TRY400 - see _place
            return json({"error": type(exc).__name__}, status=503)
        return json(answer(tracker, asked.message_id))

    async def _returned(self, request: Request) -> HTTPResponse:
        conversation_id = _text(request.json, "conversation_id")
        try:
            await TurnRunner(request.app.ctx.agent).returned(conversation_id)
        except Exception as exc:  # noqa: BLE001 - as above
            log.error("returned.failed", reason=type(exc).__name__, where=_place(exc), conversation=conversation_id)  # noqa: TRY400
            return json({"error": type(exc).__name__}, status=503)
        return empty()


async def _warm_up(app: Sanic, _: AbstractEventLoop) -> None:
    """Read something, so that what is loaded for a first message (encoder, dates) does not keep a shopper waiting.

    Not the dictionary for Chinese: a shop may never need it, and it is large.
    """
    agent = getattr(app.ctx, "agent", None)
    if agent is not None and agent.is_ready():
        await agent.parse_message(_FIRST_READ)


async def _hang_up(app: Sanic, _: AbstractEventLoop) -> None:
    if (agent := getattr(app.ctx, "agent", None)) is not None:
        await hang_up(agent)


def answer(tracker: DialogueStateTracker, message_id: str) -> dict[str, Any]:
    """Return what the gateway is told about a message that was handled, now or earlier."""
    said, events = said_in(tracker, message_id), turn_of(tracker, message_id)
    parse = said.parse_data if said else {}
    slots = {name: tracker.get_slot(name) for name in ("language", "stance")}
    slots |= {event.key: event.value for event in events if isinstance(event, SlotSet) and event.key in slots}
    spoken = [event for event in events if isinstance(event, BotUttered)]
    return {
        "message_id": message_id,
        "language": slots["language"],
        "stance": slots["stance"],
        "reading": {name: parse[name] for name in _READING if name in parse},
        "replies": [_reply(event) for event in spoken if event.text],
        "commands": [event.data["custom"] for event in spoken if "command" in (event.data.get("custom") or {})],
    }


def _reply(event: BotUttered) -> dict[str, Any]:
    buttons = event.data.get("buttons") or []
    return {
        "text": event.text,
        "buttons": [{"title": button["title"], "payload": button["payload"]} for button in buttons],
        "share_contact": event.metadata.get("share_contact_label"),
        "response": event.metadata.get("response") or event.metadata.get("utter_action"),
    }


def _text(body: Any, name: str) -> str:
    if not isinstance(body, dict):
        raise Malformed("the body must be a JSON object")
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Malformed(f"{name} must be a text that is not empty")
    if len(value) > _LONGEST_TEXT:
        raise Malformed(f"{name} is longer than {_LONGEST_TEXT} characters")
    return value


def _place(exc: Exception) -> str:
    """Return where it broke. A whole traceback may quote the shopper."""
    trace = exc.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown"
