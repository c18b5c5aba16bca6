"""A page that is open says when it is not up to date, and no sooner that it is again than it hears of changes."""

from __future__ import annotations

import asyncio

import pytest
from nicegui import Client, core
from nicegui.page import page

from bot.console.live import Live
from tests.doubles.channels import until
from tests.doubles.feed import Notices


async def test_a_refresh_that_began_before_the_changes_were_lost_does_not_hide_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(core, "loop", asyncio.get_running_loop())
    changes, shown = Notices(), list[bool]()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def refresh(_: frozenset[str]) -> None:
        begun.set()
        await go_on.wait()

    with Client(page("/"), request=None):
        Live(changes, refresh, shown.append)
    changes.tell("a chat")
    await asyncio.wait_for(begun.wait(), 5)
    changes.lose()
    go_on.set()
    await asyncio.sleep(0.5)
    assert shown == [False]

    changes.tell("")
    await until(lambda: len(shown) > 1)
    assert shown == [False, True]
