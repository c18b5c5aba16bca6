"""A promise: the moves between its states, and when it is overdue."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.promise import (
    OrderProblem,
    Promise,
    PromiseKind,
    PromiseMove,
    PromiseState,
    moved,
    moves_from,
    takes_back,
)
from bot.errors import WrongTurn

M, S = PromiseMove, PromiseState
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
A_PROMISE = Promise(
    1, "K7QM-4F", "c1", "WL-1001", PromiseKind.RESHIP, OrderProblem.LOST, None, None, "", S.OPEN, NOW, NOW
)
ALLOWED = {
    (S.OPEN, M.KEEP): S.KEPT,
    (S.OPEN, M.WITHDRAW): S.WITHDRAWN,
    (S.NEEDS_APPROVAL, M.APPROVE): S.OPEN,
    (S.NEEDS_APPROVAL, M.DECLINE): S.WITHDRAWN,
}


@pytest.mark.parametrize(("state", "move"), list(itertools.product(S, M)))
def test_a_promise_moves_only_where_it_may(state: PromiseState, move: PromiseMove) -> None:
    if (state, move) in ALLOWED:
        assert moved(state, move) is ALLOWED[state, move]
    else:
        with pytest.raises(WrongTurn, match=f"{state.value} has no move {move.value}"):
            moved(state, move)


@pytest.mark.parametrize(
    ("state", "moves"),
    [
        (S.OPEN, (M.KEEP, M.WITHDRAW)),
        (S.NEEDS_APPROVAL, (M.APPROVE, M.DECLINE)),
        (S.KEPT, ()),
        (S.WITHDRAWN, ()),
    ],
)
def test_from_each_state_its_moves_are_offered(state: PromiseState, moves: tuple[PromiseMove, ...]) -> None:
    assert moves_from(state) == moves


def test_whatever_ends_withdrawn_takes_something_back() -> None:
    assert {move for move in M if takes_back(move)} == {move for (_, move), to in ALLOWED.items() if to is S.WITHDRAWN}


@pytest.mark.parametrize(
    ("state", "late", "overdue"),
    [
        (S.OPEN, 1, True),
        (S.NEEDS_APPROVAL, 1, True),
        (S.OPEN, 0, False),
        (S.KEPT, 1, False),
        (S.WITHDRAWN, 1, False),
    ],
)
def test_a_promise_is_overdue_when_its_day_passed_and_it_is_not_done(
    state: PromiseState, late: int, overdue: bool
) -> None:
    assert replace(A_PROMISE, state=state).is_overdue(NOW + timedelta(seconds=late)) is overdue
