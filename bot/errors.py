"""Every error Warmline raises on purpose.

WarmlineError
├── SettingsError            a setting is missing or wrong; the text names the variable
├── ImportRejected           a file from outside is wrong; the text names line and column
├── ExportFailed             an archive could not be written; the text names the file
├── DeliveryError            a reply did not reach the provider, trying again may help
│   ├── RateLimited          the provider said when to try again (`retry_after`, seconds)
│   │   └── ChannelStopped   it takes nothing more from the shop, whoever it is for
│   └── DeliveryRefused      permanent: trying again cannot help
│       ├── ShopperUnreachable   the shopper blocked us or left
│       └── WindowClosed     the channel carries no free text to this shopper until they write
├── AssistantUnavailable     Rasa did not answer, answered with an error, or the breaker is open
├── UnknownShopper           nobody is known by this address
├── WrongTurn                a conversation or a promise cannot make this move from where it is
├── SearchTooBroad           so much was found that looking took too long; a further word helps
├── SignOnFailed             the single sign-on provider did not vouch for anybody; the text names the kind of failure
└── NotAllowed               this person may not do this
    └── TooManyAttempts      too many wrong guesses; `retry_after` says when the next one counts (seconds)
"""

from __future__ import annotations


class WarmlineError(Exception):
    """Base of every error Warmline raises on purpose."""


class SettingsError(WarmlineError):
    """A setting is missing or wrong; the text names the variable."""


class ImportRejected(WarmlineError):
    """A file from outside was refused as a whole; `problems` has one line-numbered sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ExportFailed(WarmlineError):
    """An archive could not be written; the text names the file."""


class DeliveryError(WarmlineError):
    """A reply did not reach the provider; trying again may help. `code` is the provider's, for the record.

    `uncertain` where the provider may have taken it all the same: its answer was lost.
    """

    def __init__(self, message: str, *, code: str | None = None, uncertain: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.uncertain = uncertain


class RateLimited(DeliveryError):
    """The provider asks to wait `retry_after` seconds before anything else goes to this shopper."""

    def __init__(self, message: str, *, retry_after: float, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class ChannelStopped(RateLimited):
    """The provider takes nothing from the shop for `retry_after` seconds, whoever it is for."""


class DeliveryRefused(DeliveryError):
    """Permanent: the provider will not take this reply however often it is sent."""


class ShopperUnreachable(DeliveryRefused):
    """Permanent for the shopper: they blocked us, opted out or left."""


class WindowClosed(DeliveryRefused):
    """Until the shopper writes again the channel carries no free text to them."""


class AssistantUnavailable(WarmlineError):
    """Rasa did not answer in time, answered with an error, or is being left alone after repeated failures."""


class UnknownShopper(WarmlineError):
    """Nobody is known by this address, or no longer."""


class WrongTurn(WarmlineError):
    """A conversation or a promise cannot make this move from where it is."""


class SearchTooBroad(WarmlineError):
    """A search finds so much that it takes too long."""


class SignOnFailed(WarmlineError):
    """The single sign-on provider did not vouch for anybody; the text names the kind of failure, and nothing of its answer."""


class NotAllowed(WarmlineError):
    """This person may not do this."""


class TooManyAttempts(NotAllowed):
    """Too many wrong guesses about one thing; the next one is looked at in `retry_after` seconds."""

    def __init__(self, kind: str, *, retry_after: float) -> None:
        super().__init__(f"too many wrong guesses ({kind}); try again in {retry_after:.0f} seconds")
        self.kind = kind
        self.retry_after = retry_after
