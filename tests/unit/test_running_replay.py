"""`python -m bot policy replay`: talks from a file and from the store, and what is told of them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from rich.console import Console

from actions.deescalation import decide
from actions.policy_file import POLICY_FILE
from actions.replay import Need
from actions.situation import Situation, as_kept
from bot.domain.emotion import Emotion
from bot.domain.handoff import HandoffRequest, Reason
from bot.errors import SettingsError
from bot.running.replay import recorded, replay, scripted, written
from bot.store.unit_of_work import Store
from tests.doubles.shipped import the_policy

CALM: Final = Situation("ask_order_status", Emotion.NEUTRAL, 0.9, 0.1, 0.0)
ANGRY: Final = replace(CALM, intent="complain", emotion=Emotion.ANGER, confidence=0.7, intensity=0.7)
LONG_AGO: Final = datetime.now(UTC) - timedelta(days=1)


def kept(situation: Situation) -> dict[str, object]:
    return as_kept(situation, decide(situation, the_policy()))


def a_script(folder: Path, *lines: str) -> Path:
    file = folder / "talks.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_a_talk_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = a_script(tmp_path, written("en/x", "en", "anger", Need(1, 2), [kept(CALM), kept(ANGRY)]))

    [talk] = scripted(file)

    assert (talk.name, talk.language, talk.need) == ("en/x", "en", Need(1, 2))
    assert list(talk.situations) == [CALM, ANGRY]


@pytest.mark.parametrize(
    "line", ["{}", "no json", '{"name": "x", "language": "en", "why": "", "need": null, "decided": [{}]}']
)
def test_a_line_that_is_no_talk_is_named(line: str, tmp_path: Path) -> None:
    good = written("en/x", "en", "none", None, [kept(CALM)])

    with pytest.raises(SettingsError, match=r"talks\.jsonl:2"):
        scripted(a_script(tmp_path, good, line))


def test_another_policy_is_told_beside_the_one_in_force(tmp_path: Path) -> None:
    stricter = tmp_path / "stricter.yml"
    stricter.write_text(POLICY_FILE.read_text(encoding="utf-8").replace("confidence: 0.65", "confidence: 0.9"), "utf-8")
    file = a_script(tmp_path, written("en/cross", "en", "anger", Need(2, 2), [kept(CALM), kept(ANGRY)]))
    told = io.StringIO()

    replay(scripted(file), POLICY_FILE, stricter, Console(file=told, width=200))

    assert "en/cross: anger at message 2 -> stays with the bot" in told.getvalue()
    assert "1 of 1 conversations would go another way." in told.getvalue()


async def a_recorded(store: Store, *situations: Situation) -> str:
    async with store.begin() as work:
        opened = await work.conversations.of_address("web", str(len(situations)), name=None, language=None)
    for number, situation in enumerate(situations):
        async with store.begin() as work:
            for _ in range(2):  # a turn tried again counts once
                await work.decisions.add(opened.id, str(number), kept(situation))
    return opened.id


async def test_a_handoff_ends_a_recorded_talk_and_the_next_begins(store: Store) -> None:
    conversation = await a_recorded(store, CALM, replace(CALM, intent="ask_human"), CALM)

    async with store.begin() as work:
        talks = await recorded(work, LONG_AGO)

    assert [(talk.name, len(talk.situations), talk.need) for talk in talks] == [
        (f"{conversation}/1", 2, Need(2, 2)),
        (f"{conversation}/3", 1, None),
    ]


async def test_whom_an_operator_took_from_the_bot_needed_a_person(store: Store) -> None:
    conversation = await a_recorded(store, CALM, CALM)
    async with store.begin() as work:
        await work.handoffs.open(
            conversation, HandoffRequest(Reason.TAKEN_OVER, 2, "", 10), message_id=None, due_at=None
        )

    async with store.begin() as work:
        [talk] = await recorded(work, LONG_AGO)

    assert talk.need == Need(2, 2)


async def test_what_was_decided_before_the_day_is_left_out(store: Store) -> None:
    await a_recorded(store, CALM)

    async with store.begin() as work:
        assert await recorded(work, datetime.now(UTC) + timedelta(minutes=1)) == []
