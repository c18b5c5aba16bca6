"""The slots of domain.yml that Python reads and sets, and what each response leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Slot(StrEnum):
    """Every slot, by its name in domain.yml."""

    LANGUAGE = "language"
    STANCE = "stance"
    CAUSE = "cause"
    HANDOFF_REASON = "handoff_reason"
    HANDOFF_SEVERITY = "handoff_severity"
    ORDER_NUMBER = "order_number"
    TOPIC = "topic"
    AWAITING = "awaiting"
    OFFER = "offer"


class Awaiting(StrEnum):
    """What we have asked the shopper for."""

    ORDER_NUMBER = "order_number"
    PROOF = "proof"
    ORDER_CHOICE = "order_choice"


HUMAN: Final = "human"

TOPICS: Final = frozenset(
    {
        "ask_order_status",
        "report_late",
        "report_damaged",
        "report_wrong_item",
        "ask_return",
        "ask_refund",
        "cancel_order",
        "change_address",
        "complain",
    }
)

# A response that asks, and what it asks for.
ASKS: Final[Mapping[str, Awaiting]] = {
    "utter_ask_order_number": Awaiting.ORDER_NUMBER,
    "utter_ask_order_number_again": Awaiting.ORDER_NUMBER,
    "utter_order_unknown": Awaiting.ORDER_NUMBER,
    "utter_ask_proof": Awaiting.PROOF,
    "utter_proof_mismatch": Awaiting.PROOF,
    "utter_choose_order": Awaiting.ORDER_CHOICE,
}

# A response that offers a person and carries the buttons yes and no.
OFFERS: Final = frozenset(
    {
        "utter_order_late",
        "utter_order_lost",
        "utter_damaged",
        "utter_wrong_item",
        "utter_return_possible",
        "utter_return_not_yet",
        "utter_return_expired",
        "utter_refund_coming",
        "utter_refund_how",
        "utter_cancel_possible",
        "utter_address_possible",
        "utter_complaint_with_order",
        "utter_product_question",
        "utter_price_question",
    }
)
