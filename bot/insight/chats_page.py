"""The conversations behind a figure, each with the way into the console for those who may read chats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from bot.console.elements import icon, tag
from bot.console.marks import channel_mark, emotion_chip, heat, language_name
from bot.console.texts import Words
from bot.domain.emotion import Emotion
from bot.domain.figures import UNKNOWN_LANGUAGE, ChatFacts, Pick, Yardstick
from bot.domain.people import User
from bot.insight.elements import duration, nothing, way_to_chat
from bot.insight.filters import Filters
from bot.insight.frame import CHATS, EXPORT, FIGURES, filter_bar
from bot.insight.naming import named, title_of

SHOWN: Final = 200


def draw_chats(
    words: Words, filters: Filters, yard: Yardstick, pick: Pick, value: str, chats: Sequence[ChatFacts], user: User
) -> None:
    """Draw the newest of them; `chats` may hold one more than are shown. A feeling that is not sure has a `?`."""
    more = {"pick": pick.value, "value": value}
    with tag("div", css="page-head"):
        with tag("a", css="back", href=filters.address(FIGURES), testid="back"):
            icon("arrow_back")
            tag("span", words("insight.back"))
        tag("h2", title_of(words, pick, value), testid="chats-title")
        filter_bar(words, filters, CHATS, more)
    if not chats:
        with tag("section", css="card"):
            nothing(words)
        return
    with tag("p", css="page-foot"):
        many = len(chats) > SHOWN
        count = words("insight.newest", n=SHOWN) if many else words("insight.chats_count", n=len(chats))
        tag("span", count, testid="chats-count")
        with tag("a", css="button", href=filters.address(EXPORT, **more), testid="export"):
            icon("download")
            tag("span", words("insight.export"))
    with tag("ul", css="chat-list", testid="chat-list"):
        for chat in chats[:SHOWN]:
            _draw(words, filters, yard, chat, user)


def _draw(words: Words, filters: Filters, yard: Yardstick, chat: ChatFacts, user: User) -> None:
    with tag("li"), way_to_chat(user, chat.id, css="chat-row", testid="chat-row"):
        with tag("span", css="chat-who"):
            channel_mark(words, chat.channel, named=False)
            tag("bdi", _name(words, chat), css="row-name", dir="auto")
            spoken = None if chat.language == UNKNOWN_LANGUAGE else chat.language
            tag("span", language_name(words, spoken), css="fact-mark")
        with tag("span", css="chat-felt"):
            ends = ((chat.first_emotion, chat.first_upset), (chat.last_emotion, chat.last_upset))
            for place, (emotion, upset) in enumerate(ends):
                if emotion:
                    if place:
                        tag("span", "→", css="quiet", aria_hidden="true")
                    unsure = emotion in yard.upset and not upset
                    emotion_chip(words, Emotion(emotion), "?" if unsure else "")
        with tag("span", css="chat-what"):
            if chat.severity:
                heat(words, chat.severity)
            told = [named(words, "reason", reason) for reason in chat.reasons]
            if chat.first_reply is not None:
                told.append(f"{words('insight.first_reply')}: {duration(words, chat.first_reply)}")
            told += [f"{score} ★" for score in chat.scores]
            tag("span", " · ".join(told) or words("insight.pick.alone"), css="quiet")
        today = datetime.now(UTC).astimezone(filters.zone).date()
        with tag("span", css="chat-when quiet number"):
            tag("span", words.moment(chat.last_at, today=today))
            tag("span", words("insight.messages", n=chat.by_shopper + chat.by_bot + chat.by_operator))


def _name(words: Words, chat: ChatFacts) -> str:
    if chat.shopper_name and chat.shopper_name.strip():
        return chat.shopper_name
    return words("queue.unnamed", channel=named(words, "channel", chat.channel), id=chat.id[:6])
