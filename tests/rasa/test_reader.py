from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from conftest import CONTEXT, SOME_INTENTS, Trained, examples
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu import features, kernel
from nlu.chinese import in_words
from nlu.features import FeatureSpace, Sample, without_names
from nlu.kept import Kept
from nlu.kernel import KernelClassifier, Tuning
from nlu.language_reader import LanguageReader
from nlu.reader import FALLBACK, WEIGHTS, ShopperReader

COURTESIES = {"greet", "thank", "goodbye", "smalltalk"}


def loaded(trained: Trained, **settings: float) -> list:
    reader = ShopperReader.load(settings, trained.storage, Resource("ShopperReader"), CONTEXT)
    return [*trained.components[:3], reader, *trained.components[4:]]


def test_beside_a_courtesy_a_wish_that_is_sure_enough_goes_first(trained: Trained) -> None:
    always, never = loaded(trained, wish=0.0), loaded(trained, wish=1.1)

    assert trained.read("thank you so much", never).get("intent")["name"] == "thank"
    message = trained.read("thank you so much", always)

    assert message.get("intent")["name"] not in COURTESIES
    assert message.get("intent_ranking")[0]["name"] == message.get("intent")["name"]
    assert "thank" in {row["name"] for row in message.get("intent_ranking")}


def test_who_greets_and_names_an_order_wants_something_with_it(trained: Trained) -> None:
    never = loaded(trained, wish=1.1)

    assert trained.read("hello there", never).get("intent")["name"] == "greet"
    assert trained.read("hello there WL-10071", never).get("intent_ranking")[0]["name"] != "greet"


def test_a_sentence_in_an_unknown_language_has_a_threshold_of_its_own(trained: Trained) -> None:
    strict = loaded(trained, threshold=0.0, foreign=1.0)

    assert trained.read("أين طلبي من فضلك", strict).get("intent")["name"] == FALLBACK
    assert trained.read("where is my order please", strict).get("intent")["name"] != FALLBACK
    assert trained.read("ok", strict).get("intent")["name"] != FALLBACK


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("due on Monday, still nothing. WL-10071, jo@example.com", "due on Monday, still nothing."),
        ("WL-10071: you took £40 twice", "you took £40 twice"),
        ("позвоните +7 916 123-45-67 завтра", "позвоните   завтра"),
        ("订单 WL-3006，说好周一到", "订单  ，说好周一到"),
        ("WL-10071, jo@example.com", ""),
    ],
)
def test_days_and_sums_are_said_beside_numbers_and_addresses(text: str, said: str) -> None:
    assert without_names(text, "zh" if "订" in text else "ru" if "п" in text else "en") == said


@pytest.mark.parametrize("said", ["you promised Monday and it's Friday, where is my parcel", "overdue since Tuesday"])
def test_a_complaint_about_days_is_heard_beside_an_order_number_and_an_address(said: str, trained: Trained) -> None:
    alone = trained.read(said).get("intent")
    beside = trained.read(f"{said}, WL-10071, jo@example.com").get("intent")

    assert beside["name"] == alone["name"]


def prepared(trained: Trained, most: int = 8) -> TrainingData:
    data = TrainingData(examples(SOME_INTENTS, most=most))
    for component in trained.components[:3]:
        data = component.process_training_data(data)
    return data


