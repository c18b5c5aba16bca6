"""A course is as expected, or every miss is told in a sentence."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from bot.domain.handoff import Reason
from bot.domain.messages import Reply
from bot.rehearsal.course import Course, Exchange, misses
from bot.rehearsal.heard import Heard
from bot.rehearsal.persona import HandedOff, Outcome, Persona, Step
from bot.rehearsal.report import figures, report

BY_TWO = Outcome(handed_off=HandedOff(by=2, reasons=(Reason.ANGER, Reason.REPEAT)))


def a_persona(*expects: str | Outcome, never_reads: tuple[str, ...] = ()) -> Persona:
    says = (Step(say=("where is it?",)), Step(say=("thanks",), when=("facts",), last=True), Step(say=("well?",)))
    return Persona.model_validate(
        {
            "language": "en",
            "persona": "fighter",
            "about": "Angry.",
            "says": says,
            "expects": expects,
            "never_reads": never_reads,
        }
    )


def an_exchange(step: int, *texts: str, kinds: frozenset[str] = frozenset(), known: bool = True) -> Exchange:
    replies = tuple(Reply(text) for text in texts)
    heard = Heard(replies, tuple("utter_greet" if known else None for _ in replies), kinds)
    return Exchange(step, ("a line",), ("complain 0.90",), heard)


def a_course(persona: Persona, *exchanges: Exchange, at: tuple[int, Reason] | None = None) -> Course:
    return Course(persona, exchanges or (an_exchange(0, "one"), an_exchange(1, "two")), at)


def test_a_course_that_is_solved_is_as_expected() -> None:
    assert misses(a_course(a_persona("solved"))) == []


def test_leaving_without_an_answer_is_not_solved_but_may_be_never() -> None:
    left = (an_exchange(0, "one"), an_exchange(2, "two"))

    assert misses(a_course(a_persona("solved"), *left)) == [
        "expected solved, but after 2 messages it was neither solved nor handed off"
    ]
    assert misses(a_course(a_persona("never"), *left)) == []


@pytest.mark.parametrize("expects", ["solved", "never"])
def test_a_handoff_is_neither_solved_nor_never(expects: str) -> None:
    assert misses(a_course(a_persona(expects), at=(2, Reason.ANGER))) == [
        f"expected {expects}, but it was handed off at message 2 (anger)"
    ]


@pytest.mark.parametrize(
    ("at", "missed"),
    [((2, Reason.REPEAT), False), ((3, Reason.ANGER), True), ((1, Reason.ASKED), True), (None, True)],
)
def test_a_handoff_counts_in_time_and_for_its_reason(at: tuple[int, Reason] | None, missed: bool) -> None:
    assert bool(misses(a_course(a_persona(BY_TWO), at=at))) == missed


def test_any_of_several_expectations_will_do() -> None:
    persona = a_persona("never", BY_TWO)

    assert misses(a_course(persona)) == []
    assert misses(a_course(persona, at=(1, Reason.ANGER))) == []


def test_a_piece_that_must_not_be_read_is_a_miss_in_any_case() -> None:
    course = a_course(a_persona("never", never_reads=("Kowalczyk",)), an_exchange(0, "dear KOWALCZYK"))

    assert misses(course) == ["answer 1 says 'Kowalczyk'"]


def test_the_same_reply_twice_in_a_row_is_a_miss() -> None:
    course = a_course(a_persona("never"), an_exchange(0, "one"), an_exchange(2, "one"))

    assert misses(course) == ["answer 2 is the reply before it once more"]


def test_an_open_bracket_and_foreign_words_are_misses() -> None:
    course = a_course(a_persona("never"), an_exchange(0, "due {promised}", known=False))

    assert misses(course) == [
        "answer 1 has a bracket that was not filled",
        "answer 1 is in no words of responses/en.yml",
    ]


def test_silence_is_a_miss_while_the_bot_has_the_chat_and_speech_while_people_have_it() -> None:
    handed = an_exchange(0, "a person comes", kinds=frozenset({"handed_over"}))
    quiet, loud = (an_exchange(2, *texts, kinds=frozenset({"handed_over"})) for texts in ((), ("psst",)))

    assert misses(a_course(a_persona(BY_TWO), handed, quiet, at=(1, Reason.ANGER))) == []
    assert misses(a_course(a_persona(BY_TWO), handed, loud, at=(1, Reason.ANGER))) == [
        "answer 2 was given while people had the chat"
    ]
    assert misses(a_course(a_persona("never"), an_exchange(0))) == ["answer 1 is empty"]


def test_a_message_that_is_not_answered_is_told() -> None:
    course = replace(a_course(a_persona("never"), an_exchange(0)), unanswered="message 1 was not answered within 90 s")

    assert misses(course) == ["message 1 was not answered within 90 s"]


def test_the_report_shows_each_miss_with_its_transcript_and_ends_in_figures() -> None:
    out = io.StringIO()
    good, bad = a_course(a_persona("solved")), a_course(a_persona("solved"), at=(2, Reason.ANGER))

    assert report([good], Console(file=out, width=160))
    assert not report([good, bad], Console(file=out, width=160))

    lines = out.getvalue().splitlines()
    assert lines[-1] == figures(2, 1) == "2 personas, 1 as expected, 1 missed"
    assert "  missed: expected solved, but it was handed off at message 2 (anger)" in lines
    assert "  1 shopper: a line" in lines
    assert "      read as complain 0.90" in lines
    assert "  1 bot: one" in lines
