"""One order in the facts column: where it is, its days in their sequence, and what is on it."""

from __future__ import annotations

from datetime import date, datetime

from bot.console.case import KnownOrder
from bot.console.elements import icon, tag
from bot.console.milestones import Milestone, Step, milestones
from bot.console.order_menu import OrderMenu
from bot.console.texts import Words
from bot.domain.order import Order, OrderStatus

_ROAD = (
    OrderStatus.PLACED,
    OrderStatus.PAID,
    OrderStatus.PACKED,
    OrderStatus.SHIPPED,
    OrderStatus.OUT_FOR_DELIVERY,
    OrderStatus.DELIVERED,
)
_TROUBLE = frozenset({OrderStatus.DELAYED, OrderStatus.LOST})


def draw_order(words: Words, known: KnownOrder, menu: OrderMenu | None, now: datetime) -> None:
    """Draw an order as a card by the shop's clock, with the acts of a menu where there is one."""
    order = known.order
    late = order.days_late(now)
    card = tag("article", css="card order", testid="order")
    card.props["data-order"] = order.number
    with card:
        with tag("header"):
            tag("b", order.number, css="order-number")
            with tag("span", css="owned" if known.proven else "owned not-proven", testid="order-proven"):
                icon("verified_user" if known.proven else "help_outline")
                tag("span", words("order.owned" if known.proven else "order.mentioned"))
        with tag("p", css="order-state"):
            trouble = order.status in _TROUBLE or late > 0
            tag("b", words(f"status.{order.status.value}"), css="trouble" if trouble else "", testid="order-status")
            if late:
                with tag("span", css="late-by", testid="order-late"):
                    icon("schedule")
                    tag("span", words("order.late", n=late))
        _draw_road(order)
        with tag("ol", css="milestones", testid="milestones"):
            for milestone in milestones(order, now):
                _draw_milestone(words, order, milestone, now.date())
        tag("p", "; ".join(order.items), css="order-items", dir="auto")
        with tag("dl"):
            pairs = {
                "order.total": words.money(order.total, order.currency),
                "order.carrier": order.carrier,
                "order.tracking": order.tracking,
                "order.name": order.customer_name,
            }
            for name, value in pairs.items():
                if value:
                    tag("dt", words(name))
                    tag("dd", value, dir="auto")
        if menu:
            menu.draw(order, now)


def _draw_road(order: Order) -> None:
    if order.status not in _ROAD:
        return
    here = _ROAD.index(order.status)
    with tag("ol", css="road", aria_hidden="true"):
        for place, _ in enumerate(_ROAD):
            tag("li", css="done" if place < here else "here" if place == here else "")


def _draw_milestone(words: Words, order: Order, milestone: Milestone, today: date) -> None:
    is_status = milestone.step is Step.STATUS
    name = words(f"status.{order.status.value}" if is_status else f"facts.step.{milestone.step.value}")
    with tag("li", css=f"step-{milestone.step.value}" + (" trouble" if milestone.late else "")):
        tag("span", name)
        tag("time", words.dated(milestone.day, today=today), datetime=milestone.day.isoformat())
