"""`python -m bot whatsapp check` names each thing that is missing, in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from bot.channels.whatsapp.command import Finding, check
from bot.settings import Settings
from tests.doubles.channels import PUBLIC_URL, TWILIO_ACCOUNT, TWILIO_TOKEN

NUMBER = "+15550100200"
GIVEN = {
    "twilio_account_sid": TWILIO_ACCOUNT, "twilio_auth_token": TWILIO_TOKEN, "twilio_whatsapp_from": NUMBER,
    "public_url": PUBLIC_URL,
}  # fmt: skip
SENDER = {
    "sender_id": f"whatsapp:{NUMBER}", "status": "ONLINE", "webhook": {"callback_url": f"{PUBLIC_URL}/webhooks/whatsapp"},
}  # fmt: skip
FINE: dict[str, Any] = {
    "/webhooks/whatsapp/status": (200, {}),
    f"/2010-04-01/Accounts/{TWILIO_ACCOUNT}.json": (200, {"status": "active"}),
    "/v2/Channels/Senders": (200, {"senders": [SENDER]}),
}
NUDGES = {language: "HX" + digit * 32 for language, digit in zip(("en", "ru", "zh", "el"), "1234", strict=True)}
NEWS = {language: "HX" + digit * 32 for language, digit in zip(("en", "ru", "zh", "el"), "5678", strict=True)}
APPROVED = {
    f"/v1/Content/{sid}/ApprovalRequests": (200, {"whatsapp": {"status": "approved", "category": "UTILITY"}})
    for sid in (*NUDGES.values(), *NEWS.values())
}


async def findings(home: Path, answers: dict[str, Any] | None = None, **given: Any) -> list[Finding]:
    """What is found, with every template there and approved, but for what `answers` and `given` say."""
    file = home / "templates.yml"
    file.write_text(yaml.safe_dump({"nudge": NUDGES, "late_order": given.pop("late_order", NEWS)}))
    known = FINE | APPROVED | (answers or {})

    def answer(request: httpx.Request) -> httpx.Response:
        found = known.get(request.url.path, (404, {}))
        if isinstance(found, Exception):
            raise found
        return httpx.Response(found[0], json=found[1])

    settings = Settings(
        _env_file=None,
        warmline_home=home,
        **(GIVEN | {"twilio_templates": file} | given),  # type: ignore[arg-type]
    )
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return [finding async for finding in check(settings, client)]


async def test_a_shop_that_has_everything_hears_so(tmp_path: Path) -> None:
    found = await findings(tmp_path)

    assert all(finding.fine for finding in found)
    assert len(found) == 3 + len(NUDGES) + len(NEWS)


async def test_a_shop_that_has_set_nothing_hears_what_to_set(tmp_path: Path) -> None:
    found = await findings(tmp_path, **dict.fromkeys(GIVEN))

    assert [finding.text for finding in found] == [
        "not set: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_WHATSAPP_FROM, PUBLIC_URL"
    ]


ACCOUNT = f"/2010-04-01/Accounts/{TWILIO_ACCOUNT}.json"
HOOK, SENDERS = "/webhooks/whatsapp/status", "/v2/Channels/Senders"


@pytest.mark.parametrize(
    ("answers", "given", "told"),
    [
        ({}, {"public_url": "http://shop.example"}, "Twilio calls https"),
        ({HOOK: httpx.ConnectError("refused")}, {}, "does not answer"),
        ({HOOK: (403, {})}, {}, "refuses its own signature"),
        ({HOOK: (404, {})}, {}, "something else runs there"),
        ({ACCOUNT: (401, {})}, {}, "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN: Twilio refuses them"),
        ({ACCOUNT: (200, {"status": "suspended"})}, {}, "it is suspended"),
        ({ACCOUNT: (200, [])}, {}, "no JSON object"),
        ({SENDERS: (500, {})}, {}, "cannot be read"),
        ({SENDERS: (200, {"senders": []})}, {}, "is no WhatsApp sender of this account"),
        ({SENDERS: (200, {"senders": [SENDER | {"status": "OFFLINE"}]})}, {}, "not online"),
        ({SENDERS: (200, {"senders": [SENDER | {"webhook": None}]})}, {}, "brings messages to nowhere"),
        (
            {SENDERS: (200, {"senders": [SENDER | {"webhook": {"callback_url": "https://old.example/x#rp=all"}}]})},
            {},
            "brings messages to https://old.example/x; set it to https://shop.example/webhooks/whatsapp#rc=5&rp=all",
        ),
        (
            {f"/v1/Content/{NUDGES['zh']}/ApprovalRequests": (404, {})},
            {},
            "template nudge (zh): Twilio does not know it",
        ),
        (
            {f"/v1/Content/{NUDGES['el']}/ApprovalRequests": (200, {"whatsapp": {"status": "rejected"}})},
            {},
            "template nudge (el) is rejected",
        ),
        (
            {
                f"/v1/Content/{NEWS['ru']}/ApprovalRequests": (
                    200,
                    {"whatsapp": {"status": "approved", "category": "MARKETING"}},
                )
            },
            {},
            "template late_order (ru) counts as marketing",
        ),
        ({}, {"twilio_templates": None}, "no nudge in en"),
        ({}, {"late_order": {k: v for k, v in NEWS.items() if k != "ru"}}, "no late_order in ru"),
        ({}, {"twilio_templates": Path("nowhere.yml")}, "TWILIO_TEMPLATES: nowhere.yml cannot be read"),
    ],
)
async def test_each_thing_that_is_wrong_is_named(
    tmp_path: Path, answers: dict[str, Any], given: dict[str, Any], told: str
) -> None:
    found = await findings(tmp_path, answers, **given)

    assert [told in finding.text for finding in found if not finding.fine].count(True) == 1


@pytest.mark.parametrize(("override", "advised"), [("", True), ("#rc=5&rp=all", False), ("#ct=2000", False)])
async def test_trying_again_is_advised_where_twilio_is_not_told_how(
    tmp_path: Path, override: str, advised: bool
) -> None:
    called = {"callback_url": f"{PUBLIC_URL}/webhooks/whatsapp{override}"}

    found = await findings(tmp_path, {SENDERS: (200, {"senders": [SENDER | {"webhook": called}]})})

    assert all(finding.fine for finding in found)
    assert any("#rc=5&rp=all behind its address" in finding.text for finding in found) == advised


async def test_the_sandbox_is_known_and_told_how_to_set_up(tmp_path: Path) -> None:
    found = await findings(tmp_path, {SENDERS: (200, {"senders": []})}, twilio_whatsapp_from="+14155238886")

    assert any(finding.fine and "sandbox" in finding.text for finding in found)
