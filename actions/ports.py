"""What the actions need of the shop. `bot.store.unit_of_work.Store` has the shape of `Ledger`; tests bring their own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from actions.policy import Policy
from bot.domain.history import History
from bot.domain.order import Order
from bot.domain.people import Complaint, Proof
from bot.domain.product import Product
from bot.domain.promise import Limits, NewPromise, Promise
from responses.book import ResponseBook


class Orders(Protocol):
    """The shop's orders."""

    async def find(self, number: str) -> Order | None:
        """Return the order with this number in any spelling."""
        ...

    async def of_contacts(self, *, phones: Collection[str], emails: Collection[str]) -> Sequence[Order]:
        """Return the orders of somebody's proven phones and e-mails, newest first."""
        ...


class Proofs(Protocol):
    """What shoppers have proven about themselves, and how often they were wrong."""

    async def of(self, conversation_id: str) -> Sequence[Proof]:
        """Return the phones and e-mails proven in a conversation."""
        ...

    async def add(self, conversation_id: str, kind: str, value: str, source: str) -> None:
        """Keep a proof; keeping it again changes nothing."""
        ...

    async def failed(self, conversation_id: str, order_number: str) -> None:
        """Count a wrong e-mail or phone."""
        ...

    async def failures_since(self, conversation_id: str, moment: datetime) -> int:
        """Return how many wrong proofs came since a moment."""
        ...


class Complaints(Protocol):
    """What a shopper complained about, once a message."""

    async def add(self, conversation_id: str, message_key: str, problem: str, order_number: str | None) -> None:
        """Count a complaint; the same message counts once."""
        ...

    async def since(self, conversation_id: str, moment: datetime) -> Sequence[Complaint]:
        """Return the complaints since a moment, oldest first."""
        ...


class Products(Protocol):
    """The shop's products."""

    async def find(self, sku: str, language: str) -> Product | None:
        """Return the product with this sku, in this language if the shop wrote it in this one."""
        ...

    async def resembling(self, grams: Collection[str]) -> Sequence[Product]:
        """Return products that share stretches of letters with a message, the rarer the better, best first."""
        ...

    async def count(self) -> int:
        """Return how many products there are."""
        ...


class Promises(Protocol):
    """What the shop owes shoppers."""

    async def made_for(self, conversation_id: str, message_key: str) -> Promise | None:
        """Return the promise a message has led to, however often its turn is tried."""
        ...

    async def of_order(self, order_number: str) -> Sequence[Promise]:
        """Return what an order was promised and is not withdrawn, the newest first."""
        ...

    async def open_of(self, conversation_id: str, order_numbers: Collection[str]) -> Sequence[Promise]:
        """Return what is still to be done for a conversation or for one of these orders, the newest first."""
        ...

    async def has_room(self, new: NewPromise, limits: Limits, now: datetime) -> bool:
        """True when a promise would be within its budgets at this moment; only `make` is sure of it."""
        ...

    async def make(self, new: NewPromise, limits: Limits, now: datetime) -> Promise | None:
        """Make a promise within its budgets, or return the one there is; None when there is no room for it."""
        ...

    async def add_details(self, code: str, details: str) -> None:
        """Keep what the shopper told us for a promise that is still to be done, in place of what they told before."""
        ...


class Histories(Protocol):
    """What is known of shoppers from before."""

    async def of(self, conversation_id: str, since: datetime) -> History:
        """Return what happened since a moment in all conversations of this one's shopper, and what their orders came to."""
        ...


class Media(Protocol):
    """The files that came with messages."""

    async def pictures_since(self, conversation_id: str, moment: datetime) -> frozenset[str]:
        """Return the keys of the turns in which the shopper sent a photo or a film since a moment."""
        ...


class Decisions(Protocol):
    """What the policy decided, and on what."""

    async def add(self, conversation_id: str, message_key: str, decided: Mapping[str, Any]) -> None:
        """Keep a decision; the same message counts once."""
        ...


class Duty(Protocol):
    """Who of the shop is there."""

    async def count(self, now: datetime, offline_after: timedelta) -> int | None:
        """Return how many are there, or None where that is not known."""
        ...


class Work(Protocol):
    """One transaction."""

    @property
    def orders(self) -> Orders:
        """The shop's orders."""
        ...

    @property
    def proofs(self) -> Proofs:
        """What shoppers have proven."""
        ...

    @property
    def complaints(self) -> Complaints:
        """What they complained about."""
        ...

    @property
    def products(self) -> Products:
        """The shop's products."""
        ...

    @property
    def promises(self) -> Promises:
        """What they were promised."""
        ...

    @property
    def histories(self) -> Histories:
        """What is known from before."""
        ...

    @property
    def media(self) -> Media:
        """The files they sent."""
        ...

    @property
    def decisions(self) -> Decisions:
        """What the policy decided."""
        ...

    @property
    def duty(self) -> Duty:
        """Who is there."""
        ...


class Ledger(Protocol):
    """Opens transactions: committed on a clean exit, rolled back when the block raises."""

    def begin(self) -> AbstractAsyncContextManager[Work]:
        """Open a transaction."""
        ...


@dataclass(frozen=True)
class Shop:
    """Everything the actions are built with. `policy` and `now` (by the shop's clock) are asked anew in every turn."""

    ledger: Ledger
    book: ResponseBook
    policy: Callable[[], Policy]
    now: Callable[[], datetime]
    default_language: str = "en"
