"""Photos of what arrived damaged or wrong: asked for once, thanked for, and named where they go along."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.photos import CHANNELS
from bot.domain.order import OrderStatus
from bot.settings import ROOT
from tests.doubles.counter import LANGUAGES, Chat, an_order

ASKED = "utter_ask_photo"


def a_chat(channel: str = "telegram", language: str = "en", status: OrderStatus = OrderStatus.DELIVERED) -> Chat:
    return Chat(an_order(status=status), channel=channel, language=language).proves("phone", "+447700900123")


def sends_photo(chat: Chat, key: str) -> None:
    chat.ledger.media.rows.append((chat.id, key, chat.now()))


def test_the_channels_with_photos_are_those_whose_files_are_fetched() -> None:
    assert {file.parent.name for file in (ROOT / "bot/channels").glob("*/media.py")} == CHANNELS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", ["report_damaged", "report_wrong_item"])
async def test_a_photo_is_asked_for_and_the_offer_made_all_the_same(intent: str, language: str) -> None:
    told = await a_chat(language=language).says("...", intent)

    assert told.responses == [ASKED, "utter_offer_reship"]


@pytest.mark.parametrize(
    ("channel", "intent", "status"),
    [
        pytest.param("web", "report_damaged", OrderStatus.DELIVERED, id="a channel without files"),
        pytest.param("telegram", "missing_item", OrderStatus.DELIVERED, id="nothing to be seen"),
        pytest.param("telegram", "report_damaged", OrderStatus.SHIPPED, id="not there yet"),
        pytest.param("telegram", "report_damaged", OrderStatus.REFUNDED, id="settled"),
        pytest.param("telegram", "report_late", OrderStatus.SHIPPED, id="another matter"),
    ],
)
async def test_where_a_photo_would_show_nothing_none_is_asked_for(
    channel: str, intent: str, status: OrderStatus
) -> None:
    told = await a_chat(channel, status=status).says("...", intent)

    assert ASKED not in told.responses


@pytest.mark.parametrize(("days", "again"), [(1, False), (4, True)])
async def test_it_is_not_asked_for_again_so_soon(days: int, again: bool) -> None:
    chat = a_chat()
    await chat.says("broken", "report_damaged")
    await chat.says("no", "deny")
    chat.now.time += timedelta(days=days)

    told = await chat.says("not that one either", "report_wrong_item")

    assert (ASKED in told.responses) is again


async def test_a_photo_that_comes_with_the_words_is_thanked_for() -> None:
    chat = a_chat()
    sends_photo(chat, "photo")

    told = await chat.says("it came like this", "report_damaged", key="photo")

    assert told.responses == ["utter_photo_kept", "utter_offer_reship"]


async def test_a_photo_that_came_before_is_not_asked_for() -> None:
    chat = a_chat()
    sends_photo(chat, "earlier")

    told = await chat.says("it came like this", "report_damaged")

    assert told.responses == ["utter_offer_reship"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_receipt_names_the_photo(language: str) -> None:
    chat = a_chat(language=language)
    await chat.says("...", "report_damaged")
    sends_photo(chat, "photo")

    told = await chat.says("...", "affirm")

    assert told.responses == ["utter_promise_reship", "utter_photo_with_it"]


async def test_without_a_photo_the_receipt_says_nothing_of_one() -> None:
    chat = a_chat()
    await chat.says("...", "report_damaged")

    told = await chat.says("...", "affirm")

    assert told.responses == ["utter_promise_reship"]


async def test_the_handoff_names_the_photo() -> None:
    chat = a_chat()
    await chat.says("...", "report_damaged")
    sends_photo(chat, "photo")

    told = await chat.says("a person please", "ask_human")

    assert told.responses == ["utter_handoff_asked", "utter_photo_with_it"]


async def test_a_photo_of_long_ago_goes_nowhere() -> None:
    chat = a_chat()
    sends_photo(chat, "photo")
    chat.now.time += timedelta(days=4)

    told = await chat.says("a person please", "ask_human")

    assert told.responses == ["utter_handoff_asked"]
