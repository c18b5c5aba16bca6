"""Domain, rules, training data, responses and Python agree about every name."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from rasa_sdk import Action

import actions
from actions import slots
from actions.deescalation import PRECEDENCE, Problem
from actions.policy import Stance
from actions.registry import ANSWERING
from actions.slots import ASKS, CATALOGUE, OFFERS, PROMISES, STANDING, TOPICS, Awaiting, Slot
from actions.understanding import Understand
from bot.domain.command import Command
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from bot.domain.intents import GROUPS
from bot.domain.order import OrderStatus
from bot.domain.promise import MAKES_WHOLE, OrderProblem, PromiseKind
from bot.settings import ROOT
from tests.doubles.shipped import the_book, the_policy, the_texts

LANGUAGES: Final = ("en", "ru", "zh", "el")
LEAST_EXAMPLES: Final = 25
LEAST_WORDINGS: Final = 3
# Spoken by the gateway, not by Rasa.
GATEWAY: Final = frozenset(
    {"utter_assistant_down", "utter_operator_joined", "utter_returned_to_bot", "utter_cannot_read", "utter_hurry"}
    | {"utter_window_closing"}
    | {"utter_confirmation"}
    | {"utter_csat", "utter_csat_thanks", "utter_csat_low", "utter_late_order_first", "utter_no_more_messages"}
    | {"utter_only_private", "utter_forgotten", "utter_nps", "utter_nps_thanks", "utter_nps_low"}
    | {"utter_follow_up_reship", "utter_follow_up_refund", "utter_follow_up_well", "utter_follow_up_not_well"}
    | {"utter_file_received", "utter_photo_attached", "utter_voice_received", "utter_location_received"}
    | {"utter_blocked"}
    | {"utter_slow_down", "utter_no_help", "utter_which_language", "utter_language_set"}
    | {"utter_privacy", "utter_stopped", "utter_resumed", "utter_bot_is_here"}
    | {"utter_left_queue", "utter_operator_is_here", "utter_forget_with_people", "utter_queue_place"}
    | {"utter_queue_overdue", "utter_queue_closed", "utter_queue_nobody", "utter_back_in_queue", "utter_passed_on"}
    | {"utter_returned_by_itself", "utter_nobody_came", "utter_keeps_waiting", "utter_callback_noted"}
    | {"utter_written_later", "utter_alerts_here", "utter_link_is_over"}
)
FAMILIES: Final = {
    "utter_order_": [f"utter_order_{status.value}" for status in OrderStatus],
    "utter_handoff_": [f"utter_handoff_{reason.value}" for reason in PRECEDENCE],
    "utter_offer_": list(PROMISES),
    "utter_promise_": [
        f"utter_promise_{kind.value}{approval}"
        for kind in PromiseKind
        for approval in ("", "_approval")
        if not approval or kind in MAKES_WHOLE | {PromiseKind.VOUCHER}
    ],
}
# Where Rasa keeps the name of a response in what was said.
RASAS_OWN_KEY: Final = "utter_action"
# Rasa's own intents that need no examples.
WITHOUT_EXAMPLES: Final = frozenset({"nlu_fallback"})


@cache
def domain() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "domain.yml").read_text()))


@cache
def steps() -> list[dict[str, Any]]:
    files = sorted((ROOT / "stories").rglob("*.yml"))
    stories = [yaml.safe_load(file.read_text()) for file in files]
    return [step for story in stories for rule in story["rules"] for step in rule["steps"]]


@cache
def responses(language: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "responses" / f"{language}.yml").read_text()))


@cache
def examples(language: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted((ROOT / "nlu_data" / language).glob("*.yml")):
        for block in yaml.safe_load(file.read_text())["nlu"]:
            found.setdefault(block["intent"], []).extend(block["examples"])
    return found


def said_by(folder: str) -> set[str]:
    """Every `utter_*` in the Python of a folder; a name that is completed at run time stands for its whole family."""
    names: set[str] = set()
    for file in (ROOT / folder).rglob("*.py"):
        if ".venv" not in file.parts:
            for name in set(re.findall(r"""["'](utter_[a-z_]+)""", file.read_text())) - {RASAS_OWN_KEY}:
                names.update(FAMILIES.get(name, [name]))
    return names


def said_by_rules() -> set[str]:
    return {step["action"] for step in steps() if step.get("action", "").startswith("utter_")}


def listed_actions(*, utter: bool) -> set[str]:
    return {name for name in domain()["actions"] if name.startswith("utter_") == utter}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_response_that_is_named_is_written_and_none_is_unused(language: str) -> None:
    used = said_by("actions") | said_by("bot") | said_by_rules() | GATEWAY

    assert set(responses(language)["responses"]) == used


def test_the_domain_lists_what_rasa_says() -> None:
    assert listed_actions(utter=True) == said_by("actions") | said_by_rules()


