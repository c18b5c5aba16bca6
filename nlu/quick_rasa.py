"""What Rasa 3.6 does again for every event, every action or every training example, done once or done plainly.

Measured with py-spy on turns of a conversation of some forty messages: checking an action's answer against its JSON schema
took 30 % of a turn, because the schema itself was checked and compiled each time; finding the class of each stored event by
walking through all subclasses took 17 %. In a training on 15,800 examples, copying and fingerprinting all of them each time
two sets of data are put together took 40 of 130 seconds. Reading a message keeps the server's only thread busy, though most
of it (the embedding) could run beside others. Rasa 3.6.21 is its line's last release, so none of this can change
under us; a test holds each to what Rasa's own code answers.
"""

from __future__ import annotations

import asyncio
import copy
import json
import os
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import md5
from itertools import chain
from typing import Any, Final

import numpy as np
from jsonschema import Draft202012Validator
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.graph import GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage import local_model_storage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, RESPONSE
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.io import deep_container_fingerprint
from tarsafe import TarSafe

_OF_A_SLOT: Final = frozenset({"event", "name", "value", "timestamp"})
# What a conversation's events leave in it, beside its slots.
_STATE: Final = ("_paused", "followup_action", "latest_message", "latest_bot_utterance", "latest_action", "active_loop")
_resolve = Event.resolve_by_type
_parse = MessageProcessor.parse_message
_rasas_fingerprint = Features.fingerprint
_rasas_data_fingerprint = TrainingData.fingerprint
_rasas_merge = TrainingData.merge
# One more than there are cores: while some embed, another has the interpreter's lock.
_readers = ThreadPoolExecutor((os.cpu_count() or 1) + 1, thread_name_prefix="reader")


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(RemoteAction.action_response_format_spec())


def _validate_action_result(self: RemoteAction, result: Any) -> bool:
    """Raise ValidationError when an action's answer is not what Rasa expects."""
    if not _is_plain(result):
        _validator().validate(result)
    return True


def _is_plain(result: Any) -> bool:
    """True for an answer of slots and responses only, which the schema allows: nearly all of ours are."""
    if not isinstance(result, dict):
        return False
    events, responses = result.get("events", []), result.get("responses", [])
    return (
        isinstance(events, list)
        and isinstance(responses, list)
        and all(isinstance(response, dict) for response in responses)
        and all(
            isinstance(event, dict)
            and event.keys() <= _OF_A_SLOT
            and event.get("event") == "slot"
            and isinstance(event.get("name"), str)
            and "value" in event
            and event.get("timestamp") is None
            for event in events
        )
    )


@cache
def _resolve_by_type(type_name: str, default: Any = None) -> Any:
    """Return the class of an event by its type name, as Rasa does."""
    return _resolve(type_name, default)


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    kind = type(value)
    if kind is str or value is None:
        return value
    if kind is dict:
        return {key: each if type(each) is str else _copied(each, memo) for key, each in value.items()}
    if kind is list:
        return [_copied(each, memo) for each in value]
    return copy.deepcopy(value, memo)


def _copied_message(self: Message, memo: dict[int, Any]) -> Message:
    """Return a copy that shares nothing that can change; the fingerprint goes with it."""
    found = Message.__new__(Message)
    memo[id(self)] = found
    for name, value in self.__dict__.items():
        found.__dict__[name] = set(value) if type(value) is set else _copied(value, memo)
    return found


def _fingerprint(self: Message) -> str:
    """Return a fingerprint of a message's data and features, the same for messages that are the same."""
    if self._cached_fingerprint is None:
        try:
            data = json.dumps(self.data, sort_keys=True, ensure_ascii=False)
        except (TypeError, ValueError):  # holds what only Rasa's own function can take apart
            data = deep_container_fingerprint(self.data)
        features = [part.fingerprint() for part in self.features]
        self._cached_fingerprint = md5(
            f"{data}\0{features}".encode("utf-8", "surrogatepass"), usedforsecurity=False
        ).hexdigest()
    return self._cached_fingerprint


def _features_fingerprint(self: Features) -> str:
    """Return a fingerprint of features, the same for features that are the same."""
    if not self.is_dense():
        return _rasas_fingerprint(self)
    if self._cached_fingerprint is None:
        about = f"{self.type}\0{self.origin}\0{self.attribute}\0{self.features.dtype}\0{self.features.shape}\0"
        digest = md5(about.encode(), usedforsecurity=False)
        digest.update(np.ascontiguousarray(self.features))
        self._cached_fingerprint = digest.hexdigest()
    return self._cached_fingerprint


def apart(messages: Iterable[Message]) -> list[Message]:
    """Return messages that can be changed without changing these; values are shared, since components replace them."""
    found = []
    for message in messages:
        other = Message.__new__(Message)
        other.__dict__.update(message.__dict__)
        other.data, other.features = message.data.copy(), message.features.copy()
        other.output_properties = message.output_properties.copy()
        found.append(other)
    return found


