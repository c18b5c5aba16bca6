"""The next line follows from what the bot answered, and from nothing else."""

from __future__ import annotations

from bot.domain.messages import Button, Reply
from bot.rehearsal.heard import Heard
from bot.rehearsal.persona import Step
from bot.rehearsal.player import kinds_of, next_step

HELLO = Step(say=("hello",))
MORE = Step(say=("more",))
EMAIL = Step(say=("a@example.com",), when=("asks_proof",))
OTHER_EMAIL = Step(say=("b@example.com",), when=("asks_again",))
THANKS = Step(say=("thanks",), when=("facts",), if_heard=("WL-1",), last=True)
AT_LAST = Step(say=("at last",), when=("handed_over",))
YES = Step(press="/affirm")


def heard(*kinds: str, text: str = "well", response: str | None = None, payload: str | None = None) -> Heard:
    buttons = (Button("Yes", payload),) if payload else ()
    return Heard((Reply(text, buttons),), (response,), frozenset(kinds))


def test_the_first_line_is_said_before_anything_is_heard() -> None:
    assert next_step([HELLO, MORE], [], []) == 0


def test_lines_without_a_condition_come_in_their_order() -> None:
    assert next_step([HELLO, EMAIL, MORE], [0], [heard()]) == 2


def test_a_line_that_waits_for_what_was_done_goes_first() -> None:
    assert next_step([HELLO, MORE, EMAIL], [0], [heard("asks_proof")]) == 2


def test_every_line_is_said_once() -> None:
    assert next_step([HELLO, EMAIL, MORE], [0, 1], [heard("asks_proof"), heard("asks_proof")]) == 2
    assert next_step([HELLO, EMAIL], [0, 1], [heard("asks_proof"), heard("asks_proof")]) is None


def test_what_is_asked_twice_is_noticed() -> None:
    answers = [heard("asks_proof"), heard("facts"), heard("asks_proof")]

    assert "asks_again" in kinds_of(answers)
    assert "asks_again" not in kinds_of(answers[:2])
    assert next_step([HELLO, MORE, OTHER_EMAIL], [0, 1], answers) == 2


def test_asking_for_something_else_is_not_asking_again() -> None:
    assert "asks_again" not in kinds_of([heard("asks_order_number"), heard("asks_proof")])


def test_a_good_answer_calms_only_when_the_piece_was_heard() -> None:
    assert next_step([HELLO, THANKS, MORE], [0], [heard("facts", text="wl-1 is there")]) == 1
    assert next_step([HELLO, THANKS, MORE], [0], [heard("facts", text="WL-2 is there")]) == 2
    assert next_step([HELLO, THANKS, MORE], [0], [heard("offers", text="WL-1")]) == 2


def test_after_the_last_line_the_shopper_leaves() -> None:
    assert next_step([HELLO, THANKS, MORE], [0, 1], [heard("facts", text="WL-1"), heard("asks_proof")]) is None


def test_who_was_handed_over_says_only_what_waits_for_it() -> None:
    says = [HELLO, Step(say=("anything",), when=("any",)), MORE, AT_LAST]

    assert next_step(says, [0], [heard("handed_over")]) == 3
    assert next_step(says, [0, 3], [heard("handed_over"), heard("handed_over")]) is None


def test_a_response_is_waited_for_by_name_or_by_its_beginning() -> None:
    late = heard(response="utter_order_late")
    by_name, by_beginning = (Step(say=("x",), when=(name,)) for name in ("utter_order_late", "utter_order_"))

    assert next_step([HELLO, by_name], [0], [late]) == 1
    assert next_step([HELLO, by_beginning], [0], [late]) == 1
    assert next_step([HELLO, Step(say=("x",), when=("utter_order",))], [0], [late]) is None


def test_a_button_is_pressed_only_while_it_is_offered() -> None:
    assert next_step([HELLO, YES, MORE], [0], [heard(payload="/affirm")]) == 1
    assert next_step([HELLO, YES, MORE], [0], [heard(payload="/deny")]) == 2


def test_any_answer_will_do_where_it_says_so() -> None:
    assert next_step([HELLO, MORE, Step(say=("x",), when=("any",))], [0], [heard()]) == 2
