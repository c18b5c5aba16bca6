"""Dialogues of `<language>.yml` through the real Rasa and the real actions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from bot.settings import ROOT
from tests.system import RasaSystem

HERE: Final = Path(__file__).parent
README: Final = ROOT / "README.md"
STORY_KEYS: Final = frozenset({"story", "turns", "proven", "hides"})
TURN_KEYS: Final = frozenset({"says", "presses", "hears", "reads", "handoff", "forgets"})
LEAST_STORIES: Final = 8


def stories_of(language: str) -> list[dict[str, Any]]:
    """The stories of a language; a key nobody knows is an error, not silence."""
    content = yaml.safe_load((HERE / f"{language}.yml").read_text(encoding="utf-8"))
    assert content["language"] == language
    for story in content["stories"]:
        assert set(story) <= STORY_KEYS, story["story"]
        for turn in story["turns"]:
            assert set(turn) <= TURN_KEYS, turn
            assert "hears" in turn, turn
            assert ("says" in turn) != ("presses" in turn), turn
    return list(content["stories"])


ALL: Final = [
    pytest.param(language, story, id=f"{language}-{number}")
    for language in ("en", "ru", "zh", "el")
    for number, story in enumerate(stories_of(language), 1)
]


@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
def test_every_language_has_stories_enough(language: str) -> None:
    assert len(stories_of(language)) >= LEAST_STORIES


@pytest.mark.rasa
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("language", "story"), ALL)
async def test_the_dialogue_goes_as_told(language: str, story: dict[str, Any], rasa_system: RasaSystem) -> None:
    conversation = await rasa_system.open_conversation()
    for kind, value in story.get("proven", {}).items():
        async with rasa_system.store.begin() as work:
            await work.proofs.add(conversation, kind, value, "whatsapp")

    for number, turn in enumerate(story["turns"], 1):
        answer = await rasa_system.say(conversation, turn.get("says") or turn["presses"], language_hint=language)

        where = f"{story['story']}, turn {number}: read {short(answer['reading'])}, heard {heard(answer)}"
        assert_heard(answer, turn, where)
        assert answer["language"] == language, where
        text = "\n".join(reply["text"] for reply in answer["replies"])
        assert not [piece for piece in turn.get("reads", []) if piece not in text], where
        assert not [secret for secret in story.get("hides", []) if secret in text], where
        assert not set("{}[]") & set(text), where


def assert_heard(answer: dict[str, Any], turn: dict[str, Any], where: str) -> None:
    """Compare responses and handoff; `a|b` accepts either."""
    assert len(answer["replies"]) == len(turn["hears"]), where
    for reply, names in zip(answer["replies"], turn["hears"], strict=True):
        assert reply["response"] in names.split("|"), where
    if "handoff" in turn:
        [command] = answer["commands"]
        assert command["reason"] in turn["handoff"].split("|"), where
    elif turn.get("forgets"):
        assert answer["commands"] == [{"command": "forget"}], where
    else:
        assert answer["commands"] == [], where


def heard(answer: dict[str, Any]) -> list[str]:
    """The responses of an answer, and what is asked of the gateway."""
    return [r["response"] for r in answer["replies"]] + [c.get("reason", c["command"]) for c in answer["commands"]]


def short(reading: dict[str, Any]) -> str:
    """A reading in a few words, for a failed test to show."""
    intent, emotion = reading["intent"], reading["emotion"]
    return (
        f"{intent['name']} {intent['confidence']:.2f}, {emotion['name']} {emotion['confidence']:.2f} "
        f"x {emotion['intensity']:.2f}, abuse {reading['abuse']:.2f}, "
        f"{[(entity['entity'], entity['value']) for entity in reading['entities']]}"
    )


def readme_talks() -> list[Any]:
    """What the README proposes to say, a row of its table a language."""
    rows = re.findall(
        r"^\| (English|Русский|中文|Ελληνικά) \| (.+) \|$", README.read_text(encoding="utf-8"), re.MULTILINE
    )
    codes = {"English": "en", "Русский": "ru", "中文": "zh", "Ελληνικά": "el"}
    return [pytest.param(codes[name], said.split(" | "), id=codes[name]) for name, said in rows]


def test_the_readme_proposes_a_talk_in_every_language() -> None:
    assert [len(talk.values[1]) for talk in readme_talks()] == [4, 4, 4, 4]


@pytest.mark.rasa
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("language", "said"), readme_talks())
async def test_what_the_readme_proposes_to_say_is_understood(
    language: str, said: list[str], rasa_system: RasaSystem
) -> None:
    conversation = await rasa_system.open_conversation()

    answers = [await rasa_system.say(conversation, text, language_hint=language) for text in said]

    where, whose, worried, angry = ([reply["response"] for reply in answer["replies"]] for answer in answers)
    assert where == ["utter_ask_proof"]
    assert {"utter_facts_late", "utter_order_late"} & set(whose)
    assert {"utter_facts_late", "utter_order_late"} & set(worried), short(answers[2]["reading"])
    assert [answer["commands"] != [] for answer in answers] == [False, False, False, True], angry
