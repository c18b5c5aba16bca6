"""Each of Twilio's error codes leads to what has to be done about it, in an answer and in a late report."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from bot.channels.whatsapp.codes import failure
from bot.console.texts import Texts
from bot.errors import ChannelStopped, DeliveryError, DeliveryRefused, RateLimited, ShopperUnreachable, WindowClosed

MEANS = {
    "20429": RateLimited,
    "63018": RateLimited,
    "63017": RateLimited,
    "14107": RateLimited,
    "21611": RateLimited,
    "63038": ChannelStopped,
    "63016": WindowClosed,
    "21610": ShopperUnreachable,
    "63014": ShopperUnreachable,
    "63003": ShopperUnreachable,
    "21617": DeliveryRefused,
    "21658": DeliveryRefused,
    "63021": DeliveryRefused,
    "63024": DeliveryRefused,
    "63032": DeliveryRefused,
    "63027": DeliveryRefused,
    "63028": DeliveryRefused,
    "63040": DeliveryRefused,
    "63041": DeliveryRefused,
    "63042": DeliveryRefused,
    "63049": DeliveryRefused,
    "63051": DeliveryRefused,
}


@pytest.mark.parametrize("code", MEANS)
@pytest.mark.parametrize("status", [400, None], ids=["answered", "reported"])
def test_a_code_means_the_same_whenever_it_comes(code: str, status: int | None) -> None:
    error = failure(code, status=status)

    assert type(error) is MEANS[code]
    assert error.code == code


@pytest.mark.parametrize("code", [code for code in MEANS if code not in {"20429", "14107", "21611"}])
@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
def test_operators_read_in_words_why_a_reply_did_not_arrive(code: str, language: str) -> None:
    assert Texts.load().words(language).has(f"code.{code}")


@pytest.mark.parametrize(
    ("status", "means"),
    [
        (400, DeliveryRefused),
        (401, DeliveryError),
        (402, DeliveryRefused),
        (403, DeliveryError),
        (404, DeliveryRefused),
        (428, DeliveryRefused),
        (429, RateLimited),
        (430, DeliveryRefused),
        (499, DeliveryRefused),
        (500, DeliveryError),
        (None, DeliveryError),
    ],
)
def test_a_code_we_do_not_know_is_judged_by_its_status(status: int | None, means: type[DeliveryError]) -> None:
    assert type(failure("99999", status=status)) is means


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("21617", "whatsapp.body_too_long"),
        *((code, "whatsapp.template_refused") for code in ("63040", "63041", "63042", "63049")),
        ("63018", None),
        ("63016", None),
        (None, None),
    ],
)
def test_only_what_somebody_has_to_look_at_is_an_alert(code: str | None, event: str | None) -> None:
    with capture_logs() as logs:
        failure(code, status=400)

    assert [line["event"] for line in logs if line["log_level"] == "error"] == ([event] if event else [])


def test_a_day_that_is_used_up_is_tried_again_each_hour() -> None:
    """Twilio counts any 24 hours, so there may be room at any time of the day."""
    error = failure("63038")

    assert isinstance(error, ChannelStopped)
    assert error.retry_after == 3600
