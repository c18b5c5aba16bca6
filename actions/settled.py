"""Orders whose money goes back: by when it should be there, and whether that day has passed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot.domain.order import Order, OrderStatus

_COMING: Final = {OrderStatus.RETURNED: "utter_refund_coming", OrderStatus.REFUNDED: "utter_refund_done"}


def refund_by(order: Order, days: int) -> datetime | None:
    """Return the last day for the money of an order that is back or refunded; None for others and where we do not know since when."""
    if order.status not in _COMING or order.status_since is None:
        return None
    return order.status_since + timedelta(days=days)


def settled_response(order: Order, days: int, now: datetime, *, asked_for: bool = False) -> str | None:
    """Name the response about an order whose money goes back, late where its last day has passed; None for others.

    Money that we sent is late only for who asks for it: who talks of something else may have it long since.
    """
    if (order.status is OrderStatus.RETURNED or asked_for) and is_past(refund_by(order, days), now):
        return "utter_refund_late"
    return _COMING.get(order.status)


def is_past(until: datetime | None, now: datetime) -> bool:
    """True on the days after a last day."""
    return until is not None and now.date() > until.astimezone(now.tzinfo).date()
