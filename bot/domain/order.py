"""An order as the shop knows it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class OrderStatus(StrEnum):
    """Where an order is."""

    PLACED = "placed"
    PAID = "paid"
    PACKED = "packed"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    LOST = "lost"
    RETURNED = "returned"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


UNDER_WAY = frozenset(
    {OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.PACKED, OrderStatus.SHIPPED, OrderStatus.OUT_FOR_DELIVERY}
)


@dataclass(frozen=True)
class Order:
    """`phone` is E.164, `email` lower case, times are aware; what the shop does not know is None and never said."""

    number: str
    customer_name: str
    phone: str | None
    email: str | None
    status: OrderStatus
    status_since: datetime | None
    placed_at: datetime
    promised_at: datetime | None
    carrier: str | None
    tracking: str | None
    total: Decimal
    currency: str
    items: tuple[str, ...]
    demo: bool = False

    def days_late(self, now: datetime) -> int:
        """Whole days past the promised day while still under way (or delayed); 0 when on time, done or never promised.

        Days are those of the clock that `now` is told by: the shop's.
        """
        if self.promised_at is None or self.status not in UNDER_WAY | {OrderStatus.DELAYED}:
            return 0
        return max(0, (now.date() - self.promised_at.astimezone(now.tzinfo).date()).days)

    def is_in_time(self, now: datetime) -> bool:
        """True while it is under way to a promised day that has not passed."""
        return self.promised_at is not None and self.status in UNDER_WAY and not self.days_late(now)

    def belongs_to(self, *, phones: frozenset[str] | set[str], emails: frozenset[str] | set[str]) -> bool:
        """True when a proven phone or e-mail is the one on the order."""
        return (self.phone is not None and self.phone in phones) or (self.email is not None and self.email in emails)


def number_key(number: str) -> str:
    """Return what makes two spellings of an order number the same: `#wl 20417` and `WL-20417` are both `WL20417`."""
    # NFKC makes "No" of the sign №, which is no part of a number
    return "".join(c for c in unicodedata.normalize("NFKC", number.replace("№", "")).upper() if c.isalnum())
