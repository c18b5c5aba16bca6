"""Alerts: people are told of a chat in their console, in a chat of their own, and wherever the shop wants.

They carry ids, severity, reason and language only, never a word of a shopper's.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.channels.ports import Sender
from bot.domain.duty import STOPPED, AlertFacts
from bot.domain.messages import Reply
from bot.errors import DeliveryRefused, RateLimited
from bot.handoff.notify import Address
from bot.store.unit_of_work import Store, Work
from bot.turns.jobs import ALERT, alert_lock

log = structlog.get_logger()

# So many alerts in a minute reach one person or address; the others wait.
MOST_A_MINUTE: Final = 6
# Nobody wants to hear an hour later that a chat waited.
_NEWS_FOR: Final = timedelta(minutes=30)
_LINK_FOR: Final = timedelta(hours=1)
# What a link's parameter begins with.
LINK: Final = "alerts_"


class Words(Protocol):
    """The interface in one language (`bot.console.texts.Words`)."""

    def __call__(self, key: str, **facts: object) -> str:
        """Return a text with its facts filled in."""
        ...


class Alerts:
    """Keeps alerts, and sends them by jobs."""

    def __init__(
        self,
        store: Store,
        senders: Mapping[str, Sender],
        addresses: Collection[Address],
        words: Callable[[str], Words],
        *,
        default_language: str,
        console: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._senders = senders
        self._addresses = {address.name: address for address in addresses}
        self._words = words
        self._default_language = default_language
        self._console = console.rstrip("/")
        self._now = now

    async def tell(self, work: Work, handoff_id: int, about: str, user_ids: Collection[int]) -> None:
        """Alert these people, and the shop's addresses, once about each thing."""
        await self._send_all(work, await work.alerts.add(handoff_id, about, user_ids, self._addresses, self._now()))

    async def tell_of_stop(self, work: Work, channel: str, user_ids: Collection[int]) -> None:
        """Alert these people, and the shop's addresses, that nothing goes out in a channel for now."""
        await self._send_all(
            work, await work.alerts.add(None, STOPPED + channel, user_ids, self._addresses, self._now())
        )

    @staticmethod
    async def _send_all(work: Work, added: Sequence[tuple[int, str]]) -> None:
        for alert_id, target in added:
            await work.defer(ALERT, lock=alert_lock(target), alert_id=alert_id)

    async def send(self, alert_id: int) -> None:
        """Send one alert, unless it is no news any more; raises DeliveryError where trying again may help."""
        async with self._store.begin() as work:
            facts = await work.alerts.facts(alert_id)
            if facts is None or facts.sent_at is not None or not self._is_news(facts):
                return
            now = self._now()
            if await work.alerts.sent_since(facts.target, now - timedelta(minutes=1)) >= MOST_A_MINUTE:
                raise RateLimited("enough alerts for a minute", retry_after=15)
        if facts.user_id is None:
            sent = await self._to_address(facts)
        else:
            sent = await self._to_person(facts, facts.user_id)
        if sent:
            async with self._store.begin() as work:
                await work.alerts.sent(alert_id, self._now())
            log.info("alert.sent", alert=alert_id, about=facts.about.partition(" ")[0])

    def text(self, facts: AlertFacts, language: str) -> str:
        """Return what is sent."""
        words = self._words(language)
        if facts.channel is not None:
            return words("alerts.stopped", channel=words(f"channel.{facts.channel}")) + f"\n{self._console}/console"
        spoken = f"language.{facts.language or 'und'}"
        lines = [
            words(f"alerts.{facts.about.partition(' ')[0]}"),
            words(
                "alerts.facts", severity=facts.severity, reason=words(f"reason.{facts.reason}"), language=words(spoken)
            ),
            f"{self._console}/console?c={facts.conversation_id}" if self._console else facts.conversation_id,
        ]
        return "\n".join(lines)

    async def _to_address(self, facts: AlertFacts) -> bool:
        address = self._addresses.get(facts.target)
        if address is None:  # taken out of the settings since
            return False
        await address.notify(self.text(facts, self._default_language))
        return True

    async def _to_person(self, facts: AlertFacts, user_id: int) -> bool:
        if facts.chat is None:
            return False
        channel, _, address = facts.chat.partition(" ")
        sender = self._senders.get(channel)
        if sender is None:
            return False
        try:
            await sender.send(address, Reply(self.text(facts, facts.spoken or self._default_language)))
        except DeliveryRefused:
            # They blocked the bot or left: the account page offers to link a chat again.
            log.info("alert.unlinked", user=user_id)
            async with self._store.begin() as work:
                await work.alerts.unlink(user_id)
            return False
        return True

    def _is_news(self, facts: AlertFacts) -> bool:
        """True unless it is over: taken, answered, or long ago."""
        return facts.stands and self._now() - facts.created_at < _NEWS_FOR


async def new_link(work: Work, user_id: int, language: str, now: datetime) -> str:
    """Return the parameter of a link that makes the chat it is opened in somebody's own; good once, for an hour."""
    token = secrets.token_urlsafe(24)
    await work.alerts.offer_link(user_id, token_hash(token), now + _LINK_FOR, language)
    return LINK + token


def token_hash(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def asks_to_link(argument: str | None) -> str | None:
    """Return the hash of the token in a link's parameter, or None where it is another."""
    if argument is None or not argument.startswith(LINK):
        return None
    return token_hash(argument.removeprefix(LINK))
