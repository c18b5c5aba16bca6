from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import CONTEXT, ROOT
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.generator import TrainingDataGenerator
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.core.training_data.loading import load_data_from_files
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.exceptions import InvalidConfigException

from nlu.turn_rules import TurnRules

DOMAIN = Domain.load(ROOT / "domain.yml")
SMALL = 'version: "3.1"\nintents: [greet, thank]\nactions: [utter_greet]\n'
RULE = 'version: "3.1"\nrules:\n- rule: A greeting\n  steps:\n'


def trained(kind: type[RulePolicy], files: list[Path], domain: Domain, folder: Path) -> RulePolicy:
    steps = load_data_from_files([str(file) for file in files], domain)
    trackers = TrainingDataGenerator(StoryGraph(steps), domain).generate()
    config = {**kind.get_default_config(), "enable_fallback_prediction": False}
    policy = kind.create(config, LocalModelStorage.create(folder), Resource(kind.__name__), CONTEXT)
    policy.train(trackers, domain)
    return policy


def said(intent: str) -> UserUttered:
    return UserUttered("some words", intent={"name": intent, "confidence": 0.9}, entities=[])


def talks(count: int) -> Iterator[list[Event]]:
    """Conversations as they may stand when an action is chosen, also where a rule is left or nothing was said."""
    chance = random.Random(7)
    actions = DOMAIN.action_names_or_texts
    for _ in range(count):
        talk: list[Event] = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
        for _ in range(chance.randrange(4)):
            talk += [said(chance.choice(DOMAIN.intents)), SlotSet("topic", "refund")]
            for _ in range(chance.randrange(3)):
                talk += [ActionExecuted(chance.choice(actions)), BotUttered("Good day.")]
            if chance.random() < 0.8:
                talk.append(ActionExecuted("action_listen"))
        talk.append(said(chance.choice(DOMAIN.intents)))
        yield talk


def test_it_chooses_what_rasas_policy_chooses_all_through_a_turn(tmp_path: Path) -> None:
    files = sorted((ROOT / "stories" / "rules").glob("*.yml"))
    ours, rasas = (trained(kind, files, DOMAIN, tmp_path) for kind in (TurnRules, RulePolicy))
    chosen = []
    for talk in talks(150):
        tracker = DialogueStateTracker.from_events("c1", talk, DOMAIN.slots, domain=DOMAIN)
        for _ in range(4):
            found = ours.predict_action_probabilities(tracker, DOMAIN)
            assert found.probabilities == rasas.predict_action_probabilities(tracker, DOMAIN).probabilities
            if found.max_confidence == 0:
                break
            chosen.append(DOMAIN.action_names_or_texts[found.max_confidence_index])
            tracker.update_with_events([ActionExecuted(chosen[-1]), BotUttered("Good day.")], DOMAIN)
    assert len(set(chosen)) > 20


@pytest.mark.parametrize(
    ("domain", "steps", "about"),
    [
        pytest.param(
            "slots:\n  mood: {type: text, mappings: [{type: custom}]}",
            "  - intent: greet\n  - action: utter_greet",
            "the slot mood",
            id="a slot that rules could ask for",
        ),
        pytest.param(
            "",
            "  - intent: greet\n  - action: utter_greet\n  - intent: thank\n  - action: utter_greet",
            "A greeting.*longer than one turn",
            id="a rule of two turns",
        ),
        pytest.param(
            "", "  - user: good day\n  - action: utter_greet", "A greeting.*asks for words", id="a rule for words"
        ),
    ],
)
def test_rules_it_cannot_follow_are_refused_by_name(domain: str, steps: str, about: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULE + steps, encoding="utf-8")

    with pytest.raises(InvalidConfigException, match=about):
        trained(TurnRules, [tmp_path / "rules.yml"], Domain.from_yaml(SMALL + domain), tmp_path)
