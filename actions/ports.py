"""What the actions need of the shop. `bot.store.unit_of_work.Store` has the shape of `Ledger`; tests bring their own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from actions.policy_file import Policy
from bot.domain.order import Order
from bot.domain.people import Complaint, Proof
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


class Ledger(Protocol):
    """Opens transactions: committed on a clean exit, rolled back when the block raises."""

    def begin(self) -> AbstractAsyncContextManager[Work]:
        """Open a transaction."""
        ...


@dataclass(frozen=True)
class Shop:
    """Everything the actions are built with. `policy` and `now` are asked anew in every turn."""

    ledger: Ledger
    book: ResponseBook
    policy: Callable[[], Policy]
    now: Callable[[], datetime]
    default_language: str = "en"
