from __future__ import annotations

from collections.abc import Iterator

import pytest
from jsonschema import ValidationError, validate
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event, SlotSet, UserUttered

from nlu import quick_rasa

ACTION = RemoteAction("action_x", None)


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    kept = RemoteAction._validate_action_result, Event.resolve_by_type
    quick_rasa.quicken()
    yield
    RemoteAction._validate_action_result = kept[0]
    Event.resolve_by_type = staticmethod(kept[1])


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
