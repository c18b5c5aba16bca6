"""What operators send on WhatsApp, in a real browser: files, and approved messages once a day has passed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NARROW, LogIn
from tests.e2e.desk import Gateway, WhatsApp, enrol, eventually, running
from tests.e2e.test_attaching import PNG, a_file
from tests.e2e.test_composer import box, picture, takes

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NUDGE = "HX" + "1" * 32
_PHONES = itertools.count(6940000001)


@pytest.fixture(scope="module")
def whatsapp() -> Iterator[WhatsApp]:
    with WhatsApp() as made:
        yield made


@pytest.fixture(scope="module")
def gateway(home: Path, dsn: str, whatsapp: WhatsApp) -> Iterator[Gateway]:
    enrol(dsn, "Ana")
    approved = home / "templates.yml"
    approved.write_text(f"nudge: {{en: {NUDGE}}}\n")
    with running(home, dsn, TWILIO_TEMPLATES=str(approved), **whatsapp.settings) as gateway:
        whatsapp.calls(gateway)
        yield gateway


@pytest.fixture
def ana(log_in: LogIn, gateway: Gateway, whatsapp: WhatsApp) -> Callable[..., Page]:
    """Ana's console, with a chat of a new shopper that she has taken."""

    def with_chat(words: str, **look: Any) -> Page:
        whatsapp.api.files.clear()
        whatsapp.says(f"+30{next(_PHONES)}", words)
        page = log_in(f"{gateway.url}/console", "ana", **look)
        takes(page, words)
        return page

    return with_chat


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
    page = ana("где мой заказ", size=NARROW, dark=True, locale="ru")
    with psycopg.connect(gateway.dsn) as database:
        database.execute("UPDATE conversations SET language = 'ru'")
    a_day_passes(gateway, page)

    expect(page.get_by_test_id("closed")).to_be_visible()
    expect(page.get_by_test_id("template")).to_have_count(0)
    expect(page.get_by_test_id("no-templates")).to_be_visible()
    picture(page, "template-none-narrow-dark-ru")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
