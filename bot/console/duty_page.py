"""`/duty`: who is there and how much they hold, who waits, what is late; teams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Form, Request
from fastapi.responses import Response
from nicegui import app

from actions.hours import Hours
from actions.policy import Policy
from bot.console import theme
from bot.console.duty import draw_colleague
from bot.console.duty_frame import back, card, page
from bot.console.elements import icon, tag
from bot.console.frame import form, submit
from bot.console.live import Changes, Live
from bot.console.login import admitted
from bot.console.marks import heat, language_name, shopper_name
from bot.console.texts import Texts, Words
from bot.domain.duty import Colleague, Presence, Target, Team, WaitingChat
from bot.domain.people import User
from bot.domain.permissions import Permission
from bot.store.unit_of_work import Store, Work

PAGE: Final = "/duty"
LANGUAGES: Final = ("en", "ru", "zh", "el")
_MOST: Final = 100
_LONGEST_NAME: Final = 60
_COMING: Final = 5


@dataclass(frozen=True)
class _Seen:
    colleagues: Sequence[Colleague]
    waiting: Sequence[WaitingChat]
    late: Sequence[Target]


def add_duty(store: Store, feed: Changes, texts: Texts, policy: Callable[[], Policy]) -> None:
    """Add the page and what its forms do."""

    @theme.page_at(PAGE)
    async def duty(request: Request) -> Response | None:
        user = await admitted(request, store, Permission.DUTY)
        if not isinstance(user, User):
            return user
        async with store.begin() as work:
            seen, teams = await _look(work, policy()), await work.teams.all()
        with page(request, texts, user, "duty.title") as words:
            box = tag("div", css="duty-now", testid="duty-now")

            def show(now: _Seen) -> None:
                box.clear()
                with box:
                    _draw_now(words, now)

            show(seen)
            _draw_holidays(words, policy().hours)
            _draw_capacities(words, seen.colleagues)
            _draw_teams(words, teams, seen.colleagues)

        async def refresh(_: frozenset[str]) -> None:
            async with store.begin() as work:
                now = await _look(work, policy())
            show(now)

        Live(feed, refresh, lambda _: None)
        return None

    _add_forms(store)
    _add_changes(store)
    _add_capacity(store)


async def _look(work: Work, policy: Policy) -> _Seen:
    rules = policy.duty
    return _Seen(
        await work.duty.colleagues(datetime.now(UTC), rules.offline_after, rules.capacity),
        await work.watching.waiting(),
        await work.targets.open_breaches(),
    )


def _add_forms(store: Store) -> None:
    @app.post(f"{PAGE}/teams", include_in_schema=False)
    async def add(request: Request, name: Annotated[str, Form(max_length=200)]) -> Response:
        lead = await admitted(request, store, Permission.DUTY)
        if not isinstance(lead, User):
            return lead
        name = " ".join(name.split())
        if not 0 < len(name) <= _LONGEST_NAME:
            return back(PAGE, "name")
        async with store.begin() as work:
            if any(team.name.casefold() == name.casefold() for team in await work.teams.all()):
                return back(PAGE, "known")
            await work.teams.add(name)
            await work.audit.note(lead, "team_added", team=name)
        return back(PAGE, "added")


def _add_changes(store: Store) -> None:
    @app.post(PAGE + "/teams/{team_id:int}", include_in_schema=False)
    async def change(
        request: Request,
        team_id: int,
        languages: Annotated[list[str], Form()] = [],  # noqa: B006  FastAPI makes a new one each time
        members: Annotated[list[int], Form()] = [],  # noqa: B006
    ) -> Response:
        lead = await admitted(request, store, Permission.DUTY)
        if not isinstance(lead, User):
            return lead
        async with store.begin() as work:
            known = {user.id for user in await work.users.all()}
            name = _name_of(await work.teams.all(), team_id)
            if name is None or not known.issuperset(members) or not set(languages) <= set(LANGUAGES):
                return back(PAGE, "gone")
            await work.teams.change(team_id, set(languages), set(members))
            await work.audit.note(lead, "team_changed", team=name)
        return back(PAGE, "changed")

    @app.post(PAGE + "/teams/{team_id:int}/remove", include_in_schema=False)
    async def remove(request: Request, team_id: int) -> Response:
        lead = await admitted(request, store, Permission.DUTY)
        if not isinstance(lead, User):
            return lead
        async with store.begin() as work:
            name = _name_of(await work.teams.all(), team_id)
            if name is None:
                return back(PAGE, "gone")
            await work.teams.remove(team_id)
            await work.audit.note(lead, "team_removed", team=name)
            await work.changed("")
        return back(PAGE, "removed")


def _add_capacity(store: Store) -> None:
    @app.post(PAGE + "/people/{user_id:int}/capacity", include_in_schema=False)
    async def capacity(request: Request, user_id: int, most: Annotated[int, Form(ge=0, le=_MOST)]) -> Response:
        lead = await admitted(request, store, Permission.DUTY)
        if not isinstance(lead, User):
            return lead
        async with store.begin() as work:
            person = next((user for user in await work.users.all() if user.id == user_id), None)
            if person is None:
                return back(PAGE, "gone")
            await work.duty.set_capacity(person.id, most)
            await work.audit.note(lead, "capacity_set", username=person.username, most=most)
            await work.people_changed()
        return back(PAGE, "capacity")


def _name_of(teams: Sequence[Team], team_id: int) -> str | None:
    return next((team.name for team in teams if team.id == team_id), None)


def _draw_now(words: Words, seen: _Seen) -> None:
    order = list(Presence)
    there = sum(each.presence is Presence.ONLINE for each in seen.colleagues)
    with card(words("duty.people"), words("duty.there", n=there), testid="duty-people"):
        for each in sorted(seen.colleagues, key=lambda each: order.index(each.presence)):
            with tag("div", css="duty-row", testid="duty-person", data_username=each.user.username):
                draw_colleague(words, each)
    with card(words("duty.waiting"), testid="duty-waiting"):
        if not seen.waiting:
            tag("p", words("duty.nobody_waits"), css="quiet")
        for chat in seen.waiting[:_MOST]:
            with tag("a", css="duty-row", href=f"/console?c={chat.conversation.id}", testid="duty-chat"):
                heat(words, chat.conversation.severity)
                tag("bdi", shopper_name(words, chat.conversation), dir="auto")
                tag("span", language_name(words, chat.conversation.language), css="quiet")
                tag("span", words(f"reason.{chat.handoff.reason.value}"), css="quiet")
                tag("wait-clock", css="wait", since=chat.since.isoformat(), title=words("queue.waits"))
    with card(words("duty.late"), testid="duty-late"):
        if not seen.late:
            tag("p", words("duty.nothing_late"), css="quiet")
        for target in seen.late:
            with tag("a", css="duty-row", href=f"/console?c={target.conversation_id}", testid="duty-breach"):
                icon("schedule", css="trouble")
                tag("b", words(f"duty.target.{target.kind.value}"))
                tag("wait-clock", css="wait late", since=target.due_at.isoformat(), title=words("duty.late_for"))


def _draw_holidays(words: Words, hours: Hours) -> None:
    """Draw the next days on which nobody is there, by the shop's clock; nothing where there are none."""
    today = datetime.now(hours.zone).date()
    coming = sorted((day, name) for day, name in hours.holidays.items() if day >= today)[:_COMING]
    if not coming:
        return
    with card(words("duty.holidays"), testid="holidays"):
        for day, name in coming:
            with tag("p", css="duty-row", testid="holiday"):
                icon("event_busy", css="trouble" if day == today else "")
                tag("b", words.dated(day, today=today))
                tag("span", name, dir="auto")


