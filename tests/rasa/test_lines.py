"""What is read of several lines at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from nlu.lines import Parsed, read_with_lines

CALM = {"neutral": 0.9, "anger": 0.05}
FURIOUS = {"anger": 0.95, "neutral": 0.05}


def reading(
    ranking: dict[str, float], *, abuse: float = 0.0, intensity: float = 0.8, cues: tuple[str, ...] = ()
) -> Parsed:
    rows = [{"name": name, "confidence": sure} for name, sure in ranking.items()]
    emotion = {"name": rows[0]["name"], "confidence": rows[0]["confidence"], "intensity": intensity, "ranking": rows}
    return {
        "intent": {"name": "inform"},
        "language": "ru",
        "emotion": emotion,
        "abuse": abuse,
        "cues": [{"kind": kind} for kind in cues],
    }


def read(readings: dict[str, Parsed]) -> tuple[Parsed, list[UserMessage]]:
    """The reading of all lines together, the first of `readings`, and what was parsed for it."""
    asked: list[UserMessage] = []

    async def parse(message: UserMessage) -> Parsed:
        asked.append(message)
        return dict(readings[message.text])

    whole = next(iter(readings))
    return asyncio.run(read_with_lines(UserMessage(whole, metadata={"language_hint": "el"}), parse)), asked


def feeling(parsed: Parsed) -> Any:
    return parsed["emotion"]["name"]


def test_one_line_is_parsed_once() -> None:
    _, asked = read({"здравствуйте": reading(CALM)})
    assert len(asked) == 1


def test_a_furious_line_among_calm_ones_is_heard() -> None:
    parsed, asked = read(
        {
            "привет\nвы лжёте\n123": reading(CALM),
            "привет": reading(CALM),
            "вы лжёте": reading(FURIOUS, abuse=0.7) | {"intent": {"name": "complain"}},
        }
    )
    assert feeling(parsed) == "anger"
    assert parsed["abuse"] == 0.7
    assert parsed["intent"] == {"name": "inform"}, "what is wanted is read of all together"
    assert [message.metadata["language_hint"] for message in asked[1:]] == ["ru", "ru"]


def test_the_whole_stands_where_no_line_is_hotter() -> None:
    parsed, _ = read({"a\nb": reading(FURIOUS), "a": reading(CALM), "b": reading({"frustration": 0.4})})
    assert feeling(parsed) == "anger"


@pytest.mark.parametrize("later", [reading({"joy": 0.8}), reading(CALM, cues=("apology",))])
def test_what_is_taken_back_in_a_later_line_is_over(later: Parsed) -> None:
    parsed, _ = read({"a\nb": reading(CALM), "a": reading(FURIOUS, abuse=0.9), "b": later})
    assert feeling(parsed) == "neutral"
    assert parsed["abuse"] == 0.0


def test_an_apology_before_the_outburst_takes_nothing_back() -> None:
    parsed, _ = read({"a\nb": reading(CALM), "a": reading(CALM, cues=("apology",)), "b": reading(FURIOUS)})
    assert feeling(parsed) == "anger"


def test_ten_lines_are_looked_at() -> None:
    lines = [f"line {chr(97 + n)}" for n in range(15)]
    _, asked = read({"\n".join(lines): reading(CALM)} | {line: reading(CALM) for line in lines})
    assert len(asked) == 11
