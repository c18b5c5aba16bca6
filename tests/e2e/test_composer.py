"""What operators write and do at a chat, in real browsers: two colleagues and a shopper."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect, sync_playwright

from tests.conftest import a_folder, database_of, fresh_database
from tests.e2e.desk import PASSWORD, Gateway, Shopper, enrol, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDE, NARROW = ViewportSize(width=1280, height=820), ViewportSize(width=390, height=844)
PATIENCE = 20_000


@pytest.fixture(scope="module")
def gateway(server_dsn: str, template: str) -> Iterator[Gateway]:
    """One gateway for all of these tests: each writes as a shopper of its own."""
    with fresh_database(server_dsn, template=database_of(template)) as dsn, a_folder() as home:
        enrol(dsn, "Ana", "Boris")
        with running(home, dsn) as gateway:
            yield gateway


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found is not None, "scripts/find-chromium installs it"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def console(browser: Browser, gateway: Gateway) -> Iterator[Callable[..., Page]]:
    """Log operators in, each in a browser of their own."""
    opened: list[BrowserContext] = []
    expect.set_options(timeout=PATIENCE)

    def log_in(name: str, *, size: ViewportSize = WIDE, theme: str = "light", locale: str = "en") -> Page:
        context = browser.new_context(
            locale=locale,
            viewport=size,
            color_scheme="dark" if theme == "dark" else "light",
            timezone_id="Europe/Athens",
        )
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        page = context.new_page()
        page.goto(f"{gateway.url}/console")
        page.get_by_test_id("username").fill(name)
        page.get_by_test_id("password").fill(PASSWORD)
        page.get_by_test_id("submit").click()
        expect(page.get_by_test_id("console")).to_be_visible()
        return page

    yield log_in
    for context in opened:
        context.close()


def opens(page: Page, words: str) -> None:
    """Choose the chat whose last words these are."""
    row = page.get_by_test_id("queue-row").filter(has_text=words).first
    row.click()
    expect(page.get_by_test_id("message-text").filter(has_text=words).first).to_be_visible()


def takes(page: Page, words: str) -> None:
    """Choose a waiting chat and claim it."""
    opens(page, words)
    page.get_by_test_id("act-claim").click()
    expect(page.get_by_test_id("composer")).to_be_enabled()


def box(page: Page) -> Locator:
    return page.get_by_test_id("composer")


def picture(page: Page, name: str) -> None:
    """Keep a screenshot to look at, where WARMLINE_PICTURES names a folder."""
    if folder := os.environ.get("WARMLINE_PICTURES"):
        page.mouse.move(0, 0)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_colleagues_read_a_note_at_once_and_the_shopper_never(gateway: Gateway, console: Callable[..., Page]) -> None:
    shopper = Shopper(gateway)
    shopper.says("the red mug came broken")
    ana, boris = console("ana"), console("boris")
    takes(ana, "the red mug came broken")
    boris.goto(ana.url)

    box(ana).fill("half an answer")
    box(ana).blur()
    ana.keyboard.press("n")
    box(ana).type("Called the warehouse: a new one leaves today")
    box(ana).press("Enter")

    for page in (ana, boris):
        expect(page.get_by_test_id("note-text")).to_have_text("Called the warehouse: a new one leaves today")
    expect(box(ana)).to_have_value("")
    ana.get_by_test_id("mode-reply").click()
    expect(box(ana)).to_have_value("half an answer")
    assert "warehouse" not in shopper.hears()


def test_anybody_may_leave_a_note_but_only_the_holder_may_answer(
    gateway: Gateway, console: Callable[..., Page]
) -> None:
    Shopper(gateway).says("where is the blue lamp")
    boris = console("boris")
    opens(boris, "where is the blue lamp")
    expect(box(boris)).to_be_disabled()

    boris.get_by_test_id("mode-note").click()
    expect(box(boris)).to_be_enabled()
    box(boris).fill("<img src=x onerror=alert(1)> مرحبا 👩‍👧")
    box(boris).press("Enter")

    expect(boris.get_by_test_id("note-text")).to_have_text("<img src=x onerror=alert(1)> مرحبا 👩‍👧")
    picture(boris, "note-light")


def test_tags_are_added_by_key_suggested_and_taken_off(gateway: Gateway, console: Callable[..., Page]) -> None:
    for words in ("a first chat for tags", "a second chat for tags"):
        Shopper(gateway).says(words)
    ana, boris = console("ana"), console("boris", size=NARROW, theme="dark")
    opens(ana, "a first chat for tags")
    opens(boris, "a first chat for tags")

    ana.keyboard.press("g")
    expect(ana.get_by_test_id("tag-field")).to_be_focused()
    ana.keyboard.type("Gift wrap")
    ana.keyboard.press("Enter")

    for page in (ana, boris):
        expect(page.get_by_test_id("tag")).to_contain_text("Gift wrap")
    expect(ana.get_by_test_id("tag-field")).to_be_focused()
    picture(boris, "tags-narrow-dark")
    ana.get_by_test_id("tag-field").blur()
    opens(ana, "a second chat for tags")
    ana.get_by_test_id("tag-field").focus()
    expect(ana.locator('datalist option[value="Gift wrap"]')).to_have_count(1)

    boris.get_by_test_id("tag-off").click()
    expect(boris.get_by_test_id("tag")).to_have_count(0)
