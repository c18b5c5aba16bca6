"""What Twilio's error codes ask of us, in an answer or in a later report: https://www.twilio.com/docs/api/errors."""

from __future__ import annotations

from typing import Final

import structlog

from bot.errors import ChannelStopped, DeliveryError, DeliveryRefused, RateLimited, ShopperUnreachable, WindowClosed

WINDOW_CLOSED: Final = "63016"
# The shopper said STOP, or blocked the shop.
GONE: Final = frozenset({"21610", "63014"})

_WAIT = {
    "20429": 5.0,  # too many requests to the API
    "63018": 10.0,  # too fast for this sender
    "63017": 10.0,  # too fast for this account and its subaccounts together
    "14107": 60.0,  # too fast for this account
    "21611": 60.0,  # the sender's queue is full
}
# https://www.twilio.com/docs/api/errors/63038: the account has sent what it may in any 24 hours. Room comes back bit by bit, as
# the messages of the day before grow older than that, so one reply is tried each hour.
_DAY_IS_OVER: Final = "63038"
_ROOM_AFTER: Final = 3600.0
_OUR_FAULT = frozenset({"21617", "21658"})  # a body longer than we may send
# None of these passes while a reply waits, so it is not sent again, and what comes after it is not held back; somebody has
# to look, at Meta's template or at the account.
_TEMPLATE_REFUSED = frozenset(
    {
        "63027",  # unknown in this language
        "63028",  # wants other facts
        # https://www.twilio.com/docs/api/errors/63040: rejected by WhatsApp, or never submitted; a new one has to be.
        "63040",
        # https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-quality: where shoppers
        # complain of it again and again it is paused (63041), and then switched off (63042).
        "63041",
        "63042",
        # https://www.twilio.com/docs/api/errors/63049: counts as marketing, which Meta keeps from shoppers of the United States
        # and from those who had enough. "Do not immediately resend"; a template that is no marketing belongs into "utility".
        "63049",
        "63051",  # this account may send nothing now
    }
)
_PERMANENT: dict[str, type[DeliveryRefused]] = {
    **dict.fromkeys(_OUR_FAULT | _TEMPLATE_REFUSED, DeliveryRefused),
    "63021": DeliveryRefused,  # content WhatsApp will not carry
    "63024": DeliveryRefused,  # not a recipient
    "63032": DeliveryRefused,  # WhatsApp's own limit on this shopper
    WINDOW_CLOSED: WindowClosed,
    **dict.fromkeys(GONE, ShopperUnreachable),
    "63003": ShopperUnreachable,  # has no WhatsApp
}
_TOO_MANY, _SERVER_ERROR, _UNAUTHORISED, _FORBIDDEN = 429, 500, 401, 403

log = structlog.get_logger()


def failure(code: str | int | None, *, status: int | None = None) -> DeliveryError:
    """Return our name for an error code of Twilio's; what somebody has to look at is logged as an error."""
    name = str(code) if code is not None else str(status)
    said = f"Twilio error {name}"
    if name == _DAY_IS_OVER:
        return ChannelStopped(said, retry_after=_ROOM_AFTER, code=name)
    if name in _WAIT or status == _TOO_MANY:
        return RateLimited(said, retry_after=_WAIT.get(name, 5.0), code=name)
    if name in _OUR_FAULT:
        log.error("whatsapp.body_too_long", code=name)
    if name in _TEMPLATE_REFUSED:
        log.error("whatsapp.template_refused", code=name)
    # Wrong credentials are the shop's to mend, and then the replies can go.
    passing = status is None or status >= _SERVER_ERROR or status in {_UNAUTHORISED, _FORBIDDEN}
    kind = _PERMANENT.get(name, DeliveryError if passing else DeliveryRefused)
    return kind(said, code=name)
