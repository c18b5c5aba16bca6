"""Twilio's webhooks let in what is signed for our public address."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from bot.channels.whatsapp import webhook
from bot.domain.messages import Delivery, Reachability
from tests.doubles.channels import PUBLIC_URL, TWILIO_TOKEN, RecordingIntake, caller

PAYLOADS = Path(__file__).parents[2] / "payloads" / "whatsapp"
RIGHT = "sign it"
SECONDARY = "the-other-token"


def form(name: str) -> dict[str, str]:
    return dict(parse_qsl((PAYLOADS / f"{name}.form").read_text().strip(), keep_blank_values=True))


def signature(url: str, fields: dict[str, str], token: str = TWILIO_TOKEN) -> str:
    signed: str = RequestValidator(token).compute_signature(url, fields)
    return signed


async def post(
    intake: RecordingIntake,
    fields: dict[str, str],
    *,
    path: str = webhook.PATH,
    sign: str | None = RIGHT,
    public_url: str = PUBLIC_URL,
    called: str = PUBLIC_URL,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    if sign == RIGHT:
        sign = signature(public_url.rstrip("/") + path, fields)
    given = (headers or {}) | ({} if sign is None else {webhook.SIGNATURE_HEADER: sign})
    given["Content-Type"] = "application/x-www-form-urlencoded"
    async with caller(webhook.router([TWILIO_TOKEN, SECONDARY], public_url, intake), called) as twilio:
        return await twilio.post(path, content=urlencode(fields), headers=given)


async def test_a_signed_message_is_stored_and_answered_with_nothing_to_say() -> None:
    intake = RecordingIntake()

    answer = await post(intake, form("text"))

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text.endswith("<Response/>")
    assert [message.text for message in intake.messages] == ["где мой заказ?? WL-2001"]


@pytest.mark.parametrize("path", [webhook.PATH, webhook.STATUS_PATH])
@pytest.mark.parametrize(
    "sign",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("d3Jvbmc=", id="wrong"),
        pytest.param(signature(PUBLIC_URL + webhook.PATH, form("text"), "another-token"), id="another token's"),
        pytest.param(signature("https://other.example" + webhook.PATH, form("text")), id="another shop's"),
        pytest.param(signature(PUBLIC_URL + webhook.PATH, form("photo")), id="another message's"),
    ],
)
async def test_anything_else_is_a_403(path: str, sign: str | None) -> None:
    intake = RecordingIntake()

    answer = await post(intake, form("text"), path=path, sign=sign)

    assert answer.status_code == 403
    assert intake.messages == []
    assert intake.changes == []


async def test_a_changed_sender_breaks_the_signature() -> None:
    fields = form("text")
    sign = signature(PUBLIC_URL + webhook.PATH, fields)

    answer = await post(RecordingIntake(), fields | {"From": "whatsapp:+79000000999"}, sign=sign)

    assert answer.status_code == 403


async def test_a_replayed_message_is_stored_once() -> None:
    intake = RecordingIntake()

    answers = [await post(intake, form("text")) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(intake.messages) == 1


async def test_behind_a_proxy_the_public_address_counts() -> None:
    intake = RecordingIntake()

    answer = await post(intake, form("text"), called="http://10.0.0.7:8080")

    assert answer.status_code == 200
    assert len(intake.messages) == 1


async def test_a_public_address_may_have_a_path_that_the_proxy_cuts_off() -> None:
    answer = await post(RecordingIntake(), form("text"), public_url="https://shop.example/bot/", called="http://inside")

    assert answer.status_code == 200


async def test_forwarded_headers_do_not_move_the_address() -> None:
    elsewhere = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    sign = signature("http://evil.example" + webhook.PATH, form("text"))

    answer = await post(RecordingIntake(), form("text"), sign=sign, headers=elsewhere)

    assert answer.status_code == 403


async def test_a_query_is_part_of_the_signed_address() -> None:
    path = webhook.PATH + "?shop=1&x=%D0%B0"

    assert (await post(RecordingIntake(), form("text"), path=path)).status_code == 200
    unsigned = signature(PUBLIC_URL + webhook.PATH, form("text"))
    assert (await post(RecordingIntake(), form("text"), path=path, sign=unsigned)).status_code == 403


async def test_a_body_too_big_is_a_413() -> None:
    answer = await post(RecordingIntake(), form("text") | {"Body": "x" * webhook.MAX_BODY})

    assert answer.status_code == 413


async def test_fields_twilio_adds_one_day_are_signed_like_the_others() -> None:
    answer = await post(RecordingIntake(), form("text") | {"Новое": "поле", "Empty": ""})

    assert answer.status_code == 200


async def test_a_form_that_is_no_message_is_answered_200() -> None:
    intake = RecordingIntake()

    answer = await post(intake, form("sms"))

    assert answer.status_code == 200
    assert intake.messages == []


async def test_a_message_that_could_not_be_stored_is_not_acknowledged() -> None:
    with pytest.raises(ConnectionError):
        await post(RecordingIntake(broken=True), form("text"))


async def test_a_delivery_state_reaches_the_reply() -> None:
    intake = RecordingIntake()

    for name in ("status_queued", "status_delivered", "status_failed"):
        assert (await post(intake, form(name), path=webhook.STATUS_PATH)).status_code == 200

    sid = "SM0123456789abcdef0123456789abcdef"
    assert intake.changes == [
        ("whatsapp", sid, Delivery.DELIVERED, None),
        ("whatsapp", sid, Delivery.WAITING, "63016"),
    ]


async def test_while_a_token_is_changed_both_may_sign() -> None:
    intake = RecordingIntake()
    signed = signature(PUBLIC_URL + webhook.PATH, form("text"), SECONDARY)

    assert (await post(intake, form("text"), sign=signed)).status_code == 200
    assert len(intake.messages) == 1


async def test_the_fallback_address_takes_messages_too_and_once() -> None:
    intake = RecordingIntake()

    await post(intake, form("text"))
    answer = await post(intake, form("text") | {"ErrorCode": "11205"}, path=webhook.FALLBACK_PATH)

    assert answer.status_code == 200
    assert len(intake.messages) == 1


@pytest.mark.parametrize(("body", "status"), [("the same", 200), ("another", 403)])
async def test_json_is_signed_by_its_hash(body: str, status: int) -> None:
    intake = RecordingIntake()
    text = json.dumps(form("text"))
    query = "?bodySHA256=" + hashlib.sha256(text.encode()).hexdigest()
    url = PUBLIC_URL + webhook.PATH + query
    headers = {webhook.SIGNATURE_HEADER: signature(url, {}), "Content-Type": "application/json"}
    async with caller(webhook.router([TWILIO_TOKEN], PUBLIC_URL, intake)) as twilio:
        answer = await twilio.post(webhook.PATH + query, content=text if body == "the same" else "{}", headers=headers)

    assert answer.status_code == status
    assert len(intake.messages) == (status == 200)


async def test_what_is_signed_and_cannot_be_read_is_kept() -> None:
    intake = RecordingIntake()

    answer = await post(intake, form("without_id"))

    assert answer.status_code == 200
    assert [letter.reason for letter in intake.letters] == ["a message without id or sender"]


async def test_a_parser_that_fails_leaves_a_dead_letter_that_can_be_read_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    intake = RecordingIntake()
    with monkeypatch.context() as patch:
        patch.setattr(webhook, "parse_message", broken)
        assert (await post(intake, form("text"))).status_code == 200
    (letter,) = intake.letters

    await webhook.hear_message(letter.body, intake)

    assert [message.text for message in intake.messages] == ["где мой заказ?? WL-2001"]


async def test_a_shopper_who_blocked_us_is_known_from_the_report() -> None:
    intake = RecordingIntake()

    await post(intake, form("status_blocked"), path=webhook.STATUS_PATH)

    assert intake.reached == [Reachability("whatsapp", "+79000000101", reachable=False)]


@pytest.mark.parametrize(("code", "stops"), [("63038", [("whatsapp", "63038")]), ("63018", []), ("63024", [])])
async def test_a_late_report_that_the_day_is_used_up_stops_the_channel(code: str, stops: list[tuple[str, str]]) -> None:
    intake = RecordingIntake()

    await post(intake, form("status_failed") | {"ErrorCode": code}, path=webhook.STATUS_PATH)

    assert intake.stops == stops


@pytest.mark.parametrize("code", ["21610", "63014", "63016", "63018", "63024", ""])
async def test_only_a_shopper_who_is_gone_is_noted_as_such(code: str) -> None:
    intake = RecordingIntake()

    await post(intake, form("status_failed") | {"ErrorCode": code}, path=webhook.STATUS_PATH)

    assert bool(intake.reached) == (code in {"21610", "63014"})
    assert intake.changes[0][2:] == (Delivery.WAITING if code == "63016" else Delivery.FAILED, code or None)


@pytest.mark.parametrize(
    ("code", "seconds"),
    [
        ("63018", 10.0),
        ("63017", 10.0),
        ("20429", 5.0),
        ("63038", 3600.0),
        ("63024", None),
        ("63016", None),
        ("21610", None),
        ("", None),
    ],
)
async def test_only_what_was_too_much_is_sent_again(code: str, seconds: float | None) -> None:
    intake = RecordingIntake()

    await post(intake, form("status_failed") | {"ErrorCode": code}, path=webhook.STATUS_PATH)

    assert intake.again == [seconds]


@pytest.mark.parametrize("query", ["?xbodySHA256=1", "?bodySHA256", "?bodySHA256=", "?bodySHA256=%"])
async def test_a_query_that_only_looks_like_a_hash_is_a_403(query: str) -> None:
    intake = RecordingIntake()

    answer = await post(intake, form("text"), path=webhook.PATH + query, sign="d3Jvbmc=")

    assert answer.status_code == 403
    assert intake.messages == []


PATHS = st.sampled_from([webhook.PATH, webhook.FALLBACK_PATH, webhook.STATUS_PATH])
RECORDED = st.sampled_from(sorted(path.stem for path in PAYLOADS.glob("*.form")))
FORMS = st.dictionaries(st.text(), st.text(), max_size=8) | st.builds(
    lambda name, odd: form(name) | odd, RECORDED, st.dictionaries(st.sampled_from(sorted(form("photo"))), st.text())
)


async def post_raw(body: bytes, path: str, *, signed: bool) -> int:
    """Post any bytes, signed as Twilio signs what can be read in them, and return the status of the answer."""
    fields = ImmutableMultiDict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    sign = RequestValidator(TWILIO_TOKEN).compute_signature(PUBLIC_URL + path, fields) if signed else "d3Jvbmc="
    async with caller(webhook.router([TWILIO_TOKEN], PUBLIC_URL, RecordingIntake())) as twilio:
        answer = await twilio.post(path, content=body, headers={webhook.SIGNATURE_HEADER: sign})
    return answer.status_code


@given(FORMS.map(lambda fields: urlencode(fields).encode()) | st.binary(max_size=200) | st.just(b"{" * 100_000), PATHS)
def test_whatever_is_signed_is_answered_200(body: bytes, path: str) -> None:
    assert asyncio.run(post_raw(body, path, signed=True)) == 200


QUERIES = st.text("bodySHA256x=&%;?[]'").map("bodySHA256".__add__) | st.text("ab=&%;?[]'")


@given(st.binary(max_size=200), PATHS, QUERIES)
def test_whatever_is_not_signed_is_a_403(body: bytes, path: str, query: str) -> None:
    asked = str(httpx.URL(PUBLIC_URL + path, query=query.encode()))

    assert asyncio.run(post_raw(body, asked.removeprefix(PUBLIC_URL), signed=False)) == 403
