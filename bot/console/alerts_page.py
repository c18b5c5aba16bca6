"""`/alerts`: everybody's own chat for alerts, linked by a command that is good once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from fastapi import Request
from fastapi.responses import Response
from nicegui import app

from bot.console import theme
from bot.console.duty_frame import back, card, page
from bot.console.elements import icon, tag
from bot.console.frame import form, submit
from bot.console.login import admitted
from bot.console.texts import Texts
from bot.console.visitor import language_of
from bot.domain.people import User
from bot.domain.permissions import Permission
from bot.handoff.alerts import new_link
from bot.store.unit_of_work import Store

PAGE: Final = "/alerts"


def add_alerts(store: Store, texts: Texts, address_to_start: Callable[[str], Awaitable[str | None]]) -> None:
    """Add the page and what its forms do; `address_to_start` opens a chat with the bot by what is said there first."""

    @theme.page_at(PAGE)
    async def alerts(request: Request) -> Response | None:
        user = await admitted(request, store, Permission.CHATS)
        if not isinstance(user, User):
            return user
        async with store.begin() as work:
            channel = await work.alerts.linked(user.id)
        with (
            page(request, texts, user, "duty.own_alerts") as words,
            card(words("duty.own_chat"), words("duty.own_note")),
        ):
            if channel is None:
                with form(f"{PAGE}/link"):
                    submit(words("duty.link"), css="primary", sign="link", testid="link")
            else:
                name = words(f"channel.{channel}") if words.has(f"channel.{channel}") else channel
                tag("p", words("duty.linked", channel=name), testid="linked")
                with form(f"{PAGE}/unlink"):
                    submit(words("duty.unlink"), sign="link_off", testid="unlink")
        return None

    # Nothing that is secret stands in an address: the command is drawn by the page that made it.
    @theme.page_at(f"{PAGE}/new")
    async def new(request: Request) -> Response | None:
        user = await admitted(request, store, Permission.CHATS)
        if not isinstance(user, User):
            return user
        async with store.begin() as work:
            argument = await new_link(work, user.id, language_of(request, texts), datetime.now(UTC))
            await work.audit.note(user, "alerts_link_made")
        address = await address_to_start(argument)
        with (
            page(request, texts, user, "duty.own_alerts") as words,
            card(words("duty.own_chat"), words("duty.send_this")),
        ):
            tag("code", f"/start {argument}", css="duty-command", dir="ltr", testid="command")
            if address is not None:
                with tag(
                    "a", css="button primary", href=address, target="_blank", rel="noopener", testid="open-telegram"
                ):
                    icon("send")
                    tag("span", words("duty.open_telegram"))
            tag("a", words("duty.sent_it"), css="button", href=PAGE)
        return None

    @app.post(f"{PAGE}/link", include_in_schema=False)
    async def link(request: Request) -> Response:
        user = await admitted(request, store, Permission.CHATS)
        return back(f"{PAGE}/new", "") if isinstance(user, User) else user

    @app.post(f"{PAGE}/unlink", include_in_schema=False)
    async def unlink(request: Request) -> Response:
        user = await admitted(request, store, Permission.CHATS)
        if not isinstance(user, User):
            return user
        async with store.begin() as work:
            await work.alerts.unlink(user.id)
            await work.audit.note(user, "alerts_unlinked")
        return back(PAGE, "unlinked")
