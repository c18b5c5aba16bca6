"""What an open console does for people on duty: its heartbeat, stepping away, alerts, and passing a chat on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from nicegui import ui
from nicegui.events import GenericEventArguments

from actions.policy import Policy
from bot.console.board import ALERT_IS_NEWS
from bot.console.elements import Tag, button, icon, notify, tag
from bot.console.texts import Words
from bot.domain.duty import Colleague, Presence, Team
from bot.domain.people import User
from bot.domain.permissions import Permission, may
from bot.store.unit_of_work import Store

_BEAT = 20.0

type PassOn = Callable[[User | None, Team | None, str], Awaitable[bool]]
"""Passes the open chat to a person or a team with a note; returns whether it went."""


class DutyControls:
    """One open page of somebody who answers."""

    def __init__(self, store: Store, user: User, words: Words, policy: Callable[[], Policy]) -> None:
        self._store, self._user, self._words, self._policy = store, user, words, policy
        self._client = ui.context.client
        self._away = False

    def draw(self) -> None:
        """Draw the switch in the bar, and begin to be heard of."""
        self._switch = tag("button", css="tool presence", type="button", testid="presence")
        with self._switch:
            self._dot = tag("span", css="dot dot-online", aria_hidden="true")
            self._said = tag("span", css="only-wide")
        self._switch.on("click", self.step_away, js_handler="() => emit()")
        self._show()
        places = [("/alerts", "duty.own_alerts", "notifications")]
        if may(self._user, Permission.DUTY):
            places.append(("/duty", "duty.title", "supervisor_account"))
        for path, title, sign in places:
            name = self._words(title)
            with tag("a", css="tool", href=path, title=name, aria_label=name, testid=f"to{path.replace('/', '-')}"):
                icon(sign)
        ui.timer(_BEAT, self.beat)
        self._client.on_connect(self.tell_alerts)

    @property
    def away(self) -> bool:
        """True while this person has stepped away."""
        return self._away

    async def beat(self) -> None:
        """Say that this page is open; everybody's pages are told when somebody comes."""
        now = datetime.now(UTC)
        async with self._store.begin() as work:
            before = await work.duty.seen(self._user.id, now)
            self._away = await work.duty.is_away(self._user.id)
            if before is None or now - before >= self._policy().duty.offline_after:
                await work.people_changed()
        self._show()

    async def step_away(self) -> None:
        """Step away, or come back."""
        async with self._store.begin() as work:
            self._away = not await work.duty.is_away(self._user.id)
            await work.duty.set_away(self._user.id, away=self._away)
            await work.audit.note(self._user, "away" if self._away else "back")
            await work.people_changed()
        self._show()

    async def tell_alerts(self) -> None:
        """Show what this person was alerted to and has not seen; a page that nobody looks at any more takes nothing away."""
        if not self._client.has_socket_connection:
            return
        async with self._store.begin() as work:
            unseen = await work.alerts.unseen(self._user.id, datetime.now(UTC) - ALERT_IS_NEWS)
        for about in dict.fromkeys(about.partition(" ")[0] for _, about in unseen):
            count = sum(each.partition(" ")[0] == about for _, each in unseen)
            with self._client.content:
                notify(self._words(f"duty.alert.{about}", n=count), "bad")

    async def colleagues(self) -> tuple[Sequence[Colleague], Sequence[Team]]:
        """Return everybody and every team."""
        rules = self._policy().duty
        async with self._store.begin() as work:
            there = await work.duty.colleagues(datetime.now(UTC), rules.offline_after, rules.capacity)
            return there, await work.teams.all()

    def _show(self) -> None:
        state = Presence.AWAY if self._away else Presence.ONLINE
        text = self._words(f"duty.{state}")
        self._said.set_text(text)
        self._dot.classes(replace=f"dot dot-{state}")
        title = self._words("duty.switch", state=text)
        self._switch.props["aria-label"] = self._switch.props["title"] = title
        self._switch.props["aria-pressed"] = "true" if self._away else "false"


class PassOnDialog:
    """Asks to whom a chat goes, and what they should know."""

    def __init__(self, duty: DutyControls, user: User, words: Words, pass_on: PassOn) -> None:
        self._duty, self._user, self._words, self._pass_on = duty, user, words, pass_on
        self._note = ""
        self._dialog = ui.dialog().classes("keys-dialog")
        with (
            self._dialog,
            tag("div", css="sheet pass-on", role="dialog", aria_label=words("duty.pass_on"), testid="pass-on"),
        ):
            tag("h2", words("duty.pass_on"))
            with tag("label", css="field"):
                tag("span", words("duty.note"))
                self._box = tag("textarea", rows=2, maxlength=2000, dir="auto", testid="pass-on-note")
            self._box.on("input", self._keep, js_handler="(e) => emit(e.target.value)")
            self._choices = tag("div", css="pass-on-choices")
            button(words("keys.close"), self._dialog.close)

    async def open(self) -> None:
        """Show who there is, those on duty first."""
        colleagues, teams = await self._duty.colleagues()
        order = list(Presence)
        self._note = ""
        self._box.run_method("focus")
        self._choices.clear()
        with self._choices:
            self._draw_people(
                sorted((c for c in colleagues if c.user.id != self._user.id), key=lambda c: order.index(c.presence))
            )
            if teams:
                tag("h3", self._words("duty.teams"))
            for team in teams:
                made = button(team.name, lambda team=team: self._go(None, team), sign="groups", testid="pass-to-team")
                made.props["dir"] = "auto"
        self._dialog.open()

    def _draw_people(self, people: Sequence[Colleague]) -> None:
        tag("h3", self._words("duty.people"))
        if not people:
            tag("p", self._words("duty.alone"), css="quiet")
        for each in people:
            made = button("", lambda each=each: self._go(each.user, None), css="colleague", testid="pass-to")
            with made:
                draw_colleague(self._words, each)

    def _keep(self, event: GenericEventArguments) -> None:
        self._note = str(event.args)

    async def _go(self, person: User | None, team: Team | None) -> None:
        if await self._pass_on(person, team, self._note):
            self._dialog.close()


def draw_colleague(words: Words, each: Colleague) -> Tag:
    """Draw a name with whether they are there and how much they hold."""
    with tag("span", css="colleague-name") as made:
        tag("span", css=f"dot dot-{each.presence}", aria_hidden="true")
        tag("bdi", each.user.display_name, dir="auto")
        tag("span", words(f"duty.{each.presence}"), css="quiet")
        tag("span", words("duty.load", n=each.load, most=each.capacity), css="quiet")
    return made
