"""How sums are written."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel import Locale

from bot.money import money


@pytest.mark.parametrize(
    ("locale", "amount", "currency", "said"),
    [
        ("en_GB", "40.00", "GBP", "£40"),
        ("en_GB", "2.49", "GBP", "£2.49"),
        ("en_GB", "40.50", "EUR", "€40.50"),
        ("ru", "14990.00", "RUB", "14 990 ₽"),
        ("ru", "199.90", "RUB", "199,90 ₽"),
        ("zh_Hans_CN", "40.00", "CNY", "¥40"),
        ("zh_Hans_CN", "39.90", "CNY", "¥39.90"),
        ("el", "40.00", "EUR", "40 €"),
        ("el", "1234.5", "EUR", "1.234,50 €"),
    ],
)
def test_a_whole_sum_has_no_decimals_and_no_other_loses_any(locale: str, amount: str, currency: str, said: str) -> None:
    assert money(Decimal(amount), currency, Locale.parse(locale)).replace("\xa0", " ") == said
