"""Telegram's webhook lets in who knows the secret, and stores before it answers."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from bot.channels.telegram import webhook
from tests.doubles.channels import RecordingIntake, caller

PAYLOADS = Path(__file__).parents[2] / "payloads" / "telegram"
SECRET = "a-secret-of-the-test"


async def post(intake: RecordingIntake, content: bytes | str, *, secret: str | bytes | None = SECRET) -> httpx.Response:
    headers = {} if secret is None else {webhook.SECRET_HEADER: secret}
    async with caller(webhook.router(SECRET, intake)) as telegram:
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
async def test_what_is_no_json_object_is_a_400(content: bytes | str) -> None:
    answer = await post(RecordingIntake(), content)

    assert answer.status_code == 400


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
