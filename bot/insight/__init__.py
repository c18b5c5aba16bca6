"""Pages of figures: how conversations go, how they feel, and what the policy's thresholds do."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from nicegui import app as pages

from actions.policy_file import PolicySource
from bot.console import theme
from bot.console.login import admitted
from bot.console.texts import Texts, Words
from bot.console.visitor import words_for
from bot.domain.figures import ChatFacts, Pick
from bot.domain.people import User
from bot.domain.permissions import Permission
from bot.insight import frame
from bot.insight.chats_page import SHOWN, draw_chats
from bot.insight.export import csv_of
from bot.insight.figures_page import draw_figures
from bot.insight.filters import Filters
from bot.insight.policy_page import PolicyPage
from bot.insight.report import load_report, yardstick
from bot.store.unit_of_work import Store


class Parts(Protocol):
    """What the pages need of `bot.wiring.Parts`."""

    @property
    def store(self) -> Store:
        """The database."""
        ...

    @property
    def policy(self) -> PolicySource:
        """The policy in force."""
        ...


def mount(parts: Parts) -> None:
    """Add the pages to those of the console, before these are mounted. Leads, trainers and admins may look."""
    pages_of = Pages(parts.store, parts.policy, Texts.load())
    theme.page_at(frame.FIGURES)(pages_of.figures)
    theme.page_at(frame.CHATS)(pages_of.chats)
    theme.page_at(frame.POLICY)(pages_of.replay)
    pages.add_api_route(frame.EXPORT, pages_of.export, include_in_schema=False, response_model=None)


class Pages:
    """What is answered under each address. Times and days are those of the shop's clock."""

    def __init__(self, store: Store, policy: PolicySource, texts: Texts) -> None:
        self._store, self._policy, self._texts = store, policy, texts

    async def figures(self, request: Request) -> Response | None:
        """Every figure of a time."""
        user = await admitted(request, self._store, Permission.FIGURES)
        if not isinstance(user, User):
            return user
        filters = self._filters(request)
        report = await load_report(self._store, filters.selection, yardstick(self._policy.current()))
        with self._page(request, user, filters, frame.FIGURES, "insight.figures") as words:
            draw_figures(words, filters, report)
        return None

    async def chats(self, request: Request) -> Response | None:
        """The conversations behind a figure."""
        user = await admitted(request, self._store, Permission.FIGURES)
        if not isinstance(user, User):
            return user
        filters, (pick, value) = self._filters(request), picked(request.query_params)
        chats = await self._chats(filters, pick, value, limit=SHOWN + 1)
        with self._page(request, user, filters, frame.CHATS, "insight.figures") as words:
            draw_chats(words, filters, yardstick(self._policy.current()), pick, value, chats, user)
        return None

    async def replay(self, request: Request) -> Response | None:
        """The policy decided anew."""
        user = await admitted(request, self._store, Permission.FIGURES)
        if not isinstance(user, User):
            return user
        filters = self._filters(request)
        with self._page(request, user, filters, frame.POLICY, "insight.policy") as words:
            PolicyPage(self._store, self._policy, words, filters, user)
        return None

    async def export(self, request: Request) -> Response:
        """The conversations behind a figure as CSV, with a mark that makes spreadsheets read it as UTF-8."""
        user = await admitted(request, self._store, Permission.FIGURES)
        if not isinstance(user, User):
            return user
        filters, (pick, value) = self._filters(request), picked(request.query_params)
        chats = await self._chats(filters, pick, value)
        async with self._store.begin() as work:
            asked = {"days": f"{filters.first} - {filters.last}", "pick": pick.value}
            await work.audit.note(user, "export_chats", **asked)
        name = f"warmline-{pick.value}-{filters.first}-{filters.last}.csv"
        return StreamingResponse(
            itertools.chain(["\ufeff"], csv_of(chats, filters.zone)),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
        )

    async def _chats(self, filters: Filters, pick: Pick, value: str, limit: int | None = None) -> list[ChatFacts]:
        async with self._store.begin() as work:
            return await work.chats.of(filters.selection, yardstick(self._policy.current()), pick, value, limit=limit)

    def _filters(self, request: Request) -> Filters:
        return Filters.from_query(request.query_params, self._policy.current().hours.zone, datetime.now(UTC))

    @contextmanager
    def _page(self, request: Request, user: User, filters: Filters, here: str, title: str) -> Iterator[Words]:
        words = replace(words_for(request, self._texts), zone=filters.zone)
        with frame.page(words, self._texts.languages, user, filters, here, words(title)):
            yield words


def picked(query: Mapping[str, str]) -> tuple[Pick, str]:
    """Return which conversations an address asks for: all, where it names no figure of ours."""
    try:
        return Pick(query.get("pick", "")), query.get("value", "")
    except ValueError:
        return Pick.CHATS, ""
