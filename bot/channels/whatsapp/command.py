"""`python -m bot whatsapp check`: what is missing before shoppers can write, in plain words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
from twilio.request_validator import RequestValidator

from bot.channels.whatsapp.parse import PREFIX
from bot.channels.whatsapp.templates import read_templates
from bot.channels.whatsapp.webhook import PATH, SIGNATURE_HEADER, STATUS_PATH
from bot.errors import SettingsError
from bot.settings import Settings

_SANDBOX: Final = "+14155238886"
# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides: five more times, whatever went wrong.
_TRY_AGAIN: Final = "#rc=5&rp=all"
_NAMES: Final = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WHATSAPP_FROM", "PUBLIC_URL")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `fine` is False where something has to be done."""

    fine: bool
    text: str

    def __str__(self) -> str:
        return ("ok    " if self.fine else "MEND  ") + self.text


async def check(settings: Settings, http: httpx.AsyncClient | None = None) -> AsyncIterator[Finding]:
    """Look at everything WhatsApp needs, one after the other, and stop where the next would make no sense."""
    given = (
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        settings.twilio_whatsapp_from,
        settings.public_url,
    )
    missing = [name for name, value in zip(_NAMES, given, strict=True) if not value]
    if missing:
        yield Finding(False, f"not set: {', '.join(missing)}")
        return
    async with http or httpx.AsyncClient(timeout=15) as client:
        twilio = _Twilio(settings, client)
        async for finding in _address(settings, client):
            yield finding
        account = await twilio.account()
        yield account
        if account.fine:
            yield await twilio.sender()
            async for finding in _templates(settings, twilio):
                yield finding


async def _address(settings: Settings, client: httpx.AsyncClient) -> AsyncIterator[Finding]:
    url = str(settings.public_url).rstrip("/")
    if not url.startswith("https://"):
        yield Finding(False, f"PUBLIC_URL: Twilio calls https addresses; this is {url}")
    assert settings.twilio_auth_token is not None, "looked at before"
    signer = RequestValidator(settings.twilio_auth_token.get_secret_value())
    signature = signer.compute_signature(url + STATUS_PATH, {})
    try:
        answer = await client.post(url + STATUS_PATH, headers={SIGNATURE_HEADER: signature}, data={})
    except httpx.HTTPError as exc:
        yield Finding(False, f"PUBLIC_URL: {url} does not answer ({type(exc).__name__}); is `make run` running there?")
        return
    if answer.is_success:
        yield Finding(True, f"our webhook answers at {url}{PATH}")
    elif answer.status_code == httpx.codes.FORBIDDEN:
        yield Finding(
            False, f"our webhook at {url} refuses its own signature: it runs with another token or PUBLIC_URL"
        )
    else:
        yield Finding(False, f"{url}{PATH} answers {answer.status_code}: something else runs there")


async def _templates(settings: Settings, twilio: _Twilio) -> AsyncIterator[Finding]:
    try:
        templates = read_templates(settings.twilio_templates)
    except SettingsError as exc:
        yield Finding(False, str(exc))
        return
    for language in ("en", "ru", "zh", "el"):
        if language not in templates.nudge:
            yield Finding(False, f"TWILIO_TEMPLATES: no nudge in {language}; replies after 24 hours wait in silence")
        if language not in templates.late_order:
            yield Finding(False, f"TWILIO_TEMPLATES: no late_order in {language}; after 24 hours no late order is told")
    for purpose, sid in templates.every.items():
        yield await twilio.template(purpose, sid)


class _Twilio:
    """Questions to Twilio's APIs, each of which has an address of its own."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        assert settings.twilio_account_sid and settings.twilio_auth_token, "looked at before"  # noqa: PT018  one fact
        self._settings = settings
        self._client = client
        self._account = settings.twilio_account_sid
        self._auth = httpx.BasicAuth(self._account, settings.twilio_auth_token.get_secret_value())

    async def account(self) -> Finding:
        """Look whether the credentials are right and the account is in use."""
        answer = await self._get("api", f"/2010-04-01/Accounts/{self._account}.json")
        if isinstance(answer, str):
            return Finding(False, f"TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN: {answer}")
        state = answer.get("status")
        return Finding(state == "active", f"Twilio knows the account; it is {state}")

    async def sender(self) -> Finding:
        """Look whether the number is a WhatsApp sender of this account, online, that brings messages to us."""
        number = str(self._settings.twilio_whatsapp_from).removeprefix(PREFIX)
        if number == _SANDBOX:
            return Finding(True, "the sender is Twilio's sandbox: set its webhook in Twilio's console, by hand")
        answer = await self._get("messaging", "/v2/Channels/Senders", Channel="whatsapp", PageSize="1000")
        if isinstance(answer, str):
            return Finding(False, f"the list of WhatsApp senders cannot be read: {answer}")
        senders = {str(found.get("sender_id", "")).removeprefix(PREFIX): found for found in answer.get("senders", [])}
        if number not in senders:
            return Finding(False, f"TWILIO_WHATSAPP_FROM: {number} is no WhatsApp sender of this account")
        found = senders[number]
        if not str(found.get("status", "")).upper().startswith("ONLINE"):
            return Finding(False, f"the sender {number} is {found.get('status')}, not online")
        return self._calls_us(found)

    def _calls_us(self, sender: dict[str, Any]) -> Finding:
        called = str((sender.get("webhook") or {}).get("callback_url") or "")
        address, _, override = called.partition("#")
        ours = str(self._settings.public_url).rstrip("/") + PATH
        if address != ours:
            return Finding(False, f"Twilio brings messages to {address or 'nowhere'}; set it to {ours}{_TRY_AGAIN}")
        advice = "" if override else f"; with {_TRY_AGAIN} behind its address it tries again when we are away"
        return Finding(True, f"the sender is online, and Twilio brings its messages to us{advice}")

    async def template(self, purpose: str, sid: str) -> Finding:
        """Look whether WhatsApp approved a template; those with buttons need no approval inside the window."""
        answer = await self._get("content", f"/v1/Content/{sid}/ApprovalRequests")
        if isinstance(answer, str):
            return Finding(False, f"template {purpose}: {answer}")
        request = answer.get("whatsapp") or {}
        state, inside = request.get("status", "unsubmitted"), purpose.startswith("choices")
        if state == "approved" and not inside and str(request.get("category")).upper() == "MARKETING":
            said = "counts as marketing, which WhatsApp keeps from some shoppers (63049); submit it anew as utility"
            return Finding(False, f"template {purpose} {said}")
        return Finding(state == "approved" or inside, f"template {purpose} is {state}")

    async def _get(self, api: str, path: str, **query: str) -> dict[str, Any] | str:
        """Return Twilio's answer, or in words why there is none."""
        base = self._settings.twilio_api_base_url
        home = str(base).rstrip("/") if base else f"https://{api}.twilio.com"
        try:
            answer = await self._client.get(home + path, params=query, auth=self._auth)
        except httpx.HTTPError as exc:
            return f"Twilio does not answer ({type(exc).__name__})"
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            return "Twilio refuses them"
        if answer.status_code == httpx.codes.NOT_FOUND:
            return "Twilio does not know it"
        if not answer.is_success:
            return f"Twilio answers {answer.status_code}"
        try:
            given = answer.json()
        except ValueError:
            given = None
        return given if isinstance(given, dict) else "Twilio's answer is no JSON object"
