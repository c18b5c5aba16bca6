from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import CONTEXT, PIPELINE, SOME_INTENTS, Trained, examples, load
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.cues import CueFinder
from nlu.e5 import engine
from nlu.e5_featurizer import SIZE, E5Featurizer, EmbeddingCache, embed
from nlu.entities import EntityFinder
from nlu.feelings import EMOTIONS
from nlu.handoff_policy import HandoffPolicy
from nlu.language import LanguageIdentifier
from nlu.lexicon import FOLDER
from nlu.model_files import BrokenModel
from nlu.reader import FALLBACK, ShopperReader, WrongEmotion

TRAINED = [LanguageIdentifier, CueFinder, ShopperReader]
TEXTS = [
    "where is WL-20417??",
    "Сколько можно ждать, третья неделя!!!",
    "谢谢你们",
    "pou einai to dema mou",
    "ok",
    "👍",
    "20417",
    "?!",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_loaded_pipeline_reads_as_the_trained_one(trained: Trained, text: str) -> None:
    before = trained.read(text).as_dict(only_output_properties=True)

    after = trained.read(text, trained.loaded()).as_dict(only_output_properties=True)

    assert_same(after, before)


@pytest.mark.parametrize("text", TEXTS)
def test_confidences_are_within_bounds_and_sum_to_one(trained: Trained, text: str) -> None:
    message = trained.read(text)

    emotion = message.get("emotion")
    assert {row["name"] for row in emotion["ranking"]} == set(EMOTIONS)
    assert sum(row["confidence"] for row in emotion["ranking"]) == pytest.approx(1, abs=1e-5)
    intents = [row["confidence"] for row in message.get("intent_ranking") if row["name"] != FALLBACK]
    assert sum(intents) == pytest.approx(1, abs=1e-5)
    numbers = [*intents, *(row["confidence"] for row in emotion["ranking"]), emotion["intensity"], message.get("abuse")]
    assert all(0 <= number <= 1 for number in numbers)


@pytest.mark.parametrize("kind", PIPELINE, ids=lambda kind: kind.__name__)
def test_an_unknown_setting_is_refused_by_name(kind: type, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match="treshold"):
        kind.create(kind.get_default_config() | {"treshold": 1}, LocalModelStorage(tmp_path), Resource("x"), CONTEXT)


def test_an_unknown_setting_of_the_policy_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match="priorty"):
        HandoffPolicy.create({"priorty": 1}, LocalModelStorage(tmp_path), Resource("x"), CONTEXT)


@pytest.mark.parametrize("kind", TRAINED, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_broken_model_is_refused_when_loaded(trained: Trained, tmp_path: Path, kind: type, damage: str) -> None:
    with trained.storage.read_from(Resource(kind.__name__)) as folder:
        names = sorted(file.name for file in Path(folder).iterdir())
        for name in names:
            target = tmp_path / name / kind.__name__
            shutil.copytree(folder, target)
            file = target / name
            if damage == "cut":
                file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
            else:
                file.unlink()

    for name in names:
        with pytest.raises(BrokenModel, match=kind.__name__):
            load(kind, LocalModelStorage(tmp_path / name))


def test_earlier_entities_stay_and_keep_their_stretch_of_text() -> None:
    earlier = {"entity": "product", "start": 4, "end": 12, "value": "WL-20417", "extractor": "Another"}
    message = Message({"text": "the WL-20417 on maria@example.com", "entities": [earlier]})

    EntityFinder({}).process([message])

    assert message.get("entities")[0] == earlier
    assert [entity["entity"] for entity in message.get("entities")] == ["product", "email"]


def test_a_changed_lexicon_changes_the_fingerprint(tmp_path: Path) -> None:
    folder = tmp_path / "lexicons"
    shutil.copytree(FOLDER, folder)
    before = CueFinder.fingerprint_addon({"lexicons": str(folder)})

    with (folder / "en.yml").open("a", encoding="utf-8") as file:
        file.write("\ntest_kind: [flabbergasted]\n")

    assert CueFinder.fingerprint_addon({"lexicons": str(folder)}) != before


def test_an_emotion_that_is_none_is_refused_with_the_example(tmp_path: Path) -> None:
    classifier = ShopperReader.create({}, LocalModelStorage(tmp_path), Resource("x"), CONTEXT)
    message = Message.build("so cross", "complain", example_metadata={"emotion": "angry"})

    with pytest.raises(WrongEmotion, match=r"'angry'.*'so cross'"):
        classifier.train(TrainingData([message]))


@pytest.mark.parametrize("text", ["20417", "maria@example.com", "+44 7700 900123", "..."])
def test_bare_data_is_read_as_neutral(trained: Trained, text: str) -> None:
    emotion = trained.read(text).get("emotion")

    assert (emotion["name"], emotion["confidence"]) == ("neutral", 1.0)


def test_no_intent_that_is_sure_enough_is_the_fallback(trained: Trained) -> None:
    strict = ShopperReader.load({"threshold": 0.999999}, trained.storage, Resource("ShopperReader"), CONTEXT)

    message = trained.read("the blue one squeaks on tuesdays", [*trained.components[:3], strict])

    assert message.get("intent")["name"] == FALLBACK
    assert message.get("intent_ranking")[1]["name"] in SOME_INTENTS


def test_a_text_is_embedded_once_in_its_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded: list[str] = []
    monkeypatch.setattr(
        engine, "encode", lambda texts: embedded.extend(texts) or np.ones((len(texts), SIZE), np.float32)
    )
    file = tmp_path / "vectors.sqlite"

    embed(["one", "two", "one"], EmbeddingCache(file))
    embed(["two", "three"], EmbeddingCache(file))

    assert embedded == ["one", "two", "three"]


def test_another_model_does_not_use_the_vectors_of_this_one(tmp_path: Path) -> None:
    file = tmp_path / "vectors.sqlite"
    EmbeddingCache(file, "one").keep({"text": np.ones(SIZE, np.float32)})

    assert EmbeddingCache(file, "another").of(["text"]) == {}


def test_the_words_of_shoppers_leave_no_trace_in_the_cache(tmp_path: Path) -> None:
    file = tmp_path / "vectors.sqlite"
    component = E5Featurizer({"cache": str(file), "remember": 4})
    component.process_training_data(TrainingData([Message.build("hello", "greet")]))
    before = file.read_bytes()

    component.process([Message({"text": "my phone is 07700 900123"})])

    assert file.read_bytes() == before


def test_a_language_without_examples_is_still_read(trained: Trained) -> None:
    message = trained.read("Πού είναι το δέμα μου;", trained.components[:1])
    message.set("language", "und")

    for component in trained.components[1:]:
        component.process([message])

    assert message.get("intent")["name"]


def test_all_real_examples_name_one_of_the_eight_emotions() -> None:
    assert {message.get("metadata")["example"]["emotion"] for message in examples()} == set(EMOTIONS)


def assert_same(one: Any, other: Any) -> None:
    """Numbers may differ in the last bit: sums are added up in another order on another day."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            assert_same(one[name], other[name])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for part, other_part in zip(one, other, strict=True):
            assert_same(part, other_part)
    else:
        assert one == (pytest.approx(other, abs=1e-5) if isinstance(other, float) else other)
