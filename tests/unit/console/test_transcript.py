"""Notes stand between the messages where they were written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.console.case import Case
from bot.console.transcript import in_order
from bot.domain.remarks import Note
from tests.unit.console.test_case import A_CONVERSATION, A_MESSAGE

FIRST = replace(A_MESSAGE, text="hello")
SECOND = replace(A_MESSAGE, id=2, text="anybody?", created_at=FIRST.created_at + timedelta(minutes=10))


def a_note(number: int, *, minutes: int) -> Note:
    return Note(number, A_CONVERSATION.id, 1, "seen", FIRST.created_at + timedelta(minutes=minutes))


EARLY, BETWEEN, LATE = a_note(1, minutes=-5), a_note(2, minutes=5), a_note(3, minutes=15)


def a_case(*, complete: bool) -> Case:
    return Case(A_CONVERSATION, (FIRST, SECOND), complete, (), (), (), (), {}, notes=(EARLY, BETWEEN, LATE))


def test_notes_stand_in_place_by_time() -> None:
    assert in_order(a_case(complete=True)) == [EARLY, FIRST, BETWEEN, SECOND, LATE]


def test_notes_from_before_the_messages_that_are_shown_wait_with_these() -> None:
    assert in_order(a_case(complete=False)) == [FIRST, BETWEEN, SECOND, LATE]


def test_a_chat_without_messages_shows_its_notes() -> None:
    assert in_order(replace(a_case(complete=True), messages=())) == [EARLY, BETWEEN, LATE]
