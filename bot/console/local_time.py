"""What time it is where a shopper's phone comes from: a guess by its country, and none where that has several times."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from babel.core import get_global
from phonenumbers import timezone

from bot.domain.people import Conversation, Proof

_UNKNOWN = "Etc/Unknown"


def phone_of(conversation: Conversation, proofs: tuple[Proof, ...]) -> str | None:
    """Return the shopper's own phone number, where one is known."""
    if conversation.channel == "whatsapp":
        return conversation.address
    return next((proof.value for proof in proofs if proof.kind == "phone"), None)


def zone_of(phone: str | None, now: datetime) -> ZoneInfo | None:
    """Return a time zone whose clock is right for a number, or None where there is no telling."""
    try:
        number = phonenumbers.parse(phone or "")
    except phonenumbers.NumberParseException:
        return None
    names = set(timezone.time_zones_for_number(number)) - {_UNKNOWN}
    if not names:
        region = phonenumbers.region_code_for_country_code(number.country_code or 0)
        names = {zone for zone, territory in get_global("zone_territories").items() if territory == region}
    zones = [zone for name in sorted(names) if (zone := _zone(name)) is not None]
    clocks = {now.astimezone(zone).utcoffset() for zone in zones}
    return zones[0] if len(clocks) == 1 else None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None
