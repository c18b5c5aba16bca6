"""What an operator sees of a chat and does in it, in a real browser over a gateway without Rasa."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from bot.demo import seed
from bot.store.unit_of_work import Store
from tests.doubles.long_talk import EARLIEST, FAILED, FURIOUS, LATER, LongTalk
from tests.e2e.conftest import NARROW, LogIn
from tests.e2e.desk import Gateway, enrol, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def _seed(dsn: str) -> None:
    store = Store(dsn)
    async with store.begin() as work:
        await seed(work)
    await store.close()


@pytest.fixture(scope="module")
def gateway(home: Path, dsn: str) -> Iterator[Gateway]:
    """A running gateway with two operators and the demo shop's orders."""
    enrol(dsn, "Ana", "Kostas")
    with ThreadPoolExecutor(1) as aside:  # Playwright's own event loop runs in this thread
        aside.submit(lambda: asyncio.run(_seed(dsn))).result()
    with running(home, dsn, worker=False) as gateway:
        yield gateway


@pytest.fixture
def opened(log_in: LogIn, gateway: Gateway) -> Callable[..., Page]:
    """Open a long talk of Ana's as somebody."""
    with psycopg.connect(gateway.dsn) as connection:
        found = connection.execute("SELECT id FROM users WHERE username = 'ana'").fetchone()
    assert found is not None, "she was added above"
    talk = LongTalk(found[0]).write(gateway.dsn)

    def visit(username: str = "ana", **look: Any) -> Page:
        page = log_in(f"{gateway.url}/console?c={talk.id}", username, **look)
        expect(said(page, FURIOUS)).to_be_visible()
        return page

    return visit


def said(page: Page, text: str) -> Locator:
    """The message with these words."""
    return page.get_by_test_id("message").filter(has=page.get_by_test_id("message-text").get_by_text(text, exact=True))


def test_a_reading_is_told_to_who_points_at_it_and_to_who_comes_by_key(opened: Callable[..., Page]) -> None:
    page = opened()
    mark = said(page, FURIOUS).get_by_test_id("emotion")

    mark.hover()
    expect(mark.get_by_test_id("reading")).to_be_visible()
    expect(mark.get_by_test_id("reading")).to_contain_text(
        re.compile(r"Read as: Anger, 82% sure\s*Next likeliest: Frustration, 11%")
    )
    page.mouse.move(0, 0)
    expect(mark.get_by_test_id("reading")).to_be_hidden()
    mark.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(mark.get_by_test_id("reading")).to_be_visible()
    expect(mark).to_have_accessible_name(re.compile("Anger. Read as: Anger, 82% sure. Next likeliest: Frustration"))


def test_a_wrong_reading_is_corrected_by_keys_seen_by_a_colleague_and_taken_back(opened: Callable[..., Page]) -> None:
    ana, kostas = opened(), opened("kostas")

    said(ana, FURIOUS).get_by_test_id("emotion").press("Enter")
    expect(ana.get_by_test_id("correct-anger")).to_be_focused()
    ana.keyboard.press("ArrowUp")
    expect(ana.get_by_test_id("correct-frustration")).to_be_focused()
    ana.keyboard.press("ArrowDown")
    ana.keyboard.press("ArrowDown")
    expect(ana.get_by_test_id("correct-neutral")).to_be_focused()
    ana.keyboard.press("Enter")

    for page in (ana, kostas):
        expect(said(page, FURIOUS).get_by_test_id("emotion")).to_have_attribute("data-emotion", "neutral")
        expect(said(page, FURIOUS).get_by_test_id("corrected-by")).to_have_text("Corrected by Ana, was read as: Anger")
        expect(page.locator(".chat-head").get_by_test_id("severity")).to_have_attribute("data-severity", "1")
    expect(said(ana, FURIOUS).get_by_test_id("emotion")).to_be_focused()

    said(kostas, FURIOUS).get_by_test_id("emotion").click()
    kostas.get_by_test_id("correct-intent").select_option("threat_review")
    expect(said(ana, FURIOUS).get_by_test_id("intent-corrected-by")).to_contain_text("Threatens a bad review")
    said(kostas, FURIOUS).get_by_test_id("emotion").click()
    kostas.get_by_test_id("correct-undo-emotion").click()
    expect(said(ana, FURIOUS).get_by_test_id("corrected-by")).to_have_count(0)
    expect(ana.locator(".chat-head").get_by_test_id("severity")).to_have_attribute("data-severity", "5")


