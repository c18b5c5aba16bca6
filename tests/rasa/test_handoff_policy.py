from __future__ import annotations

from pathlib import Path

import pytest
from conftest import CONTEXT
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import InvalidConfigException

from nlu.handoff_policy import HandoffPolicy, next_action

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [greet]
actions: [action_handoff]
slots:
  stance: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  awaiting: {type: text, influence_conversation: false, mappings: [{type: custom}]}
"""
)


@pytest.mark.parametrize(
    ("last", "stance", "action"),
    [
        ("action_listen", "handoff", "action_handoff"),
        ("action_handoff", "handoff", "action_listen"),
        ("action_handoff", "steady", "action_listen"),
        ("action_listen", "soothe", None),
        ("action_listen", None, None),
        ("utter_greet", "handoff", None),
        (None, "handoff", None),
    ],
)
def test_a_handoff_is_one_action_after_a_message_and_then_listening(
    last: str | None, stance: str | None, action: str | None
) -> None:
    assert next_action(last, stance) == action


@pytest.mark.parametrize(
    ("last", "stance", "awaiting", "action"),
    [
        ("action_listen", "steady", "address", "action_take_address"),
        ("action_take_address", "steady", "address", "action_listen"),
        ("action_take_address", "steady", None, "action_listen"),
        ("action_listen", "handoff", "address", "action_handoff"),
        ("action_listen", "steady", "company", "action_take_company"),
        ("action_take_company", "steady", None, "action_listen"),
        ("action_listen", "steady", "proof", None),
        ("utter_greet", "steady", "address", None),
    ],
)
def test_what_comes_while_an_address_is_awaited_is_taken_unless_a_person_takes_over(
    last: str, stance: str, awaiting: str | None, action: str | None
) -> None:
    assert next_action(last, stance, awaiting) == action


@pytest.mark.parametrize(("stance", "confidence"), [("handoff", 1.0), ("steady", 0.0)])
def test_the_policy_is_sure_or_abstains(tmp_path: Path, stance: str, confidence: float) -> None:
    policy = HandoffPolicy.create(
        HandoffPolicy.get_default_config(), LocalModelStorage(tmp_path), Resource("x"), CONTEXT
    )
    events = [ActionExecuted("action_listen"), UserUttered("hi", {"name": "greet"}), SlotSet("stance", stance)]
    tracker = DialogueStateTracker.from_events("c", events, slots=DOMAIN.slots, domain=DOMAIN)

    prediction = policy.predict_action_probabilities(tracker, DOMAIN)

    assert prediction.max_confidence == confidence
    assert prediction.policy_priority > 6  # RulePolicy's


def test_a_domain_that_cannot_hand_over_is_refused_in_training(tmp_path: Path) -> None:
    policy = HandoffPolicy.create(
        HandoffPolicy.get_default_config(), LocalModelStorage(tmp_path), Resource("x"), CONTEXT
    )

    with pytest.raises(InvalidConfigException, match="action_handoff"):
        policy.train([], Domain.empty())


def test_a_domain_that_cannot_take_an_address_is_refused_in_training(tmp_path: Path) -> None:
    policy = HandoffPolicy.create(
        HandoffPolicy.get_default_config(), LocalModelStorage(tmp_path), Resource("x"), CONTEXT
    )

    with pytest.raises(InvalidConfigException, match="action_take_address"):
        policy.train([], DOMAIN)
