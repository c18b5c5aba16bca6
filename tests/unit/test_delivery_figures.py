"""What `benchmarks/delivery.py` counts: each kind of fault shows in its figure."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.delivery import Outcome, Way, outcome_of
from tests.doubles.providers.accepted import Tray
from tests.doubles.providers.faults import Faults

ADDRESS = "7000"


def a_row(number: int, **columns: Any) -> dict[str, Any]:
    row = {"id": number, "address": ADDRESS, "author": "shopper", "external_id": f"e{number}", "turn_id": None}
    return row | {"provider_id": None, "in_reply_to": None, "resent": 0, "handed_over": None} | columns


def a_reply(number: int, to: int, *, resent: int = 0) -> dict[str, Any]:
    return a_row(number, author="bot", external_id=None, provider_id=f"p{number}", in_reply_to=to, resent=resent)


def counted(rows: list[dict[str, Any]], taken: list[str], said: list[str]) -> Outcome:
    """The outcome for rows of our database, with what the provider took."""
    tray = Tray()
    for message_id in taken:
        tray.take(message_id, ADDRESS, "words")
    way = Way(lambda _, __: "", lambda _: ADDRESS, lambda: 0, tray, Faults(0))
    return outcome_of("telegram", {0: said}, rows, way, 0, 1.0)


ANSWERED = [a_row(1), a_row(2), a_reply(3, to=1), a_reply(4, to=2)]


def test_everything_answered_in_order_is_counted_as_such() -> None:
    outcome = counted(ANSWERED, ["p3", "p4"], ["e1", "e2"])

    assert outcome.line() == "2 sent, 2 answered, 0 lost, 0 doubled"
    assert outcome.out_of_order == 0


def test_messages_of_one_turn_are_answered_by_its_replies() -> None:
    rows = [a_row(1, turn_id=1), a_row(2, turn_id=1), a_reply(3, to=1)]

    assert counted(rows, ["p3"], ["e1", "e2"]).answered == 2


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([a_row(1), a_row(2), a_reply(3, to=1)], id="never answered"),
        pytest.param([a_row(1), a_reply(3, to=1)], id="never stored"),
    ],
)
def test_a_message_without_an_answer_is_lost(rows: list[dict[str, Any]]) -> None:
    assert counted(rows, ["p3"], ["e1", "e2"]).lost == 1


def test_an_answer_that_never_arrived_is_none() -> None:
    assert counted(ANSWERED, ["p3"], ["e1", "e2"]).lost == 1


def test_what_is_written_after_a_handover_is_with_people() -> None:
    rows = [a_row(1, handed_over=1), a_reply(2, to=1), a_row(3, handed_over=1)]

    outcome = counted(rows, ["p2"], ["e1", "e3"])

    assert outcome.line() == "2 sent, 1 answered, 1 with people, 0 lost, 0 doubled"


def test_the_message_that_is_handed_over_has_to_be_answered_itself() -> None:
    assert counted([a_row(1, handed_over=1)], [], ["e1"]).lost == 1


@pytest.mark.parametrize(("resent", "doubled", "in_doubt"), [(0, 1, 0), (1, 0, 1), (2, 0, 1)])
def test_a_reply_taken_twice_is_doubled_unless_we_know_that_it_could_be(
    resent: int, doubled: int, in_doubt: int
) -> None:
    rows = [a_row(1), a_row(2), a_reply(3, to=1, resent=resent), a_reply(4, to=2)]

    outcome = counted(rows, ["x", "p3", "p4"], ["e1", "e2"])

    assert (outcome.doubled, outcome.in_doubt) == (doubled, in_doubt)


@pytest.mark.parametrize(
    ("taken", "said"),
    [
        pytest.param(["p4", "p3"], ["e1", "e2"], id="replies"),
        pytest.param(["p3", "p4"], ["e2", "e1"], id="messages"),
    ],
)
def test_what_is_out_of_order_is_seen(taken: list[str], said: list[str]) -> None:
    assert counted(ANSWERED, taken, said).out_of_order == 1
