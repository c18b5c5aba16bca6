"""The slots of domain.yml that Python reads and sets, and what each response leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bot.domain.promise import PromiseKind
from responses.topics import ABOUT_AN_ORDER


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
    PRODUCT = "product"
    BRIEF = "brief"


class Awaiting(StrEnum):
    """What we have asked the shopper for."""

    ORDER_NUMBER = "order_number"
    PROOF = "proof"
    ORDER_CHOICE = "order_choice"
    PRODUCT_CHOICE = "product_choice"
    ADDRESS = "address"
    COMPANY = "company"


HUMAN: Final = "human"
FORGET: Final = "forget"

# What a conversation is about while nothing else was said.
WHERE_IS_IT: Final = "ask_order_status"

TOPICS: Final = ABOUT_AN_ORDER | {"payment_problem", "invoice", "warranty"}

# What a conversation can be about without any order.
CATALOGUE: Final = frozenset({"ask_product", "ask_price", "stock"})

# Questions about no order: the rule says what there is to say and offers a person, or to delete what was kept.
QUESTIONS: Final = frozenset(
    {
        "discount",
        "delivery_cost",
        "pickup_point",
        "account",
        "unsubscribe",
        "delete_my_data",
    }
)

# A response that asks, and what it asks for.
ASKS: Final[Mapping[str, Awaiting]] = {
    "utter_ask_order_number": Awaiting.ORDER_NUMBER,
    "utter_ask_number_for_return": Awaiting.ORDER_NUMBER,
    "utter_ask_number_for_refund": Awaiting.ORDER_NUMBER,
    "utter_ask_order_number_again": Awaiting.ORDER_NUMBER,
    "utter_order_unknown": Awaiting.ORDER_NUMBER,
    "utter_ask_proof": Awaiting.PROOF,
    "utter_ask_proof_again": Awaiting.PROOF,
    "utter_proof_mismatch": Awaiting.PROOF,
    "utter_choose_order": Awaiting.ORDER_CHOICE,
    "utter_which_order_first": Awaiting.ORDER_CHOICE,
    "utter_choose_product": Awaiting.PRODUCT_CHOICE,
    "utter_ask_address": Awaiting.ADDRESS,
}

# A response that offers a person and carries the buttons yes and no.
OFFERS: Final = frozenset(
    {
        "utter_person_can",
        "utter_not_received",
        "utter_order_late",
        "utter_order_lost",
        "utter_damaged",
        "utter_wrong_item",
        "utter_missing_item",
        "utter_return_possible",
        "utter_return_not_yet",
        "utter_return_expired",
        "utter_exchange_possible",
        "utter_exchange_not_yet",
        "utter_exchange_expired",
        "utter_refund_coming",
        "utter_refund_late",
        "utter_refund_how",
        "utter_cancel_possible",
        "utter_address_possible",
        "utter_complaint_with_order",
        "utter_payment_problem",
        "utter_warranty",
        "utter_product_question",
        "utter_price_question",
        "utter_stock",
        "utter_product_sold_out",
        "utter_product_stock_unknown",
        "utter_product_attribute_unknown",
        "utter_product_reviews",
        "utter_product_unknown",
        "utter_discount",
        "utter_delivery_cost",
        "utter_pickup_point",
        "utter_invoice",
        "utter_account",
        "utter_unsubscribe",
    }
)

# Responses that leave what was offered open, and carry its yes and no once more.
STANDING: Final = frozenset({"utter_offer_questioned", "utter_offer_stands"})

# A response that offers a promise and carries the same buttons.
PROMISES: Final[Mapping[str, PromiseKind]] = {
    "utter_offer_voucher": PromiseKind.VOUCHER,
    "utter_offer_free_delivery": PromiseKind.FREE_DELIVERY,
    "utter_offer_reship": PromiseKind.RESHIP,
    "utter_offer_refund": PromiseKind.REFUND,
    "utter_offer_callback": PromiseKind.CALLBACK,
    "utter_offer_cancel": PromiseKind.CANCEL,
    "utter_offer_change_address": PromiseKind.CHANGE_ADDRESS,
    "utter_offer_invoice": PromiseKind.INVOICE,
    "utter_offer_answer": PromiseKind.ANSWER,
}

# The response that offers to delete everything. Its yes is a command of its own, so that no other button can say it.
FORGETS: Final = "utter_delete_my_data"
