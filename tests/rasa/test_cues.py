from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import CONTEXT, examples
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu import cues
from nlu.cues import CueFinder
from nlu.lexicon import FOLDER, WrongLexicon, lexicon, read_lexicons
from nlu.surface import surface

LEXICONS = read_lexicons(FOLDER)
WORDS = {
    "delight": ["happy", "over the moon"],
    "negation": ["not"],
    "waiting": ["wait*", "still wait*"],
    "legal_threat": ["my lawyer"],
}


def kinds(text: str, words: dict[str, list[str]] = WORDS, language: str = "en") -> list[tuple[str, str]]:
    return [(cue["kind"], cue["text"]) for cue in lexicon(language, words).find(text)]


def test_words_phrases_and_stems_are_found_where_they_stand() -> None:
    text = "Still WAITING!! my lawyer is Happyyyy"

    cues = lexicon("en", WORDS).find(text)

    assert [(cue["kind"], text[cue["start"] : cue["end"]]) for cue in cues] == [
        ("waiting", "Still WAITING"),
        ("legal_threat", "my lawyer"),
        ("delight", "Happyyyy"),
    ]


def test_a_part_of_a_word_is_no_cue() -> None:
    assert kinds("unhappy awaiter") == []


def test_a_feeling_behind_a_negation_is_none() -> None:
    assert kinds("I am not very happy") == [("negation", "not")]


def test_accents_and_letter_case_do_not_matter() -> None:
    assert kinds("ΑΚΟΜΑ περιμένω", {"waiting": ["περιμένω"], "repetition": ["ακόμα"]}, "el") == [
        ("repetition", "ΑΚΟΜΑ"),
        ("waiting", "περιμένω"),
    ]


def test_chinese_words_are_found_inside_the_text() -> None:
    assert kinds("你们到底发不发货", {"intensifier": ["到底"]}, "zh") == [("intensifier", "到底")]


@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
def test_every_word_of_a_lexicon_is_found_by_it(language: str) -> None:
    found = lexicon(language, {kind: words for kind, words in LEXICONS[language].items() if kind != "negation"})
    lost = [
        f"{kind}: {word}"
        for kind, words in LEXICONS[language].items()
        if kind != "negation"
        for word in words
        if kind not in {cue["kind"] for cue in found.find(word.replace("*", ""))}
    ]

    assert lost == []


def test_all_lexicons_have_the_same_kinds() -> None:
    assert len({tuple(sorted(words)) for words in LEXICONS.values()}) == 1


def test_a_lexicon_that_is_no_mapping_of_lists_is_refused_by_file_and_kind(tmp_path: Path) -> None:
    (tmp_path / "en.yml").write_text("insult: idiot\n", encoding="utf-8")

    with pytest.raises(WrongLexicon, match=r"en\.yml: insult"):
        read_lexicons(tmp_path)
    assert issubclass(WrongLexicon, RasaException)


def test_a_calm_sentence_looks_calm() -> None:
    calm = surface("where is my order WL-20417, it was due on monday and DHL is silent")

    assert {name for name, value in calm.items() if value} == {"length"}


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("WHERE IS IT", "capitals"),
        ("whereeee is it", "stretched"),
        ("where is it!!!", "runs"),
        ("where is it?!", "mixed"),
        ("πού είναι;;;", "questions"),
        ("ну спасибо вам)))", "smiles"),
        ("where 😡", "mood_anger"),
    ],
)
def test_heat_shows_on_the_surface(text: str, sign: str) -> None:
    assert surface(text)[sign] > 0


def finder(storage: Path, **config: str) -> CueFinder:
    storage.mkdir()
    component = CueFinder.create(config, LocalModelStorage(storage), Resource("cues"), CONTEXT)
    component.train(TrainingData())
    return component


def found_in_training(component: CueFinder) -> list[dict[str, Any]]:
    messages = [Message({"text": each.get("text"), "language": "en"}) for each in examples(("complain",), most=20)]
    return [message.data for message in component.process_training_data(TrainingData(messages)).training_examples]


def test_cues_are_looked_for_once_in_a_texts_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = str(tmp_path / "cues.sqlite")
    expected = found_in_training(finder(tmp_path / "one", cache=""))
    assert found_in_training(finder(tmp_path / "two", cache=cache)) == expected
    monkeypatch.setattr(CueFinder, "find", lambda *_: pytest.fail("looked for again"))

    assert found_in_training(finder(tmp_path / "three", cache=cache)) == expected
    assert any(row["cues"] for row in expected)


def test_kept_cues_of_other_words_are_not_used(tmp_path: Path) -> None:
    cache = str(tmp_path / "cues.sqlite")
    found_in_training(finder(tmp_path / "one", cache=cache))
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "en.yml").write_text("waiting: [the, a, my, i]\n", encoding="utf-8")

    changed = found_in_training(finder(tmp_path / "two", cache=cache, lexicons=str(tmp_path / "words")))

    assert {cue["kind"] for row in changed for cue in row["cues"]} == {"waiting"}


@pytest.mark.parametrize("changed", ["code_digest", "moods"])
def test_kept_cues_of_other_code_or_moods_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    cache = str(tmp_path / "cues.sqlite")
    found_in_training(finder(tmp_path / "one", cache=cache))
    monkeypatch.setattr(cues, changed, lambda: {"another": ()})
    monkeypatch.setattr(cues, "surface", lambda _: {"new": 1.0})

    assert {"new"} == {
        name for row in found_in_training(finder(tmp_path / "two", cache=cache)) for name in row["surface"]
    }


def test_the_words_of_shoppers_are_not_kept(tmp_path: Path) -> None:
    component = finder(tmp_path / "one", cache=str(tmp_path / "cues.sqlite"))

    component.process([Message({"text": "still waiting, you idiots", "language": "en"})])

    assert not (tmp_path / "cues.sqlite").exists()
