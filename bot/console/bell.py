"""Rings for people who begin to wait and concern this operator, and in chats that they follow; the browser decides how (static/bell.js)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection

from bot.console.elements import tag
from bot.console.marks import language_name
from bot.console.texts import Words
from bot.domain.people import Conversation

_SEVERE = 4


class Bell:
    """The switches for sound and desktop notifications, and what rings them."""

    def __init__(self, words: Words, choose: Callable[[str], Awaitable[None]]) -> None:
        self._words = words
        says = {
            "sound": words("queue.sound"),
            "notify": words("queue.notify"),
            "blocked": words("queue.notify_blocked"),
        }
        self._bell = tag("waiting-bell", says=json.dumps(says, ensure_ascii=False), testid="bell")
        self._bell.on("wanted", lambda e: choose(str(e.args)), js_handler="(e) => emit(e.detail)")

    def ring(self, arrived: Collection[Conversation], wrote: Collection[Conversation]) -> None:
        """Ring for who began to wait, else for who wrote in a chat that is followed, once, the hottest named.

        It tells where from, in which language and how urgent, never who or what.
        """
        if not arrived and not wrote:
            return
        words = self._words
        hottest = max(arrived or wrote, key=lambda each: each.severity)
        severe = bool(arrived) and hottest.severity >= _SEVERE
        title = words("queue.arrived_severe" if severe else "queue.arrived" if arrived else "queue.followed_wrote")
        key = f"channel.{hottest.channel}"
        body = (
            words(key) if words.has(key) else hottest.channel,
            language_name(words, hottest.language),
            words("severity.label", n=hottest.severity),
        )
        rest = [each.id for each in (*arrived, *wrote) if each.id != hottest.id]
        news = {
            "ids": [hottest.id, *rest],
            "severe": severe,
            "title": f"{title} (+{len(rest)})" if rest else title,
            "body": " · ".join(body),
        }
        self._bell.props["news"] = json.dumps(news, ensure_ascii=False)
