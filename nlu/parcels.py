"""Tracking numbers: the UPU S10 form with its check digit, and the common shapes of couriers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_S10: Final = re.compile(r"(?<![\w-])([A-Z]{2}) ?(\d{3}) ?(\d{3}) ?(\d{2})(\d) ?([A-Z]{2})(?![\w-])", re.IGNORECASE)
_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)  # https://www.upu.int: S10 standard
_UPS: Final = re.compile(r"(?<!\w)1Z ?(?:[0-9A-Z] ?){15}\d(?!\w)", re.IGNORECASE)
_PREFIXED: Final = re.compile(
    r"(?<![A-Za-z0-9_-])(?:SF|YT|JT|JD[A-Z]{0,3}|DPK|JJD|H|TBA|RMF|GM|LP|ZA|ZTO|STO)[0-9]{10,20}(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_BARE: Final = re.compile(r"(?<![\w+@.-])\d(?:[ -]?\d){9,21}(?![\w@-])", re.ASCII)
_CONTEXT: Final = re.compile(
    r"track|tracking|waybill|consignment|трек|накладн|отслежив|ρпо|рпо|trek|运单|運單|快递单|快遞單|物流|单号|單號"
    r"|αποστολ|voucher|ιχνηλ|βάουτσερ|συνοδευτικ|apostol",
    re.IGNORECASE,
)
_SURE_LENGTH: Final = 12  # a bare number this long is nothing else that a shopper would send


def s10_check_digit(serial: str) -> int:
    """Return the check digit of an eight-digit S10 serial number."""
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(_S10_WEIGHTS, serial, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def find_tracking(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and the number in upper case without spaces. An S10 number with a wrong check digit is none."""
    for found in _S10.finditer(text):
        if s10_check_digit("".join(found.group(2, 3, 4))) == int(found.group(5)):
            yield found.start(), found.end(), "".join(found.groups()).upper()
    for pattern in (_UPS, _PREFIXED):
        for found in pattern.finditer(text):
            yield found.start(), found.end(), found.group().replace(" ", "").upper()


def find_bare_tracking(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield numbers of digits alone: long ones, and shorter ones where the text speaks of tracking."""
    spoken_of = _CONTEXT.search(text) is not None
    for found in _BARE.finditer(text):
        digits = re.sub(r"\D", "", found.group())
        if len(digits) >= _SURE_LENGTH or spoken_of:
            yield found.start(), found.end(), digits
