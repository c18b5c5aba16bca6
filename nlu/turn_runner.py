"""One turn of a conversation in Rasa, all of it or nothing."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from aiohttp import ClientSession
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from nlu.in_context import in_context
from nlu.lines import Parsed, read_with_lines

_REJECTED: Final = 400  # an action's way to say that it does not want to run; not a failure
_AFTER_RETURN: Final = ("handoff_reason", "handoff_severity", "offer", "awaiting")


_OPEN: Final = "open_session"


class TurnFailed(Exception):
    """The turn cannot be answered, and nothing of it was saved; the text says which part failed, never what was said."""


class TurnRunner:
    """Runs turns like Rasa's own processor, but notices what that swallows: an action, the action server or a response that failed."""

    def __init__(self, agent: Agent) -> None:
        if not agent.is_ready() or agent.processor is None:
            raise TurnFailed("no model is loaded")
        self._agent = agent
        self._failures: list[str] = []
        self._processor = self._watched(agent.processor)

    def _watched(self, processor: MessageProcessor) -> MessageProcessor:
        watched = copy.copy(processor)
        # Rasa's FailSafeTrackerStore would keep what cannot be saved in memory and call it saved.
        watched.tracker_store = getattr(processor.tracker_store, "_tracker_store", processor.tracker_store)
        watched.parse_message = _in_its_talk(processor)
        watched.nlg = _WatchedNLG(processor.nlg, self._failures.append)
        if processor.action_endpoint is not None:
            watched.action_endpoint = _WatchedEndpoint(processor.action_endpoint, self._failures.append)
        return watched

    async def run(self, message: UserMessage) -> DialogueStateTracker:
        """Handle the message unless it was handled before; return the tracker. Raises TurnFailed, having saved nothing."""
        async with self._agent.lock_store.lock(message.sender_id):
            tracker = await self._processor.get_tracker(message.sender_id)
            if said_in(tracker, message.message_id) is None:
                self._processor.get_tracker = _always(tracker)  # log_message would read it from the database again
                message.output_channel = CollectingOutputChannel()
                tracker = await self._processor.log_message(message, should_save_tracker=False)
                tracker = await self._processor.run_action_extract_slots(message.output_channel, tracker)
                self._stop_if_failed()
                await self._processor._run_prediction_loop(message.output_channel, tracker)  # noqa: SLF001 - handle_message would save
                self._stop_if_failed()
                if tracker.latest_action_name != ACTION_LISTEN_NAME:
                    raise TurnFailed("too many actions in one turn")
                if not any(isinstance(event, BotUttered) for event in turn_of(tracker, message.message_id)):
                    raise TurnFailed("no rule answered")
                await self._processor.save_tracker(tracker)
            return tracker

    async def returned(self, conversation_id: str) -> None:
        """Write down that an operator has given the conversation back."""
        async with self._agent.lock_store.lock(conversation_id):
            tracker = await self._processor.get_tracker(conversation_id)
            if tracker.events:
                resets = [
                    SlotSet("stance", "steady"),
                    *(SlotSet(slot, None) for slot in _AFTER_RETURN if slot in tracker.slots),
                ]
                tracker.update_with_events(resets, self._agent.domain)
                await self._processor.save_tracker(tracker)

    def _stop_if_failed(self) -> None:
        if self._failures:
            raise TurnFailed("; ".join(self._failures))


async def hang_up(agent: Agent) -> None:
    """Close the connections to the action server."""
    session = agent.action_endpoint.__dict__.pop(_OPEN, None) if agent.action_endpoint else None
    if session is not None:
        await session.close()


def said_in(tracker: DialogueStateTracker, message_id: str) -> UserUttered | None:
    """Return the event of a message, None where it was never handled."""
    said = (event for event in reversed(tracker.events) if isinstance(event, UserUttered))
    return next((event for event in said if event.message_id == message_id), None)


def turn_of(tracker: DialogueStateTracker, message_id: str) -> list[Event]:
    """Return the events after a message, up to the next message."""
    found: list[Event] | None = None
    for event in tracker.events:
        if isinstance(event, UserUttered):
            if found is not None:
                break
            found = [] if event.message_id == message_id else None
        elif found is not None:
            found.append(event)
    return found or []


def _in_its_talk(processor: MessageProcessor) -> Callable[..., Awaitable[Parsed]]:
    async def parse_message(message: UserMessage, tracker: DialogueStateTracker, *_: Any, **__: Any) -> Parsed:
        async def parse(part: UserMessage) -> Parsed:
            return dict(await processor.parse_message(part, tracker))

        return in_context(await read_with_lines(message, parse), tracker)

    return parse_message


def _always(tracker: DialogueStateTracker) -> Callable[[str], Awaitable[DialogueStateTracker]]:
    async def get_tracker(_: str) -> DialogueStateTracker:
        return tracker

    return get_tracker


class _WatchedEndpoint(EndpointConfig):
    """The action server's address; reports every call that fails. Turns share one session, so that connections stay open."""

    def __init__(self, endpoint: EndpointConfig, report: Callable[[str], None]) -> None:
        self.__dict__.update(endpoint.__dict__)
        self._endpoint = endpoint
        self._report = report

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[ClientSession]:
        """Give the open session; Rasa would open and close one for every call."""
        if getattr(self._endpoint, _OPEN, None) is None:
            setattr(self._endpoint, _OPEN, self._endpoint.session())
        yield getattr(self._endpoint, _OPEN)

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """Call the action server."""
        action = (kwargs.get("json") or {}).get("next_action", "an action")
        try:
            answer = await super().request(*args, **kwargs)
        except ClientResponseError as exc:
            if exc.status != _REJECTED:
                self._report(f"{action}: the action server answered {exc.status}")
            raise
        except Exception as exc:
            self._report(f"{action}: {type(exc).__name__}")
            raise
        if not isinstance(answer, dict):
            self._report(f"{action}: the action server did not answer with an object")
        return answer


class _WatchedNLG(NaturalLanguageGenerator):
    """The generator of replies; reports every response that cannot be said."""

    def __init__(self, generator: NaturalLanguageGenerator, report: Callable[[str], None]) -> None:
        self._generator = generator
        self._report = report

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> Any:
        """Generate a reply."""
        try:
            draft = await self._generator.generate(utter_action, tracker, output_channel, **kwargs)
        except Exception as exc:
            self._report(f"{utter_action}: {type(exc).__name__}: {exc}")
            raise
        if draft is None:
            self._report(f"{utter_action}: no such response")
        return draft
