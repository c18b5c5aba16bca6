"""A shop gets the channels it has set up, and those only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from telegram.error import TimedOut

from bot.channels.registry import Channels
from bot.channels.telegram.client import Client
from bot.channels.whatsapp.client import HttpxClient
from bot.domain.messages import Reply
from bot.handoff.notices import Notices
from bot.settings import Settings
from tests.doubles.channels import (
    PUBLIC_URL,
    TELEGRAM_API,
    TELEGRAM_TOKEN,
    TWILIO_ACCOUNT,
    TWILIO_TOKEN,
    FakeBotApi,
    FakeTwilio,
    Naps,
    RecordingIntake,
    until,
)
from tests.doubles.shipped import the_book

TELEGRAM = {"telegram_bot_token": TELEGRAM_TOKEN, "telegram_api_base_url": TELEGRAM_API}
BY_WEBHOOK = TELEGRAM | {
    "telegram_mode": "webhook",
    "telegram_webhook_secret": "a-secret-of-the-test",
    "public_url": PUBLIC_URL,
}
WHATSAPP = {
    "twilio_account_sid": TWILIO_ACCOUNT,
    "twilio_auth_token": TWILIO_TOKEN,
    "twilio_whatsapp_from": "+15550100200",
    "public_url": PUBLIC_URL,
}

WHATSAPP_ROUTES = {"/webhooks/whatsapp", "/webhooks/whatsapp/fallback", "/webhooks/whatsapp/status"}


def channels(
    home: Path, given: dict[str, Any], *, api: FakeBotApi | None = None, twilio: FakeTwilio | None = None
) -> Channels:
    settings = Settings(_env_file=None, warmline_home=home, **given)
    api = api or FakeBotApi()
    return Channels(
        settings,
        Notices(the_book(), "en"),
        telegram_client=Client(TELEGRAM_TOKEN, TELEGRAM_API, request=api, updates_request=api),
        twilio_http=HttpxClient((twilio or FakeTwilio()).transport),
        sleep=Naps().sleep,
    )


async def nothing_said(_address: str, _after: int) -> list[Any]:
    return []


def paths(built: Channels) -> set[str]:
    routers = built.routers(RecordingIntake(), nothing_said)
    return {getattr(route, "path", "") for router in routers for route in router.routes}


@pytest.mark.parametrize(
    ("given", "senders", "routes"),
    [
        pytest.param({}, {"web"}, {"/webhooks/web/sessions", "/webhooks/web/messages"}, id="nothing set up: the demo"),
        pytest.param(TELEGRAM, {"telegram"}, set(), id="Telegram by polling"),
        pytest.param(BY_WEBHOOK, {"telegram"}, {"/webhooks/telegram"}, id="Telegram by webhook"),
        pytest.param(WHATSAPP, {"whatsapp"}, WHATSAPP_ROUTES, id="WhatsApp"),
        pytest.param(
            BY_WEBHOOK | WHATSAPP,
            {"telegram", "whatsapp"},
            {"/webhooks/telegram"} | WHATSAPP_ROUTES,
            id="both",
        ),
    ],
)
async def test_what_is_set_up_has_a_sender_and_its_webhooks(
    tmp_path: Path, given: dict[str, Any], senders: set[str], routes: set[str]
) -> None:
    built = channels(tmp_path, given)

    assert set(built.senders) == senders
    assert paths(built) == routes


async def test_by_polling_it_polls(tmp_path: Path) -> None:
    api = FakeBotApi()
    built = channels(tmp_path, TELEGRAM, api=api)

    await built.start(RecordingIntake())
    await until(lambda: len(api.said("getUpdates")) >= 2)
    await built.stop()

    assert api.said("setWebhook") == []
    assert api.closed


async def test_by_webhook_it_tells_telegram_where_until_telegram_listens(tmp_path: Path) -> None:
    api = FakeBotApi(answers={"setWebhook": [TimedOut(), TimedOut()]})
    built = channels(tmp_path, BY_WEBHOOK, api=api)

    await built.start(RecordingIntake())
    await until(lambda: len(api.said("setWebhook")) == 3)
    await built.stop()

    said = api.said("setWebhook")[-1]
    assert (said["url"], said["secret_token"]) == ("https://shop.example/webhooks/telegram", "a-secret-of-the-test")
    assert said["allowed_updates"] == [
        "message", "edited_message", "callback_query", "message_reaction", "my_chat_member",
    ]  # fmt: skip
    assert api.said("getUpdates") == []


async def test_the_menu_is_set_in_every_language_and_for_all_others(tmp_path: Path) -> None:
    api = FakeBotApi(answers={"getUpdates": [TimedOut()] * 50})
    built = channels(tmp_path, TELEGRAM, api=api)

    await built.start(RecordingIntake())
    await until(lambda: len(api.said("setMyShortDescription")) == 5)
    await built.stop()

    assert [said.get("language_code") for said in api.said("setMyCommands")] == ["el", "en", "ru", "zh", None]
    assert {len(said["commands"]) for said in api.said("setMyCommands")} == {6}
    # https://core.telegram.org/bots/api#botcommand and #setmydescription
    assert all(len(said["description"]) <= 512 for said in api.said("setMyDescription"))
    assert all(len(said["short_description"]) <= 120 for said in api.said("setMyShortDescription"))


async def test_a_menu_that_telegram_does_not_take_stops_nothing(tmp_path: Path) -> None:
    api = FakeBotApi(answers={"setMyCommands": [TimedOut()]})
    built = channels(tmp_path, TELEGRAM, api=api)

    await built.start(RecordingIntake())
    await until(lambda: api.said("getUpdates"))
    await built.stop()

    assert len(api.said("setMyCommands")) == 1


async def test_stopping_twice_or_without_a_start_is_no_trouble(tmp_path: Path) -> None:
    built = channels(tmp_path, BY_WEBHOOK | WHATSAPP)

    await built.stop()
    await built.stop()


async def test_twilio_can_be_at_another_address(tmp_path: Path) -> None:
    twilio = FakeTwilio()
    built = channels(tmp_path, WHATSAPP | {"twilio_api_base_url": "http://127.0.0.1:9/twilio/"}, twilio=twilio)

    await built.senders["whatsapp"].send("+79000000101", Reply("hello"))

    [request] = twilio.requests
    assert str(request.url) == f"http://127.0.0.1:9/twilio/2010-04-01/Accounts/{TWILIO_ACCOUNT}/Messages.json"


async def test_building_connects_to_nobody(tmp_path: Path) -> None:
    api, twilio = FakeBotApi(), FakeTwilio()

    channels(tmp_path, BY_WEBHOOK | WHATSAPP, api=api, twilio=twilio)

    assert (api.calls, twilio.requests) == ([], [])
