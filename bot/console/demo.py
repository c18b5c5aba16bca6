"""`/` until a real channel is set up: a shopper's phone beside the operators' console, both live."""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import app, ui
from nicegui.events import GenericEventArguments

from bot.channels.ports import Intake
from bot.channels.web.parse import CHANNEL, MAX_TEXT, parse_message
from bot.console import theme
from bot.console.elements import KeyedList, Tag, button, icon, notify, tag
from bot.console.live import Changes, Live
from bot.console.texts import Texts, Words
from bot.console.visitor import SHOPPER_KEY, from_this_machine, words_for
from bot.domain.conversation import Holder
from bot.domain.messages import Author, Delivery
from bot.domain.people import Message
from bot.store.unit_of_work import Store

log = structlog.get_logger()

_SUGGESTIONS = 5


def add_demo(store: Store, feed: Changes, inbox: Intake, texts: Texts, *, on: bool) -> None:
    """Add the front page: the demo for a browser on this machine while it is on, the console for everybody else."""

    @theme.page_at("/")
    async def front(request: Request, new: bool = False) -> Response | None:  # noqa: FBT001, FBT002  a query parameter
        if not on or not from_this_machine(request):
            return RedirectResponse("/console", status_code=303)
        kept = app.storage.browser
        if new or not kept.get(SHOPPER_KEY):
            kept[SHOPPER_KEY] = secrets.token_urlsafe(16)
            if new:
                return RedirectResponse("/", status_code=303)
        words = words_for(request, texts)
        theme.dress(words, f"{words('demo.title')} · {words('app.name')}")
        _draw_page(words, texts.languages, Phone(store, feed, inbox, words, kept[SHOPPER_KEY]))
        return None


