from __future__ import annotations

from math import log

import numpy as np
import pytest
from conftest import Trained
from hypothesis import given
from hypothesis import strategies as st

from nlu.features import Sample
from nlu.feelings import EMOTIONS
from nlu.prior.head import CLASSES, COARSE, OUTPUTS, WEIGHTS_FILE, Prior, features, mixed

numbers = st.floats(-30, 30, allow_nan=False)


def logs_of(name: str, sure: float) -> dict[str, float]:
    return {emotion: log(sure if emotion == name else (1 - sure) / 7) for emotion in EMOTIONS}


@given(st.lists(numbers, min_size=len(OUTPUTS), max_size=len(OUTPUTS)), st.sampled_from(EMOTIONS))
def test_mixed_confidences_sum_to_one(outputs: list[float], name: str) -> None:
    found = mixed(logs_of(name, 0.6), np.asarray(outputs))

    assert sum(found.values()) == pytest.approx(1)
    assert all(0 <= sure <= 1 for sure in found.values())


def test_in_a_shops_chat_the_shops_reading_stands() -> None:
    outputs = np.full(len(OUTPUTS), 5.0)
    outputs[-1] = -40  # surely not from elsewhere

    assert mixed(logs_of("anxiety", 0.6), outputs) == pytest.approx(
        {name: np.exp(value) for name, value in logs_of("anxiety", 0.6).items()}
    )


def test_elsewhere_the_public_reading_wins_and_the_shops_tells_frustration_from_anger() -> None:
    outputs = np.full(len(OUTPUTS), -4.0)
    outputs[CLASSES.index("anger")], outputs[-1] = 4.0, 40

    found = mixed({**logs_of("neutral", 0.86), "anger": log(0.03), "frustration": log(0.01)}, outputs)

    assert found["anger"] + found["frustration"] > 0.9
    assert found["anger"] > 2 * found["frustration"]


def test_every_emotion_of_ours_has_a_public_class() -> None:
    assert set(COARSE) == set(EMOTIONS)
    assert set(COARSE.values()) == set(CLASSES)


@pytest.mark.parametrize(
    ("output", "more", "less"),
    [
        ("anger", "I hate these people, they make me sick", "We walked along the river in the morning"),
        ("fear", "мне страшно, я очень боюсь темноты", "мы купили хлеб и молоко"),
        ("joy", "this is wonderful, I am so happy for you both", "he closed the door and left"),
        ("abuse", "you stupid idiots, shut up", "the museum opens at nine"),
        ("elsewhere", "Peyton was not good enough in the playoffs this year", "where is my parcel, order 20417"),
    ],
)
def test_the_shipped_numbers_tell_plain_cases_apart(trained: Trained, output: str, more: str, less: str) -> None:
    prior = Prior.shipped()
    samples = [Sample.of(trained.read(text, trained.components[:3])) for text in (more, less)]

    read = [prior.outputs(sample)[OUTPUTS.index(output)] for sample in samples]

    assert read[0] > read[1] + 0.5


def test_one_sample_is_read_as_it_was_while_fitting(trained: Trained) -> None:
    prior = Prior.shipped()
    samples = [Sample.of(trained.read(text, trained.components[:3])) for text in ("where is my parcel??", "好的", "да")]

    rows, meant = features(samples, prior.centres, prior.tones)
    together = prior.network.joined(np.asarray(rows @ prior.weights.T) + prior.bias, meant)

    for sample, row in zip(samples, together, strict=True):
        assert prior.outputs(sample) == pytest.approx(row, abs=1e-4)


def test_a_feeling_is_the_mean_of_the_linear_head_and_the_network_and_nothing_else_is() -> None:
    prior = Prior.shipped()
    row = np.ones(len(prior.network.inner), np.float32)
    linear = np.arange(len(OUTPUTS), dtype=np.float32)

    joined = prior.network.joined(linear, row)

    feelings = len(CLASSES)
    assert joined[:feelings] * 2 - linear[:feelings] == pytest.approx(prior.network.outputs(row), abs=1e-4)
    assert joined[feelings:] == pytest.approx(linear[feelings:])


def test_the_weights_are_small_and_hold_no_sentence() -> None:
    assert WEIGHTS_FILE.stat().st_size < 1_000_000
    with np.load(WEIGHTS_FILE, allow_pickle=False) as kept:
        texts = [name for name in kept.files if kept[name].dtype.kind in "US"]
        assert texts == ["tones"]
        assert all(len(name) < 30 and " " not in name for name in kept["tones"].tolist())
