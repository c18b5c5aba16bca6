"""`python -m bot telegram ...` says in plain words how things stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from telegram.error import TimedOut

from bot.channels.telegram.client import Client
from bot.channels.telegram.command import info, menu, set_our_webhook
from bot.errors import SettingsError, WarmlineError
from bot.settings import Settings
from tests.doubles.channels import PUBLIC_URL, TELEGRAM_API, TELEGRAM_TOKEN, FakeBotApi
from tests.doubles.shipped import the_book

POLLING = {"telegram_bot_token": TELEGRAM_TOKEN}
WEBHOOK = POLLING | {
    "telegram_mode": "webhook", "telegram_webhook_secret": "a-secret-of-the-test", "public_url": PUBLIC_URL,
}  # fmt: skip
OURS = PUBLIC_URL + "/webhooks/telegram"


def settings(home: Path, **given: Any) -> Settings:
    return Settings(_env_file=None, warmline_home=home, **given)


def client(api: FakeBotApi) -> Client:
    return Client(TELEGRAM_TOKEN, TELEGRAM_API, request=api, updates_request=api)


async def told(home: Path, given: dict[str, Any], **hook: Any) -> str:
    state = {"url": "", "has_custom_certificate": False, "pending_update_count": 3} | hook
    api = FakeBotApi(answers={"getWebhookInfo": [(200, {"ok": True, "result": state})]})
    return await info(settings(home, **given), client(api))


async def test_the_webhook_is_set_with_everything_we_listen_to(tmp_path: Path) -> None:
    api = FakeBotApi()

    assert OURS in await set_our_webhook(settings(tmp_path, **WEBHOOK), client(api))

    ((_, said),) = api.calls
    assert (said["url"], said["secret_token"], said["max_connections"]) == (OURS, "a-secret-of-the-test", 40)
    assert "message_reaction" in said["allowed_updates"]
    assert api.closed


@pytest.mark.parametrize(("given", "name"), [({}, "TELEGRAM_MODE"), (POLLING, "TELEGRAM_MODE")])
async def test_a_webhook_that_the_next_start_would_remove_is_not_set(
    tmp_path: Path, given: dict[str, Any], name: str
) -> None:
    with pytest.raises(SettingsError, match=name):
        await set_our_webhook(settings(tmp_path, **given), client(FakeBotApi()))


async def test_without_a_bot_there_is_nothing_to_tell(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TELEGRAM_BOT_TOKEN"):
        await info(settings(tmp_path))


@pytest.mark.parametrize(
    ("given", "hook", "line"),
    [
        (POLLING, {}, "Webhook: none, as it should be"),
        (POLLING, {"url": OURS}, "This is not ours"),
        (WEBHOOK, {}, "Run `python -m bot telegram set-webhook`"),
        (WEBHOOK, {"url": OURS}, f"Webhook: {OURS}\n"),
        (WEBHOOK, {"url": "https://other.example/hook"}, "This is not ours"),
        (WEBHOOK, {"url": OURS}, "Waiting at Telegram: 3"),
        (
            WEBHOOK,
            {"url": OURS, "last_error_date": 1764000000, "last_error_message": "Wrong response: 502"},
            "Last trouble: Wrong response: 502",
        ),
    ],
)
async def test_how_things_stand_is_told(tmp_path: Path, given: dict[str, Any], hook: dict[str, Any], line: str) -> None:
    assert line in await told(tmp_path, given, **hook)


async def test_the_menu_can_be_set_by_hand(tmp_path: Path) -> None:
    api = FakeBotApi()

    await menu(settings(tmp_path, **POLLING), the_book(), client(api))

    assert len(api.said("setMyCommands")) == 5


async def test_a_telegram_that_is_away_is_one_sentence_without_the_token(tmp_path: Path) -> None:
    api = FakeBotApi(answers={"getMe": [TimedOut()]})

    with pytest.raises(WarmlineError) as caught:
        await info(settings(tmp_path, **POLLING), client(api))

    assert TELEGRAM_TOKEN not in str(caught.value)
