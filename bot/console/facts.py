"""The right column: why a person is needed, what was promised, who the shopper is, their orders, and what happened before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bot.console.case import Case
from bot.console.elements import Tag, button, icon, tag
from bot.console.glance import Glance, draw_summary, draw_tried, glance, tell_manner
from bot.console.keeping import draw_keeping
from bot.console.local_time import phone_of, zone_of
from bot.console.marks import heat, language_name
from bot.console.order_card import draw_order
from bot.console.order_menu import OrderMenu
from bot.console.promises import Settle, draw_promises
from bot.console.texts import Words
from bot.domain.conversation import Holder
from bot.domain.people import Conversation, Handoff, User


class FactsColumn:
    """What is known at a glance; drawn again only when it changed."""

    def __init__(
        self,
        words: Words,
        user: User,
        *,
        leave: Callable[[], None],
        settle: Settle,
        orders: OrderMenu,
        now: Callable[[], datetime],
    ) -> None:
        """`now` is told by the shop's clock: that is what days of orders are counted by."""
        self._words, self._user, self._settle, self._menu, self._now = words, user, settle, orders, now
        button(words("chat.back_to_chat"), leave, sign="arrow_back", css="only-narrow facts-back", testid="facts-back")
        self._body = tag("div", css="facts-body", id="facts", testid="facts")
        self._drawn: tuple[object, ...] | None = None

    def show(self, case: Case | None) -> None:
        """Draw the facts of a case, or nothing."""
        drawn: tuple[object, ...] | None = None
        seen: Glance | None = None
        now = self._now()
        if case is not None:
            # Not for every message: who is choosing a reason here keeps their place.
            conversation = replace(case.conversation, last_inbound_at=None)
            overdue = tuple(promise.is_overdue(now) for promise in case.promises)
            known = (case.handoffs, case.proofs, case.orders, case.promises)
            seen = glance(self._words, case, now)
            drawn = (conversation, *known, overdue, self._today(), now.date(), seen)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._body.clear()
        if case is not None and seen is not None:
            with self._body:
                draw_summary(self._words, seen.lines)
                self._draw_why(case.open_handoff, case.conversation)
                draw_promises(self._words, case, self._user, now, self._settle)
                self._draw_orders(case, now)
                self._draw_shopper(case, seen, now)
                draw_tried(self._words, seen)
                self._draw_past([handoff for handoff in case.handoffs if handoff.closed_at is not None], case)
                draw_keeping(self._words, self._user, case.conversation)

    def _today(self) -> date:
        return self._words.local_day(datetime.now(UTC))

    def _moment(self, moment: datetime) -> str:
        return self._words.moment(moment, today=self._today())

    def _draw_why(self, handoff: Handoff | None, conversation: Conversation) -> None:
        words = self._words
        with tag("section", css="card why" if handoff else "card", testid="why"):
            tag("h3", words("facts.why"))
            if handoff is None:
                tag("p", words("facts.why_none"), css="quiet")
                return
            with tag("p", css="reason"):
                tag("b", words(f"reason.{handoff.reason.value}"), testid="why-reason")
                heat(words, conversation.severity or handoff.severity)
            if conversation.severity not in {0, handoff.severity}:
                tag("p", words("facts.severity_was", was=handoff.severity), css="quiet", testid="severity-was")
            if handoff.words:
                tag("span", words("facts.words"), css="label")
                tag("blockquote", handoff.words, dir="auto", testid="why-words")
            tag("p", words("facts.opened", moment=self._moment(handoff.opened_at)), css="quiet")
            if handoff.due_at and handoff.claimed_at is None:
                tag("p", words("facts.due", moment=self._moment(handoff.due_at)), css="quiet")
            if handoff.claimed_at:
                tag("p", words("facts.claimed", moment=self._moment(handoff.claimed_at)), css="quiet")

    def _draw_shopper(self, case: Case, seen: Glance, now: datetime) -> None:
        words, conversation = self._words, case.conversation
        with tag("section", css="card", testid="shopper"):
            tag("h3", words("facts.shopper"))
            with tag("dl"):
                if conversation.shopper_name:
                    self._pair(words("facts.name"), conversation.shopper_name)
                self._pair(words("facts.language"), language_name(words, conversation.language))
                channel = f"channel.{conversation.channel}"
                self._pair(words("facts.channel"), words(channel) if words.has(channel) else conversation.channel)
                self._pair(words("facts.since"), self._moment(conversation.created_at))
                zone = zone_of(phone_of(conversation, case.proofs), now)
                if zone is not None:
                    self._draw_local_time(zone)
                if seen.manner:
                    pair = self._pair(words("facts.manner"), tell_manner(words, seen.manner))
                    pair.props["title"] = words("facts.manner_from", n=seen.manner.n)
                    pair.props["data-testid"] = "manner"
                if seen.scores:
                    given = ", ".join(words("facts.score", score=score) for score in seen.scores)
                    self._pair(words("facts.scores"), given)
                for proof in case.proofs:
                    label = f"proof.{proof.kind}"
                    self._pair(words(label) if words.has(label) else proof.kind, proof.value, sign="verified_user")
            if not case.proofs:
                tag("p", words("facts.unproven"), css="quiet")
            if conversation.unreachable_since:
                moment = self._moment(conversation.unreachable_since)
                tag("p", words("facts.unreachable", moment=moment), css="problem")

    def _draw_local_time(self, zone: ZoneInfo) -> None:
        words = self._words
        tag("dt", words("facts.local_time"))
        with tag("dd", title=words("facts.local_why"), testid="local-time"):
            tag("span", words("facts.about") + "\u00a0")
            tag("zone-clock", css="number", zone=zone.key)

    def _draw_orders(self, case: Case, now: datetime) -> None:
        conversation, orders = case.conversation, case.orders
        mine = conversation.holder is Holder.OPERATOR and conversation.operator_id == self._user.id
        with tag("section", css="orders"):
            tag("h3", self._words("facts.orders"))
            if not orders:
                tag("p", self._words("facts.orders_none"), css="quiet")
            for known in orders:
                draw_order(self._words, known, self._menu if mine and known.proven else None, now)

    def _draw_past(self, past: Sequence[Handoff], case: Case) -> None:
        words = self._words
        with tag("section", css="card", testid="past"):
            tag("h3", words("facts.past"))
            if not past:
                tag("p", words("facts.past_none"), css="quiet")
            with tag("ul", css="past"):
                for handoff in past:
                    reason = words(f"reason.{handoff.reason.value}")
                    with tag("li"):
                        tag("span", words("facts.past_row", moment=self._moment(handoff.opened_at), reason=reason))
                        outcome = f"facts.outcome.{handoff.outcome}"
                        who = case.operators.get(handoff.operator_id or 0, "")
                        ended = [who, words(outcome) if words.has(outcome) else handoff.outcome or ""]
                        tag("span", ", ".join(part for part in ended if part), css="quiet")

    def _pair(self, name: str, value: str, *, sign: str = "") -> Tag:
        tag("dt", name)
        pair = tag("dd", dir="auto")
        with pair:
            if sign:
                icon(sign, css="proof")
            tag("span", value)
        return pair
