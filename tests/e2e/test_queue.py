"""The queue in real browsers: search, filters in the address, a bell that rings once, and two gateways in step."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect

from bot.domain.messages import Author, Delivery, Reply
from bot.store.messages import CHANNEL
from bot.store.unit_of_work import Store
from tests.conftest import a_folder
from tests.e2e.conftest import LogIn
from tests.e2e.desk import Gateway, Shopper, enrol, running
from tests.e2e.test_composer import picture

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

HOSTILE = "<img src=x onerror=\"document.title='broken'\"> Zucchini & <mark>seeds</mark>"


@pytest.fixture(scope="module")
def gateways(home: Path, dsn: str) -> Iterator[tuple[Gateway, Gateway]]:
    """Two processes on one database."""
    enrol(dsn, "Ana", "Boris")
    with a_folder() as far, running(home, dsn) as here, running(far, dsn) as there:
        yield here, there


@pytest.fixture
def console(log_in: LogIn) -> Callable[..., Page]:
    """Open the console of a gateway as somebody."""

    def visit(gateway: Gateway, name: str, *, query: str = "", **look: Any) -> Page:
        page = log_in(f"{gateway.url}/console{query}", name.lower(), **look)
        expect(page.get_by_test_id("console")).to_be_visible()
        return page

    return visit


def test_what_was_said_is_found_and_marked_and_never_markup(
    gateways: tuple[Gateway, Gateway], console: Callable[..., Page]
) -> None:
    Shopper(gateways[0]).says(HOSTILE)
    page = console(gateways[0], "Ana")
    expect(page.get_by_test_id("queue-row").filter(has_text="Zucchini").first).to_be_visible()

    page.keyboard.press("/")
    page.keyboard.type("zucchini")

    hit = page.get_by_test_id("search-hit").filter(has_text="Zucchini").first
    expect(hit.locator("mark")).to_have_text(["Zucchini"])
    expect(hit).to_contain_text("<mark>seeds</mark>")
    expect(page).to_have_url(re.compile("q=zucchini"))
    assert page.locator("search-hit img").count() == 0
    assert "broken" not in page.title()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("queue-row").filter(has_text="Zucchini").first).to_be_visible()


@pytest.mark.parametrize(
    ("key", "shift", "searches"),
    [
        pytest.param("/", False, True, id="where it is printed"),
        pytest.param("/", True, True, id="on a shifted key"),
        pytest.param(".", False, True, id="in its place on a Russian keyboard"),
        pytest.param("?", True, False, id="a question mark above it"),
        pytest.param("?", False, False, id="a question mark without Shift"),
    ],
)
def test_a_slash_goes_to_the_search_and_a_question_mark_to_the_keys(
    gateways: tuple[Gateway, Gateway], console: Callable[..., Page], key: str, shift: bool, searches: bool
) -> None:
    page = console(gateways[0], "Ana")
    expect(page.get_by_test_id("search")).to_have_attribute("data-slash", "on")

    page.evaluate(
        "([key, shiftKey]) => document.body.dispatchEvent("
        "new KeyboardEvent('keydown', { key, shiftKey, code: 'Slash', bubbles: true, cancelable: true }))",
        [key, shift],
    )

    if searches:
        expect(page.get_by_test_id("search")).to_be_focused()
    else:
        expect(page.get_by_test_id("keys")).to_be_visible()
        expect(page.get_by_test_id("search")).not_to_be_focused()


def test_a_hit_opens_the_chat_at_its_message_however_long_ago_it_was(
    gateways: tuple[Gateway, Gateway], console: Callable[..., Page]
) -> None:
    Shopper(gateways[0]).says("my rutabaga peeler arrived blunt")
    page = console(gateways[0], "Ana")
    row = page.locator("[data-conversation]").filter(has_text="rutabaga").first
    expect(row).to_be_visible()
    say_much(gateways[0], str(row.get_attribute("data-conversation")))

    page.keyboard.press("/")
    page.keyboard.type("rutabaga")
    page.get_by_test_id("search-hit").filter(has_text="rutabaga").first.click()

    found = page.get_by_test_id("transcript").locator(".found")
    expect(found).to_contain_text("rutabaga")
    expect(found).to_be_in_viewport()


def test_a_channel_that_is_stopped_is_told_above_the_queue(
    gateways: tuple[Gateway, Gateway], console: Callable[..., Page]
) -> None:
    Shopper(gateways[0]).says("my colander has no holes")
    page = console(gateways[0], "Ana")
    expect(page.get_by_test_id("queue-row").filter(has_text="colander").first).to_be_visible()
    expect(page.get_by_test_id("stopped")).to_be_hidden()

    stop_whatsapp(gateways[0], timedelta(hours=1))
    expect(page.get_by_test_id("stopped")).to_contain_text("WhatsApp: the messages the account may send")
    stop_whatsapp(gateways[0], timedelta(0))
    expect(page.get_by_test_id("stopped")).to_be_hidden()


def stop_whatsapp(gateway: Gateway, pause: timedelta) -> None:
    with psycopg.connect(gateway.dsn) as connection:
        connection.execute("DELETE FROM channel_stops")
        connection.execute("INSERT INTO channel_stops VALUES ('whatsapp', now() + %s, now())", (pause,))
        connection.execute("SELECT pg_notify(%s, (SELECT id::text FROM conversations LIMIT 1))", (CHANNEL,))


def test_a_note_is_found_and_gone_to(gateways: tuple[Gateway, Gateway], console: Callable[..., Page]) -> None:
    Shopper(gateways[0]).says("my parsnip knife is blunt")
    page = console(gateways[0], "Ana")
    page.get_by_test_id("queue-row").filter(has_text="parsnip").first.click()
    page.get_by_test_id("mode-note").click()
    page.get_by_test_id("composer").fill("The sharpener <b>Kohlrabi</b> is out of stock")
    page.get_by_test_id("composer").press("Enter")
    expect(page.get_by_test_id("note-text")).to_be_visible()
    say_much(gateways[0], page.url.partition("c=")[2].partition("&")[0])

    page.get_by_test_id("search").fill("kohlrabi")
    hit = page.get_by_test_id("search-hit").filter(has_text="Kohlrabi")
    expect(hit).to_contain_text("The sharpener <b>Kohlrabi</b>")
    expect(hit).to_contain_text("Ana")
    picture(page, "note-found")
    hit.click()

    found = page.get_by_test_id("transcript").locator(".found")
    expect(found.get_by_test_id("note-text")).to_contain_text("Kohlrabi")
    expect(found).to_be_in_viewport()


def test_a_chat_of_a_colleague_is_followed_and_rings_when_the_shopper_writes(
    gateways: tuple[Gateway, Gateway], console: Callable[..., Page]
) -> None:
    shopper = Shopper(gateways[0])
    shopper.says("a chat that two keep an eye on")
    ana, boris = console(gateways[0], "Ana"), console(gateways[1], "Boris")
    ana.get_by_test_id("queue-row").filter(has_text="two keep an eye").first.click()
    ana.get_by_test_id("act-claim").click()
    expect(ana.get_by_test_id("composer")).to_be_enabled()

    boris.goto(f"{gateways[1].url}/console?{ana.url.partition('?')[2]}")
    expect(boris.get_by_test_id("open-by")).to_have_text(re.compile("Ana"))
    expect(ana.get_by_test_id("open-by")).to_have_text(re.compile("Boris"))
    boris.keyboard.press("w")
    expect(boris.get_by_test_id("act-unfollow")).to_be_visible()
    picture(boris, "followed-light")
    boris.get_by_test_id("narrow").click()
    boris.get_by_test_id("narrow-followed").check()
    row = boris.get_by_test_id("queue-row")
    expect(row).to_have_count(1)
    expect(row.get_by_test_id("followed")).to_have_attribute("aria-label", "You follow this chat")
    expect(boris).to_have_url(re.compile("followed=True"))
    picture(boris, "followed-filter")

    boris.evaluate(
        "window.rang = []; addEventListener('warmline-waiting', (event) => window.rang.push(event.detail.title))"
    )
    Shopper(gateways[0]).says("somebody else, whose chat Boris opens")
    boris.get_by_test_id("narrow-clear").click()
    boris.get_by_test_id("queue-row").filter(has_text="whose chat Boris opens").first.click()
    expect(boris.get_by_test_id("message-text").filter(has_text="whose chat Boris opens")).to_be_visible()
    boris.wait_for_function("window.rang.length > 0")  # they wait now: of two that ring at once, only one is named
    shopper.says("are you both still there")
    boris.wait_for_function("window.rang.includes('New message in a chat you follow')")
    expect(ana.get_by_test_id("composer")).to_be_enabled()

    boris.get_by_test_id("queue-row").filter(has_text="both still there").first.click()
    expect(boris.get_by_test_id("holder")).to_contain_text("Ana")
    boris.keyboard.press("w")
    expect(boris.get_by_test_id("act-follow")).to_be_visible()
    expect(boris.get_by_test_id("followed")).to_have_count(0)


def say_much(gateway: Gateway, conversation: str) -> None:
    """More lines than a transcript shows at first."""

    async def add() -> None:
        store = Store(gateway.dsn)
        async with store.begin() as work:
            lines = [Reply(f"line {number}") for number in range(150)]
            await work.messages.add_replies(conversation, "web", Author.SYSTEM, lines, delivery=Delivery.SENT)
            await work.changed(conversation)
        await store.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, add()).result()


def test_a_view_is_shared_by_its_address(gateways: tuple[Gateway, Gateway], console: Callable[..., Page]) -> None:
    Shopper(gateways[0]).says("I need a person")
    page = console(gateways[0], "Ana", query="?whose=all&channel=web&severity=5")

    expect(page.get_by_test_id("filter-all")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("queue-empty")).to_contain_text("No conversation fits")
    page.get_by_test_id("clear-filters").click()

    expect(page.get_by_test_id("queue-row").filter(has_text="I need a person").first).to_be_visible()
    expect(page).to_have_url(re.compile("whose=all$"))


def test_of_two_tabs_one_rings(gateways: tuple[Gateway, Gateway], console: Callable[..., Page]) -> None:
    first = console(gateways[0], "Ana")
    second = first.context.new_page()
    second.goto(f"{gateways[0].url}/console")
    for page in (second, first):
        page.bring_to_front()
        page.get_by_test_id("narrow").click()  # a browser is silent until somebody touches the page
        expect(page.get_by_test_id("bell-sound")).to_have_attribute("aria-checked", "true")

    Shopper(gateways[0]).says("somebody new is here")
    for page in (first, second):
        expect(page.get_by_test_id("queue-row").filter(has_text="somebody new").first).to_be_visible()

    first.wait_for_function("localStorage.getItem('warmline-rung')")
    first.wait_for_timeout(500)
    rung = [page.evaluate("document.documentElement.dataset.rung || '0'") for page in (first, second)]
    assert sorted(rung) == ["0", "1"]


def test_two_gateways_are_in_step_and_a_lost_database_is_told(
    gateways: tuple[Gateway, Gateway], console: Callable[..., Page]
) -> None:
    Shopper(gateways[0]).says("in step, please")
    ana, boris = console(gateways[0], "Ana"), console(gateways[1], "Boris")
    rows = [page.get_by_test_id("queue-row").filter(has_text="in step") for page in (ana, boris)]
    for row in rows:
        expect(row.first).to_be_visible()

    rows[0].first.click()
    ana.get_by_test_id("act-claim").click()
    expect(rows[1]).to_have_count(0)

    with psycopg.connect(gateways[0].dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    expect(boris.get_by_test_id("lost")).to_be_visible()
    expect(boris.get_by_test_id("lost")).to_be_hidden()
    Shopper(gateways[0]).says("after the loss")
    expect(boris.get_by_test_id("queue-row").filter(has_text="after the loss").first).to_be_visible()
