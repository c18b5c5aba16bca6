"""What shoppers want, as `domain.yml` names it, in the groups in which people choose from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "order": ("ask_order_status", "report_late", "cancel_order", "change_address", "pickup_point", "invoice"),
    "goods": ("report_damaged", "report_wrong_item", "missing_item", "ask_return", "exchange", "ask_refund", "warranty"),
    "money": ("payment_problem", "ask_price", "discount", "delivery_cost"),
    "complaint": ("complain", "repeat_complaint", "threat_legal", "threat_review", "ask_human"),
    "shop": ("ask_product", "stock", "account", "unsubscribe", "delete_my_data"),
    "talk": (
        "greet", "goodbye", "thank", "affirm", "deny", "praise", "inform", "smalltalk", "bot_challenge", "out_of_scope",
    ),
}  # fmt: skip

INTENTS: Final = frozenset(intent for group in GROUPS.values() for intent in group)
