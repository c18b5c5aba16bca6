from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import scipy.sparse
from jsonschema import ValidationError, validate
from rasa.core.actions.action import RemoteAction
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage import local_model_storage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    Event,
    FollowupAction,
    LoopInterrupted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from tarsafe import TarSafe

from nlu import quick_rasa

ACTION = RemoteAction("action_x", None)
RASAS = {(owner, name): owner.__dict__[name] for owner, name, _ in quick_rasa.INSTEAD if name in owner.__dict__}


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    quick_rasa.quicken()
    yield
    for owner, name, _ in quick_rasa.INSTEAD:
        if (owner, name) in RASAS:
            setattr(owner, name, RASAS[owner, name])
        else:
            delattr(owner, name)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            {"events": [{"event": "slot", "name": "x", "value": 1}], "responses": [{"text": "hi"}]}, id="good"
        ),
        pytest.param({"events": [], "responses": []}, id="empty"),
        pytest.param({"events": "none", "responses": []}, id="events are no list"),
        pytest.param({"events": [], "responses": ["hi"]}, id="a response is no object"),
        pytest.param({"events": [{"event": 5}]}, id="an event without a name"),
        pytest.param({}, id="nothing"),
        pytest.param([], id="no object"),
        pytest.param({"events": [{"event": "slot", "name": "x"}]}, id="a slot without a value"),
        pytest.param({"events": [{"event": "slot", "name": 1, "value": 1}]}, id="a slot whose name is a number"),
        pytest.param({"events": [{"event": "slot", "value": 1}]}, id="a slot without a name"),
        pytest.param({"events": [{"event": "slot", "name": "x", "value": None, "timestamp": None}]}, id="no value"),
        pytest.param({"events": [{"event": "slot", "name": "x", "value": 1, "timestamp": "now"}]}, id="a wrong time"),
        pytest.param({"events": [{"event": "slot", "name": "x", "value": 1, "metadata": 1}]}, id="wrong metadata"),
        pytest.param({"events": [{"event": "restart"}], "responses": []}, id="another event"),
        pytest.param({"events": ["slot"]}, id="an event that is no object"),
        pytest.param({"responses": "hi"}, id="responses are no list"),
    ],
)
def test_answers_of_actions_are_accepted_and_refused_as_rasa_does(answer: object) -> None:
    try:
        validate(answer, RemoteAction.action_response_format_spec())
        accepted = True
    except ValidationError:
        accepted = False
    if accepted:
        assert ACTION._validate_action_result(answer)
    else:
        with pytest.raises(ValidationError):
            ACTION._validate_action_result(answer)


@pytest.mark.parametrize(("name", "kind"), [("user", UserUttered), ("slot", SlotSet)])
def test_events_are_found_by_their_names(name: str, kind: type[Event]) -> None:
    assert Event.resolve_by_type(name) is kind
    assert Event.resolve_by_type(name) is kind


def test_an_unknown_event_is_still_an_error() -> None:
    with pytest.raises(ValueError, match="Unknown event name"):
        Event.resolve_by_type("no such event")


@pytest.mark.parametrize("domain", [Domain.empty(), Domain.from_dict({"intents": ["greet"]})])
def test_a_domain_is_empty_where_rasa_calls_it_so(domain: Domain) -> None:
    assert domain.is_empty() == RASAS[Domain, "is_empty"](domain)


