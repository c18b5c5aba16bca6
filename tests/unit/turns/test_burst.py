"""What is answered together, and what is waited for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.messages import Author, Delivery, Kind
from bot.domain.people import Message
from bot.turns.burst import FLOOD, as_one, together, wait_for_more

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
WINDOW = timedelta(seconds=1.5)


def a_message(
    number: int = 1,
    text: str = "hi",
    *,
    kind: Kind = Kind.TEXT,
    payload: str | None = None,
    seconds: float = 0,
    turn: int | None = None,
) -> Message:
    return Message(
        id=number, conversation_id="c", channel="test", author=Author.SHOPPER, kind=kind, text=text, payload=payload,
        buttons=(), share_contact=None, reading=None, stance=None, operator_id=None,
        created_at=NOON + timedelta(seconds=seconds), language_hint=None, handled_at=None, in_reply_to=None,
        delivery=Delivery.RECEIVED, attempts=0, provider_id=None, delivery_code=None, turn_id=turn,
    )  # fmt: skip


def waits(text: str, *, kind: Kind = Kind.TEXT, expected: bool = False) -> bool:
    return wait_for_more([a_message(text=text, kind=kind)], NOON, WINDOW, expected=expected) is not None


def ids(group: tuple[Message, ...]) -> list[int]:
    return [message.id for message in group]


def test_words_and_pictures_stand_together() -> None:
    unread = [a_message(1, "hi"), a_message(2, "", kind=Kind.PHOTO), a_message(3, "it came like this")]

    assert ids(together(unread)) == [1, 2, 3]
    assert as_one(together(unread)).text == "hi\nit came like this"
    assert as_one(together(unread)).id == 1


@pytest.mark.parametrize("kind", [Kind.BUTTON, Kind.COMMAND, Kind.CONTACT, Kind.LOCATION, Kind.REACTION])
def test_what_is_an_act_stands_alone(kind: Kind) -> None:
    unread = [a_message(1), a_message(2, "x", kind=kind), a_message(3)]

    assert ids(together(unread)) == [1]
    assert ids(together(unread[1:])) == [2]


def test_a_typed_answer_that_stands_for_a_payload_is_an_act() -> None:
    assert ids(together([a_message(1, payload="/greet"), a_message(2)])) == [1]


def test_ten_messages_are_a_turn_and_the_eleventh_begins_the_next() -> None:
    unread = [a_message(number) for number in range(1, 13)]

    assert ids(together(unread)) == list(range(1, 11))


def test_a_turn_holds_two_thousand_characters() -> None:
    assert len(together([a_message(1, "x" * 1000), a_message(2, "x" * 1000)])) == 2
    assert len(together([a_message(1, "x" * 1000), a_message(2, "x" * 1001)])) == 1


def test_in_a_flood_everything_is_one_turn_and_its_words_are_cut() -> None:
    flood = [a_message(number, "x" * 300) for number in range(1, FLOOD + 2)]

    assert len(together(flood, flood=True)) == FLOOD + 1
    assert len(as_one(together(flood, flood=True)).text) == 4000
    assert len(together(flood)) < FLOOD


def test_a_turn_once_begun_does_not_grow() -> None:
    unread = [a_message(1, turn=1), a_message(2, turn=1), a_message(3)]

    assert ids(together(unread)) == [1, 2]
    assert wait_for_more(unread, NOON, WINDOW, expected=False) is None


@pytest.mark.parametrize(
    "text", ["hi", "здравствуйте", "你好", "γεια σας 🙂", "my order", "x" * 40], ids=lambda text: text[:12]
)
def test_a_short_line_without_an_end_waits_for_the_next(text: str) -> None:
    assert waits(text)


@pytest.mark.parametrize(
    "text",
    ["hi!", "где заказ?", "你好。", "πού είναι;", "ok 👍.", "WL-1003", "20417", "maria@example.com", "x" * 41],
    ids=lambda text: text[:12],
)
def test_what_is_complete_is_answered_at_once(text: str) -> None:
    assert not waits(text)


def test_an_answer_we_asked_for_is_taken_at_once() -> None:
    assert not waits("yes", expected=True)


def test_a_picture_waits_for_its_words_and_one_with_words_does_not() -> None:
    assert waits("", kind=Kind.PHOTO)
    assert not waits("broken on arrival", kind=Kind.PHOTO)
    assert not waits("", kind=Kind.VOICE)


def test_silence_is_counted_from_the_last_line_and_patience_from_the_first() -> None:
    unread = [a_message(1, seconds=0), a_message(2, seconds=1)]

    assert wait_for_more(unread, NOON + timedelta(seconds=1), WINDOW, expected=False) == WINDOW
    assert wait_for_more(unread, NOON + timedelta(seconds=2.5), WINDOW, expected=False) is None
    late = [a_message(1, seconds=0), a_message(2, seconds=4.9)]
    assert wait_for_more(late, NOON + timedelta(seconds=4.9), WINDOW, expected=False) == timedelta(seconds=0.1)
    assert wait_for_more(late, NOON + timedelta(seconds=5), WINDOW, expected=False) is None


def test_without_a_window_nothing_waits() -> None:
    assert wait_for_more([a_message()], NOON, timedelta(0), expected=False) is None


_some = st.builds(
    lambda kind, text, payload: (kind, text, payload),
    st.sampled_from(list(Kind)),
    st.text(max_size=300),
    st.sampled_from([None, None, "/affirm"]),
)


@given(st.lists(_some, min_size=1, max_size=60))
def test_every_message_is_in_one_turn_and_turns_keep_the_order(said: list[tuple[Kind, str, str | None]]) -> None:
    left = [a_message(n, text, kind=kind, payload=payload) for n, (kind, text, payload) in enumerate(said, 1)]
    order = []
    while left:
        group = together(left)
        order += ids(group)
        left = [message for message in left if message.id not in ids(group)]

    assert order == list(range(1, len(said) + 1))
