"""Tracking numbers: by check digit where the rule is public, by prefix, or by the courier's name or the word beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_S10: Final = re.compile(
    r"(?<![A-Za-z0-9_-])([A-Z]{2}) ?(\d{3}) ?(\d{3}) ?(\d{2})(\d) ?([A-Z]{2})(?![A-Za-z0-9_-])", re.IGNORECASE
)
_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
_UPS: Final = re.compile(r"(?<![A-Za-z0-9_])1Z ?(?:[0-9A-Z] ?){15}\d(?![A-Za-z0-9_])", re.IGNORECASE)
# SF 12-15 digits: SF Express; YT, ZTO, STO: YTO/Yunexpress, ZTO, STO; JT: J&T; JD, JDV...: JD Logistics; JD, JJD: DHL's
# pieces; GM: DHL eCommerce; LP: Cainiao; TBA: Amazon; H and 15 digits: Evri; DPK, RMF, ZA: other couriers.
_PREFIXED: Final = re.compile(
    r"(?<![A-Za-z0-9_-])(?:(?:SF|YT|JT|JJ?D[A-Z]{0,3}|DPK|TBA|RMF|GM|LP|ZA|ZTO|STO) ?\d{10,20}|H\d{15})(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_COURIERS: Final = (
    r"acs|elta|ελτα|dhl|ups|fedex|dpd|evri|hermes|royal mail|usps|cdek|sdek|сдэк|сдек|boxberry|боксберри"
    r"|speedex|γενικη|ταχυδρομικη|box ?now|sf|顺丰|順豐|圆通|中通|申通|韵达|极兔|京东|邮政"
)
_TRACKING: Final = (
    r"tracking|track|waybill|consignment|трек|накладн|отслежив|рпо|шпи|trek|nakladn|运单|運單|快递单|快遞單|物流单?"
    r"|voucher|αποστολ|ιχνηλ|βαουτσερ|συνοδευτικ|apostol"
)
_CONTEXT: Final = re.compile(rf"(?:{_TRACKING})|(?<![^\W\d_㐀-鿿])(?:{_COURIERS})(?![^\W\d_㐀-鿿])", re.IGNORECASE)
_NAMED: Final = re.compile(
    rf"(?:(?:{_TRACKING})|(?<![^\W\d_㐀-鿿])(?P<courier>{_COURIERS})(?![^\W\d_㐀-鿿]))[^\W\d_]{{0,8}}"
    r"(?:[ :#№.=-]{1,3}(?:no|number|code|id|номер|αριθμοσ|αρ|is|是|号|號|单号|單號|号码)){0,2}"
    r"[ :#№.=-]{0,3}(?P<number>\d{10,22})(?![A-Za-z0-9_@-])",
    re.IGNORECASE,
)
_BARE: Final = re.compile(r"(?<![A-Za-z0-9_+@.-])\d(?:[ -]?\d){9,21}(?![A-Za-z0-9_@-])")
_SURE_LENGTH: Final = 12  # a bare number this long is nothing else that a shopper would send
_WAYBILL: Final = 10  # digits: DHL Express
_DOMESTIC: Final = 14  # Russian Post
_MARKET: Final = (18, 19)  # orders of Chinese marketplaces


def s10_check_digit(serial: str) -> int:
    """Return the check digit of an eight-digit serial number (UPU standard S10: Royal Mail, ELTA, China Post and all others)."""
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(_S10_WEIGHTS, serial, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def ups_check_digit(body: str) -> int:
    """Return the check digit of the 15 characters behind 1Z (ANSI MH10.8 as UPS uses it: A is 2, even places count double)."""
    values = [int(sign) if sign.isdigit() else (ord(sign) - 63) % 10 for sign in body.upper()]
    return -(sum(values[::2]) + 2 * sum(values[1::2])) % 10


def russian_check_digit(body: str) -> int:
    """Return the check digit of a domestic identifier's first 13 digits (Russian Post, ШПИ: odd places count three times)."""
    digits = [int(digit) for digit in body]
    return -(3 * sum(digits[::2]) + sum(digits[1::2])) % 10


def dhl_check_digit(body: str) -> int:
    """Return the check digit of a waybill's first nine digits (DHL Express, shipment and piece ranges: the rest by seven)."""
    return int(body) % 7


def find_tracking(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and the number in upper case without spaces. A wrong check digit makes it none."""
    for found in _S10.finditer(text):
        if s10_check_digit("".join(found.group(2, 3, 4))) == int(found.group(5)):
            yield found.start(), found.end(), "".join(found.groups()).upper()
    for found in _UPS.finditer(text):
        number = found.group().replace(" ", "").upper()
        if ups_check_digit(number[2:-1]) == int(number[-1]):
            yield found.start(), found.end(), number
    for found in _PREFIXED.finditer(text):
        yield found.start(), found.end(), found.group().replace(" ", "").upper()


def find_named_tracking(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield numbers of digits that stand beside a courier's name or a word for tracking, both in plain text."""
    for found in _NAMED.finditer(text):
        number = found.group("number")
        if found.group("courier") != "dhl" or _may_be_dhl(number):
            yield found.start("number"), found.end("number"), number


def find_bare_tracking(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield numbers of digits alone: long ones, and shorter ones where the plain text speaks of tracking."""
    context = _CONTEXT.search(text)
    for found in _BARE.finditer(text):
        digits = re.sub(r"\D", "", found.group())
        if context:
            if context.group() != "dhl" or _may_be_dhl(digits):
                yield found.start(), found.end(), digits
        elif _may_be_bare(digits):
            yield found.start(), found.end(), digits


def _may_be_bare(number: str) -> bool:
    if len(number) == _DOMESTIC:
        return russian_check_digit(number[:-1]) == int(number[-1])
    return len(number) >= _SURE_LENGTH and len(number) not in _MARKET


def _may_be_dhl(number: str) -> bool:
    return len(number) != _WAYBILL or dhl_check_digit(number[:-1]) == int(number[-1])