def test_a_model_is_packed_without_pressing_and_unpacked_by_rasa(tmp_path: Path) -> None:
    content = b"where is my parcel " * 500
    (tmp_path / "words.txt").write_bytes(content)

    with local_model_storage.TarSafe.open(tmp_path / "model.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "words.txt", arcname="words.txt")

    assert content[:1000] in (tmp_path / "model.tar.gz").read_bytes()
    with TarSafe.open(tmp_path / "model.tar.gz", "r:gz") as unpacked:
        unpacked.extractall(tmp_path / "out")
    assert (tmp_path / "out" / "words.txt").read_bytes() == content


def some_messages() -> list[Message]:
    found = [
        Message.build("hi", "greet ", example_metadata={"emotion": "joy"}),
        Message.build("hi", "greet", example_metadata={"emotion": "joy"}),
        Message.build("hi", "greet", example_metadata={"emotion": "anger"}),
        Message({"text": "hi", "intent": "greet", "share": np.float32(0.5)}),
        Message({"action_name": "action_listen"}),
        Message({"text": "hi", "cues": [{"kind": "thanks", "start": 0}]}),
    ]
    with_vector = Message({"text": "hi"})
    with_vector.add_features(Features(np.ones((1, 2)), "sentence", TEXT, "here"))
    return [*found, with_vector]


def test_the_same_examples_are_dropped_as_by_rasa() -> None:
    def kept() -> list[dict[str, object]]:
        return [message.data for message in TrainingData().merge(TrainingData(some_messages())).training_examples]

    ours = kept()
    with pytest.MonkeyPatch.context() as rasas:
        for owner, name in ((Message, "fingerprint"), (TrainingData, "sanitize_examples"), (TrainingData, "merge")):
            rasas.setattr(owner, name, RASAS[owner, name])
        rasas.delattr(Message, "__deepcopy__")
        assert kept() == ours
    assert len(ours) == len(some_messages()) - 1


def test_a_changed_message_has_another_fingerprint() -> None:
    for message in some_messages():
        before = message.fingerprint()
        message.set("language", "en")
        changed = message.fingerprint()
        message.add_features(Features(np.zeros((1, 2)), "sentence", TEXT, "there"))
        assert len({before, changed, message.fingerprint()}) == 3


def test_a_copy_shares_nothing_that_changes() -> None:
    for message in some_messages():
        other = copy.deepcopy(message)
        assert other == message
        assert other.output_properties == message.output_properties
        other.set("metadata", {}, add_to_output=True)
        other.data.setdefault("cues", []).append("more")
        other.add_features(Features(np.zeros((1, 2)), "sentence", TEXT, "there"))
        assert other != message
        assert "metadata" not in message.output_properties
        assert "more" not in message.get("cues", [])


def some_data(*messages: Message, name: str) -> TrainingData:
    return TrainingData(
        list(messages),
        {name: "value"},
        [{"name": name, "pattern": "x"}],
        [{"name": name, "elements": ["x", "y"]}],
        {f"utter_faq/{name}": [{"text": name}]},
    )


def test_data_are_put_together_as_by_rasa() -> None:
    asked = Message({"text": "open?", "intent": "faq", "intent_response_key": "faq/b"})
    one, other = some_data(*some_messages()[:3], asked, name="a"), some_data(*some_messages()[2:], name="b")

    ours, rasas = one.merge(None, other, TrainingData()), RASAS[TrainingData, "merge"](one, None, other, TrainingData())

    assert [message.data for message in ours.training_examples] == [message.data for message in rasas.training_examples]
    for part in ("entity_synonyms", "regex_features", "lookup_tables", "responses"):
        assert getattr(ours, part) == getattr(rasas, part)
    assert any(message.get("response") for message in ours.training_examples)


def test_data_put_together_can_be_changed_without_changing_their_parts() -> None:
    one = some_data(*some_messages(), name="a")
    before = [copy.deepcopy(message.data) for message in one.training_examples]
    parts = [one.merge(one), TrainingData().merge(one)]

    for message in (message for data in parts for message in data.training_examples):
        message.set("text", "changed")
        message.set("mood", "changed", add_to_output=True)
        message.add_features(Features(np.zeros((1, 2)), "sentence", TEXT, "there"))
    for data in parts:
        data.training_examples.clear()
        data.lookup_tables[0]["elements"].append("z")

    assert [message.data for message in one.training_examples] == before
    assert [len(message.features) for message in one.training_examples] == [0] * (len(before) - 1) + [1]
    assert not any("mood" in message.output_properties for message in one.training_examples)
    assert one.lookup_tables == [{"name": "a", "elements": ["x", "y"]}]


def test_features_that_differ_in_anything_have_different_fingerprints() -> None:
    ones = np.ones((1, 2))
    some = [
        Features(ones, "sentence", TEXT, "here"),
        Features(ones, "sentence", TEXT, "there"),
        Features(ones, "sequence", TEXT, "here"),
        Features(ones, "sentence", "response", "here"),
        Features(np.array([[1.0, 1.0 + 1e-15]]), "sentence", TEXT, "here"),
        Features(ones.reshape(2, 1), "sequence", TEXT, "here"),
        Features(scipy.sparse.coo_matrix(ones), "sentence", TEXT, "here"),
    ]

    assert len({features.fingerprint() for features in some}) == len(some)
    assert Features(ones.copy(), "sentence", TEXT, "here").fingerprint() == some[0].fingerprint()


def test_data_that_differ_have_different_fingerprints_whatever_the_order_of_examples() -> None:
    one = some_data(*some_messages(), name="a")
    some = [one, some_data(*some_messages()[1:-1], name="a"), some_data(*some_messages(), name="b"), TrainingData()]

    assert len({data.fingerprint() for data in some}) == len(some)
    assert some_data(*reversed(some_messages()), name="a").fingerprint() == one.fingerprint()
    assert len(one.training_examples) > 1


CONVERSATION = [
    ActionExecuted("action_session_start"),
    SessionStarted(),
    ActionExecuted("action_listen"),
    UserUttered("where is it", intent={"name": "greet"}, parse_data={"intent": {"name": "greet"}}),
    SlotSet("topic", ["order"]),
    ActiveLoop("a_form"),
    BotUttered("Let me look."),
    ActionExecuted("action_answer", policy="RulePolicy"),
    SlotSet("topic", None),
    FollowupAction("action_listen"),
    LoopInterrupted(is_interrupted=True),
    ActiveLoop(None),
    ConversationPaused(),
    ActionExecuted("action_listen"),
    UserUttered("no"),
]


@pytest.mark.parametrize("count", range(len(CONVERSATION) + 1))
def test_a_conversation_is_copied_as_by_rasa(count: int) -> None:
    domain = Domain.from_dict(
        {"intents": ["greet"], "slots": {"topic": {"type": "any", "mappings": [{"type": "custom"}]}}}
    )
    tracker = DialogueStateTracker("c1", domain.slots)
    tracker.update_with_events(CONVERSATION[:count], domain)
    other, rasas = tracker.copy(), RASAS[DialogueStateTracker, "copy"](tracker)

    def whole(one: DialogueStateTracker) -> list[object]:
        return [
            one.current_state(EventVerbosity.ALL),
            one.latest_message,
            one.latest_bot_utterance,
            {name: value for name, value in vars(one).items() if not name.startswith("latest_") and name != "slots"},
        ]

    assert whole(other) == whole(rasas)
    before = whole(tracker)
    other.update_with_events([SlotSet("topic", "else"), ActiveLoop("b_form"), UserUttered("and?")], domain)
    assert whole(tracker) == before


class Joined(GraphComponent):
    """Puts the words it gets together, and remembers that it did."""

    done: ClassVar[list[str]] = []

    def __init__(self, word: str) -> None:
        self._word = word

    @classmethod
    def create(cls, config: dict[str, Any], **_: object) -> Joined:
        return cls(config["word"])

    def join(self, left: str = "", right: str = "") -> str:
        self.done.append(self._word)
        return f"{left}{self._word}{right}"


def a_graph(folder: Path) -> DaskGraphRunner:
    def node(word: str, **needs: str) -> SchemaNode:
        return SchemaNode(needs=needs, uses=Joined, constructor_name="create", fn="join", config={"word": word})

    nodes = {
        "last": node("d", left="middle", right="other"),
        "middle": node("b", left="first"),
        "other": node("c", left="first", right="__message__"),
        "first": node("a", right="__message__"),
        "unused": node("e", left="last"),
    }
    storage = local_model_storage.LocalModelStorage.create(folder)
    return DaskGraphRunner.create(GraphSchema(nodes), storage, ExecutionContext(GraphSchema(nodes)))


@pytest.mark.parametrize("targets", [["last"], ["other", "middle"], ["__message__", "first"], ["unused"]])
def test_a_graph_is_run_as_by_rasa_and_each_node_once(targets: list[str], tmp_path: Path) -> None:
    graph = a_graph(tmp_path)
    rasas = RASAS[DaskGraphRunner, "run"](graph, {"__message__": "!"}, targets)
    for _ in range(2):
        Joined.done.clear()
        assert graph.run({"__message__": "!"}, targets) == rasas
        assert len(Joined.done) == len(set(Joined.done))


def test_a_graph_without_its_input_is_refused_as_by_rasa(tmp_path: Path) -> None:
    graph = a_graph(tmp_path)

    for run in (DaskGraphRunner.run, RASAS[DaskGraphRunner, "run"]):
        with pytest.raises(GraphRunError, match="__message__"):
            run(graph, targets=["first"])
