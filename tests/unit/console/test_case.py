"""What the console makes of a conversation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.console.acts import Act, acts_for
from bot.console.case import mentioned_numbers
from bot.console.page import conversation_in
from bot.console.theme import LOOKS
from bot.domain.conversation import Holder
from bot.domain.emotion import Emotion
from bot.domain.messages import Author, Delivery, Kind
from bot.domain.people import Conversation, Message, Role, User

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ANA = User(id=1, username="ana", display_name="Ana", role=Role.OPERATOR)

A_CONVERSATION = Conversation(
    id="5f0c1c5e-0000-4000-8000-000000000001", channel="web", address="a", shopper_name=None, language="en",
    holder=Holder.BOT, operator_id=None, severity=0, waiting_since=None, last_inbound_at=NOW, unreachable_since=None,
    created_at=NOW,
)  # fmt: skip

A_MESSAGE = Message(
    id=1, conversation_id=A_CONVERSATION.id, channel="web", author=Author.SHOPPER, kind=Kind.TEXT, text="", payload=None,
    buttons=(), share_contact=None, reading=None, stance=None, operator_id=None, created_at=NOW, language_hint=None,
    handled_at=None, in_reply_to=None, delivery=Delivery.RECEIVED, attempts=0, provider_id=None, delivery_code=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("where is WL-20417?", ["WL-20417"]),
        ("где мой wl 20417", ["wl 20417", "20417"]),
        ("#20417 и № 55-1033", ["20417", "55-1033"]),
        ("订单WL3001到哪了", ["WL3001"]),
        ("it is 3 days late, size 41", []),
        ("where is 2001", ["is 2001", "2001"]),
        ("thanks", []),
    ],
)
def test_order_numbers_are_found_in_a_shoppers_words(text: str, numbers: list[str]) -> None:
    assert mentioned_numbers([replace(A_MESSAGE, text=text)]) == numbers


def test_the_order_mentioned_last_comes_first_and_each_once() -> None:
    said = [replace(A_MESSAGE, text=text) for text in ("WL-1001", "WL-1002", "wl1001")]

    assert mentioned_numbers(said) == ["wl1001", "WL-1002"]


def test_a_number_the_bot_said_is_not_mentioned_by_the_shopper() -> None:
    assert mentioned_numbers([replace(A_MESSAGE, author=Author.BOT, text="WL-1001")]) == []


def test_a_pressed_button_mentions_its_order() -> None:
    pressed = replace(A_MESSAGE, kind=Kind.BUTTON, text="The first", payload='/inform{"order_number": "WL-1001"}')

    assert mentioned_numbers([pressed]) == ["WL-1001"]


@pytest.mark.parametrize(
    ("holder", "operator_id", "acts"),
    [
        pytest.param(Holder.QUEUE, None, (Act.CLAIM, Act.TRANSFER), id="waiting"),
        pytest.param(Holder.BOT, None, (Act.TAKE_OVER, Act.FOLLOW), id="with the bot"),
        pytest.param(
            Holder.OPERATOR,
            ANA.id,
            (Act.RESOLVE, Act.RETURN, Act.RELEASE, Act.TRANSFER, Act.PAUSE, Act.BLOCK),
            id="mine",
        ),
        pytest.param(Holder.OPERATOR, 2, (Act.FOLLOW,), id="somebody else's"),
    ],
)
def test_an_operator_is_offered_what_they_may_do(
    holder: Holder, operator_id: int | None, acts: tuple[Act, ...]
) -> None:
    assert acts_for(replace(A_CONVERSATION, holder=holder, operator_id=operator_id), ANA) == acts


@pytest.mark.parametrize("address", ["", "x", "1 OR 1=1", "'; --"])
def test_an_address_that_names_no_conversation_opens_none(address: str) -> None:
    assert conversation_in(address) is None


@pytest.mark.parametrize("emotion", Emotion)
def test_every_emotion_can_be_read_by_day_and_by_night(emotion: Emotion) -> None:
    look = LOOKS[emotion]

    assert min(contrast(*look.day), contrast(*look.night)) >= 4.5


def test_every_emotion_has_a_sign_of_its_own() -> None:
    assert len({look.icon for look in LOOKS.values()}) == len(Emotion)


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
