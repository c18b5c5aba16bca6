"""What every channel's sender promises (`bot.channels.ports.Sender`), on a faked wire."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram.error import NetworkError, TimedOut
from telegram.request import HTTPXRequest

from bot.channels.fit import fit
from bot.channels.pace import Pace
from bot.channels.ports import Sender
from bot.channels.telegram.client import Client
from bot.channels.telegram.media import TelegramMedia
from bot.channels.telegram.pace import telegrams_pace
from bot.channels.telegram.send import TelegramSender, keyboard
from bot.channels.web.send import WebSender
from bot.channels.whatsapp.client import HttpxClient, rest_client
from bot.channels.whatsapp.media import TwilioMedia
from bot.channels.whatsapp.send import MAX_CAPTION, MAX_FILE, MAX_PICTURE, MAX_TEXT, WhatsAppSender
from bot.channels.whatsapp.templates import MAX_BODY, Templates, read_templates
from bot.domain.messages import Attachment, Button, Reply, Template
from bot.errors import (
    ChannelStopped,
    DeliveryError,
    DeliveryRefused,
    RateLimited,
    SettingsError,
    ShopperUnreachable,
    WindowClosed,
)
from tests.doubles.channels import (
    PUBLIC_URL,
    TELEGRAM_API,
    TELEGRAM_TOKEN,
    TWILIO_ACCOUNT,
    TWILIO_TOKEN,
    FakeBotApi,
    FakeTwilio,
    Naps,
    twilio_error,
)

CHANNELS = Path(__file__).parents[2] / "bot" / "channels"
YES, NO = Button("Yes", "/affirm"), Button("No", "/deny")

pytestmark = pytest.mark.filterwarnings("ignore:Deprecated since version v22.2:DeprecationWarning")


@dataclass
class Wired:
    """A sender, an address of its channel, what went over the wire, and a way to upset the other side."""

    sender: Sender
    address: str
    texts: Callable[[], list[str]]
    upset: Callable[[Any], None]


def telegram(api: FakeBotApi | None = None) -> Wired:
    api = api or FakeBotApi()
    naps = Naps()
    client = Client(TELEGRAM_TOKEN, TELEGRAM_API, request=api, updates_request=api)
    return Wired(
        TelegramSender(client, pace=telegrams_pace(clock=naps.clock, sleep=naps.sleep)),
        "7001",
        lambda: [said["text"] for said in api.said("sendMessage")],
        lambda answer: api.answers.setdefault("sendMessage", []).append(answer),
    )


def whatsapp(twilio: FakeTwilio | None = None) -> Wired:
    twilio = twilio or FakeTwilio()
    client = rest_client(TWILIO_ACCOUNT, TWILIO_TOKEN, None, HttpxClient(twilio.transport))
    return Wired(
        WhatsAppSender(client, "+15550100200", PUBLIC_URL + "/"),
        "+79000000101",
        lambda: [form["Body"] for form in twilio.forms()],
        twilio.answers.append,
    )


def web() -> Wired:
    return Wired(WebSender(), "session", list, lambda _: None)


ALL = {"telegram": telegram, "whatsapp": whatsapp, "web": web}
WIRED = {"telegram": telegram, "whatsapp": whatsapp}


def test_every_channel_is_under_this_contract() -> None:
    assert {folder.parent.name for folder in CHANNELS.glob("*/send.py")} == ALL.keys()


@pytest.mark.parametrize("channel", ALL)
def test_every_channel_has_the_same_files(channel: str) -> None:
    files = {path.name for path in (CHANNELS / channel).glob("*.py")}

    assert files >= {"__init__.py", "webhook.py", "parse.py", "send.py"}


@pytest.mark.parametrize("channel", ALL)
def test_limits_make_sense(channel: str) -> None:
    limits = ALL[channel]().sender.capabilities

    assert limits.max_text >= 1000
    assert limits.max_buttons >= 0
    assert limits.max_button_title >= 20


@pytest.mark.parametrize("channel", WIRED)
@pytest.mark.parametrize("text", ["Hello", "Ваш заказ — №1 <b>&", "您的订单 🙂", "  two\n\nparagraphs"])
async def test_the_words_arrive_as_they_are_and_get_an_id(channel: str, text: str) -> None:
    wired = WIRED[channel]()

    provider_id = await wired.sender.send(wired.address, Reply(text))

    assert wired.texts() == [text]
    assert provider_id


@pytest.mark.parametrize("channel", ALL)
async def test_whatever_fit_makes_can_be_sent(channel: str) -> None:
    wired = ALL[channel]()
    reply = Reply("A sentence. " * 900, tuple(Button(f"Order {n}", f"/x{n}") for n in range(12)), "Share my number")

    for piece in fit(reply, wired.sender.capabilities):
        await wired.sender.send(wired.address, piece)

    assert all(len(text) <= wired.sender.capabilities.max_text for text in wired.texts())


@pytest.mark.parametrize("channel", ALL)
async def test_typing_never_raises(channel: str) -> None:
    api = FakeBotApi(answers={"sendChatAction": [TimedOut(), (403, {"ok": False}), (500, {})]})
    wired = telegram(api) if channel == "telegram" else ALL[channel]()

    for _ in range(3):
        await wired.sender.typing(wired.address)


def bot_api(code: int, description: str, **parameters: object) -> tuple[int, dict[str, object]]:
    return code, {"ok": False, "error_code": code, "description": description} | (
        {"parameters": parameters} if parameters else {}
    )


TROUBLES = [
    pytest.param(telegram, bot_api(429, "Too Many Requests", retry_after=17), RateLimited, "429", id="tg 429"),
    pytest.param(
        telegram, bot_api(403, "Forbidden: bot was blocked by the user"), ShopperUnreachable, "403", id="tg 403"
    ),
    pytest.param(telegram, bot_api(400, "Bad Request: message text is empty"), DeliveryRefused, "400", id="tg 400"),
    pytest.param(telegram, bot_api(401, "Unauthorized"), DeliveryError, None, id="tg 401"),
    pytest.param(telegram, bot_api(409, "Conflict"), DeliveryError, None, id="tg 409"),
    pytest.param(telegram, bot_api(502, "Bad Gateway"), DeliveryError, None, id="tg 502"),
    pytest.param(telegram, TimedOut(), DeliveryError, None, id="tg timeout"),
    pytest.param(telegram, NetworkError("reset"), DeliveryError, None, id="tg network"),
    pytest.param(whatsapp, twilio_error(429, 63018), RateLimited, "63018", id="wa 63018"),
    pytest.param(whatsapp, twilio_error(429, 63017), RateLimited, "63017", id="wa 63017"),
    pytest.param(whatsapp, twilio_error(429, 20429), RateLimited, "20429", id="wa 20429"),
    pytest.param(whatsapp, twilio_error(400, 63038), ChannelStopped, "63038", id="wa 63038"),
    pytest.param(whatsapp, (429, "slow down"), RateLimited, "429", id="wa 429 without code"),
    pytest.param(whatsapp, twilio_error(400, 21610), ShopperUnreachable, "21610", id="wa 21610"),
    pytest.param(whatsapp, twilio_error(400, 63014), ShopperUnreachable, "63014", id="wa 63014"),
    pytest.param(whatsapp, twilio_error(400, 63016), WindowClosed, "63016", id="wa 63016"),
    pytest.param(whatsapp, twilio_error(400, 21617), DeliveryRefused, "21617", id="wa 21617"),
    pytest.param(whatsapp, twilio_error(400, 63024), DeliveryRefused, "63024", id="wa 63024"),
    pytest.param(whatsapp, twilio_error(400, 21999), DeliveryRefused, "21999", id="wa unknown 400"),
    pytest.param(whatsapp, twilio_error(401, 20003), DeliveryError, "20003", id="wa wrong token"),
    pytest.param(whatsapp, twilio_error(503, 20503), DeliveryError, "20503", id="wa 503"),
    pytest.param(whatsapp, (502, "<html>"), DeliveryError, "502", id="wa 502 without code"),
    pytest.param(whatsapp, (201, "<html>"), DeliveryError, None, id="wa answer that is none"),
    pytest.param(whatsapp, httpx.ConnectError("refused"), DeliveryError, None, id="wa network"),
    pytest.param(whatsapp, httpx.ReadTimeout("slow"), DeliveryError, None, id="wa timeout"),
]


@pytest.mark.parametrize(("wire", "trouble", "expected", "code"), TROUBLES)
async def test_each_trouble_has_its_own_error(
    wire: Callable[[], Wired],
    trouble: Any,
    expected: type[DeliveryError],
    code: str | None,
) -> None:
    wired = wire()
    wired.upset(trouble)

    with pytest.raises(DeliveryError) as caught:
        await wired.sender.send(wired.address, Reply("hello"))

    assert type(caught.value) is expected
    assert caught.value.code == code
    assert "hello" not in str(caught.value)


async def test_telegrams_own_waiting_time_is_passed_on() -> None:
    wired = telegram()
    wired.upset(bot_api(429, "Too Many Requests", retry_after=17))

    with pytest.raises(RateLimited) as caught:
        await wired.sender.send(wired.address, Reply("hello"))

    assert caught.value.retry_after == 17


@pytest.mark.parametrize("channel", WIRED)
async def test_after_trouble_the_same_sender_works(channel: str) -> None:
    wired = WIRED[channel]()
    wired.upset(TimedOut() if channel == "telegram" else httpx.ReadTimeout("slow"))

    with pytest.raises(DeliveryError):
        await wired.sender.send(wired.address, Reply("hello"))

    assert await wired.sender.send(wired.address, Reply("hello"))


async def test_whatsapp_says_who_where_to_and_where_to_report() -> None:
    twilio = FakeTwilio()
    wired = whatsapp(twilio)

    await wired.sender.send(wired.address, Reply("hello"))

    [request] = twilio.requests
    assert twilio.forms() == [
        {
            "To": "whatsapp:+79000000101",
            "From": "whatsapp:+15550100200",
            "Body": "hello",
            "StatusCallback": "https://shop.example/webhooks/whatsapp/status",
        }
    ]
    assert str(request.url) == f"https://api.twilio.com/2010-04-01/Accounts/{TWILIO_ACCOUNT}/Messages.json"
    assert request.headers["Authorization"] == httpx.BasicAuth(TWILIO_ACCOUNT, TWILIO_TOKEN)._auth_header


async def test_telegram_shows_payload_buttons_under_the_message() -> None:
    api = FakeBotApi()
    wired = telegram(api)

    await wired.sender.send(
        wired.address, Reply("Well?", (YES, NO, Button("Where is my order now", "/ask_order_status")))
    )

    [said] = api.said("sendMessage")
    assert said["reply_markup"] == {
        "inline_keyboard": [
            [{"text": "Yes", "callback_data": "/affirm"}, {"text": "No", "callback_data": "/deny"}],
            [{"text": "Where is my order now", "callback_data": "/ask_order_status"}],
        ]
    }


@pytest.mark.parametrize("payload", ["/x" * 32 + "y", "/inform" + "я" * 29], ids=["65 bytes", "36 letters, 65 bytes"])
def test_a_payload_too_long_for_telegram_comes_back_as_its_title(payload: str) -> None:
    assert len(payload.encode()) == 65

    drawn = keyboard(Reply("Which?", (Button("WL-1001", payload), NO)))

    assert drawn is not None
    assert drawn.to_dict()["keyboard"] == [[{"text": "WL-1001"}, {"text": "No"}]]


def test_a_payload_of_64_bytes_is_sent() -> None:
    drawn = keyboard(Reply("Which?", (Button("WL-1001", "/x" * 32),)))

    assert drawn is not None
    assert "inline_keyboard" in drawn.to_dict()


def test_asking_for_the_number_puts_its_button_first() -> None:
    drawn = keyboard(Reply("Whose order is it?", (NO,), "Share my number"))

    assert drawn is not None
    assert drawn.to_dict() == {
        "keyboard": [[{"text": "Share my number", "request_contact": True}], [{"text": "No"}]],
        "resize_keyboard": True,
        "one_time_keyboard": True,
    }


async def test_no_log_line_holds_the_token(caplog: pytest.LogCaptureFixture) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        body = parse(request)
        chat = {"id": int(body["chat_id"]), "type": "private"}
        return httpx.Response(200, json={"ok": True, "result": {"message_id": 1, "date": 1, "chat": chat}})

    def parse(request: httpx.Request) -> dict[str, str]:
        return dict(httpx.QueryParams(request.content.decode()))

    wire = HTTPXRequest(httpx_kwargs={"transport": httpx.MockTransport(answer)})
    client = Client(TELEGRAM_TOKEN, TELEGRAM_API, request=wire)
    with caplog.at_level(logging.INFO):
        await TelegramSender(client).send("7001", Reply("hello"))
    await client.hang_up()

    assert TELEGRAM_TOKEN not in json.dumps([record.getMessage() for record in caplog.records])


async def test_a_chat_that_moved_is_written_to_where_it_is_now() -> None:
    api = FakeBotApi(answers={"sendMessage": [bot_api(400, "upgraded", migrate_to_chat_id=-5)]})
    wired = telegram(api)

    await wired.sender.send(wired.address, Reply("hello"))

    assert [said["chat_id"] for said in api.said("sendMessage")] == ["7001", "-5"]


LABEL = Attachment("k1", "image/png", "label.png")
TERMS = Attachment("k2", "application/pdf", "terms.pdf")


def telegram_with_files(api: FakeBotApi) -> TelegramSender:
    async def read(key: str) -> bytes:
        return f"file {key}".encode()

    return TelegramSender(Client(TELEGRAM_TOKEN, TELEGRAM_API, request=api, updates_request=api), read)


@pytest.mark.parametrize(("file", "method"), [(LABEL, "sendPhoto"), (TERMS, "sendDocument")])
async def test_a_file_goes_out_with_its_words_and_buttons(file: Attachment, method: str) -> None:
    api = FakeBotApi()

    sent = await telegram_with_files(api).send("7001", Reply("Here it is", (YES,), attachment=file))

    ((name, said),) = api.calls
    assert (name, said["caption"], "reply_markup" in said) == (method, "Here it is", True)
    assert sent == "101"


async def test_words_too_long_for_a_caption_follow_the_file() -> None:
    api = FakeBotApi()

    await telegram_with_files(api).send("7001", Reply("x" * 1000, (YES,), attachment=TERMS))

    assert [name for name, _ in api.calls] == ["sendDocument", "sendMessage"]
    assert "caption" not in api.calls[0][1]


async def test_a_message_can_be_given_other_words_at_telegram_only() -> None:
    api = FakeBotApi()
    wired = telegram(api)

    await wired.sender.edit(wired.address, "105", Reply("It comes on Friday."))

    assert api.said("editMessageText") == [{"text": "It comes on Friday.", "chat_id": "7001", "message_id": 105}]
    for other in (whatsapp(), web()):
        with pytest.raises(DeliveryRefused, match="cannot be changed"):
            await other.sender.edit(other.address, "1", Reply("other words"))


async def test_words_that_a_message_has_already_are_no_trouble() -> None:
    api = FakeBotApi()
    wired = telegram(api)
    same = {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: message is not modified: specified new message",
    }
    old = {"ok": False, "error_code": 400, "description": "Bad Request: message can't be edited"}
    api.answers["editMessageText"] = [(400, same), (400, old)]

    await wired.sender.edit(wired.address, "105", Reply("It comes on Friday."))

    with pytest.raises(DeliveryRefused, match="can't be edited"):
        await wired.sender.edit(wired.address, "105", Reply("It comes on Friday."))


@pytest.mark.parametrize(
    ("trouble", "uncertain"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout("slow"), False),
        (httpx.PoolTimeout("busy"), False),
        (httpx.ReadTimeout("no answer"), True),
        (httpx.ReadError("reset"), True),
        (httpx.RemoteProtocolError("hung up"), True),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_only_where_the_request_went_out_may_telegram_have_taken_it(
    trouble: httpx.TransportError, uncertain: bool
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise trouble

    wire = HTTPXRequest(httpx_kwargs={"transport": httpx.MockTransport(fail)})
    client = Client(TELEGRAM_TOKEN, TELEGRAM_API, request=wire)

    with pytest.raises(DeliveryError) as caught:
        await TelegramSender(client).send("7001", Reply("hello"))
    await client.hang_up()

    assert caught.value.uncertain == uncertain


async def test_a_file_is_fetched_from_telegram() -> None:
    api = FakeBotApi(file=b"a picture")
    client = Client(TELEGRAM_TOKEN, TELEGRAM_API, request=api, updates_request=api)

    assert await TelegramMedia(client).fetch("AgAC", 100) == b"a picture"


@pytest.mark.parametrize(
    ("answer", "limit", "code"),
    [
        pytest.param(None, 8, "too_big", id="larger than we keep"),
        pytest.param(bot_api(400, "Bad Request: file is too big"), 100, "too_big", id="larger than Telegram gives"),
        pytest.param(bot_api(400, "Bad Request: wrong file_id"), 100, "gone", id="gone"),
        pytest.param(bot_api(502, "Bad Gateway"), 100, None, id="for now"),
    ],
)
async def test_a_file_that_cannot_be_fetched_says_why(answer: Any, limit: int, code: str | None) -> None:
    api = FakeBotApi(file=b"a picture", answers={"getFile": [answer]} if answer else {})
    client = Client(TELEGRAM_TOKEN, TELEGRAM_API, request=api, updates_request=api)

    with pytest.raises(DeliveryError) as caught:
        await TelegramMedia(client).fetch("AgAC", limit)

    assert isinstance(caught.value, DeliveryRefused) == (code is not None)
    assert caught.value.code == code


CHOICES = {"choices": {2: "HX" + "2" * 32}, "nudge": {"ru": "HX" + "a" * 32}}


def whatsapp_with(twilio: FakeTwilio, **how: Any) -> WhatsAppSender:
    client = rest_client(TWILIO_ACCOUNT, TWILIO_TOKEN, None, HttpxClient(twilio.transport))
    return WhatsAppSender(client, "+15550100200", PUBLIC_URL, **how)


async def test_choices_go_out_by_the_shops_template_where_it_has_one() -> None:
    twilio = FakeTwilio()

    await whatsapp_with(twilio, templates=Templates.model_validate(CHOICES)).send("+79000000101", Reply("?", (YES, NO)))

    ((form),) = twilio.forms()
    assert form["ContentSid"] == "HX" + "2" * 32
    assert json.loads(form["ContentVariables"]) == {"1": "?", "2": "Yes", "3": "/affirm", "4": "No", "5": "/deny"}
    assert "Body" not in form


async def test_choices_without_a_template_of_their_number_are_a_numbered_list() -> None:
    twilio = FakeTwilio()
    sender = whatsapp_with(twilio, templates=Templates.model_validate(CHOICES))

    for reply in fit(Reply("Well?", (YES,)), sender.capabilities):
        await sender.send("+79000000101", reply)

    assert [form["Body"] for form in twilio.forms()] == ["Well?\n\n1. Yes"]


@pytest.mark.parametrize("length", [MAX_BODY, MAX_BODY + 1, MAX_TEXT + 1])
@pytest.mark.parametrize("buttons", [(YES,), (YES, NO)], ids=["a numbered list", "a template"])
async def test_choices_under_long_words_are_never_longer_than_whatsapp_takes(
    length: int, buttons: tuple[Button, ...]
) -> None:
    twilio = FakeTwilio()
    sender = whatsapp_with(twilio, templates=Templates.model_validate(CHOICES))

    for reply in fit(Reply("x" * length, buttons), sender.capabilities):
        await sender.send("+79000000101", reply)

    *before, last = twilio.forms()
    said = json.loads(last["ContentVariables"])["1"] if "ContentSid" in last else last["Body"].partition("\n\n")[0]
    assert ("ContentSid" in last) == (buttons == (YES, NO))
    assert "".join([form["Body"] for form in before] + [said]) == "x" * length
    assert all(len(form.get("Body", "")) <= MAX_TEXT for form in twilio.forms())
    assert len(said) <= MAX_BODY


async def test_a_template_says_its_facts_in_order() -> None:
    twilio = FakeTwilio()
    sender = whatsapp_with(twilio, templates=Templates.model_validate(CHOICES))

    await sender.template("+79000000101", Template("nudge", "ru", ("заказ", "WL-1")))

    ((form),) = twilio.forms()
    assert (form["ContentSid"], json.loads(form["ContentVariables"])) == ("HX" + "a" * 32, {"1": "заказ", "2": "WL-1"})


@pytest.mark.parametrize("template", [Template("nudge", "en"), Template("late_order", "ru"), Template("nobody", "ru")])
async def test_a_template_the_shop_has_not_is_refused(template: Template) -> None:
    sender = whatsapp_with(FakeTwilio(), templates=Templates.model_validate(CHOICES))

    with pytest.raises(DeliveryRefused) as caught:
        await sender.template("+79000000101", template)

    assert caught.value.code == "no_template"


def with_files(twilio: FakeTwilio, **how: Any) -> WhatsAppSender:
    return whatsapp_with(twilio, link=lambda key: f"https://shop.example/media/{key}", **how)


FILM = Attachment("k3", "video/mp4", "how.mp4")
STICKER = Attachment("k4", "image/webp", "smile.webp")


@pytest.mark.parametrize(
    ("file", "words", "carried"),
    [
        pytest.param(LABEL, "Here", [("k1", "Here")], id="beside a picture"),
        pytest.param(FILM, "Here", [("k3", "Here")], id="beside a film"),
        pytest.param(TERMS, "Here", [("k2", ""), ("", "Here")], id="after a document"),
        pytest.param(STICKER, "Here", [("k4", ""), ("", "Here")], id="after a sticker"),
        pytest.param(TERMS, "", [("k2", "")], id="no words"),
        pytest.param(LABEL, "x" * MAX_CAPTION, [("k1", "x" * MAX_CAPTION)], id="as long as a caption"),
        pytest.param(LABEL, "x" * (MAX_CAPTION + 1), [("k1", ""), ("", "x" * (MAX_CAPTION + 1))], id="longer"),
    ],
)
async def test_a_files_words_go_where_whatsapp_shows_them(
    file: Attachment, words: str, carried: list[tuple[str, str]]
) -> None:
    twilio = FakeTwilio()

    sent = await with_files(twilio).send("+79000000101", Reply(words, attachment=file))

    assert [(form.get("MediaUrl", "").rpartition("/")[2], form.get("Body", "")) for form in twilio.forms()] == carried
    assert sent == f"SM{len(carried):032d}"


async def test_buttons_beside_a_file_are_a_numbered_list() -> None:
    twilio = FakeTwilio()
    sender = with_files(twilio, templates=Templates.model_validate(CHOICES))

    await sender.send("+79000000101", Reply("This one?", (YES, NO), attachment=LABEL))

    assert [form["Body"] for form in twilio.forms()] == ["This one?\n\n1. Yes\n2. No"]


@pytest.mark.parametrize(
    ("kind", "size", "taken"),
    [
        ("image/png", MAX_PICTURE, True),
        ("image/png", MAX_PICTURE + 1, False),
        ("application/pdf", MAX_PICTURE + 1, True),
        ("application/pdf", MAX_FILE, True),
        ("application/pdf", MAX_FILE + 1, False),
        ("application/pdf", None, True),
    ],
)
async def test_a_file_larger_than_whatsapp_takes_is_not_tried(kind: str, size: int | None, taken: bool) -> None:
    twilio = FakeTwilio()
    reply = Reply("", attachment=Attachment("k", kind, "file", size))

    if taken:
        assert await with_files(twilio).send("+79000000101", reply)
    else:
        with pytest.raises(DeliveryRefused) as caught:
            await with_files(twilio).send("+79000000101", reply)
        assert caught.value.code == "too_big"

    assert len(twilio.requests) == taken


SENT_AT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def listed(*messages: tuple[str, str, datetime]) -> tuple[int, Any]:
    return 200, {
        "messages": [
            {"sid": sid, "body": body, "date_created": format_datetime(moment)} for sid, body, moment in messages
        ],
        "next_page_uri": None,
    }


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([("SM2", "hello", SENT_AT)], "SM2", id="it arrived"),
        pytest.param([("SM2", "hello", SENT_AT - timedelta(seconds=29))], "SM2", id="by a clock that is behind"),
        pytest.param([("SM1", "hello", SENT_AT - timedelta(seconds=31))], None, id="only an earlier one"),
        pytest.param([("SM2", "something else", SENT_AT)], None, id="only another"),
        pytest.param([], None, id="nothing"),
    ],
)
async def test_twilio_is_asked_for_a_reply_whose_answer_was_lost(
    found: list[tuple[str, str, datetime]], expected: str | None
) -> None:
    twilio = FakeTwilio(answers=[listed(*found)])

    assert await whatsapp_with(twilio).find("+79000000101", Reply("hello"), SENT_AT) == expected
    assert dict(twilio.requests[0].url.params)["To"] == "whatsapp:+79000000101"


@pytest.mark.parametrize(
    ("message", "reply", "is_it"),
    [
        pytest.param({"body": "Well?\n\n1. Yes"}, Reply("Well?", (YES,)), True, id="as a numbered list"),
        pytest.param({"body": "Well?"}, Reply("Well?", (YES,)), True, id="by a template"),
        pytest.param({"body": "hello "}, Reply("hello"), True, id="but for a space"),
        pytest.param({"body": "hello", "status": "delivered"}, Reply("hello"), True, id="delivered"),
        pytest.param({"body": "hello", "status": "failed"}, Reply("hello"), False, id="taken and lost"),
        pytest.param({"body": "hello", "status": "undelivered"}, Reply("hello"), False, id="not delivered"),
        pytest.param({"body": "", "num_media": "1"}, Reply("", attachment=TERMS), True, id="a file"),
        pytest.param({"body": "", "num_media": "0"}, Reply("", attachment=TERMS), False, id="no file"),
        pytest.param({"body": "", "num_media": "1"}, Reply("Here", attachment=TERMS), False, id="a file, no words yet"),
        pytest.param({"body": None}, Reply("hello"), False, id="somebody's template"),
    ],
)
async def test_a_reply_is_known_again_in_twilios_list(message: dict[str, Any], reply: Reply, is_it: bool) -> None:
    answer = {"messages": [{"sid": "SM2", "date_created": format_datetime(SENT_AT)} | message], "next_page_uri": None}
    sender = whatsapp_with(FakeTwilio(answers=[(200, answer)]))

    assert await sender.find("+79000000101", reply, SENT_AT) == ("SM2" if is_it else None)


async def test_an_id_that_another_message_has_is_not_the_one_looked_for() -> None:
    found = listed(("SM3", "hello", SENT_AT), ("SM2", "hello", SENT_AT))
    one, none = FakeTwilio(answers=[found]), FakeTwilio(answers=[found])

    assert await whatsapp_with(one).find("+79000000101", Reply("hello"), SENT_AT, ["SM3"]) == "SM2"
    assert await whatsapp_with(none).find("+79000000101", Reply("hello"), SENT_AT, ["SM2", "SM3"]) is None


SID = "SM" + "0a" * 16


async def test_whatsapp_shows_typing_once_for_a_message() -> None:
    twilio = FakeTwilio(answers=[(200, {"success": True})] * 3)
    sender = whatsapp_with(twilio)

    for answered in (SID, SID, None, "not-a-sid", SID.replace("a", "b")):
        await sender.typing("+79000000101", answered)

    assert [str(request.url) for request in twilio.requests] == [
        "https://messaging.twilio.com/v2/Indicators/Typing.json"
    ] * 2
    assert twilio.forms()[0] == {"channel": "whatsapp", "messageId": SID}


@pytest.mark.parametrize(
    "answer", [(400, {"code": 20422}), (500, {}), httpx.ReadTimeout("slow"), httpx.ConnectError("no")]
)
async def test_a_refused_sign_of_typing_is_no_trouble(answer: Any) -> None:
    await whatsapp_with(FakeTwilio(answers=[answer])).typing("+79000000101", SID)


async def test_asking_twilio_can_fail_for_now() -> None:
    twilio = FakeTwilio(answers=[httpx.ReadTimeout("slow")])

    with pytest.raises(DeliveryError):
        await whatsapp_with(twilio).find("+79000000101", Reply("hello"), SENT_AT)


@pytest.mark.parametrize(
    ("trouble", "uncertain"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.ReadTimeout("no answer"), True),
        (httpx.RemoteProtocolError("hung up"), True),
        (twilio_error(503, 20503), False),
    ],
    ids=str,
)
async def test_only_where_the_request_went_out_may_twilio_have_taken_it(trouble: Any, uncertain: bool) -> None:
    wired = whatsapp(FakeTwilio(answers=[trouble]))

    with pytest.raises(DeliveryError) as caught:
        await wired.sender.send(wired.address, Reply("hello"))

    assert caught.value.uncertain == uncertain


async def test_ten_messages_a_second_leave_a_whatsapp_sender_and_files_more_slowly() -> None:
    naps = Naps()
    pace = Pace(0, 0.1, clock=naps.clock, sleep=naps.sleep)
    sender = whatsapp_with(FakeTwilio(), pace=pace, link=lambda key: f"https://shop.example/{key}")

    for _ in range(11):
        await sender.send("+79000000101", Reply("hello"))
    assert naps.now == pytest.approx(1001.0)
    for _ in range(2):
        await sender.send("+79000000101", Reply("", attachment=LABEL))
    assert naps.now == pytest.approx(1001.1 + 1 / 1.5)


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        pytest.param([(200, "a picture")], b"a picture", id="at once"),
        pytest.param([307, (200, "a picture")], b"a picture", id="where Twilio sends us"),
        pytest.param([(200, "a picture that is too big")], "too_big", id="too big"),
        pytest.param([(404, "")], "gone", id="gone"),
        pytest.param([(503, "")], "503", id="for now"),
        pytest.param([307, 307, 307, 307], None, id="in circles"),
    ],
)
async def test_a_file_is_fetched_from_twilio(answers: list[Any], outcome: bytes | str | None) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        given = answers[len(seen) - 1]
        if given == 307:
            return httpx.Response(307, headers={"Location": "https://media.example/ME1"})
        return httpx.Response(given[0], text=given[1])

    media = TwilioMedia(TWILIO_ACCOUNT, TWILIO_TOKEN, transport=httpx.MockTransport(answer))
    try:
        fetched: bytes | str | None = await media.fetch("https://api.twilio.com/2010/Media/ME1", 10)
    except DeliveryError as exc:
        fetched = exc.code
    await media.close()

    assert fetched == outcome
    assert ["Authorization" in request.headers for request in seen] == [n == 0 for n in range(len(seen))]


@pytest.mark.parametrize(
    "ref",
    [
        "https://evil.example/x",
        "https://api.twilio.com.evil.example/x",
        "https://api.twilio.com@evil.example/x",
        "https://api.twilio.com:8443/x",
        "http://api.twilio.com/x",
        "file:///etc/passwd",
        "http://[",
        "https://api.twilio.com/\x01",
        "",
        "x",
    ],
)
async def test_no_other_address_is_fetched(ref: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise AssertionError("asked")

    media = TwilioMedia(TWILIO_ACCOUNT, TWILIO_TOKEN, transport=httpx.MockTransport(answer))

    with pytest.raises(DeliveryRefused) as caught:
        await media.fetch(ref, 10)

    assert caught.value.code == "gone"


@pytest.mark.parametrize("ref", ["https://api.twilio.com/ME1", "http://127.0.0.1:9/ME1"])
async def test_a_file_may_be_at_twilios_own_address_or_the_one_that_is_set(ref: str) -> None:
    wire = httpx.MockTransport(lambda _: httpx.Response(200, text="a picture"))
    media = TwilioMedia(TWILIO_ACCOUNT, TWILIO_TOKEN, "http://127.0.0.1:9/twilio", wire)

    assert await media.fetch(ref, 10) == b"a picture"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("nudge: {en: HX1}", "nudge.en"),
        ("nudge: {tr: HX" + "1" * 32 + "}", "nudge.tr"),
        ("choices: {4: HX" + "1" * 32 + "}", "choices.4"),
        ("greeting: {}", "greeting"),
        ("nudge: [", "cannot be read"),
    ],
)
def test_a_file_of_templates_that_is_wrong_says_where(tmp_path: Path, content: str, fault: str) -> None:
    file = tmp_path / "templates.yml"
    file.write_text(content)

    with pytest.raises(SettingsError, match="TWILIO_TEMPLATES") as caught:
        read_templates(file)

    assert fault in str(caught.value)


def test_without_a_file_there_are_no_templates_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    assert read_templates(None) == Templates()
    with pytest.raises(SettingsError, match="TWILIO_TEMPLATES"):
        read_templates(tmp_path / "none.yml")
