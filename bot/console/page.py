"""The operators' page: queue, conversation and facts, kept in step with the database and with each other."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal

import structlog
from nicegui import ui

from actions.policy import Policy
from bot.console import theme
from bot.console.acts import Act, acts_for, asked, perform
from bot.console.board import Board
from bot.console.case import STILL_OPEN, Case, load_case
from bot.console.chat import ChatColumn
from bot.console.composer import Mode
from bot.console.dialog import Answer, Dialog
from bot.console.duty import DutyControls, PassOnDialog
from bot.console.elements import notify, tag
from bot.console.faces import Faces
from bot.console.facts import FactsColumn
from bot.console.live import Live
from bot.console.marks import wish_name
from bot.console.navigation import draw_person, draw_places
from bot.console.notes import NOTE
from bot.console.order_menu import OrderMenu
from bot.console.queue import QueueColumn
from bot.console.shortcuts import Shortcuts
from bot.console.texts import Words
from bot.console.writing import Writing
from bot.domain.correction import CorrectionKind
from bot.domain.duty import Team
from bot.domain.messages import Template
from bot.domain.people import Message, User
from bot.domain.promise import Promise, PromiseMove, WithdrawReason
from bot.domain.queue import Whose
from bot.domain.remarks import Tag as Label
from bot.domain.remarks import tag_name
from bot.errors import NotAllowed, WrongTurn
from bot.handoff.correcting import Corrector
from bot.handoff.desk import Desk
from bot.handoff.order_acts import Done, OrderAct, OrderActs
from bot.handoff.remarks import Remarks
from bot.store.unit_of_work import Store

log = structlog.get_logger()

_SHOWN_AT_FIRST = 100
_LOOK_AROUND = 15.0


class ConsolePage:
    """One operator's open page."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        corrector: Corrector,
        order_acts: OrderActs,
        board: Board,
        faces: Faces,
        user: User,
        words: Words,
        languages: tuple[str, ...],
        kept: MutableMapping[str, Any],
        policy: Callable[[], Policy],
        asked: Mapping[str, str],
        writing: Writing,
    ) -> None:
        self._store, self._desk, self._user, self._words, self._kept = store, desk, user, words, kept
        self._board = board
        self._remarks = Remarks(store)
        self._corrector, self._order_acts = corrector, order_acts
        self._client = ui.context.client
        self._chosen: str | None = None
        self._case: Case | None = None
        self._said_open: str | None = None
        self._limit = _SHOWN_AT_FIRST
        self._waiting = -1
        kept.setdefault("drafts", {})
        self._duty = DutyControls(store, user, words, policy)
        self._pass_on = PassOnDialog(self._duty, user, words, self.pass_on)
        self._dialog = Dialog(words)
        self._root = tag("div", css="console", testid="console")
        with self._root:
            self._draw_bar(languages)
            with tag("nav", css="pane queue", aria_label=words("queue.title")):
                self._queue = QueueColumn(
                    store,
                    board,
                    faces,
                    user,
                    words,
                    kept,
                    asked,
                    choose=self.choose,
                    reach=self.reach,
                    moved=self._show_address,
                    away=lambda: self._duty.away,
                )
            with tag("main", css="pane chat", id="chat"):
                self._chat = ChatColumn(
                    words, user, kept["drafts"], writing,
                    act=self.act, send=self.send, note=self.note, earlier=self.earlier,
                    tag_with=self.tag, untag=self.untag, known_tags=self._remarks.known_tags,
                    leave=lambda: self.turn_to("queue"), facts=lambda: self.turn_to("facts"),
                    page=self, send_template=self.send_template, say=self._say,
                )  # fmt: skip
            with tag("aside", css="pane facts", aria_label=words("chat.facts")):
                self._facts = FactsColumn(
                    words,
                    user,
                    leave=lambda: self.turn_to("chat"),
                    settle=self.settle,
                    orders=OrderMenu(words, self, lambda: order_acts.rules),
                    now=lambda: datetime.now(policy().hours.zone),
                )
        ui.timer(_LOOK_AROUND, self._look_around, immediate=False)
        Live(board, self.refresh, self._queue.show_current, board.turn)

    async def start(self, conversation_id: str | None) -> None:
        """Draw the page for the first time, with the conversation its address names."""
        self._chosen = conversation_id
        self.turn_to("chat" if conversation_id else "queue")
        await self._duty.beat()
        await self.refresh(frozenset({""}))
        await self._queue.start()

    async def refresh(self, changed: frozenset[str]) -> None:
        """Bring everything up to date that these changes touch."""
        await self._show_queue()
        if await self._board.is_alerted(self._user):
            await self._duty.tell_alerts()
        if self._chosen and ("" in changed or self._chosen in changed):
            await self._show_case()

    async def choose(self, conversation_id: str) -> None:
        """Open a conversation."""
        if conversation_id != self._chosen:
            left, self._chosen, self._limit = self._chosen, conversation_id, _SHOWN_AT_FIRST
            if left is not None:
                await self._say_open(left, None)
        self.turn_to("chat")
        self._show_address()
        await self._show_case()
        await self._show_queue()

    async def choose_whose(self, whose: Whose) -> None:
        """Show what waits, one's own, the bot's or all in the queue."""
        await self._queue.choose_whose(whose)

    def turn_to(self, view: Literal["queue", "chat", "facts"]) -> None:
        """Where only one column fits: show this one."""
        self._root.props["data-view"] = view

    async def earlier(self) -> None:
        """Show more of the transcript."""
        self._limit += _SHOWN_AT_FIRST
        await self._show_case()

    async def act(self, name: Act) -> None:
        """Do something with the open conversation, after asking for what it needs."""
        if (chosen := self._chosen) is None or (answer := await asked(name, self._dialog, self._words)) is None:
            return
        if name is Act.TRANSFER:
            await self._pass_on.open()
            return
        if name is Act.RELEASE:
            self._queue.release(chosen)
        if await self._try(lambda: self._perform(name, chosen, answer), otherwise="problem.quicker"):
            self._say(self._words(f"action.done.{name.value}"), "good")
        await self.refresh(frozenset({chosen}))
        if name in {Act.CLAIM, Act.TAKE_OVER, Act.REOPEN} and chosen == self._chosen:
            self._chat.composer.focus()

    async def _perform(self, name: Act, chosen: str, answer: Answer) -> None:
        await perform(name, self._desk, chosen, self._user, answer, self._words)

    async def pass_on(self, person: User | None, team: Team | None, note: str) -> bool:
        """Pass the open conversation to somebody, or to a team."""
        if (chosen := self._chosen) is None:
            return False
        went = await self._try(
            lambda: self._desk.transfer(chosen, self._user, to=person, team=team, note=note),
            otherwise="problem.quicker",
        )
        if went:
            name = person.display_name if person else team.name if team else ""
            self._say(self._words("duty.passed_on", name=name), "good")
        await self.refresh(frozenset({chosen}))
        return went

    async def settle(self, promise: Promise, move: PromiseMove, reason: WithdrawReason | None) -> None:
        """Keep, withdraw, approve or decline a promise to the shopper of the open conversation."""
        if self._chosen is None:
            return
        conversation_id = self._chosen

        async def attempt() -> None:
            await self._desk.move_promise(conversation_id, self._user, promise.code, move, reason)

        if await self._try(attempt, otherwise="problem.quicker"):
            self._say(self._words(f"promise.moved.{move.value}"), "good")
        await self.refresh(frozenset({conversation_id}))

    async def correct(self, message_id: int, kind: CorrectionKind, became: str) -> None:
        """Keep how a message should have been read."""
        if await self._try(
            lambda: self._corrector.correct(message_id, self._user, kind, became), otherwise="problem.quicker"
        ):
            emotion = kind is CorrectionKind.EMOTION
            name = self._words(f"emotion.{became}") if emotion else wish_name(self._words, became)
            self._say(self._words("correct.done", name=name), "good")
        await self.refresh(frozenset({self._chosen or ""}))

    async def uncorrect(self, message_id: int, kind: CorrectionKind) -> None:
        """Take back how a message should have been read."""
        if await self._try(lambda: self._corrector.undo(message_id, self._user, kind), otherwise="problem.quicker"):
            self._say(self._words("correct.undone"), "good")
        await self.refresh(frozenset({self._chosen or ""}))

    async def act_on_order(self, act: OrderAct, number: str, amount: Decimal | None) -> None:
        """Do something about an order of the open conversation; the line for the shopper goes into the reply box."""
        if (chosen := self._chosen) is None:
            return
        came_of_it: list[Done | None] = []

        async def attempt() -> None:
            came_of_it.append(await self._order_acts.do(act, chosen, self._user, number, amount))

        await self._try(attempt, otherwise="problem.quicker")
        await self.refresh(frozenset({chosen}))
        for done in came_of_it:
            self._say(self._words("facts.act_done" if done else "facts.act_no_room"), "good" if done else "bad")
            if done:
                self._chat.composer.add(chosen, done.line)

    async def resend(self, message_id: int) -> None:
        """Send a failed reply of the open conversation again."""
        if (chosen := self._chosen) is not None:
            if await self._try(lambda: self._desk.resend(chosen, self._user, message_id), otherwise="chat.resend_late"):
                self._say(self._words("chat.resent"), "good")
            await self.refresh(frozenset({chosen}))

    def begin_edit(self, message: Message) -> None:
        """Put a message that went out into the reply box, to be given other words."""
        self._chat.composer.edit(message)

    async def edit(self, conversation_id: str, message_id: int, text: str) -> bool:
        """Give a message other words; return whether it has them."""
        done = await self._try(
            lambda: self._desk.edit(conversation_id, self._user, message_id, text), otherwise="edit.late"
        )
        if done:
            self._say(self._words("edit.done"), "good")
        await self.refresh(frozenset({conversation_id}))
        return done

    async def reach(self, place: str) -> None:
        """Show so much of the transcript that a message (its id) or a note (`note-` and its id) is in it, and go there."""
        if self._chosen is None:
            return
        async with self._store.begin() as work:
            if place.startswith(NOTE):
                newer = await work.notes.messages_after(int(place.removeprefix(NOTE)))
            else:
                newer = await work.messages.count_from(self._chosen, int(place))
        self._limit = max(self._limit, newer + _SHOWN_AT_FIRST // 2)
        await self._show_case()
        self._client.run_javascript(f"warmline.jumpSoon('{place}')")

    async def send(self, conversation_id: str, text: str) -> bool:
        """Send a reply; return whether it is in the outbox, so that a draft is dropped only then."""
        sent = await self._try(
            lambda: self._desk.reply(conversation_id, self._user, text), otherwise="problem.not_sent"
        )
        await self.refresh(frozenset({conversation_id}))
        return sent

    async def send_template(self, template: Template, says: str) -> None:
        """Send an approved message in the open conversation."""
        if (chosen := self._chosen) is not None:
            sent = await self._try(
                lambda: self._desk.send_template(chosen, self._user, template, says), otherwise="problem.not_sent"
            )
            if sent:
                self._say(self._words("composer.template_sent"), "good")
            await self.refresh(frozenset({chosen}))

    async def note(self, conversation_id: str, text: str) -> bool:
        """Leave a note; return whether it is kept."""
        kept = await self._try(
            lambda: self._remarks.note(conversation_id, self._user, text), otherwise="problem.quicker"
        )
        await self.refresh(frozenset({conversation_id}))
        return kept

    async def tag(self, name: str) -> None:
        """Put a tag on the open conversation."""
        try:
            tag_name(name)
        except ValueError:
            self._say(self._words("tags.wrong"), "bad")
            return
        if (chosen := self._chosen) is not None:
            await self._try(lambda: self._remarks.tag(chosen, self._user, name), otherwise="problem.quicker")
            await self.refresh(frozenset({chosen}))

    async def untag(self, label: Label) -> None:
        """Take a tag off the open conversation."""
        if (chosen := self._chosen) is not None:
            await self._try(lambda: self._remarks.untag(chosen, self._user, label), otherwise="problem.quicker")
            await self.refresh(frozenset({chosen}))

    async def _try(self, attempt: Callable[[], Awaitable[object]], *, otherwise: str) -> bool:
        try:
            await attempt()
        except WrongTurn:
            self._say(self._words(otherwise), "bad")
        except NotAllowed:
            self._say(self._words("problem.refused"), "bad")
        except ValueError:
            self._say(self._words("action.wrong"), "bad")
        except Exception:
            log.exception("console.act_failed", user=self._user.id)
            self._say(self._words("problem.failed"), "bad")
        else:
            return True
        return False

    async def _show_queue(self) -> None:
        await self._queue.refresh(self._chosen)
        if self._queue.waiting != self._waiting:
            self._waiting = self._queue.waiting
            mark = f"({self._waiting}) " if self._waiting else ""
            with self._client.content:
                ui.page_title(f"{mark}{self._words('app.console')} · {self._words('app.name')}")

    def _show_address(self) -> None:
        chosen = f"c={self._chosen}" if self._chosen else ""
        query = "&".join(filter(None, (chosen, self._queue.address)))
        with self._client.content:
            ui.navigate.history.replace(f"/console?{query}" if query else "/console")

    async def _show_case(self) -> None:
        chosen = self._chosen
        case = await load_case(self._store, chosen, limit=self._limit) if chosen else None
        if chosen != self._chosen:
            return  # another conversation was chosen while this one was read
        self._case = case
        if case and case.messages:
            await self._board.look(self._user, case.conversation.id, case.messages[-1].id)
            if self._said_open != case.conversation.id:
                await self._say_open(case.conversation.id, datetime.now(UTC))
        self._chat.show(case, gone=chosen is not None and case is None)
        self._facts.show(case)

    async def _say_open(self, conversation_id: str, moment: datetime | None) -> None:
        """Let colleagues see that this chat is open here, or no more."""
        self._said_open = conversation_id if moment else None
        async with self._store.begin() as work:
            await work.queue.open_now(self._user.id, conversation_id, moment)

    async def _look_around(self) -> None:
        """Say that the chosen chat is still open here, and see who else has it open."""
        if (case := self._case) is None or not self._client.has_socket_connection:
            return
        now, chosen = datetime.now(UTC), case.conversation.id
        await self._say_open(chosen, now)
        async with self._store.begin() as work:
            open_by = await work.queue.open_since(chosen, now - STILL_OPEN)
        if open_by - {self._user.id} != case.open_by - {self._user.id}:
            await self._show_case()

    async def _step(self, by: int) -> None:
        if (beside := await self._queue.beside(by)) is not None:
            await self.choose(beside)

    def _write(self, mode: Mode = Mode.REPLY) -> None:
        self._chat.composer.focus(mode)

    def _name_tag(self) -> None:
        self._chat.tags.focus()

    def _pick_file(self) -> None:
        self._chat.composer.pick_file()

    async def _if_possible(self, *names: Act) -> None:
        case = self._case
        possible = (
            acts_for(case.conversation, self._user, case.handoffs, followed=self._user.id in case.followers)
            if case
            else ()
        )
        if name := next((name for name in names if name in possible), None):
            await self.act(name)

    def _say(self, text: str, kind: Literal["good", "bad"]) -> None:
        with self._client.content:
            notify(text, kind)

    def _draw_bar(self, languages: tuple[str, ...]) -> None:
        words = self._words
        with tag("header", css="bar"):
            tag("a", words("app.skip"), css="skip", href="#chat")
            with tag("div", css="brand"):
                tag("span", css="brand-mark", aria_hidden="true")
                tag("h1", words("app.name"))
            tag("span", css="space")
            draw_places(words, self._user, "/console")
            Shortcuts(
                words,
                self._kept,
                {
                    "KeyJ": lambda: self._step(1),
                    "KeyK": lambda: self._step(-1),
                    "KeyC": lambda: self._if_possible(Act.CLAIM),
                    "KeyT": lambda: self._if_possible(Act.TAKE_OVER),
                    "KeyB": lambda: self._if_possible(Act.RETURN),
                    "KeyL": lambda: self._if_possible(Act.RELEASE),
                    "KeyA": lambda: self._if_possible(Act.TRANSFER),
                    "KeyE": lambda: self._if_possible(Act.RESOLVE),
                    "KeyO": lambda: self._if_possible(Act.REOPEN),
                    "KeyP": lambda: self._if_possible(Act.PAUSE, Act.WAKE),
                    "KeyW": lambda: self._if_possible(Act.FOLLOW, Act.UNFOLLOW),
                    "KeyX": lambda: self._if_possible(Act.BLOCK, Act.UNBLOCK),
                    "KeyR": self._write,
                    "KeyN": lambda: self._write(Mode.NOTE),
                    "KeyF": self._pick_file,
                    "KeyG": self._name_tag,
                    **{f"Digit{n}": partial(self.choose_whose, each) for n, each in enumerate(Whose, 1)},
                },
                busy=lambda: self._dialog.is_open,
            )
            self._duty.draw()
            theme.bar(words, languages)
            draw_person(words, self._user)


def conversation_in(address: str) -> str | None:
    """Return the conversation id in an address, or None where there is none that could be one."""
    try:
        return str(uuid.UUID(address))
    except ValueError:
        return None
