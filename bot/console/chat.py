"""The middle column: one conversation, and what an operator may do with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.console.acts import ASIDE, GRAVE, KEYS, SIGNS, Act, acts_for
from bot.console.case import Case
from bot.console.composer import Composer, Say
from bot.console.elements import Tag, button, icon, tag
from bot.console.marks import channel_mark, heat, language_name, shopper_name
from bot.console.tags import TagBar
from bot.console.texts import Words
from bot.console.transcript import MessageActs, Transcript
from bot.console.writing import Writing
from bot.domain.conversation import Holder
from bot.domain.messages import Template
from bot.domain.people import User
from bot.domain.remarks import Tag as Label
from bot.handoff.duty import is_snoozed

# On the header itself; what is done less often is one press away.
_AT_HAND = 2


class ChatColumn:
    """Header with the acts, transcript and composer; or a friendly emptiness."""

    def __init__(
        self,
        words: Words,
        user: User,
        drafts: MutableMapping[str, str],
        writing: Writing,
        *,
        act: Callable[[Act], Awaitable[None]],
        send: Callable[[str, str], Awaitable[bool]],
        note: Callable[[str, str], Awaitable[bool]],
        tag_with: Callable[[str], Awaitable[None]],
        untag: Callable[[Label], Awaitable[None]],
        known_tags: Callable[[], Awaitable[Sequence[Label]]],
        earlier: Callable[[], Awaitable[None]],
        leave: Callable[[], None],
        facts: Callable[[], None],
        page: MessageActs,
        send_template: Callable[[Template, str], Awaitable[None]],
        say: Say,
    ) -> None:
        self._words, self._user, self._act, self._leave, self._facts = words, user, act, leave, facts
        self._empty = tag("div", css="nothing", testid="chat-empty")
        with self._empty:
            tag("span", css="brand-mark", aria_hidden="true")
            self._headline = tag("p", words("chat.none"))
            tag("p", words("chat.none_hint"), css="quiet")
        self._open = tag("div", css="chat-open")
        with self._open:
            self._head = tag("header", css="chat-head")
            self.tags = TagBar(words, add=tag_with, remove=untag, known=known_tags)
            self._transcript = Transcript(words, user, page, writing)
            self.composer = Composer(
                words, user, drafts, writing, send=send, note=note, edit=page.edit, send_template=send_template, say=say
            )
        with self._transcript.before:
            self._earlier = button(words("chat.earlier"), css="quiet-button", testid="earlier")
            self._earlier.on("click", earlier, js_handler="() => { warmline.keepPlace(); emit(); }")
        self._drawn: tuple[object, ...] | None = None
        self.show(None)

    def show(self, case: Case | None, *, gone: bool = False) -> None:
        """Draw a conversation, or that none is chosen."""
        self._empty.set_visibility(case is None)
        self._open.set_visibility(case is not None)
        self._headline.set_text(self._words("chat.gone" if gone else "chat.none"))
        if case is None:
            return
        # Not for every message: a menu that is open stays open.
        conversation = replace(case.conversation, last_inbound_at=None)
        now = datetime.now(UTC)
        acts = acts_for(conversation, self._user, case.handoffs, now, followed=self._user.id in case.followers)
        others = self._others(case)
        drawn = (conversation, case.target, tuple(case.operators.values()), acts, others, self._words.local_day(now))
        if drawn != self._drawn:
            self._drawn = drawn
            self._head.clear()
            with self._head:
                self._draw_head(case, acts, others)
        self.tags.show(case.conversation.id, case.tags)
        self._earlier.set_visibility(not case.complete)
        self._transcript.show(case)
        self.composer.show(case)

    def _others(self, case: Case) -> tuple[str, ...]:
        """Return the names of colleagues who have this chat open, too."""
        return tuple(sorted(case.operators[who] for who in case.open_by - {self._user.id} if who in case.operators))

    def _draw_head(self, case: Case, acts: Sequence[Act], others: Sequence[str]) -> None:
        words, conversation = self._words, case.conversation
        back = tag("button", css="tool only-narrow", type="button", aria_label=words("chat.back"), testid="back")
        with back:
            icon("arrow_back")
        back.on("click", self._leave, js_handler="() => emit()")
        with tag("div", css="who"):
            tag("h2", shopper_name(words, conversation), dir="auto", testid="chat-name")
            with tag("div", css="row-marks"):
                if conversation.holder is not Holder.BOT and conversation.severity:
                    heat(words, conversation.severity)
                channel_mark(words, conversation.channel)
                if conversation.language:
                    tag("span", language_name(words, conversation.language), css="fact-mark")
                self._draw_holder(case)
                if others:
                    with tag("span", css="fact-mark", title=words("chat.open_by"), testid="open-by"):
                        icon("group")
                        tag("bdi", ", ".join(others), dir="auto")
                if case.target and conversation.holder is not Holder.BOT:
                    tag(
                        "wait-clock", css="fact-mark target", until=case.target.due_at.isoformat(), role="timer",
                        title=words(f"duty.target.{case.target.kind.value}"), late=words("duty.overdue"),
                        testid="chat-target",
                    )  # fmt: skip
        with tag("div", css="acts"):
            for place, name in enumerate(acts[:_AT_HAND]):
                self._draw_act(name, css="primary" if place == 0 and name not in ASIDE else "")
            if more := acts[_AT_HAND:]:
                self._draw_more(more)
            facts = tag(
                "button", css="tool only-narrow", type="button", aria_label=words("chat.facts"), testid="open-facts"
            )
            with facts:
                icon("info")
            facts.on("click", self._facts, js_handler="() => emit()")

    def _draw_more(self, acts: Sequence[Act]) -> None:
        label = self._words("action.more")
        with tag("details", css="more", testid="acts-more"):
            with tag("summary", css="button", aria_label=label, title=label):
                icon("more_horiz")
            with tag("div", css="more-list"):
                for name in acts:
                    self._draw_act(name, css="grave" if name in GRAVE else "")

    def _draw_act(self, name: Act, *, css: str) -> Tag:
        text, key = self._words(f"action.{name.value}"), KEYS[name]
        made = button(
            text,
            lambda: self._act(name),
            sign=SIGNS[name],
            css=css,
            testid=f"act-{name.value.replace('_', '-')}",
            title=f"{text} ({key})",
        )
        made.props["aria-keyshortcuts"] = key
        return made

    def _draw_holder(self, case: Case) -> None:
        words, conversation = self._words, case.conversation
        now = datetime.now(UTC)
        match conversation.holder:
            case Holder.BOT if conversation.blocked_at is not None:
                text = words("action.is_blocked")
            case Holder.BOT:
                text = words("queue.with_bot")
            case Holder.QUEUE:
                text = words("queue.waiting")
            case _ if is_snoozed(conversation, now) and conversation.snoozed_until is not None:
                moment = words.moment(conversation.snoozed_until, today=words.local_day(now))
                text = words("action.is_paused", moment=moment)
            case _ if conversation.operator_id == self._user.id:
                text = words("queue.with_me")
            case _:
                text = words("queue.with", name=case.operators.get(conversation.operator_id or 0, "?"))
        mark = tag("span", text, css=f"holder holder-{conversation.holder.value}", testid="holder")
        mark.props["data-holder"] = conversation.holder.value