def test_what_the_gateway_says_is_not_rasas() -> None:
    assert not GATEWAY & listed_actions(utter=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_response_with_yes_and_no_is_an_offer(language: str) -> None:
    asking = {
        key
        for key, response in responses(language)["responses"].items()
        if "/affirm" in [button["payload"] for button in response.get("buttons", [])]
    }

    assert asking == OFFERS | set(PROMISES) | STANDING
    assert not OFFERS & set(PROMISES)


def test_every_promise_has_its_offer() -> None:
    assert list(PROMISES.values()) == list(PromiseKind)
    assert [name.removeprefix("utter_offer_") for name in PROMISES] == [kind.value for kind in PromiseKind]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_tells_the_code_and_the_day(language: str) -> None:
    receipts = {name: lists for name, lists in responses(language)["responses"].items() if "utter_promise_" in name}
    wordings = [text for lists in receipts.values() for texts in lists.values() for text in texts]

    assert [text for text in wordings if "{code}" not in text or "{due}" not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_sent_again_has_its_words(language: str) -> None:
    book = the_book()

    assert all(book.word(language, f"reship_{problem.value}") for problem in set(OrderProblem) - {OrderProblem.REQUEST})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_button_says_an_intent_or_a_command(language: str) -> None:
    payloads = {b["payload"] for r in responses(language)["responses"].values() for b in r.get("buttons", [])}

    assert {payload.removeprefix("/").partition("{")[0] for payload in payloads} <= set(domain()["intents"]) | set(
        Command
    )


def test_questions_and_offers_are_responses_and_never_both() -> None:
    assert set(ASKS) | OFFERS <= set(responses("en")["responses"])
    assert not set(ASKS) & (OFFERS | set(PROMISES))


def test_the_actions_of_the_domain_are_those_in_python() -> None:
    for module in pkgutil.iter_modules(actions.__path__, "actions."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    classes = [*ANSWERING, Understand]
    found = {kind for kind in _subclasses(Action) if kind.__module__.startswith("actions.")}
    concrete = {kind for kind in found if not getattr(kind, "__abstractmethods__", None)}

    assert concrete == set(classes)
    assert {kind(None).name() for kind in classes} == listed_actions(utter=False)


def test_the_slots_of_the_domain_are_those_in_python() -> None:
    assert set(domain()["slots"]) == set(Slot)


@pytest.mark.parametrize(
    ("slot", "values"),
    [
        ("stance", set(Stance)),
        ("handoff_reason", set(Reason) - {Reason.TAKEN_OVER}),
        ("topic", set(TOPICS | CATALOGUE)),
        ("awaiting", set(Awaiting)),
        ("offer", {slots.HUMAN, slots.FORGET} | set(PromiseKind)),
        ("cause", set(Problem) | {"repeat", "praise"}),
        ("language", set(LANGUAGES)),
    ],
)
def test_a_slot_holds_what_python_sets(slot: str, values: set[str]) -> None:
    assert set(domain()["slots"][slot]["values"]) == {str(value) for value in values}


def test_no_slot_changes_which_rule_applies() -> None:
    assert not [name for name, slot in domain()["slots"].items() if slot["influence_conversation"] is not False]


def test_every_intent_has_one_rule() -> None:
    led = [step["intent"] for step in steps() if "intent" in step]

    assert sorted(led) == sorted(domain()["intents"])


def test_rules_name_actions_the_domain_has() -> None:
    assert {step["action"] for step in steps() if "action" in step} <= set(domain()["actions"])


def test_people_correct_a_reading_to_any_intent_with_examples_once_and_by_its_name() -> None:
    offered = [intent for group in GROUPS.values() for intent in group]
    words = the_texts().words("en")

    assert sorted(offered) == sorted(set(domain()["intents"]) - WITHOUT_EXAMPLES)
    assert [intent for intent in offered if not words.has(f"correct.wish.{intent}")] == []
    assert [group for group in GROUPS if not words.has(f"correct.group.{group}")] == []


def test_the_policy_names_intents_the_domain_has() -> None:
    rules = the_policy().complaints

    assert rules.always | rules.when_upset <= set(domain()["intents"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_training_data_has_the_intents_of_the_domain(language: str) -> None:
    assert set(examples(language)) == set(domain()["intents"]) - WITHOUT_EXAMPLES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_has_examples_enough(language: str) -> None:
    few = {intent: len(found) for intent, found in examples(language).items() if len(found) < LEAST_EXAMPLES}

    assert few == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_has_an_emotion_we_know(language: str) -> None:
    wrong = [
        (intent, example)
        for intent, found in examples(language).items()
        for example in found
        if not isinstance(example, dict) or example.get("metadata", {}).get("emotion") not in set(Emotion)
    ]

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_stands_under_two_intents(language: str) -> None:
    texts = [
        (" ".join(example["text"].lower().split()), intent)
        for intent, found in examples(language).items()
        for example in found
    ]
    by_text = itertools.groupby(sorted(texts), key=lambda pair: pair[0])

    assert [pairs for _, group in by_text if len(pairs := list(group)) > 1] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_response_and_acknowledgement_has_three_wordings_for_each_stance(language: str) -> None:
    page = responses(language)
    wordings = {
        f"{key}.{stance}": texts
        for group in ("responses", "acknowledgements")
        for key, stances in page[group].items()
        for stance, texts in stances.items()
        if stance != "buttons"
    }

    assert {place: texts for place, texts in wordings.items() if len(set(texts)) < LEAST_WORDINGS} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_status_and_every_upset_stance_has_its_words(language: str) -> None:
    book = the_book()

    assert all(book.word(language, status.value) for status in OrderStatus)
    for stance in (Stance.SOOTHE, Stance.REPAIR, Stance.REASSURE, Stance.GUIDE, Stance.WARM):
        assert book.acknowledge(language, stance.value, "general") is not None


def test_every_language_has_the_same_files() -> None:
    for language in LANGUAGES:
        assert _names(ROOT / "nlu_data" / language) == _names(ROOT / "nlu_data" / "en")


def _names(folder: Path) -> set[str]:
    return {file.name for file in folder.glob("*.yml")}


def _subclasses(kind: type) -> set[type]:
    return {sub for direct in kind.__subclasses__() for sub in {direct} | _subclasses(direct)}
