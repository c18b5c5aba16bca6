"""Amounts of money, with the currency that is said, and payment cards.

A number without a currency is no amount: it may be an order or a quantity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from nlu.text import plain

# Written before or behind the amount, as they stand in plain text (lower case, no accents).
_SIGNS: Final = {
    "€": "EUR", "£": "GBP", "$": "USD", "us$": "USD", "₽": "RUB", "¥": "CNY", "hk$": "HKD", "nt$": "TWD", "₸": "KZT", "₴": "UAH",
}  # fmt: skip
_CODES: Final = {
    "eur": "EUR", "usd": "USD", "gbp": "GBP", "rub": "RUB", "руб": "RUB", "cny": "CNY", "rmb": "CNY", "人民币": "CNY", "人民幣": "CNY",
}  # fmt: skip
# Written behind it only.
_WORDS: Final = {
    "EUR": r"euros?|evr[ow]|ευρω|евро|欧元|歐元",
    "GBP": r"pounds?(?! (?:of|heavy|lighter)\b)|quid|фунт(?:а|ов)?|λιρεσ|英镑|英鎊",
    "USD": r"dollars?|bucks|доллар(?:а|ов)?|δολαρια|美元|美金",
    "RUB": r"ro?ubles?|ro?ubels?|rubl(?:ey|ei|ya|s)?|рубл(?:ь|я|ей|ями|ям|ях)|рублик(?:а|ов)|ρουβλια|р|卢布|盧布",
    "CNY": r"元|[块塊][钱錢]?|yuan|юан(?:ь|я|ей)|γουαν",
    "HKD": r"港[币幣元]",
    "TWD": r"新?[台臺][币幣]",
    "KZT": r"тенге",
    "UAH": r"грн|гривен",
}
# Any currency, however it is written beside a number: what stands by one is a sum, and no number of an order.
CURRENCY: Final = (
    r"(?:ro?ub[a-z]{0,4}|rub(?:l[a-z]{0,4}|s)?|rur|руб[а-я]{0,6}|ρουβλ[α-ω]{1,3}|eur(?:os?)?|evr[ow]|евро|ευρω|dollars?|usdt?|bucks|доллар[а-я]{0,3}|бакс[а-я]{0,3}"
    r"|δολαρ[α-ω]{2}|pounds?|gbp|quid|фунт[а-я]{0,3}|λιρ[α-ω]{1,3}|lira[s]?|лир[а-я]?|yuan|cny|rmb|юан[а-я]{1,3}|γουαν|yens?|jpy|[ий]ен[а-я]?"
    r"|kr|kron[a-z]{1,2}|крон[а-я]?|zl(?:oty[a-z]?)?|pln|злот[а-я]{1,3}|rupees?|inr|рупи[а-я]|dirhams?|aed|дирхам[а-я]{0,2}|chf|fran[ck]s?|франк[а-я]{0,2}"
    r"|forints?|huf|форинт[а-я]{0,2}|czk|лари|сум(?:ов|а|ы)?|uzs|драм(?:ов|а|ы)?|тугрик[а-я]{0,2}|mnt|тенге|kzt|грн|гривен|гривн[а-я]|tl|λεβα"
    r"|деревянн[а-я]{1,2})(?![a-zа-яα-ω])|р(?![а-я])|大洋|[元块塊圆圓](?![\u4e00-\u9fff]{0,2}[号號])|卢布|盧布|欧元|歐元|美元|美金|英镑|英鎊|日元|人民[币幣]"
)
_AMOUNT: Final = r"(?:\d{1,3}(?:[ .,']\d{3}){1,3}(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d{1,9}(?:[.,]\d{1,2})?(?!\d))"
_MANY: Final = {"k": 1000, "к": 1000, "тыс": 1000, "тыщ": 1000, "千": 1000, "万": 10000, "萬": 10000}
_BEFORE: Final = re.compile(
    rf"(?<![^\W\d_㐀-鿿])(?P<sign>{'|'.join(map(re.escape, [*sorted(_SIGNS, key=len, reverse=True), *_CODES]))})\.? ?(?P<amount>{_AMOUNT})"
    rf"(?P<many>k(?![a-z]))?(?![.,]?\d)"
)
_BEHIND: Final = re.compile(
    rf"(?<![a-z\d.,/])(?P<amount>{_AMOUNT}) ?(?P<many>(?:тыс[а-я]{{0,4}}|тыщ[аи]?|k|к)(?![a-zа-я])\.? ?|[千万萬])?"
    rf"(?:(?P<sign>{'|'.join(map(re.escape, sorted(_SIGNS, key=len, reverse=True)))})(?! ?\d)"
    rf"|(?P<code>(?:{'|'.join(_CODES)})(?![^\W\d_㐀-鿿])\.?)"
    rf"|(?P<word>{'|'.join(f'(?P<{code}>{words})' for code, words in _WORDS.items())})(?:(?<=[㐀-鿿])|(?![^\W_㐀-鿿])(?:(?<=[\d ]р)\.)?))"
)
_PIECES: Final = re.compile(r"\d ?[块塊]\Z")  # 3块: three pieces; nothing costs so little
_CARD: Final = re.compile(r"(?<![A-Za-z0-9_+-])[2-6]\d{3}(?:([ -]?)\d{4})(?:\1\d{4}){2}(?![A-Za-z0-9_-])")


def find_cards(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and nothing for the number of a payment card (ISO/IEC 7812-1: 16 digits, the last one Luhn's)."""
    for found in _CARD.finditer(text):
        digits = [int(sign) for sign in found.group() if sign.isdigit()]
        if (sum(sum(divmod(2 * digit, 10)) for digit in digits[::2]) + sum(digits[1::2])) % 10 == 0:
            yield found.start(), found.end(), ""


def find_money(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and value: `49.90 EUR`, `1299 RUB`."""
    matched = plain(text)
    end = 0
    for found in sorted((*_BEFORE.finditer(matched), *_BEHIND.finditer(matched)), key=re.Match.start):
        if found.start() >= end and not (_PIECES.search(found.group()) and len(found.group("amount")) == 1):
            end = found.end()
            yield found.start(), end, f"{_value(found)} {_currency(found.groupdict())}"


def _currency(parts: dict[str, str | None]) -> str:
    said = (parts.get("sign") or parts.get("code") or "").rstrip(".")
    return (_SIGNS | _CODES).get(said) or next(name for name in _WORDS if parts.get(name))


def _value(found: re.Match[str]) -> str:
    """Return the amount with a point before the cents; a mark before three digits parts thousands."""
    whole, mark, cents = re.fullmatch(r"(.*?)(?:([.,])(\d{1,2}))?", found.group("amount")).groups()  # type: ignore[union-attr]
    digits = re.sub(r"\D", "", whole)
    many = next((times for word, times in _MANY.items() if (found.group("many") or "").startswith(word)), 1)
    if many > 1:
        return f"{(Decimal(f'{digits}.{cents or 0}') * many).to_integral_value():f}"
    return f"{int(digits)}.{cents:0<2}" if mark else str(int(digits))
