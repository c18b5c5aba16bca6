"""Whose order it is: comparing what a shopper gives with what is on the order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import phonenumbers
from phonenumbers import MatchType, NumberParseException

from bot.domain.order import Order
from bot.domain.people import Proof

PHONE: Final = "phone"
EMAIL: Final = "email"
_PHONE_DIGITS: Final = 7


@dataclass(frozen=True)
class Contact:
    """An e-mail or phone as the shopper gave it."""

    kind: str
    value: str


def contacts_in(emails: Iterable[str], phones: Iterable[str], numbers: Iterable[str] = ()) -> tuple[Contact, ...]:
    """Return the contacts in a message; bare digits long enough for a phone count as one."""
    found = [Contact(EMAIL, email.strip().lower()) for email in emails]
    found += [Contact(PHONE, phone) for phone in phones]
    found += [Contact(PHONE, number) for number in numbers if looks_like_phone(number)]
    return tuple(dict.fromkeys(found))


def looks_like_phone(number: str) -> bool:
    """True for bare digits that are too many for an order number."""
    bare = number.removeprefix("+").replace(" ", "").replace("-", "")
    return bare.isdecimal() and len(bare) >= _PHONE_DIGITS


def is_on(order: Order, contact: Contact) -> bool:
    """True when the contact is the e-mail or the phone of the order, however the phone is written."""
    if contact.kind == EMAIL:
        return order.email is not None and contact.value == order.email.lower()
    return order.phone is not None and same_phone(order.phone, contact.value)


def same_phone(known: str, given: str) -> bool:
    """True when `given` dials `known` (E.164), from anywhere or from within its country."""
    try:
        ours = phonenumbers.parse(known)
        theirs = phonenumbers.parse(given, phonenumbers.region_code_for_country_code(ours.country_code or 0))
    except NumberParseException:
        return False
    return bool(phonenumbers.is_number_match(ours, theirs) == MatchType.EXACT_MATCH)


def is_proven(order: Order, proofs: Iterable[Proof]) -> bool:
    """True when something proven is on the order."""
    return any(is_on(order, Contact(proof.kind, proof.value)) for proof in proofs)
