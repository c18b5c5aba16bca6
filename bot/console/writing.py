"""What helps an operator write: what the channel takes, ready-made and suggested replies, and the style check."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from actions.policy import Policy
from bot.channels.fit import split
from bot.channels.ports import Capabilities, Sender
from bot.console import canned
from bot.console.case import Case
from bot.console.suggesting import suggested
from bot.console.texts import Words
from bot.domain.canned import ANY, merged
from bot.domain.conversation import Holder
from bot.domain.messages import LATE_ORDER, NUDGE, Author, Template
from bot.domain.people import Conversation, Message, User
from bot.handoff.desk import may_edit
from bot.outreach.wording import Wording
from bot.store.unit_of_work import Store
from responses.book import ResponseBook
from responses.style import StyleError, faults
from responses.style.rules import rules_of

MAX_TEXT: Final = 4000
# From this share of a message's length on, people want to know how much is left.
_NEARLY: Final = 0.8
# Telegram shows "typing" for five seconds.
_TYPING_AGAIN: Final = 4.0
_MOST_HINTS: Final = 3


@dataclass(frozen=True)
class Length:
    """How long a text is for its channel: it goes out in so many messages of at most `limit` characters."""

    used: int
    limit: int
    parts: int


class Writing:
    """One for all pages of a process; what it says depends on the chat alone."""

    def __init__(
        self,
        store: Store,
        senders: Mapping[str, Sender],
        book: ResponseBook,
        policy: Callable[[], Policy],
        default_language: str,
        max_file: int,
    ) -> None:
        """`max_file`: no file of more bytes is sent, whatever a channel would take."""
        self._store, self._senders, self._book, self._policy = store, senders, book, policy
        self._default, self._max_file = default_language, max_file
        self._typed: dict[str, float] = {}

    def language(self, case: Case) -> str:
        """Return the language to write in."""
        language = case.conversation.language
        return language if language in self._book.languages else self._default

    def capabilities(self, case: Case) -> Capabilities | None:
        """Return what the chat's channel takes; None where it is switched off."""
        sender = self._senders.get(case.conversation.channel)
        return sender.capabilities if sender else None

    def may_edit(self, case: Case, message: Message, user: User) -> bool:
        """True where this operator may give a message of this chat other words."""
        conversation, capabilities = case.conversation, self.capabilities(case)
        mine = conversation.holder is Holder.OPERATOR and conversation.operator_id == user.id
        return mine and capabilities is not None and may_edit(message, user, capabilities)

    def largest(self, conversation: Conversation, content_type: str) -> int:
        """Return how many bytes a file may have that is sent in a chat; 0 where none is."""
        sender = self._senders.get(conversation.channel)
        return min(self._max_file, sender.capabilities.largest(content_type)) if sender else 0

    def length(self, case: Case, text: str) -> Length | None:
        """Return how long a text is, once it is long."""
        capabilities = self.capabilities(case)
        used = len(text.strip().encode("utf-16-le")) // 2
        if capabilities is None or used < _NEARLY * capabilities.max_text:
            return None
        return Length(used, capabilities.max_text, len(split(text, capabilities.max_text)))

    def closes_at(self, case: Case) -> datetime | None:
        """Return when the channel stops carrying free text, or did; None where it never does."""
        capabilities = self.capabilities(case)
        return capabilities.closes_at(case.conversation) if capabilities else None

    def templates(self, case: Case) -> list[tuple[Template, str]]:
        """Return the approved messages that can be sent in this chat's language, with what they say."""
        capabilities, language = self.capabilities(case), self.language(case)
        known = capabilities.templates if capabilities else frozenset()
        found = []
        if (NUDGE, language) in known:
            found.append((Template(NUDGE, language), self._book.word(language, "template_nudge")))
        if (LATE_ORDER, language) in known:
            now, wording = self._now(), Wording(self._book)
            late = [known.order for known in case.orders if known.proven and known.order.days_late(now)]
            news = [wording.late_order_by_template(language, order, now) for order in late]
            found += [(reply.template, reply.text) for reply in news if reply.template]
        return found

    def stance(self, case: Case) -> str:
        """Return how the policy would answer the shopper's last message that was read."""
        rules = self._policy().stances
        for message in reversed(case.messages):
            if message.author is Author.SHOPPER and (reading := message.reading):
                sure = reading.confidence >= rules.sure_above
                return rules.by_emotion[reading.emotion].value if sure else ANY
        return ANY

    async def canned(self, case: Case, user: User) -> list[dict[str, str]]:
        """Return the ready-made replies for this chat, filled with what is known."""
        async with self._store.begin() as work:
            own = await work.canned.all()
        language = self.language(case)
        facts = canned.facts_for(case, user, language, self._now())
        return canned.ready(merged(canned.shipped(), own), facts, language, self.stance(case))

    def suggested(self, case: Case) -> list[str]:
        """Return what the policy would have the bot say now."""
        return suggested(case, self._book, self.language(case), self.stance(case), self._now())

    def _now(self) -> datetime:
        """Return the time by the shop's clock."""
        return datetime.now(self._policy().hours.zone)

    def hints(self, case: Case, text: str, words: Words) -> list[str]:
        """Return what the style check finds in a draft, each once, in the operator's language."""
        language = self.language(case)
        try:
            found = faults(text, language, stance=self.stance(case))
            reasons = rules_of(words.language).rules
        except StyleError:
            return []
        said = [
            f"{each.excerpt}: {reasons[each.rule].reason if each.rule in reasons else each.reason}" for each in found
        ]
        return list(dict.fromkeys(said))[:_MOST_HINTS]

    async def typing(self, case: Case) -> None:
        """Show the shopper that somebody writes, as often as their channel needs it; nothing where it is closed to us."""
        conversation, now = case.conversation, time.monotonic()
        sender = self._senders.get(conversation.channel)
        if sender is None or now < self._typed.get(conversation.id, -_TYPING_AGAIN) + _TYPING_AGAIN:
            return
        if sender.capabilities.can_reply(conversation, datetime.now(UTC)):
            self._typed = {chat: at for chat, at in self._typed.items() if at > now - _TYPING_AGAIN}
            self._typed[conversation.id] = now
            await sender.typing(conversation.address)
