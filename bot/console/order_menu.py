"""The dialogs in which an operator confirms what is done about an order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Protocol

from nicegui import ui

from actions.remedy_policy import Remedies
from bot.console.elements import button, notify, tag
from bot.console.texts import Words
from bot.domain.order import Order
from bot.handoff.order_acts import OrderAct, Voucher, may_refund, voucher_for

_SIGNS = {OrderAct.CONFIRM: "receipt_long", OrderAct.REFUND: "currency_exchange", OrderAct.VOUCHER: "redeem"}


class ActsOnOrders(Protocol):
    """What the dialogs ask of the page."""

    async def act_on_order(self, act: OrderAct, number: str, amount: Decimal | None) -> None:
        """Do it, and put the line for the shopper into the reply box."""
        ...


class OrderMenu:
    """The acts under an order card, each confirmed in one dialog."""

    def __init__(self, words: Words, page: ActsOnOrders, rules: Callable[[], Remedies]) -> None:
        self._words = words
        self._page = page
        self._rules = rules
        self._dialog = ui.dialog()
        with self._dialog:
            self._sheet = tag("div", css="sheet", role="dialog", testid="order-act")
        self._sheet.on("keydown", js_handler="(e) => { if (!['Escape', 'Tab'].includes(e.key)) e.stopPropagation() }")

    def draw(self, order: Order, now: datetime) -> None:
        """Draw the acts the shop allows for an order at a moment of its clock."""
        words, rules = self._words, self._rules()
        voucher = voucher_for(order, now, rules)
        allowed = [OrderAct.CONFIRM]
        allowed += [OrderAct.REFUND] if may_refund(order, rules) else []
        allowed += [OrderAct.VOUCHER] if voucher else []
        with tag("div", css="promise-moves"):
            for act in allowed:
                button(
                    words(f"facts.act.{act.value}"),
                    lambda act=act: self._ask(act, order, voucher),
                    sign=_SIGNS[act],
                    testid=f"order-{act.value}",
                    aria_label=f"{words(f'facts.act.{act.value}')}: {order.number}",
                )

    def _ask(self, act: OrderAct, order: Order, voucher: Voucher | None) -> None:
        words = self._words
        self._sheet.clear()
        with self._sheet:
            tag("h2", f"{words(f'facts.act.{act.value}')}: {order.number}")
            total = words.money(order.total, order.currency)
            tag("p", words(f"facts.ask.{act.value}", total=total))
            box = None
            if act is OrderAct.VOUCHER and voucher:
                most = words.money(voucher.most, voucher.currency)
                with tag("label", css="field"):
                    tag("span", words("facts.act_sum", currency=voucher.currency, most=most))
                    box = tag("input", type="number", min="0.01", max=str(voucher.most), step="0.01",
                              inputmode="decimal", testid="order-sum")  # fmt: skip
                    box.props["data-autofocus"] = True
                    # Not `value`: the page would put it back over what is typed whenever something is drawn.
                    box.props[".defaultValue"] = str(voucher.usual)
            tag("p", words("facts.act_told"), css="quiet")
            with tag("div", css="correct-ends"):
                button(words("facts.act_no"), self._dialog.close, testid="order-cancel")
                yes = button(words("facts.act_yes"), css="primary", testid="order-yes")
                source = f"document.getElementById('{box.html_id}').value" if box else "''"
                yes.on(
                    "click", lambda e: self._do(act, order, voucher, str(e.args)), js_handler=f"() => emit({source})"
                )
        self._dialog.open()

    async def _do(self, act: OrderAct, order: Order, voucher: Voucher | None, typed: str) -> None:
        amount = amount_in(typed)
        if act is OrderAct.VOUCHER and (amount is None or voucher is None or not 0 < amount <= voucher.most):
            notify(self._words("facts.act_wrong_sum"), "bad")
            return
        self._dialog.close()
        await self._page.act_on_order(act, order.number, amount)


def amount_in(typed: str) -> Decimal | None:
    """Return a sum as typed, or None where it is none."""
    try:
        amount = Decimal(typed.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return amount.quantize(Decimal("0.01")) if amount.is_finite() and abs(amount) < 10**9 else None
