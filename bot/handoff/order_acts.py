"""What an operator may do for a shopper about an order, within the shop's policy. Nothing is sent: each act drafts a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import structlog

from actions.facts import day, facts_about, money
from actions.policy import Policy
from actions.remedies import voucher_sum
from actions.remedy_policy import Remedies
from bot.domain.conversation import Holder
from bot.domain.order import Order, OrderStatus
from bot.domain.people import Complaint, Conversation, User, phones_and_emails
from bot.domain.permissions import Permission
from bot.domain.promise import NewPromise, OrderProblem, Promise, PromiseKind, PromiseState, shopper_key
from bot.errors import NotAllowed, WrongTurn
from bot.handoff.notices import Notices
from bot.store.unit_of_work import Store, Work
from responses.book import ResponseBook

log = structlog.get_logger()

_PROBLEMS: Final = frozenset(OrderProblem) - {OrderProblem.REQUEST}
_OVER: Final = frozenset({OrderStatus.CANCELLED, OrderStatus.REFUNDED})


class OrderAct(StrEnum):
    """What is done about an order."""

    CONFIRM = "confirm"
    REFUND = "refund"
    VOUCHER = "voucher"


@dataclass(frozen=True)
class Voucher:
    """What a voucher for an order may come to: what the policy would give, and the most an operator may."""

    usual: Decimal
    most: Decimal
    currency: str


@dataclass(frozen=True)
class Done:
    """What came of an act: a line for the shopper to be looked over and sent, and the promise it tells of."""

    line: str
    promise: Promise | None = None


def may_refund(order: Order, rules: Remedies) -> bool:
    """True when the shop gives money back for orders in this currency and this one was not paid back already."""
    return rules.refund.on and order.currency in rules.refund.shop_a_month and order.status not in _OVER


def voucher_for(order: Order, now: datetime, rules: Remedies) -> Voucher | None:
    """Return what a voucher for an order may come to; None where the policy has none."""
    rule, currency = rules.voucher, order.currency
    sums = [step.at_most[currency] for step in rule.steps if currency in step.at_most]
    if not rule.on or currency not in rule.shop_a_month or not sums:
        return None
    usual = voucher_sum(order.total, currency, order.days_late(now), rule) or min(sums)
    return Voucher(usual, max(sums), currency)


def problem_of(order: Order, complaints: Sequence[Complaint], now: datetime) -> OrderProblem:
    """Return what went wrong with an order: its loss, what was last said of it, its lateness; else nothing but the wish."""
    if order.status is OrderStatus.LOST:
        return OrderProblem.LOST
    about = [c.problem for c in complaints if c.order_number == order.number and c.problem in _PROBLEMS]
    if about:
        return OrderProblem(about[-1])
    return OrderProblem.LATE if order.days_late(now) else OrderProblem.REQUEST


class OrderActs:
    """Each act is one transaction: whose chat and whose order it is, the promise within its budgets, the audit."""

    def __init__(
        self,
        store: Store,
        policy: Callable[[], Policy],
        book: ResponseBook,
        notices: Notices,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._policy = policy
        self._book = book
        self._notices = notices
        self._now = now

    @property
    def rules(self) -> Remedies:
        """What may be promised by the policy in force."""
        return self._policy().remedies

    async def do(
        self, act: OrderAct, conversation_id: str, operator: User, number: str, amount: Decimal | None = None
    ) -> Done | None:
        """Do something about an order of the shopper of an own conversation; None where a promise has no room.

        Raises WrongTurn for somebody else's chat, NotAllowed for an order that is not known to be the shopper's or that the
        policy gives nothing for, and ValueError for a sum outside the policy.
        """
        match act:
            case OrderAct.CONFIRM:
                return await self.confirm(conversation_id, operator, number)
            case OrderAct.REFUND:
                return await self.refund(conversation_id, operator, number)
            case OrderAct.VOUCHER:
                return await self.voucher(conversation_id, operator, number, amount)

    async def confirm(self, conversation_id: str, operator: User, number: str) -> Done:
        """Draft what is on record of an order, as it was confirmed."""
        async with self._store.begin() as work:
            now, order = await self._theirs(work, conversation_id, operator, number)
            await work.audit.note(operator, "order_confirm", conversation_id, order=order.number)
        page, local = self._notices.page(now), self._local()
        facts: dict[str, Any] = dict(facts_about(order, page, local, status_word=""))
        return Done(self._book.say("utter_confirmation", page, **facts).text)

    async def refund(self, conversation_id: str, operator: User, number: str) -> Done | None:
        """Mark an order for refund; None where no budget is left, or something else makes up for it already."""
        return await self._promise(conversation_id, operator, number, PromiseKind.REFUND, None)

    async def voucher(self, conversation_id: str, operator: User, number: str, amount: Decimal | None) -> Done | None:
        """Promise a voucher; None where no budget is left. Raises ValueError for a sum the policy does not know."""
        return await self._promise(conversation_id, operator, number, PromiseKind.VOUCHER, amount)

    async def _promise(
        self, conversation_id: str, operator: User, number: str, kind: PromiseKind, amount: Decimal | None
    ) -> Done | None:
        local = self._local()
        async with self._store.begin() as work:
            now, order = await self._theirs(work, conversation_id, operator, number)
            total = self._checked(order, kind, amount)
            complaints = await work.complaints.since(conversation_id, now.created_at)
            rule = self.rules.rule(kind)
            new = NewPromise(
                conversation_id=conversation_id,
                message_key=f"{kind.value} {order.number} {local.isoformat()}",
                shopper_key=shopper_key(order),
                order_number=order.number,
                kind=kind,
                problem=problem_of(order, complaints, local),
                due_at=local + rule.due_in,
                amount=total,
                currency=order.currency,
            )
            promise = await work.promises.make(new, rule.limits(order.currency), local)
            if promise is None:
                return None
            await work.audit.note(
                operator, f"order_{kind.value}", conversation_id, order=order.number, promise=promise.code,
                amount=str(total), currency=order.currency,
            )  # fmt: skip
            await work.changed(conversation_id)
            log.info("order.promised", promise=promise.id, operator=operator.id)
        return Done(self._receipt(promise, self._notices.page(now), local), promise)

    def _checked(self, order: Order, kind: PromiseKind, amount: Decimal | None) -> Decimal:
        rules, now = self.rules, self._local()
        if kind is PromiseKind.REFUND:
            if not may_refund(order, rules):
                raise NotAllowed(f"the policy gives no money back for {order.number}")
            return order.total
        allowed = voucher_for(order, now, rules)
        if allowed is None:
            raise NotAllowed(f"the policy gives no voucher for {order.number}")
        if amount is None or not 0 < amount <= allowed.most:
            raise ValueError(f"a voucher of {amount} is not within 0 and {allowed.most} {allowed.currency}")
        return amount

    def _receipt(self, promise: Promise, page: str, now: datetime) -> str:
        waits = promise.state is PromiseState.NEEDS_APPROVAL
        facts: dict[str, Any] = {
            "code": promise.code,
            "number": promise.order_number,
            "due": day(promise.due_at, page, now),
        }
        if promise.amount is not None and promise.currency is not None:
            exact = promise.kind is PromiseKind.VOUCHER or promise.problem is OrderProblem.LOST
            facts["amount" if exact else "up_to"] = money(promise.amount, promise.currency, page)
        return self._book.say(
            f"utter_promise_{promise.kind.value}" + ("_approval" if waits else ""), page, **facts
        ).text

    async def _theirs(
        self, work: Work, conversation_id: str, operator: User, number: str
    ) -> tuple[Conversation, Order]:
        """Return an own conversation and an order that its shopper has proven to be theirs."""
        await work.users.must_be_allowed(operator, Permission.CHATS)
        now = await work.conversations.get(conversation_id, lock=True)
        if now.holder is not Holder.OPERATOR or now.operator_id != operator.id:
            raise WrongTurn("this conversation is not yours")
        order = await work.orders.find(number)
        phones, emails = phones_and_emails(await work.proofs.of(conversation_id))
        if order is None or not order.belongs_to(phones=phones, emails=emails):
            raise NotAllowed("this order is not known to be this shopper's")
        return now, order

    def _local(self) -> datetime:
        return self._now().astimezone(self._policy().hours.zone)
