"""What is kept of one shopper: handed out as a ZIP, or deleted for good. For leads and admins."""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import AsyncIterator
from typing import IO, Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

import structlog
from fastapi import Form, HTTPException, Request, status
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from nicegui import app

from bot.console import theme
from bot.console.elements import icon, tag
from bot.console.login import to_login
from bot.console.texts import Texts, Words
from bot.console.visitor import logged_in, words_for
from bot.domain.people import Conversation, User
from bot.domain.permissions import Permission, may
from bot.errors import UnknownShopper, WrongTurn
from bot.media.shoppers import Shoppers
from bot.store.unit_of_work import Store

log = structlog.get_logger()

_PATH: Final = "/console/shopper"
_PROBLEMS: Final = frozenset({"wrong", "people"})
_NOT_TYPED: Final = frozenset({"Cf", "Cc", "So", "Sk", "Mn"})
_PIECE: Final = 64 * 1024
_IN_MEMORY: Final = 16 * 1024**2


def may_keep(user: User) -> bool:
    """True for those who may hand out and delete what is kept of a shopper."""
    return may(user, Permission.PRIVACY)


def draw_keeping(words: Words, user: User, conversation: Conversation) -> None:
    """Draw the ways to a shopper's data, for those who may go there."""
    if not may_keep(user) or conversation.gone_at is not None:
        return
    at = f"{_PATH}/{conversation.id}"
    with tag("section", css="card", testid="keeping"):
        tag("h3", words("keeping.title"))
        with tag("div", css="keeping-ways"):
            with tag("a", css="button", href=f"{at}/data.zip", download=True, testid="keeping-export"):
                icon("download")
                tag("span", words("keeping.export"), css="button-text")
            with tag("a", css="button", href=at, testid="keeping-erase"):
                icon("delete_forever")
                tag("span", words("keeping.erase"), css="button-text")


def add_keeping(store: Store, shoppers: Shoppers, texts: Texts) -> None:
    """Add the page on which everything about a shopper is deleted, and the archive."""
    _add_archive(store, shoppers)
    _add_page(store, shoppers, texts)
    _add_deletion(store, shoppers)


async def _allowed(
    request: Request, store: Store, shoppers: Shoppers, conversation_id: UUID
) -> tuple[User, Conversation]:
    """Return who asks and whom it is about; 404 where they may not, so that they are not told whether there is anything."""
    user = await logged_in(request, store)
    if user is None or not may_keep(user):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    try:
        return user, await shoppers.get(str(conversation_id))
    except UnknownShopper:
        raise HTTPException(status.HTTP_404_NOT_FOUND) from None


def _add_archive(store: Store, shoppers: Shoppers) -> None:
    @app.get(_PATH + "/{conversation_id}/data.zip", include_in_schema=False)
    async def export(request: Request, conversation_id: UUID) -> Response:
        user, conversation = await _allowed(request, store, shoppers, conversation_id)
        archive = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  closed when the last piece is out
        await shoppers.export(conversation.id, archive, by=user)
        archive.seek(0)
        name = f"shopper-{conversation.id[:8]}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingResponse(_pieces(archive), media_type="application/zip", headers=headers)


def _add_page(store: Store, shoppers: Shoppers, texts: Texts) -> None:
    @theme.page_at(_PATH + "/{conversation_id}")
    async def page(request: Request, conversation_id: UUID, problem: str = "") -> Response | None:
        if await logged_in(request, store) is None:
            return to_login(request)
        _, conversation = await _allowed(request, store, shoppers, conversation_id)
        words = words_for(request, texts)
        theme.dress(words, f"{words('keeping.page')} · {words('app.name')}")
        _draw_page(words, texts, conversation, problem if problem in _PROBLEMS else None)
        return None


def _add_deletion(store: Store, shoppers: Shoppers) -> None:
    @app.post(_PATH + "/{conversation_id}", include_in_schema=False)
    async def erase(
        request: Request, conversation_id: UUID, name: Annotated[str, Form(max_length=1000)] = ""
    ) -> Response:
        user, conversation = await _allowed(request, store, shoppers, conversation_id)
        if _plain(name) != _plain(_name(conversation)):
            return _again(conversation_id, "wrong")
        try:
            await shoppers.erase(conversation.id, by=user)
        except WrongTurn:
            return _again(conversation_id, "people")
        return RedirectResponse("/console", status.HTTP_303_SEE_OTHER)


def _draw_page(words: Words, texts: Texts, conversation: Conversation, problem: str | None) -> None:
    at = f"{_PATH}/{conversation.id}"
    with tag("main", css="door"):
        with tag("div", css="door-tools"):
            theme.bar(words, texts.languages)
        with tag("form", css="door-card", method="post", action=at, testid="erase"):
            tag("h1", words("keeping.page"))
            tag("p", words("keeping.goes"))
            tag("p", words("keeping.stays"), css="quiet")
            with tag("a", css="button", href=f"{at}/data.zip", download=True, testid="erase-export"):
                icon("download")
                tag("span", words("keeping.export_first"), css="button-text")
            if problem:
                tag("p", words(f"keeping.{problem}"), css="problem", role="alert", testid="erase-problem")
            with tag("label", css="field"):
                tag("span", words("keeping.type"))
                tag("b", _name(conversation), dir="auto", css="keeping-name", testid="erase-name")
                tag("input", name="name", required=True, autocomplete="off", autocapitalize="none",
                    spellcheck="false", maxlength=1000, dir="auto", testid="erase-type")  # fmt: skip
            tag("button", words("keeping.confirm"), css="button danger wide", type="submit", testid="erase-confirm")
            tag("a", words("keeping.back"), href=f"/console?c={conversation.id}", css="quiet", testid="erase-back")


def _name(conversation: Conversation) -> str:
    """Return what has to be typed: the shopper's name, else their address."""
    name = (conversation.shopper_name or "").strip()
    return name if _plain(name) else conversation.address


def _plain(name: str) -> str:
    """Return a name without what people do not see or cannot type: case, spaces, signs of direction, emoji."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) not in _NOT_TYPED)
    return " ".join(seen.casefold().split())


def _again(conversation_id: UUID, problem: str) -> RedirectResponse:
    query = urlencode({"problem": problem})
    return RedirectResponse(f"{_PATH}/{conversation_id}?{query}", status.HTTP_303_SEE_OTHER)


async def _pieces(archive: IO[bytes]) -> AsyncIterator[bytes]:
    with archive:
        while piece := archive.read(_PIECE):
            yield piece
