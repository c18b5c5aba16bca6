from __future__ import annotations

import pytest

from nlu.feelings import EMOTIONS
from nlu.heat import abuse, intensity
from nlu.surface import surface


def mostly(emotion: str, sure: float = 0.8) -> dict[str, float]:
    return {name: sure if name == emotion else (1 - sure) / 7 for name in EMOTIONS}


def cues(*kinds: str) -> list[dict[str, str]]:
    return [{"kind": kind} for kind in kinds]


def test_intensity_rises_with_real_heat() -> None:
    said = [
        intensity(mostly("neutral"), surface("where is it"), []),
        intensity(mostly("disappointment"), surface("it is late, a pity"), []),
        intensity(mostly("frustration"), surface("late again"), cues("repetition")),
        intensity(mostly("anger"), surface("you lied to me"), []),
        intensity(mostly("anger"), surface("YOU LIED TO ME!!!"), cues("insult")),
    ]

    assert said == sorted(said)
    assert said[0] < 0.25
    assert said[-1] > 0.9


@pytest.mark.parametrize("sign", ["capitals", "stretched", "runs", "exclamations", "mixed", "mood_anger"])
def test_every_loud_sign_adds_to_a_feeling(sign: str) -> None:
    assert intensity(mostly("frustration"), {sign: 1.0}, []) > intensity(mostly("frustration"), {}, [])


@pytest.mark.parametrize("kind", ["calm", "apology"])
def test_calming_words_take_heat_away(kind: str) -> None:
    assert intensity(mostly("frustration"), {}, cues(kind)) < intensity(mostly("frustration"), {}, [])


def test_capitals_do_not_make_a_feeling_out_of_a_plain_statement() -> None:
    assert intensity(mostly("neutral", 0.99), surface("ORDER WL-1001 PLEASE"), []) < 0.25


def test_swearing_for_joy_is_not_abuse() -> None:
    assert abuse(mostly("joy", 0.95), {}, cues("profanity")) < 0.1


def test_insults_in_anger_are_abuse() -> None:
    assert abuse(mostly("anger", 0.9), {}, cues("insult", "profanity")) > 0.7


def test_anger_in_decent_words_is_no_abuse() -> None:
    assert abuse(mostly("anger", 0.99), {"capitals": 1.0}, cues("legal_threat")) == 0


def test_figures_stay_within_bounds_at_the_worst() -> None:
    worst = surface("AAAAA!!!!! ?!?!?! 😡🤬")
    many = cues(*["insult", "profanity", "legal_threat", "review_threat", "repetition", "intensifier"] * 5)

    assert 0 <= intensity(mostly("anger", 1.0), worst, many) <= 1
    assert 0 <= abuse(mostly("anger", 1.0), worst, many) <= 1
