"""What a product costs, whether it is there, and what the shop has told about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from actions.case import Case, CaseAction
from actions.facts import days, facts_about_product, named
from actions.which_product import Meant, product_or_ask
from bot.domain.product import Product

# So many or fewer may be gone before a shopper has ordered.
FEW: Final = 3


class TellPrice(CaseAction):
    """Answers `ask_price`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_tell_price"

    async def answer(self, case: Case) -> None:
        """Tell the price."""
        await tell_price(case)


class TellStock(CaseAction):
    """Answers `stock`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_tell_stock"

    async def answer(self, case: Case) -> None:
        """Tell whether it is there."""
        await tell_stock(case)


class TellProduct(CaseAction):
    """Answers `ask_product`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_tell_product"

    async def answer(self, case: Case) -> None:
        """Tell what the shop has told."""
        await tell_product(case)


async def tell_price(case: Case) -> None:
    """Tell the price of the product this is about, or ask which that is."""
    if meant := await product_or_ask(case, "utter_price_question"):
        _say(case, "utter_product_price", meant.product)


async def tell_stock(case: Case) -> None:
    """Tell whether the product this is about is there, or ask which that is."""
    if meant := await product_or_ask(case, "utter_stock"):
        _say(case, stock_response(meant.product, case.now), meant.product)


async def tell_product(case: Case) -> None:
    """Tell what is asked about the product this is about, or ask which that is."""
    if meant := await product_or_ask(case, "utter_product_question"):
        told = meant.question.told_by(meant.product)
        _say(case, product_response(meant, told), meant.product, told)


def stock_response(product: Product, now: datetime) -> str:
    """Name the response that tells how many there are, or when more come; a day that has passed tells nothing."""
    if product.stock is None:
        return "utter_product_stock_unknown"
    if product.stock > FEW:
        return "utter_product_stock"
    if product.stock > 0:
        return "utter_product_few"
    return "utter_product_restock" if _restock(product, now) else "utter_product_sold_out"


def product_response(meant: Meant, told: Mapping[str, str]) -> str:
    """Name the response to a question about a product. What others say of it we do not have, and do not judge."""
    if meant.question.about_reviews:
        return "utter_product_reviews"
    if told and meant.surely:
        return "utter_product_attribute"
    if not meant.surely or meant.question.asks_attribute(meant.product):
        return "utter_product_attribute_unknown"
    return (
        "utter_product_about" if meant.product.about or meant.product.attributes else "utter_product_attribute_unknown"
    )


def _say(case: Case, response: str, product: Product, told: Mapping[str, str] | None = None) -> None:
    language = case.turn.language
    facts = facts_about_product(product, language, case.now, _restock(product, case.now))
    facts["return_days"] = days(case.policy.returns.days, language)
    case.speech.say(response, facts | {"known": named(told or {}, language)})


def _restock(product: Product, now: datetime) -> datetime | None:
    """Return when more come, unless that day has passed."""
    if product.restock_at is None or product.restock_at.astimezone(now.tzinfo).date() < now.date():
        return None
    return product.restock_at