def _merge(self: TrainingData, *others: TrainingData | None) -> TrainingData:
    """Return what Rasa's own method does, without copying all values of all examples."""
    every = [self, *filter(None, others)]
    merged = _rasas_merge(*map(_without_examples, every))
    merged.training_examples = _sanitize_examples(apart(chain.from_iterable(data.training_examples for data in every)))
    merged._fill_response_phrases()
    return merged


def _data_fingerprint(self: TrainingData) -> str:
    """Return a fingerprint of all data, the same whatever order the examples stand in."""
    examples = sorted(example.fingerprint() for example in self.training_examples)
    rest = _rasas_data_fingerprint(_without_examples(self))
    return md5("\n".join([rest, *examples]).encode(), usedforsecurity=False).hexdigest()


def _without_examples(data: TrainingData) -> TrainingData:
    found = copy.copy(data)
    found.training_examples = []
    return found


def _sanitize_examples(examples: Sequence[Message]) -> list[Message]:
    """Return different examples, names without spaces around them; what needs no change keeps its fingerprint."""
    found: dict[str, Message] = {}
    for example in examples:
        for name in (INTENT, RESPONSE):
            given = example.data.get(name)
            if given and given != given.strip():
                example.set(name, given.strip())
        found.setdefault(example.fingerprint(), example)
    return list(found.values())


_nothing = cache(lambda: Domain.empty().as_dict())


def _is_empty(self: Domain) -> bool:
    """Return whether the domain is the empty one, which Rasa builds anew for every message."""
    return self.as_dict() == _nothing()


async def _parse_message(
    self: MessageProcessor,
    message: UserMessage,
    tracker: DialogueStateTracker | None = None,
    only_output_properties: bool = True,  # noqa: FBT001, FBT002 - Rasa's signature
) -> dict[str, Any]:
    """Return what Rasa's own method does, which reads in the server's only thread: several messages are read at once."""
    reading = _parse(self, message, tracker, only_output_properties)
    if self.http_interpreter:
        return await reading
    return await asyncio.get_running_loop().run_in_executor(_readers, _finished, reading)


def _finished(coroutine: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """Return the result of a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("Rasa's reading waits for something")


def _run(
    self: DaskGraphRunner, inputs: dict[str, Any] | None = None, targets: Sequence[str] | None = None
) -> dict[str, Any]:
    """Return what Rasa's own method does, which plans the same walk anew each time and has dask take it."""
    wanted = tuple(targets or self._graph_schema.target_names)
    walks = self.__dict__.setdefault("_walks", {})
    if wanted not in walks:
        walks[wanted] = list(_walk(self._graph_schema, wanted))
    done = {name: (name, value) for name, value in (inputs or {}).items()}
    for name, needs in walks[wanted]:
        if name not in done:
            done[name] = self._instantiated_nodes[name](*(done.get(need, need) for need in needs))
    return dict(done[name] for name in wanted)


def _walk(schema: GraphSchema, targets: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield what targets need, each node once and after what it needs itself, with the names of what it needs."""
    seen: set[str] = set()
    for name in targets:
        if name in schema.nodes:
            needs = list(schema.nodes[name].needs.values())
            for row in [*_walk(schema, needs), (name, needs)]:
                if row[0] not in seen:
                    seen.add(row[0])
                    yield row


def _copied_tracker(self: DialogueStateTracker) -> DialogueStateTracker:
    """Return what Rasa's own method does, which lives through the whole conversation again for each action."""
    found = self.init_copy()
    found.events.extend(self.events)
    for name, slot in self.slots.items():
        found.slots[name].value = slot.value
    for name in _STATE:
        setattr(found, name, getattr(self, name))
    found.latest_action, found.active_loop = copy.copy(self.latest_action), copy.copy(self.active_loop)
    return found


class _Unpressed(TarSafe):
    """Rasa's own archive without compression: it takes one second at the least, to save a tenth of a model's size."""

    @classmethod
    def gzopen(cls, name: Any, mode: Any = "r", fileobj: Any = None, compresslevel: int = 0, **kwargs: Any) -> Any:
        """Open an archive."""
        return super().gzopen(name, mode, fileobj, compresslevel, **kwargs)


INSTEAD: Final[tuple[tuple[Any, str, Any], ...]] = (
    (MessageProcessor, "parse_message", _parse_message),
    (DaskGraphRunner, "run", _run),
    (DialogueStateTracker, "copy", _copied_tracker),
    (Domain, "is_empty", _is_empty),
    (local_model_storage, "TarSafe", _Unpressed),
    (RemoteAction, "_validate_action_result", _validate_action_result),
    (Event, "resolve_by_type", staticmethod(_resolve_by_type)),
    (Message, "__deepcopy__", _copied_message),
    (Message, "fingerprint", _fingerprint),
    (Features, "fingerprint", _features_fingerprint),
    (TrainingData, "merge", _merge),
    (TrainingData, "fingerprint", _data_fingerprint),
    (TrainingData, "sanitize_examples", staticmethod(_sanitize_examples)),
)
"""Where something of Rasa's stands, its name, and ours."""


def quicken() -> None:
    """Let Rasa use all of these from now on."""
    for owner, name, ours in INSTEAD:
        setattr(owner, name, ours)
