"""The shop's own addresses for alerts, as apprise writes them; the only place that knows apprise."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import apprise
from pydantic import SecretStr

from bot.errors import DeliveryError, SettingsError


class Address:
    """One address. Its name is a hash, since the address itself may hold a password."""

    def __init__(self, url: SecretStr) -> None:
        secret = url.get_secret_value()
        self.name = f"url {hashlib.sha256(secret.encode()).hexdigest()[:12]}"
        self._service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Warmline", async_mode=True))
        if not self._service.add(secret):
            raise SettingsError("is no address that apprise knows")

    async def notify(self, text: str) -> None:
        """Send a text; raises DeliveryError when it was not taken."""
        title, _, body = text.partition("\n")
        if not await self._service.async_notify(title=title, body=body):
            raise DeliveryError("the address took no alert")


def addresses_of(urls: Sequence[SecretStr]) -> list[Address]:
    """Return the addresses of ALERT_URLS; raises SettingsError naming the one that is wrong by its place, not its words."""
    found = []
    for place, url in enumerate(urls, start=1):
        try:
            found.append(Address(url))
        except SettingsError as exc:
            raise SettingsError(f"ALERT_URLS: number {place} {exc}") from None
    return found
