"""What we know about an order, worded in the shopper's language. What we do not know is left out, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.numbers import format_decimal

from bot import money as sums
from bot.domain.order import Order
from bot.domain.product import Product
from responses.traditional import TRADITIONAL

_LOCALES: Final = {
    "en": Locale.parse("en_GB"),
    "ru": Locale.parse("ru"),
    "zh": Locale.parse("zh_Hans_CN"),
    TRADITIONAL: Locale.parse("zh_Hant_TW"),
    "el": Locale.parse("el"),
}
_BETWEEN_ITEMS: Final = {"zh": "、", TRADITIONAL: "、"}
_BETWEEN_ATTRIBUTES: Final = {"zh": ("：", "；")}
_SENTENCE_ENDS: Final = (".", "!", "?", "…", "。", "！", "？", ";")


def facts_about(order: Order, language: str, now: datetime, status_word: str) -> dict[str, str]:
    """Return the variables of the order responses that have a value."""
    late = order.days_late(now)
    facts = {
        "number": order.number,
        "status": status_word,
        "items": _BETWEEN_ITEMS.get(language, ", ").join(order.items),
        "placed": day(order.placed_at, language, now),
        "since": day(order.status_since, language, now) if order.status_since else "",
        "promised": day(order.promised_at, language, now) if order.promised_at else "",
        "late_by": days(late, language) if late else "",
        "carrier": order.carrier or "",
        "tracking": order.tracking or "",
        "total": money(order.total, order.currency, language),
    }
    return {name: value for name, value in facts.items() if value}


def facts_about_product(product: Product, language: str, now: datetime, restock: datetime | None) -> dict[str, str]:
    """Return the variables of the product responses that have a value."""
    facts = {
        "product": product.name,
        "price": money(product.price, product.currency, language),
        "count": str(format_decimal(product.stock, locale=_LOCALES[language])) if product.stock else "",
        "restock": day(restock, language, now) if restock else "",
        "about": sentence(product.about or "", language),
        "attributes": named(product.attributes, language),
        "url": product.url or "",
    }
    return {name: value for name, value in facts.items() if value}


def named(attributes: Mapping[str, str], language: str) -> str:
    """Return attributes with their names, as a list inside a sentence."""
    colon, between = _BETWEEN_ATTRIBUTES.get(language, (": ", "; "))
    return between.join(f"{name}{colon}{value}" for name, value in attributes.items())


def sentence(text: str, language: str) -> str:
    """Return a text with a mark at its end."""
    return text if not text or text.endswith(_SENTENCE_ENDS) else text + ("。" if language == "zh" else ".")


def day(moment: datetime, language: str, now: datetime) -> str:
    """Return a day as people say it; the year only where it is not this one."""
    date, locale = moment.astimezone(now.tzinfo).date(), _LOCALES[language]
    this_year = date.year == now.year
    said = format_skeleton("MMMMd", date, locale=locale) if this_year else format_date(date, "long", locale=locale)
    # CLDR has no ordinal for the first, the one day of a month that Greek says so: "1η Δεκεμβρίου".
    return f"1η{said[1:]}" if language == "el" and date.day == 1 else str(said)


def days(count: int, language: str) -> str:
    """Return a number of days in words, as days however many they are."""
    return str(
        format_timedelta(timedelta(days=count), granularity="day", threshold=count + 1, locale=_LOCALES[language])
    )


def masked(email: str) -> str:
    """Return an e-mail as its owner knows it again and nobody else can write to it."""
    name, _, host = email.partition("@")
    return f"{name[:1]}…@{host}"


def money(amount: Decimal, currency: str, language: str) -> str:
    """Return a sum with its currency."""
    return sums.money(amount, currency, _LOCALES[language])
