"""Which intents are about an order. Plain names only: the actions and the reading of a talk share them, in two Pythons."""

from __future__ import annotations

from typing import Final

ABOUT_AN_ORDER: Final = frozenset(
    {
        "ask_order_status",
        "report_late",
        "report_damaged",
        "report_wrong_item",
        "missing_item",
        "ask_return",
        "exchange",
        "ask_refund",
        "cancel_order",
        "change_address",
        "complain",
    }
)
