"""`/audit`: who did what, when; for leads and admins."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from nicegui import app

from bot.console import theme
from bot.console.audit_details import details_told
from bot.console.elements import icon, tag
from bot.console.frame import Page, field, submit
from bot.console.login import admitted
from bot.console.texts import Texts, Words
from bot.console.visitor import words_for
from bot.domain.people import AuditEntry, User
from bot.domain.permissions import Permission, may
from bot.store.audit import AuditFilter
from bot.store.unit_of_work import Store

PAGE: Final = Page("/audit", "audit")
EXPORT: Final = "/audit.csv"
SHOWN: Final = 50
_AT_ONCE: Final = 500
COLUMNS: Final = ("time", "user", "act", "conversation", "details")


@dataclass(frozen=True)
class Asked:
    """What somebody wants to see, as the address says it; `problem` names what in it cannot be read."""

    person: str = ""
    act: str = ""
    chat: str = ""
    first: str = ""
    last: str = ""
    before: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Asked:
        """Return what an address asks for."""
        names = {"person": "person", "act": "act", "chat": "chat", "from": "first", "to": "last", "before": "before"}
        return cls(**{field_: query.get(name, "").strip()[:100] for name, field_ in names.items()})

    @property
    def problem(self) -> str | None:
        """What cannot be read, as the name of a text under `audit.problem`."""
        if self.chat and _uuid(self.chat) is None:
            return "chat"
        if any(day and _day(day) is None for day in (self.first, self.last)):
            return "day"
        return None

    def filter(self, zone: tzinfo) -> AuditFilter:
        """Return the acts this asks for; days are those of a time zone."""
        first, last = _day(self.first), _day(self.last)
        return AuditFilter(
            user_id=_number(self.person),
            act=self.act or None,
            conversation_id=_uuid(self.chat),
            since=datetime.combine(first, time.min, zone) if first else None,
            until=datetime.combine(last + timedelta(days=1), time.min, zone) if last else None,
        )

    def address(self, path: str, *, before: int | None = None) -> str:
        """Return the address that asks for the same on a path, from an entry on."""
        said = {"person": self.person, "act": self.act, "chat": self.chat, "from": self.first, "to": self.last}
        kept = {name: value for name, value in said.items() if value} | ({"before": str(before)} if before else {})
        return f"{path}?{urlencode(kept)}" if kept else path


def add_audit(store: Store, texts: Texts) -> None:
    """Add the page and its export."""

    @theme.page_at(PAGE.path)
    async def audit(request: Request) -> Response | None:
        user = await admitted(request, store, Permission.AUDIT)
        if not isinstance(user, User):
            return user
        words, asked = words_for(request, texts), Asked.from_query(request.query_params)
        async with store.begin() as work:
            wanted, before = asked.filter(words.zone), _number(asked.before)
            entries = await work.audit.page(wanted, before=before, limit=SHOWN + 1) if not asked.problem else []
            people, acts = await work.users.all(), await work.audit.acts()
        problem = {"problem": asked.problem} if asked.problem else {}
        with PAGE.draw(words, texts.languages, user, problem):
            _draw_filters(words, asked, people, acts)
            names = {person.id: person.display_name for person in people}
            _draw_entries(words, asked, entries, names, links=may(user, Permission.CHATS))
        return None

    @app.get(EXPORT, include_in_schema=False)
    async def export(request: Request) -> Response:
        user = await admitted(request, store, Permission.AUDIT)
        if not isinstance(user, User):
            return user
        words, asked = words_for(request, texts), Asked.from_query(request.query_params)
        if asked.problem:
            return PAGE.refused(asked.problem)
        async with store.begin() as work:
            await work.audit.note(user, "export_audit", asked=asked.address(EXPORT))
        return StreamingResponse(
            _lines(store, asked.filter(words.zone), words.zone),
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="warmline-audit-{datetime.now(words.zone):%Y-%m-%d}.csv"',
                "Cache-Control": "private, no-store",
            },
        )


def act_name(words: Words, act: str) -> str:
    """Return an act as people say it; the act's own name for one that has none."""
    key = f"audit.act_name.{act}"
    return words(key) if words.has(key) else act


