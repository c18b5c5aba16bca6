"""Order numbers in all shapes people type: WL-20417, wl20417, #20417, № 20417, A-1042, order no 55-1033, 20417."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_SIGN: Final = re.compile(
    r"(?:#|№|\bno\.|\bn°|\bαρ\.)\s?(?P<number>(?:[A-Za-z]{1,4}[ -]?)?\d[\d-]{1,10}\d)(?![\w@])", re.IGNORECASE
)
_LETTERED: Final = re.compile(
    r"(?<![\w@/.-])(?P<letters>[A-Za-z]{2,4})(?P<gap>[-–—_ ]?)(?P<digits>\d{3,8})(?![\w@]|[.,]\d|-\d)"
    r"|(?<![\w@/.-])(?P<letter>[A-Za-z])[-–—](?P<few>\d{3,8})(?![\w@]|[.,]\d|-\d)",
    re.ASCII,
)
_HYPHENED: Final = re.compile(r"(?<![\w@/.+-])(?P<number>\d{2,4}-\d{3,6})(?![\w@/-]|[.,]\d)", re.ASCII)
_BARE: Final = re.compile(
    r"(?<![\w@/.,:+*-])(?<![$€£¥₽] )(?<![$€£¥₽])(?P<number>\d{4,8})(?![\w@/:*%-]|[.,]\d|\s?[$€£¥₽°%])", re.ASCII
)
_MEASURE: Final = re.compile(
    r"\s?(?:eur|euro|usd|gbp|rub|руб|р\.|рублей|грн|元|块|塊|¥|€|ευρω|ευρώ|evro|kg|g|gr|кг|гр|г\b|ml|мл|mm|мм|cm|см|km|км|m\b|м\b"
    r"|mah|мач|watt|w\b|вт|v\b|gb|гб|hz|rpm|days?|дн|天|号|日|月|年|pcs|шт|件|个|個|pieces|pages|people|followers|steps)",
    re.IGNORECASE,
)
_CONTEXT: Final = re.compile(
    r"order|ord\b|ref|purchase|заказ|номер|zakaz|nomer|订单|訂單|单号|單號|编号|編號|παραγγελ|paragg?el|αριθμ|arithm|number|\bno\b|\bnr\b|νουμερο|νούμερο",
    re.IGNORECASE,
)
_PREFIX: Final = "WL"
_BEFORE: Final = 28
_FEW_WORDS: Final = 5


def find_order_numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and the number: upper case, a hyphen between letters and digits, no `#` or `№`."""
    for found in _SIGN.finditer(text):
        yield found.start(), found.end(), normalised(found.group("number"))
    for found in _LETTERED.finditer(text):
        letters = found.group("letters")
        joined = found.group("gap") in ("-", "–", "—", "_") or letters is None
        if joined or letters.upper() == _PREFIX or (found.group("gap") == "" and len(found.group("digits")) > 3):
            yield found.start(), found.end(), normalised(found.group())
    for found in _HYPHENED.finditer(text):
        if _is_about_order(text, found.start()) or len(text.split()) <= _FEW_WORDS:
            yield found.start(), found.end(), found.group("number")
    for found in _BARE.finditer(text):
        if not _MEASURE.match(text, found.end()) and _is_order_like(text, found):
            yield found.start(), found.end(), found.group("number")


def normalised(number: str) -> str:
    """Return an order number as it is kept: `wl20417`, `wl 20417` and `WL–20417` become `WL-20417`."""
    upper = re.sub(r"[\s_–—]+", "-", number.strip().upper())
    return re.sub(r"^([A-Z]+)-?(\d)", r"\1-\2", upper)


def _is_order_like(text: str, found: re.Match[str]) -> bool:
    if _is_about_order(text, found.start()) or not re.search(r"[^\W\d_]", text):
        return True
    # Four digits alone are more often a year, a price or a time.
    return len(found.group("number")) > 4


def _is_about_order(text: str, start: int) -> bool:
    return _CONTEXT.search(text, max(0, start - _BEFORE), start) is not None