class Phone:
    """A messenger on a shopper's phone. It speaks to the gateway as every channel does."""

    def __init__(self, store: Store, feed: Changes, inbox: Intake, words: Words, session: str) -> None:
        self._store, self._feed, self._inbox, self._words, self._session = store, feed, inbox, words, session
        self._client = ui.context.client
        self._conversation_id: str | None = None

    def draw(self) -> None:
        """Draw the phone and keep it live."""
        words = self._words
        with tag("section", css="phone", aria_label=words("demo.phone"), testid="phone"):
            with tag("header", css="phone-head"):
                tag("span", css="brand-mark", aria_hidden="true")
                with tag("div"):
                    tag("b", words("demo.shop"))
                    tag("span", words("demo.online"), css="quiet")
                fresh = tag("a", css="tool", href="/?new=true", aria_label=words("demo.new"), title=words("demo.new"),
                            testid="new-shopper")  # fmt: skip
                with fresh:
                    icon("person_add")
            with tag("div", css="tail-frame"), tag("scroll-tail", css="tail phone-tail", role="log", tabindex="0",
                                                   aria_label=words("chat.transcript"), of=self._session):  # fmt: skip
                self._start = tag("p", words("demo.start"), css="empty")
                self._lines = KeyedList(tag("div", css="lines"), self._shell, self._draw_message)
                self._typing = tag("div", css="typing", role="status", aria_label=words("demo.typing"), testid="typing")
                with self._typing:
                    for _ in range(3):
                        tag("i")
                self._typing.set_visibility(False)
            self._draw_suggestions()
            self._draw_box()
        Live(self._feed, self.refresh, self._show_current)

    async def refresh(self, changed: frozenset[str]) -> None:
        """Show what was said since."""
        if self._conversation_id is not None and not changed & {"", self._conversation_id}:
            return
        async with self._store.begin() as work:
            conversation = await work.conversations.known(CHANNEL, self._session)
            if conversation is None:
                return
            self._conversation_id = conversation.id
            messages = await work.messages.transcript(conversation.id)
        seen = [
            m for m in messages if m.author is Author.SHOPPER or m.delivery not in {Delivery.QUEUED, Delivery.WITHDRAWN}
        ]
        self._start.set_visibility(not seen)
        self._lines.show([(m.id, (m, m is seen[-1])) for m in seen])
        unanswered = any(m.author is Author.SHOPPER and m.handled_at is None for m in messages)
        on_its_way = any(m.delivery is Delivery.QUEUED for m in messages)
        self._typing.set_visibility((unanswered and conversation.holder is Holder.BOT) or on_its_way)

    async def _say(self, text: str, payload: str | None = None) -> bool:
        body: dict[str, Any] = {"id": secrets.token_hex(8), "text": text} | ({"payload": payload} if payload else {})
        message = parse_message(self._session, body)
        if message is None:
            return False
        try:
            await self._inbox.receive(message)
        except Exception:
            log.exception("demo.not_received")
            self._warn()
            return False
        await self.refresh(frozenset({""}))
        return True

    async def _on_send(self, event: GenericEventArguments) -> None:
        sent = await self._say(str(event.args[1]))
        self._client.run_javascript(f"warmline.settle('{self._box.html_id}', '', {str(sent).lower()})")

    def _show_current(self, current: bool) -> None:  # noqa: FBT001 - a callback's only argument
        if not current:
            self._warn()

    def _warn(self) -> None:
        with self._client.content:
            notify(self._words("demo.failed"), "bad")

    def _shell(self, value: tuple[Message, bool]) -> Tag:
        message, _ = value
        shell = tag("article", css=f"message by-{message.author.value}", testid="phone-message")
        shell.props["data-author"] = message.author.value
        return shell

    def _draw_message(self, value: tuple[Message, bool]) -> None:
        message, last = value
        with tag("div", css="bubble"):
            tag("div", message.text, css="text", dir="auto")
            tag("time", self._words.clock(message.created_at), datetime=message.created_at.isoformat())
        if message.buttons and last:
            with tag("div", css="offers"):
                for offered in message.buttons:
                    pressed = tag(
                        "button", offered.title, css="offer", type="button", dir="auto", testid="phone-button"
                    )
                    pressed.on(
                        "click", lambda offered=offered: self._say(offered.title, offered.payload),
                        js_handler="(e) => { e.target.disabled = true; emit() }",
                    )  # fmt: skip

    def _draw_suggestions(self) -> None:
        words = self._words
        with tag("div", css="suggestions", role="group", aria_label=words("demo.suggestions")):
            for number in range(1, _SUGGESTIONS + 1):
                text = words(f"demo.say_{number}")
                made = tag("button", text, css="suggestion", type="button", dir="auto", testid="suggestion")
                made.on("click", lambda text=text: self._say(text), js_handler="() => emit()")

    def _draw_box(self) -> None:
        words = self._words
        with tag("div", css="composer-row phone-box"):
            self._box = tag("textarea", css="box", rows=1, maxlength=MAX_TEXT, dir="auto", testid="phone-input",
                            placeholder=words("demo.placeholder"), aria_label=words("demo.placeholder"))  # fmt: skip
            send = tag("button", css="button primary send", type="button", testid="phone-send",
                       aria_label=words("demo.send"), title=words("demo.send"))  # fmt: skip
            with send:
                icon("send")
        box = f"document.getElementById('{self._box.html_id}')"
        self._box.on("keydown", self._on_send, js_handler="(e) => warmline.enter(e, emit)")
        self._box.on("input", js_handler="(e) => { e.target.sent = null; warmline.grow(e.target) }")
        send.on("click", self._on_send, js_handler=f"() => warmline.send({box}, emit)")


def _draw_page(words: Words, languages: tuple[str, ...], phone: Phone) -> None:
    root = tag("div", css="demo", testid="demo")
    root.props["data-view"] = "phone"
    with root:
        with tag("header", css="bar"):
            with tag("div", css="brand"):
                tag("span", css="brand-mark", aria_hidden="true")
                tag("h1", words("app.name"))
            tag("p", words("demo.lead"), css="lead quiet only-wide", title=words("demo.hint"))
            tag("span", css="space")
            theme.bar(words, languages)
        with tag("div", css="tabs only-narrow", role="group"):
            for view in ("phone", "console"):
                made = button(
                    words(f"demo.{view}"), lambda view=view: _show(root, view), css="tab", testid=f"tab-{view}"
                )
                made.props["data-tab"] = view
        with tag("main", css="demo-split"):
            phone.draw()
            tag("iframe", css="demo-console", src="/console", title=words("demo.console"), testid="console-frame")


def _show(root: Tag, view: str) -> None:
    root.props["data-view"] = view
