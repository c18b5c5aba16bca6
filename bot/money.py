"""Sums of money, as the shops of a language write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from babel import Locale
from babel.numbers import NumberPattern, format_currency, parse_pattern

_WHOLE: Final = (0, 0)


def money(amount: Decimal, currency: str, locale: Locale) -> str:
    """Return a sum with its currency: `£2.49`, `40 €`; a whole sum has no decimals."""
    pattern = _whole_pattern(locale) if amount == amount.to_integral_value() else None
    return str(format_currency(amount, currency, format=pattern, locale=locale, currency_digits=pattern is None))


def _whole_pattern(locale: Locale) -> NumberPattern:
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    pattern.frac_prec = _WHOLE
    return pattern
