"""Telegram's webhook lets in who knows the secret, and stores before it answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import httpx
import pytest

from bot.channels.telegram import hear, webhook
from tests.doubles.channels import FakeBotApi, RecordingIntake, an_ear, caller

PAYLOADS = Path(__file__).parents[2] / "payloads" / "telegram"
SECRET = "a-secret-of-the-test"
Networks = Sequence[IPv4Network | IPv6Network]


async def post(
    intake: RecordingIntake, content: bytes | str, *, secret: str | bytes | None = SECRET, networks: Networks = ()
) -> httpx.Response:
    headers = {} if secret is None else {webhook.SECRET_HEADER: secret}
    async with caller(webhook.router(SECRET, an_ear(intake), intake, networks)) as telegram:
        return await telegram.post(webhook.PATH, content=content, headers=headers)


def payload(name: str) -> str:
    return (PAYLOADS / f"{name}.json").read_text()


async def test_with_the_secret_a_message_is_stored() -> None:
    intake = RecordingIntake()

    answer = await post(intake, payload("text"))

    assert (answer.status_code, answer.json()) == (200, {})
    assert [message.external_id for message in intake.messages] == ["7001:41"]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], SECRET.upper(), b"\xff\xfe"])
async def test_without_it_nothing_is(secret: str | bytes | None) -> None:
    intake = RecordingIntake()

    answer = await post(intake, payload("text"), secret=secret)

    assert answer.status_code == 403
    assert intake.messages == []


async def test_a_repeated_update_is_stored_once_and_answered_200() -> None:
    intake = RecordingIntake()

    answers = [await post(intake, payload("text")) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(intake.messages) == 1


@pytest.mark.parametrize("name", sorted(path.stem for path in PAYLOADS.glob("*.json")))
async def test_no_update_is_refused_or_it_would_come_again_for_a_day(name: str) -> None:
    answer = await post(RecordingIntake(), payload(name))

    assert answer.status_code == 200


async def test_a_pressed_button_is_answered_in_the_same_breath() -> None:
    answer = await post(RecordingIntake(), payload("button"))

    assert answer.json() == {"method": "answerCallbackQuery", "callback_query_id": "30071234567890123"}


async def test_an_update_that_could_not_be_stored_is_not_acknowledged() -> None:
    with pytest.raises(ConnectionError):
        await post(RecordingIntake(broken=True), payload("text"))


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "5", "null", "[" * 100_000, "1" * 5000, b"\xff"], ids=lambda content: content[:5]
)
async def test_what_is_no_json_object_is_kept_and_never_comes_again(content: bytes | str) -> None:
    intake = RecordingIntake()

    answer = await post(intake, content)

    assert answer.status_code == 200
    assert [letter.reason for letter in intake.letters] == ["no JSON object"]


async def test_a_body_too_big_is_a_413_and_not_stored() -> None:
    update = json.loads(payload("text"))
    update["message"]["text"] = "x" * webhook.MAX_BODY
    intake = RecordingIntake()

    answer = await post(intake, json.dumps(update))

    assert answer.status_code == 413
    assert intake.messages == []


async def test_the_secret_is_asked_for_before_the_body_is_read() -> None:
    answer = await post(RecordingIntake(), "x" * (webhook.MAX_BODY + 1), secret="wrong")

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("networks", "status"),
    [
        pytest.param([], 200, id="no list"),
        pytest.param(["149.154.160.0/20", "127.0.0.0/8"], 200, id="listed"),
        pytest.param(["149.154.160.0/20", "2001:db8::/32"], 403, id="not listed"),
    ],
)
async def test_callers_can_be_held_to_some_networks(networks: list[str], status: int) -> None:
    answer = await post(RecordingIntake(), payload("text"), networks=[ip_network(network) for network in networks])

    assert answer.status_code == status


async def test_each_kind_of_happening_reaches_its_place() -> None:
    intake = RecordingIntake()

    for name in ("text", "edited", "blocked", "without_sender"):
        await post(intake, payload(name))

    assert [message.text for message in intake.messages] == ["Πού είναι η παραγγελία μου; WL-4001"]
    assert [edit.text for edit in intake.edits] == ["I meant WL-4002"]
    assert [change.reachable for change in intake.reached] == [False]
    assert [json.loads(letter.body)["update_id"] for letter in intake.letters] == [880055]


async def test_a_parser_that_fails_leaves_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(hear, "parse_update", broken)
    intake = RecordingIntake()

    answer = await post(intake, payload("text"))

    assert answer.status_code == 200
    assert [letter.reason for letter in intake.letters] == ["the parser failed: ZeroDivisionError"]


async def test_a_group_is_told_that_orders_are_private_and_left() -> None:
    api = FakeBotApi()

    await an_ear(RecordingIntake(), api).hear(json.loads(payload("added_to_group")))

    assert [said["text"] for said in api.said("sendMessage")] == ["only private (el)"]
    assert [said["chat_id"] for said in api.said("leaveChat")] == [-100123]


async def test_a_group_that_takes_no_words_is_left_all_the_same() -> None:
    refused = (403, {"ok": False, "error_code": 403, "description": "Forbidden: not enough rights"})
    api = FakeBotApi(answers={"sendMessage": [refused], "leaveChat": [refused]})

    await an_ear(RecordingIntake(), api).hear(json.loads(payload("group")))

    assert len(api.said("leaveChat")) == 1
