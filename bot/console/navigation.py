"""The ways between pages: those that somebody's role allows, and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.console.elements import icon, tag
from bot.console.texts import Words
from bot.domain.people import User
from bot.domain.permissions import Permission, may


@dataclass(frozen=True)
class Place:
    """A page that has a way to it: `title` is the key of its name."""

    path: str
    title: str
    sign: str
    permission: Permission

    @property
    def name(self) -> str:
        """What tests and styles know it by."""
        return self.path.strip("/").replace("/", "-")


PLACES: Final = (
    Place("/console", "app.console", "forum", Permission.CHATS),
    Place("/insight", "insight.figures", "bar_chart", Permission.FIGURES),
    Place("/duty", "duty.title", "event_available", Permission.DUTY),
    Place("/canned", "canned.list", "quickreply", Permission.TEXTS),
    Place("/audit", "audit.title", "history", Permission.AUDIT),
    Place("/people", "people.title", "group", Permission.PEOPLE),
)


def draw_places(words: Words, user: User, here: str) -> None:
    """Draw the ways to other pages: signs in a wide window, a menu in a narrow one."""
    places = [place for place in PLACES if may(user, place.permission)]
    with tag("nav", css="places only-wide", aria_label=words("people.places")):
        for place in places:
            with tag(
                "a", css="tool", href=place.path, testid=f"to-{place.name}", aria_label=words(place.title),
                title=words(place.title), aria_current="page" if place.path == here else None,
            ):  # fmt: skip
                icon(place.sign)
    with tag("details", css="menu only-narrow", testid="menu"):
        with tag("summary", css="tool", aria_label=words("people.places"), title=words("people.places")):
            icon("menu")
        with tag("nav", css="menu-list", aria_label=words("people.places")):
            for place in places:
                with tag("a", href=place.path, aria_current="page" if place.path == here else None):
                    icon(place.sign)
                    tag("span", words(place.title))
            with tag("a", href="/account"):
                icon("person")
                tag("span", words("account.title"))


def draw_person(words: Words, user: User) -> None:
    """Draw who is logged in, which leads to their account, and the way out."""
    with tag("form", css="me", method="post", action="/logout"):
        name = user.display_name
        tag("a", name, css="me-name only-wide", title=words("login.name", name=name), dir="auto", href="/account",
            testid="to-account")  # fmt: skip
        out = tag("button", css="tool", type="submit", aria_label=words("login.logout"), title=words("login.logout"),
                  testid="logout")  # fmt: skip
        with out:
            icon("logout")
