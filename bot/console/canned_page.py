"""Where leads change the ready-made replies: those that come with Warmline, and the shop's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nicegui import ui

from bot.console.canned import own_reply, shipped
from bot.console.dialog import Answer, Dialog, choice, words_field
from bot.console.elements import KeyedList, button, notify, tag
from bot.console.frame import draw_bar
from bot.console.marks import language_name
from bot.console.texts import Words
from bot.domain.canned import ANY, MAX_NAME, MAX_REPLY, STANCES, Canned, merged
from bot.domain.people import User
from bot.domain.permissions import Permission
from bot.store.unit_of_work import Store

PATH: Final = "/canned"


class CannedPage:
    """The replies of one language. What is done is in the audit; texts are not."""

    def __init__(self, store: Store, user: User, words: Words, languages: tuple[str, ...], language: str) -> None:
        self._store, self._user, self._words, self._language = store, user, words, language
        self._own: Mapping[tuple[str, str, str], Canned] = {}
        self._shipped = {each.place: each for each in shipped()}
        self._dialog = Dialog(words)
        with tag("div", css="canned-page", testid="canned-page"):
            ui.page_title(f"{words('canned.list')} · {words('app.name')}")
            draw_bar(words, languages, user, PATH)
            with tag("main", css="canned-main", id="main"):
                tag("h1", words("canned.list"))
                with tag("nav", css="pills", aria_label=words("language.label")):
                    for each in languages:
                        current = "page" if each == language else None
                        tag("a", language_name(words, each), css="pill", href=f"{PATH}?language={each}",
                            aria_current=current, testid=f"canned-{each}")  # fmt: skip
                tag("p", words("canned.lead"), css="quiet")
                button(words("canned.add"), self._add, sign="add", css="primary", testid="canned-add")
                self._rows = KeyedList(tag("ul", css="canned-rows"), lambda _: tag("li", css="card"), self._draw)

    async def show(self) -> None:
        """Draw every reply of the language as it is now."""
        async with self._store.begin() as work:
            self._own = {each.place: each for each in await work.canned.all()}
        replies = merged(self._shipped.values(), self._own.values())
        hidden = [each for each in self._own.values() if each.text is None and each.place in self._shipped]
        here = sorted((each for each in (*replies, *hidden) if each.language == self._language), key=lambda r: r.place)
        self._rows.show([(each.place, (each, each.place in self._own)) for each in here])

    def _draw(self, shown: tuple[Canned, bool]) -> None:
        reply, own = shown
        words = self._words
        with tag("header", css="canned-head"):
            tag("b", f"/{reply.name}", dir="auto", testid="canned-name")
            tag("span", words(f"canned.stance.{reply.stance}"), css="fact-mark")
            if own:
                state = "canned.hidden" if reply.text is None else "canned.own"
                tag("span", words(state), css="holder", testid="canned-state")
            tag("span", css="space")
            if reply.text is not None:
                button(words("canned.edit"), lambda: self._edit(reply), sign="edit", testid="canned-edit")
            if own:
                text = words("canned.restore" if reply.place in self._shipped else "canned.remove")
                button(text, lambda: self._drop(reply), sign="undo", testid="canned-drop")
            else:
                button(words("canned.hide"), lambda: self._hide(reply), sign="visibility_off", testid="canned-hide")
        if reply.text is not None:
            tag("p", reply.text, css="text", dir="auto", testid="canned-text")

    async def _add(self) -> None:
        answer = await self._dialog.ask(self._words("canned.add"), self._words("canned.save"), self._fields)
        if answer is not None:
            await self._keep(answer, None)

    async def _edit(self, reply: Canned) -> None:
        title = f"{self._words('canned.edit')}: /{reply.name}"
        answer = await self._dialog.ask(title, self._words("canned.save"), lambda: self._text_field(reply.text or ""))
        if answer is not None:
            await self._keep(answer, reply)

    async def _keep(self, answer: Answer, reply: Canned | None) -> None:
        name = reply.name if reply else answer.get("name", "")
        stance = reply.stance if reply else answer.get("stance", ANY)
        try:
            kept = own_reply(name, self._language, stance, answer.get("text", ""))
        except ValueError:
            notify(self._words("canned.wrong"), "bad")
            return
        await self._put(kept)

    async def _hide(self, reply: Canned) -> None:
        await self._put(Canned(reply.name, reply.language, reply.stance, None))

    async def _put(self, reply: Canned) -> None:
        async with self._store.begin() as work:
            await work.users.must_be_allowed(self._user, Permission.TEXTS)
            await work.canned.put(reply, self._user.id)
            about = {"name": reply.name, "language": reply.language, "stance": reply.stance}
            await work.audit.note(self._user, "canned_put", **about, hidden=reply.text is None)
        await self.show()

    async def _drop(self, reply: Canned) -> None:
        async with self._store.begin() as work:
            await work.users.must_be_allowed(self._user, Permission.TEXTS)
            await work.canned.drop(reply)
            await work.audit.note(
                self._user, "canned_drop", name=reply.name, language=reply.language, stance=reply.stance
            )
        await self.show()

    def _fields(self) -> None:
        with tag("label", css="field"):
            tag("span", self._words("canned.name"))
            tag("input", type="text", name="name", required=True, maxlength=MAX_NAME, autocomplete="off", dir="auto",
                testid="ask-name").props["data-autofocus"] = True  # fmt: skip
        stances = {stance: self._words(f"canned.stance.{stance}") for stance in STANCES}
        choice("stance", stances, label=self._words("canned.mood"), chosen=ANY, first=False)
        self._text_field("")

    def _text_field(self, text: str) -> None:
        words_field("text", self._words("canned.text"), limit=MAX_REPLY, first=bool(text), value=text)
        tag("p", self._words("canned.variables"), css="quiet")
