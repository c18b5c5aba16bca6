"""The short way says what NiceGUI's own says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from nicegui import helpers

from bot.console.swift import quicken

OWN = helpers.expects_arguments


class Handlers:
    def none(self) -> None: ...

    def one(self, event: object) -> None: ...

    def default(self, event: object = None) -> None: ...

    def many(self, *events: object) -> None: ...

    @staticmethod
    def static(event: object) -> None: ...

    @classmethod
    def of_class(cls) -> None: ...


HANDLERS = [
    Handlers().none, Handlers().one, Handlers().default, Handlers().many, Handlers.static, Handlers.of_class,
    lambda: None, lambda event: event, print, [].append,
]  # fmt: skip


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    before = helpers.expects_arguments
    quicken()
    yield
    helpers.expects_arguments = before


@pytest.mark.parametrize("handler", HANDLERS)
def test_it_is_known_whether_a_handler_takes_arguments(handler: Callable[..., object]) -> None:
    assert [helpers.expects_arguments(handler) for _ in range(2)] == [OWN(handler)] * 2


def test_quickening_twice_is_quickening_once() -> None:
    once = helpers.expects_arguments
    quicken()

    assert helpers.expects_arguments is once