def test_only_the_language_that_changed_is_fitted_again(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = prepared(trained)
    fitted: list[str] = []
    fit = LanguageReader.trained

    def noted(samples: list, *rest: object) -> LanguageReader:
        fitted.append(max({sample.language for sample in samples} - {"und"}))
        return fit(samples, *rest)

    monkeypatch.setattr(LanguageReader, "trained", noted)

    def train(data: TrainingData) -> None:
        folder = tmp_path / str(len(fitted))
        folder.mkdir()
        storage = LocalModelStorage.create(folder)
        ShopperReader.create({"cache": str(tmp_path / "cache")}, storage, Resource("x"), CONTEXT).train(data)

    train(data)
    assert sorted(fitted) == ["el", "en", "ru", "zh"]
    changed = next(message for message in data.training_examples if message.get("language") == "ru")
    changed.set("intent", "ask_human" if changed.get("intent") != "ask_human" else "thank")
    train(data)

    assert fitted[4:] == ["ru"]


def test_a_cut_off_reader_in_the_cache_is_fitted_again(trained: Trained, tmp_path: Path) -> None:
    data, cache = prepared(trained), tmp_path / "cache"

    def train(name: str) -> ShopperReader:
        (tmp_path / name).mkdir()
        component = ShopperReader.create(
            {"cache": str(cache)}, LocalModelStorage.create(tmp_path / name), Resource("x"), CONTEXT
        )
        component.train(data)
        return component

    before = train("one")
    for file in cache.glob("*.npz"):
        file.write_bytes(file.read_bytes()[:200])
    after = train("two")

    texts = ["where is 20417", "спасибо", "你好"]
    readings = [
        [trained.read(text, [*trained.components[:3], reader]).get("intent") for text in texts]
        for reader in (before, after)
    ]
    assert [row["name"] for row in readings[0]] == [row["name"] for row in readings[1]]


def test_a_wording_is_worked_out_once_in_its_texts_life(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = prepared(trained).training_examples
    messages += [
        Message({**messages[0].data, "text": f"where is WL-20417, ordered {day}"}) for day in ("monday", "12.11.")
    ]
    for message in messages[-2:]:
        message.features = messages[0].features
    expected = [Sample.of(message) for message in messages]
    file = tmp_path / "wordings.sqlite"

    def compare(samples: list[Sample]) -> None:
        for one, other in zip(samples, expected, strict=True):
            assert (one.language, one.wording, one.tone) == (other.language, other.wording, other.tone)
            assert np.array_equal(one.vector, other.vector)

    compare(Sample.of_all(messages, Kept(file, "code")))
    monkeypatch.setattr(features, "find_entities", lambda *_: pytest.fail("worked out again"))
    compare(Sample.of_all(messages, Kept(file, "code")))
    monkeypatch.undo()
    compare(Sample.of_all(messages, Kept(file, "other code")))
    compare(Sample.of_all(messages))


def test_leaving_one_out_in_closed_form_is_leaving_one_out() -> None:
    random = np.random.RandomState(0)
    meanings = random.randn(40, 6).astype(np.float32)
    meanings /= np.linalg.norm(meanings, axis=1, keepdims=True)
    rows = sp.random(40, 25, 0.3, format="csr", dtype=np.float32, random_state=random)
    labels = [f"l{place}" for place in np.where(meanings[:, 0] > 0, 1, 0) + (meanings[:, 1] > 0.4)]
    tuning = Tuning(4.0, 1.0, 0.6)
    whole = KernelClassifier.fitted(meanings, rows, {"x": labels}, tuning)

    wrong = 0
    for place in range(40):
        rest = [other for other in range(40) if other != place]
        part = KernelClassifier.fitted(meanings[rest], rows[rest], {"x": [labels[other] for other in rest]}, tuning)
        logs = part.log_confidences(meanings[place], *filled(rows, place))["x"]
        wrong += part.labels["x"][int(logs.argmax())] != labels[place]
    seen = np.stack([whole.log_confidences(meanings[place], *filled(rows, place))["x"] for place in range(40)])

    # Confidences are calibrated on what is left out: they promise about as many mistakes as leaving one out makes.
    promised = float((1 - np.exp(seen.max(axis=1))).sum())
    assert wrong / 3 <= promised + 2
    assert np.exp(seen).sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_two_targets_are_read_as_each_alone_would_be_where_leaning_on_each_other_costs_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kernel, "_LEANING", 1e6)
    random = np.random.RandomState(1)
    meanings = random.randn(30, 5).astype(np.float32)
    rows = sp.random(30, 12, 0.4, format="csr", dtype=np.float32, random_state=random)
    one = ["a" if value > 0 else "b" for value in meanings[:, 0]]
    two = ["x" if value > 0 else "y" if value > -1 else "z" for value in meanings[:, 1]]
    tuning = Tuning(2.0, 0.5, 0.5)

    both = KernelClassifier.fitted(meanings, rows, {"one": one, "two": two}, tuning)
    alone = KernelClassifier.fitted(meanings, rows, {"two": two}, tuning)

    for place in range(30):
        read = both.log_confidences(meanings[place], *filled(rows, place))
        assert read["two"] == pytest.approx(
            alone.log_confidences(meanings[place], *filled(rows, place))["two"], abs=1e-3
        )
        assert read["one"].shape == (2,)


def test_what_a_message_wants_tells_what_is_felt_and_the_other_way_round() -> None:
    random = np.random.RandomState(2)
    meanings = random.randn(400, 8).astype(np.float32)
    meanings /= np.linalg.norm(meanings, axis=1, keepdims=True)
    rows = sp.random(400, 12, 0.4, format="csr", dtype=np.float32, random_state=random)
    wish = np.where(meanings[:, 0] > 0, "complain", "ask")
    # Felt where the wish says so, in three of four messages; nothing else tells.
    felt = np.where((wish == "complain") & (random.rand(400) < 0.75), "anger", "neutral")
    tuning = Tuning(4.0, 1.0, 0.6)

    def unlikely(targets: dict[str, list[str]]) -> float:
        """The mean negative log-likelihood of the second half's feelings, read by what the first half taught."""
        taught = {target: labels[:200] for target, labels in targets.items()}
        fitted = KernelClassifier.fitted(meanings[:200], rows[:200], taught, tuning)
        logs = [fitted.log_confidences(meanings[n], *filled(rows, n))["felt"] for n in range(200, 400)]
        return -float(np.mean([row[fitted.labels["felt"].index(felt[200 + n])] for n, row in enumerate(logs)]))

    together = unlikely({"wish": wish.tolist(), "felt": felt.tolist()})
    assert together < unlikely({"felt": felt.tolist()}) - 0.02


def filled(rows: sp.csr_matrix, place: int) -> tuple[np.ndarray, np.ndarray]:
    return rows[place].indices, rows[place].data


def test_one_row_is_the_row_of_the_matrix_it_was_fitted_with(trained: Trained) -> None:
    samples = [Sample.of(message) for message in prepared(trained).training_examples]
    space = FeatureSpace(WEIGHTS)
    _, rows = space.fit(samples)

    for sample, fitted in zip(samples, rows.toarray(), strict=True):
        row = np.zeros(space.width, np.float32)
        columns, values = space.row(sample)
        row[columns] = values
        assert row == pytest.approx(fitted, abs=1e-6)


def test_an_example_without_an_emotion_is_refused(tmp_path: Path) -> None:
    reader = ShopperReader.create({}, LocalModelStorage.create(tmp_path), Resource("x"), CONTEXT)

    with pytest.raises(Exception, match="'so cross'"):
        reader.train(TrainingData([Message.build("so cross", "complain")]))


def test_chinese_is_cut_into_words() -> None:
    assert in_words("我想退货") == "我 想 退货"
    assert in_words("") == ""