def _draw_capacities(words: Words, colleagues: Sequence[Colleague]) -> None:
    """Draw how many chats each is given at once; apart from what is drawn anew, so that nothing typed is lost."""
    with card(words("duty.capacity"), words("duty.capacity_note"), testid="capacities"):
        for each in colleagues:
            with tag("div", css="duty-row", testid="duty-capacity", data_username=each.user.username):
                tag("bdi", each.user.display_name, dir="auto")
                with form(f"{PAGE}/people/{each.user.id}/capacity", css="duty-capacity"):
                    label = words("duty.capacity_of", name=each.user.display_name)
                    box = tag("input", type="number", name="most", min=0, max=_MOST, required=True,
                              aria_label=label, title=label, testid="capacity")  # fmt: skip
                    # A `value` would be written back over what is being typed whenever the page is drawn.
                    box.props[".defaultValue"] = str(each.capacity)
                    submit(words("duty.save"), testid="save-capacity")


def _draw_teams(words: Words, teams: Sequence[Team], colleagues: Sequence[Colleague]) -> None:
    with card(words("duty.teams"), words("duty.teams_note"), testid="teams"):
        for team in teams:
            with tag("details", css="duty-team", testid="team"):
                with tag("summary"):
                    tag("b", team.name, dir="auto")
                    tag("span", words("duty.members", n=len(team.members)), css="quiet")
                _draw_team(words, team, colleagues)
        with form(f"{PAGE}/teams", testid="add-team", css="duty-add"):
            with tag("label", css="field"):
                tag("span", words("duty.team_name"))
                tag("input", name="name", required=True, maxlength=_LONGEST_NAME, dir="auto", testid="team-name")
            submit(words("duty.add_team"), css="primary", sign="add", testid="add")


def _draw_team(words: Words, team: Team, colleagues: Sequence[Colleague]) -> None:
    with form(f"{PAGE}/teams/{team.id}", testid="team-form"):
        with tag("fieldset", css="duty-choices"):
            tag("legend", words("duty.languages"))
            for language in LANGUAGES:
                _choice("languages", language, words(f"language.{language}"), on=language in team.languages)
        with tag("fieldset", css="duty-choices"):
            tag("legend", words("duty.members_of"))
            for each in colleagues:
                _choice("members", each.user.id, each.user.display_name, on=each.user.id in team.members)
        submit(words("duty.save"), css="primary", testid="save-team")
    with tag("details", css="duty-remove", testid="remove-team"):
        tag("summary", words("duty.remove_team"), css="button")
        tag("p", words("duty.remove_why"), css="quiet")
        with form(f"{PAGE}/teams/{team.id}/remove"):
            submit(words("duty.remove_yes"), testid="remove-team-yes")


def _choice(name: str, value: object, text: str, *, on: bool) -> None:
    with tag("label", css="check"):
        tag("input", type="checkbox", name=name, value=value, checked=True if on else None)
        tag("span", text, dir="auto")