def test_a_failed_reply_says_why_and_is_sent_again_with_one_click(opened: Callable[..., Page]) -> None:
    page, colleague = opened(), opened("kostas")
    failed = said(page, FAILED)
    expect(failed.get_by_test_id("delivery")).to_contain_text("too many messages at once")
    expect(said(colleague, FAILED).get_by_test_id("resend")).to_have_count(0)

    failed.get_by_test_id("resend").dblclick()

    expect(failed.get_by_test_id("delivery")).to_have_attribute("data-delivery", "queued")
    expect(failed.get_by_test_id("resend")).to_have_count(0)


def test_a_quote_leads_to_its_message_however_far_back(opened: Callable[..., Page]) -> None:
    page = opened()
    expect(said(page, EARLIEST)).to_have_count(0)
    expect(said(page, LATER).get_by_test_id("edited")).to_be_visible()

    said(page, LATER).get_by_test_id("to-quoted").click()

    expect(said(page, EARLIEST)).to_be_focused()
    expect(said(page, EARLIEST)).to_be_in_viewport()
    expect(page.get_by_test_id("transcript").get_by_role("separator")).to_have_count(3)


def test_earlier_messages_come_above_what_is_read(opened: Callable[..., Page]) -> None:
    page = opened()
    page.get_by_test_id("transcript").evaluate("(tail) => { tail.scrollTop = 0 }")
    oldest = page.get_by_test_id("message").first
    number = oldest.get_attribute("data-message")
    before = oldest.bounding_box()

    page.get_by_test_id("earlier").click()

    expect(page.get_by_test_id("earlier")).to_be_hidden()
    page.wait_for_timeout(300)
    after = page.locator(f'[data-message="{number}"]').bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 60


def test_nothing_is_wider_than_a_phone(opened: Callable[..., Page]) -> None:
    page = opened(size=NARROW)

    said(page, FURIOUS).get_by_test_id("emotion").click()
    expect(page.get_by_test_id("correct")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    inside = page.get_by_test_id("correct").bounding_box()
    assert inside is not None
    assert inside["x"] >= 0
    assert inside["x"] + inside["width"] <= NARROW["width"]


def test_the_line_of_feelings_says_in_words_what_it_draws_and_leads_to_each_message(
    opened: Callable[..., Page],
) -> None:
    page = opened()
    line = page.get_by_test_id("mood-line")
    expect(line).to_have_accessible_name(
        re.compile(r"Feelings over 40 messages: from Confusion to Gratitude, at worst Anger")
    )
    assert line.locator("path").first.evaluate("(mark) => mark.namespaceURI") == "http://www.w3.org/2000/svg"

    line.locator(".mood-mark.emotion-anxiety").first.click()
    expect(page.get_by_test_id("message").filter(has_text="come on Monday")).to_be_focused()

    page.get_by_test_id("mood-table").locator("summary").press("Enter")
    page.get_by_test_id("mood-table").get_by_role("button", name="Anger").press("Enter")
    expect(said(page, FURIOUS)).to_be_focused()
    expect(page.get_by_test_id("mood-table").get_by_role("table")).to_be_hidden()


def test_a_correction_moves_the_line_and_the_summary(opened: Callable[..., Page]) -> None:
    page = opened()
    expect(page.get_by_test_id("summary")).to_contain_text("before that: Anger")

    said(page, FURIOUS).get_by_test_id("emotion").click()
    page.get_by_test_id("correct-neutral").click()

    expect(page.get_by_test_id("summary")).to_contain_text("before that: Anxiety")
    expect(page.get_by_test_id("mood-line")).to_have_accessible_name(re.compile("at worst Anxiety"))
    expect(page.get_by_test_id("severity-was")).to_have_text("Urgency 5 before corrections")


def test_a_voucher_is_confirmed_kept_as_a_promise_and_told_by_a_line_to_be_looked_over(
    opened: Callable[..., Page],
) -> None:
    page, colleague = opened(), opened("kostas")
    expect(colleague.get_by_test_id("order-voucher")).to_have_count(0)
    before = page.get_by_test_id("message").count()
    page.get_by_test_id("composer").fill("Dear Eleni,")

    page.get_by_test_id("order-voucher").first.click()
    page.get_by_test_id("order-sum").fill("99")
    page.get_by_test_id("order-yes").click()
    expect(page.get_by_test_id("notice")).to_contain_text("within the limit")
    page.get_by_test_id("order-sum").fill("5")
    page.get_by_test_id("order-yes").click()

    expect(page.get_by_test_id("promise-kind").first).to_have_text("Voucher")
    expect(page.get_by_test_id("composer")).to_have_value(re.compile(r"Dear Eleni,\n.*£5 "))
    expect(page.get_by_test_id("message")).to_have_count(before)
