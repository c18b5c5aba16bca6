"""What operators send on WhatsApp, in a real browser: files, and approved messages once a day has passed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import a_folder, database_of, fresh_database
from tests.e2e.desk import PASSWORD, Gateway, WhatsApp, enrol, eventually, running
from tests.e2e.test_attaching import PNG, a_file
from tests.e2e.test_composer import NARROW, PATIENCE, WIDE, box, picture, takes

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NUDGE = "HX" + "1" * 32
_PHONES = itertools.count(6940000001)


@pytest.fixture(scope="module")
def whatsapp() -> Iterator[WhatsApp]:
    with WhatsApp() as made:
        yield made


@pytest.fixture(scope="module")
def gateway(server_dsn: str, template: str, whatsapp: WhatsApp) -> Iterator[Gateway]:
    with fresh_database(server_dsn, template=database_of(template)) as dsn, a_folder() as home:
        enrol(dsn, "Ana")
        approved = home / "templates.yml"
        approved.write_text(f"nudge: {{en: {NUDGE}}}\n")
        with running(home, dsn, TWILIO_TEMPLATES=str(approved), **whatsapp.settings) as gateway:
            whatsapp.calls(gateway)
            yield gateway


@pytest.fixture
def ana(browser: Browser, gateway: Gateway, whatsapp: WhatsApp) -> Iterator[Callable[..., Page]]:
    """Ana's console, with a chat of a new shopper that she has taken."""
    opened: list[BrowserContext] = []
    expect.set_options(timeout=PATIENCE)

    def with_chat(words: str, **look: object) -> Page:
        whatsapp.api.files.clear()
        whatsapp.says(f"+30{next(_PHONES)}", words)
        context = browser.new_context(**{"locale": "en", "viewport": WIDE, "timezone_id": "Europe/Athens"} | look)
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        page = context.new_page()
        page.goto(f"{gateway.url}/console")
        page.get_by_test_id("username").fill("ana")
        page.get_by_test_id("password").fill(PASSWORD)
        page.get_by_test_id("submit").click()
        takes(page, words)
        return page

    yield with_chat
    for context in opened:
        context.close()


def a_day_passes(gateway: Gateway, page: Page) -> None:
    """The shopper of the open chat wrote 25 hours ago, and Ana opens it anew."""
    with psycopg.connect(gateway.dsn) as database:
        database.execute(
            "UPDATE conversations SET last_inbound_at = now() - interval '25 hours' WHERE id = %s",
            [page.url.partition("c=")[2].partition("&")[0]],
        )
    page.reload()


def test_files_go_out_by_an_address_that_twilio_fetches_with_the_words_beside_a_picture(
    ana: Callable[..., Page], whatsapp: WhatsApp
) -> None:
    page = ana("may I see the green one")
    page.get_by_test_id("file-input").set_input_files(a_file("lamp.png", PNG, "image/png"))
    box(page).fill("The green one")
    box(page).press("Enter")
    expect(page.get_by_test_id("file-image")).to_be_visible()
    expect(page.get_by_test_id("file-row")).to_have_count(0)
    page.get_by_test_id("file-input").set_input_files(a_file("care.pdf", b"%PDF-1.4\n", "application/pdf"))
    box(page).fill("How to clean it")
    box(page).press("Enter")

    eventually(lambda: any(sent.text == "How to clean it" for sent in whatsapp.api.tray.messages))
    assert whatsapp.api.files == [(PNG, "image/png", "The green one"), (b"%PDF-1.4\n", "application/pdf", "")]
    expect(page.get_by_test_id("delivery").last).to_have_attribute("data-delivery", "delivered")


def test_a_day_after_the_last_word_only_an_approved_message_goes_out(
    ana: Callable[..., Page], gateway: Gateway, whatsapp: WhatsApp
) -> None:
    page = ana("I come back to this tomorrow")
    expect(page.get_by_test_id("window")).to_be_visible()
    a_day_passes(gateway, page)

    expect(page.get_by_test_id("closed")).to_be_visible()
    expect(page.get_by_test_id("window")).to_be_hidden()
    expect(page.get_by_test_id("template")).to_have_count(1)
    picture(page, "template-light")
    says = page.get_by_test_id("template").locator("q").inner_text()
    page.get_by_test_id("send-template").click()

    eventually(lambda: whatsapp.api.templates)
    assert [sid for sid, _ in whatsapp.api.templates] == [NUDGE]
    expect(page.get_by_test_id("message-text").last).to_have_text(says)


def test_the_approved_messages_fit_a_phone_and_where_there_are_none_that_is_said(
    ana: Callable[..., Page], gateway: Gateway
) -> None:
    page = ana("где мой заказ", viewport=NARROW, color_scheme="dark", locale="ru")
    with psycopg.connect(gateway.dsn) as database:
        database.execute("UPDATE conversations SET language = 'ru'")
    a_day_passes(gateway, page)

    expect(page.get_by_test_id("closed")).to_be_visible()
    expect(page.get_by_test_id("template")).to_have_count(0)
    expect(page.get_by_test_id("no-templates")).to_be_visible()
    picture(page, "template-none-narrow-dark-ru")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
