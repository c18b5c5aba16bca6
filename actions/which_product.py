"""The product a message is about: named, pointed back at, or asked for. Nothing is taken for meant that only resembles it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actions.case import Case
from actions.product_words import Question
from actions.slots import CATALOGUE, Awaiting, Slot
from actions.turn import Turn
from actions.which_order import MAX_CHOICES, shortened
from bot.domain.likeness import grams_of
from bot.domain.product import Fit, Product

_YES: Final = "affirm"


@dataclass(frozen=True)
class Meant:
    """The product a message is about, and what it asks; `surely` is false where it may be about something else."""

    product: Product
    question: Question
    surely: bool = True


async def product_or_ask(case: Case, without_catalogue: str) -> Meant | None:
    """Return the product this is about. Otherwise say what was found, and return None.

    That is: the products it may be, to choose from; or that none fits; or, where the shop has told us no products at
    all, the response `without_catalogue`.
    """
    turn = case.turn
    question = Question.of("" if turn.said.is_button else turn.said.text, turn.language)
    before = await _known(case, turn.slots.get(Slot.PRODUCT))
    if picked := await _known(case, next(iter(turn.values("product")), None)):
        return _remembered(case, Meant(picked, question))
    candidates = ranked(await case.work.products.resembling(grams_of(question.telling)), question, turn.language)
    sure = [product for product, fit in candidates if fit.sure]
    if before and (before in sure or (not sure and (question.points_back or turn.intent == _YES))):
        return _remembered(case, Meant(before, question))
    if len(sure) == 1:
        return _remembered(case, Meant(sure[0], question))
    if may_be := sure or [product for product, _ in candidates]:
        _ask_which(case, may_be[:MAX_CHOICES])
    elif before and turn.intent == "ask_product":
        return _remembered(case, Meant(before, question, surely=False))
    else:
        known = candidates or await case.work.products.count()
        case.say("utter_product_unknown" if known else without_catalogue)
    return None


def ranked(products: Sequence[Product], question: Question, language: str) -> list[tuple[Product, Fit]]:
    """Return the products a message may name, surest first.

    Left out are products of which less was heard than of another (the mug, where the enamel mug was named), and a
    product's other languages.
    """
    passing = question.words.passing
    fits = [(product, Fit.of(product, question.telling, passing)) for product in products]
    possible = [(product, fit) for product, fit in fits if fit.sure or fit.possible]
    possible.sort(key=lambda found: (not found[1].sure, found[0].language != language, -found[1].share))
    kept: dict[str, tuple[Product, Fit]] = {}
    for product, fit in possible:
        if not any(fit.heard < other.heard and other.sure >= fit.sure for _, other in possible):
            kept.setdefault(product.sku, (product, fit))
    return list(kept.values())


def says_product(turn: Turn) -> bool:
    """True when a bare answer belongs to a question about a product: a product was picked, or is what we spoke of."""
    if turn.values("product"):
        return True
    return turn.topic in CATALOGUE and not turn.brings_data and turn.awaiting in {None, Awaiting.PRODUCT_CHOICE}


async def _known(case: Case, sku: str | None) -> Product | None:
    return await case.work.products.find(str(sku), case.turn.language) if sku else None


def _remembered(case: Case, meant: Meant) -> Meant:
    case.speech.remember(Slot.PRODUCT, meant.product.sku)
    return meant


def _ask_which(case: Case, products: Sequence[Product]) -> None:
    """Let the shopper choose. The only one there is may be meant by a "yes", several by none."""
    choices = [(shortened(p.name), f'/inform{{"product": "{p.sku}"}}') for p in products]
    case.speech.say("utter_choose_product", choices=choices)
    case.speech.remember(Slot.PRODUCT, products[0].sku if len(products) == 1 else None)
