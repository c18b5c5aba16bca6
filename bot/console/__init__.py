"""The web pages people look at: the operators' console, its login, and the demo."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from fastapi import FastAPI, Request
from fastapi.responses import Response
from nicegui import app as pages
from nicegui import ui
from nicegui.client import templates
from nicegui.storage import Storage

from actions.policy_file import PolicySource
from bot.channels.ports import Intake, Sender
from bot.console import theme
from bot.console.account_page import add_account
from bot.console.alerts_page import add_alerts
from bot.console.attaching import Attaching
from bot.console.audit_page import add_audit
from bot.console.board import Board
from bot.console.canned_page import PATH as CANNED
from bot.console.canned_page import CannedPage
from bot.console.demo import add_demo
from bot.console.duty_page import add_duty
from bot.console.entrance import Entrance
from bot.console.faces import Faces
from bot.console.guard import Guard, News
from bot.console.headers import OurFormsOnly, SafeHeaders, mark_scripts
from bot.console.keeping import add_keeping
from bot.console.login import add_login, admitted
from bot.console.page import ConsolePage, conversation_in
from bot.console.people_page import add_people
from bot.console.second_step import add_second_step
from bot.console.single_sign_on import SingleSignOn, add_single_sign_on
from bot.console.swift import quicken
from bot.console.texts import Texts
from bot.console.visitor import logged_in, words_for
from bot.console.welcome import add_welcome
from bot.console.writing import Writing
from bot.domain.people import User
from bot.domain.permissions import Permission, may
from bot.handoff.correcting import Corrector
from bot.handoff.desk import Desk
from bot.handoff.order_acts import OrderActs
from bot.media.doors import Links, routes
from bot.media.examining import Examiner
from bot.media.shoppers import Shoppers
from bot.media.vault import Vault
from bot.settings import Settings
from bot.store.seal import Seal
from bot.store.unit_of_work import Store
from responses.book import ResponseBook

_WEEK = 7 * 24 * 3600


class Channels(Protocol):
    """The part of `bot.channels.registry.Channels` that pages need."""

    @property
    def senders(self) -> Mapping[str, Sender]:
        """Who sends in each channel that is set up."""
        ...

    async def address_to_start(self, argument: str) -> str | None:
        """Where a chat with the bot begins with `/start argument`."""
        ...


class Parts(Protocol):
    """What the pages need of `bot.wiring.Parts`."""

    @property
    def settings(self) -> Settings:
        """What was configured."""
        ...

    @property
    def store(self) -> Store:
        """The database."""
        ...

    @property
    def policy(self) -> PolicySource:
        """The policy in force."""
        ...

    @property
    def book(self) -> ResponseBook:
        """What the bot says."""
        ...

    @property
    def channels(self) -> Channels:
        """The channels of the shop."""
        ...

    @property
    def desk(self) -> Desk:
        """Where operators take and return conversations."""
        ...

    @property
    def corrector(self) -> Corrector:
        """Where readings are corrected."""
        ...

    @property
    def order_acts(self) -> OrderActs:
        """What may be done about orders."""
        ...

    @property
    def feed(self) -> News:
        """What changes, as it changes."""
        ...

    @property
    def vault(self) -> Vault:
        """Where files are kept."""
        ...

    @property
    def examiner(self) -> Examiner:
        """What looks at files before they are kept."""
        ...

    @property
    def links(self) -> Links:
        """Addresses by which providers fetch files."""
        ...

    @property
    def inbox(self) -> Intake:
        """Where the demo's shopper writes to."""
        ...


def mount(app: FastAPI, parts: Parts) -> None:
    """Add every page to the gateway. Call it once in a process and after all other routes: what nobody else answers comes here."""
    settings, store = parts.settings, parts.store
    texts = Texts.load()
    quicken()
    Storage.path = _drafts_folder(settings.warmline_home)
    writing = Writing(
        store, parts.channels.senders, parts.book, parts.policy.current, settings.default_language, parts.examiner.limit
    )
    theme.serve_files()
    add_duty(store, parts.feed, texts, parts.policy.current)
    add_alerts(store, texts, parts.channels.address_to_start)
    Guard(store, parts.feed)
    entrance = Entrance(store, settings.second_step_for)
    provider = SingleSignOn.of(settings)
    add_login(store, texts, entrance, sign_on=provider is not None)
    if provider is not None:
        add_single_sign_on(entrance, provider)
    add_second_step(store, texts, entrance, Seal(settings.seal_key))
    add_welcome(store, texts)
    add_account(store, texts, entrance)
    public_url = str(settings.public_url) if settings.public_url else None
    add_people(store, texts, public_url, sign_on=provider is not None)
    add_audit(store, texts)
    add_demo(store, parts.feed, parts.inbox, texts, on=settings.demo_on)

    async def may_look(request: Request) -> bool:
        user = await logged_in(request, store)
        return user is not None and may(user, Permission.CHATS)

    pages.include_router(routes(store, parts.vault, parts.links, may_look))
    Attaching(store, parts.vault, parts.examiner, parts.desk, writing).add(texts)
    add_keeping(store, Shoppers(store, parts.vault), texts)

    board, faces = Board(store, parts.feed), Faces()

    @theme.page_at("/console")
    async def console(request: Request, c: str = "") -> Response | None:
        user = await admitted(request, store, Permission.CHATS)
        if not isinstance(user, User):
            return user
        words = words_for(request, texts)
        theme.dress(words, f"{words('app.console')} · {words('app.name')}")
        page = ConsolePage(
            store, parts.desk, parts.corrector, parts.order_acts, board, faces, user, words, texts.languages,
            pages.storage.user, parts.policy.current, request.query_params, writing,
        )  # fmt: skip
        await page.start(conversation_in(c))
        return None

    @theme.page_at(CANNED)
    async def ready_made(request: Request, language: str = "") -> Response | None:
        user = await admitted(request, store, Permission.TEXTS)
        if not isinstance(user, User):
            return user
        words = words_for(request, texts)
        theme.dress(words, words("canned.list"))
        chosen = language if language in texts.languages else words.language
        await CannedPage(store, user, words, texts.languages, chosen).show()
        return None

    # Quasar's bar for requests of a page's own: ours makes none, and screen readers would read it without a name.
    pages.config.quasar_config["loadingBar"]["skipHijack"] = True
    mark_scripts(templates)
    pages.add_middleware(OurFormsOnly)
    pages.add_middleware(SafeHeaders)
    https = settings.public_url is not None and settings.public_url.scheme == "https"
    ui.run_with(
        app,
        title="Warmline",
        favicon=theme.STATIC / "favicon.svg",
        dark=None,
        tailwind=False,
        reconnect_timeout=30,
        storage_secret=settings.session_secret,
        session_middleware_kwargs={
            "session_cookie": "warmline",
            "max_age": _WEEK,
            "same_site": "lax",
            "https_only": https,
        },
        show_welcome_message=False,
    )


def _drafts_folder(home: Path) -> Path:
    """Return where drafts and choices of each session are kept, without those of sessions that are over."""
    folder = (home / "console").resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.glob("storage-user-*.json"):
        if file.stat().st_mtime < time.time() - _WEEK:
            file.unlink(missing_ok=True)
    return folder
