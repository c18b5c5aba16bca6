from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import ROOT, Settings, kept_secret

TELEGRAM = {"TELEGRAM_BOT_TOKEN": "1:abc"}
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "secret",
    "TWILIO_WHATSAPP_FROM": "+15550100",
    "PUBLIC_URL": "https://shop.example",
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings.from_env()


def test_nothing_set_is_a_demo_on_the_embedded_database(monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings(monkeypatch)
    assert made.demo_on
    assert made.database_url is None
    assert (made.host, made.port) == ("127.0.0.1", 8080)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        pytest.param({"PORT": "eighty"}, "PORT", id="port"),
        pytest.param({"PORT": "70000"}, "PORT", id="port range"),
        pytest.param({"PUBLIC_URL": "shop"}, "PUBLIC_URL", id="url"),
        pytest.param({"DEFAULT_LANGUAGE": "fr"}, "DEFAULT_LANGUAGE", id="language"),
        pytest.param({"TELEGRAM_MODE": "push"}, "TELEGRAM_MODE", id="mode"),
        pytest.param(TELEGRAM | {"TELEGRAM_MODE": "webhook"}, "TELEGRAM_WEBHOOK_SECRET", id="webhook without secret"),
        pytest.param(
            TELEGRAM | {"TELEGRAM_MODE": "webhook", "TELEGRAM_WEBHOOK_SECRET": "s" * 20}, "PUBLIC_URL", id="no url"
        ),
        pytest.param({"TELEGRAM_WEBHOOK_SECRET": "too short"}, "TELEGRAM_WEBHOOK_SECRET", id="weak secret"),
        pytest.param({"TWILIO_ACCOUNT_SID": "AC1"}, "TWILIO_AUTH_TOKEN", id="half of Twilio"),
        pytest.param({k: v for k, v in TWILIO.items() if k != "PUBLIC_URL"}, "PUBLIC_URL", id="Twilio without url"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        settings(monkeypatch, **environment)


def test_an_error_never_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(monkeypatch, TELEGRAM_WEBHOOK_SECRET="hunter2!")
    assert "hunter2" not in str(refused.value)


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings(monkeypatch, **TWILIO, **TELEGRAM, DATABASE_URL="postgresql://me:pw@db/x")
    assert made.whatsapp_on
    assert made.telegram_on
    assert not made.demo_on
    for secret in ("1:abc", "'secret'", "me:pw"):
        assert secret not in repr(made)


def test_a_kept_secret_is_made_once_and_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "token"
    first = kept_secret(path)
    assert kept_secret(path) == first
    assert len(first) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("file", [".env.example", "README.md"])
def test_every_setting_is_documented(file: str) -> None:
    text = (ROOT / file).read_text()
    assert [name.upper() for name in Settings.model_fields if name.upper() not in text] == []


SIGN_ON = {"OIDC_ISSUER": "https://id.shop.example", "OIDC_CLIENT_ID": "warmline", "OIDC_CLIENT_SECRET": "s"}


def test_an_issuer_is_kept_letter_by_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings(monkeypatch, PUBLIC_URL="https://chat.shop.example", **SIGN_ON)

    assert made.oidc_issuer == "https://id.shop.example"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        pytest.param({"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET", id="no secret"),
        pytest.param({"OIDC_ISSUER": ""}, "OIDC_ISSUER", id="no issuer"),
        pytest.param({"PUBLIC_URL": ""}, "PUBLIC_URL", id="nowhere to come back to"),
        pytest.param({"OIDC_ISSUER": "http://id.shop.example"}, "https://", id="an issuer in the open"),
    ],
)
def test_single_sign_on_that_cannot_work_or_is_not_safe_is_named(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        settings(monkeypatch, **({"PUBLIC_URL": "https://chat.shop.example"} | SIGN_ON | changed))