def safe_cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    # https://owasp.org/www-community/attacks/CSV_Injection
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ")[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else text


async def _lines(store: Store, wanted: AuditFilter, zone: tzinfo) -> AsyncIterator[str]:
    """Yield the lines of a CSV file, with a mark that makes spreadsheets read it as UTF-8."""
    yield "\ufeff" + _line(COLUMNS)
    last: int | None = None
    while part := await _part(store, wanted, last):
        for entry in part:
            at = entry.at.astimezone(zone).isoformat(timespec="seconds")
            yield _line((at, entry.user_name, entry.act, entry.conversation_id, "; ".join(_details(entry))))
        last = part[-1].id


async def _part(store: Store, wanted: AuditFilter, last: int | None) -> list[AuditEntry]:
    """Read some in a transaction of their own: a slow download holds no connection."""
    async with store.begin() as work:
        return await work.audit.page(wanted, before=last, limit=_AT_ONCE)


def _line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([safe_cell(cell) for cell in cells])
    return text.getvalue()


def _details(entry: AuditEntry) -> list[str]:
    return [f"{name}: {value}" for name, value in entry.details.items()]


def _draw_filters(words: Words, asked: Asked, people: list[User], acts: list[str]) -> None:
    with tag("form", css="office-row", method="get", action=PAGE.path, role="search", testid="audit-filters"):
        _choice(words, "person", asked.person, [(str(user.id), user.display_name) for user in people])
        _choice(
            words, "act", asked.act, sorted(((act, act_name(words, act)) for act in acts), key=lambda pair: pair[1])
        )
        field(words("audit.chat"), "chat", value=asked.chat, size=20, maxlength=36, spellcheck="false")
        field(words("audit.from"), "from", type="date", value=asked.first)
        field(words("audit.to"), "to", type="date", value=asked.last)
        submit(words("audit.show"), css="primary", testid="audit-show")
        tag("a", words("audit.clear"), css="button", href=PAGE.path)
        with tag("a", css="button", href=asked.address(EXPORT), testid="audit-export", download=True):
            icon("download")
            tag("span", words("audit.export"))


def _choice(words: Words, name: str, chosen: str, choices: list[tuple[str, str]]) -> None:
    with tag("label", css="field"):
        tag("span", words(f"audit.{name}"))
        with tag("select", name=name, testid=f"audit-{name}"):
            for value, text in (("", words("audit.all")), *choices):
                tag("option", text, value=value).props["selected"] = value == chosen


def _draw_entries(
    words: Words, asked: Asked, entries: list[AuditEntry], names: Mapping[int, str], *, links: bool
) -> None:
    if not entries:
        tag("p", words("audit.empty"), css="empty", testid="audit-empty")
        return
    today = words.local_day(datetime.now(UTC))
    with tag("ol", css="audit"):
        for entry in entries[:SHOWN]:
            with tag("li", testid="audit-entry", data_act=entry.act):
                tag("time", words.moment(entry.at, today=today), css="quiet number", datetime=entry.at.isoformat())
                tag("b", entry.user_name or words("audit.nobody"), dir="auto")
                tag("span", act_name(words, entry.act))
                with tag("span", css="audit-more quiet"):
                    if entry.conversation_id and links:
                        tag("a", words("audit.open"), href=f"/console?c={entry.conversation_id}")
                    if entry.details:
                        tag("span", "; ".join(details_told(words, entry.details, names, today)), dir="auto")
    with tag("nav", css="office-row", aria_label=words("audit.pages")):
        if asked.before:
            tag("a", words("audit.newest"), css="button", href=asked.address(PAGE.path), testid="audit-newest")
        if len(entries) > SHOWN:
            older = asked.address(PAGE.path, before=entries[SHOWN - 1].id)
            tag("a", words("audit.older"), css="button", href=older, testid="audit-older")


def _uuid(text: str) -> str | None:
    try:
        return str(uuid.UUID(text)) if text else None
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return day if day is not None and 2000 <= day.year < 2200 else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
