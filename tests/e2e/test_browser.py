"""A shopper on the demo's phone and operators in the console, through real browsers and the whole of Warmline."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    FrameLocator,
    Locator,
    Page,
    ViewportSize,
    expect,
)

from bot.settings import ROOT
from tests.e2e.conftest import NARROW, PATIENCE, WIDE
from tests.system import Warmline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

IMAGES = ROOT / "docs" / "images"
FURIOUS = "Да вы издеваетесь!!! Третья неделя, одно враньё, никто ничего не делает! Это возмутительно, обманщики!!!"


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[[str], BrowserContext]]:
    """Give browsers of their own to as many people as a test needs."""
    opened: list[BrowserContext] = []

    def make(locale: str) -> BrowserContext:
        context = browser.new_context(locale=locale, viewport=WIDE, color_scheme="light", timezone_id="Europe/Athens")
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


class Phone:
    """The shopper's side of the demo page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(f"{url}/?new=true")
        expect(page.get_by_test_id("phone-input")).to_be_editable()

    def says(self, text: str) -> None:
        self.page.get_by_test_id("phone-input").fill(text)
        self.page.get_by_test_id("phone-input").press("Enter")
        expect(self.messages("shopper").last).to_contain_text(text)

    def messages(self, author: str) -> Locator:
        return self.page.locator(f'[data-testid="phone-message"][data-author="{author}"]')

    def is_answered(self, by: str, with_text: str | re.Pattern[str]) -> None:
        expect(self.messages(by).filter(has_text=with_text).last).to_be_visible()


def log_in(page: Page | FrameLocator, login: tuple[str, str]) -> None:
    page.get_by_test_id("username").fill(login[0])
    page.get_by_test_id("password").fill(login[1])
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("console")).to_be_visible()


def open_console(context: BrowserContext, warmline: Warmline, login: tuple[str, str]) -> Page:
    page = context.new_page()
    page.goto(f"{warmline.url}/console")
    log_in(page, login)
    return page


def somebody_asks_for_a_person(warmline: Warmline, text: str) -> None:
    """Another shopper, who writes to the web channel without a browser."""
    session = httpx.post(f"{warmline.url}/webhooks/web/sessions").raise_for_status().json()
    httpx.post(
        f"{warmline.url}/webhooks/web/messages",
        json={"id": "1", "text": text},
        headers={"Authorization": f"Bearer {session['session']}.{session['token']}"},
    ).raise_for_status()


def _conversation_of(page: Page, words: str) -> str:
    conversation = page.locator("[data-conversation]").filter(has_text=words).get_attribute("data-conversation")
    assert conversation is not None, "every row of the queue names its conversation"
    return conversation


def picture(page: Page, name: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    page.mouse.move(0, 0)
    expect(page.get_by_test_id("notice")).to_have_count(0)
    page.wait_for_timeout(400)
    page.screenshot(path=IMAGES / name)


@pytest.fixture(scope="module")
def colleague(running: Warmline) -> tuple[str, str]:
    """A second operator."""
    login = ("kostas", "a-second-operator")
    subprocess.run(
        [sys.executable, "-m", "bot", "users", "add", login[0], "--name", "Κώστας", "--password", login[1]],
        cwd=ROOT, check=True, capture_output=True, env=running.environment,
    )  # fmt: skip
    return login


def test_a_shopper_is_told_facts_then_handed_over_answered_by_a_person_and_given_back(
    running: Warmline, new_context: Callable[[str], BrowserContext]
) -> None:
    for text in ("I'd like to talk to a person please", "转人工客服", "Θέλω να μιλήσω με έναν άνθρωπο"):
        somebody_asks_for_a_person(running, text)
    phone = Phone(new_context("ru-RU").new_page(), running.url)

    phone.says("Здравствуйте! Где мой заказ WL-2001?")
    phone.is_answered("bot", re.compile("почт|телефон", re.IGNORECASE))
    phone.says("marina.lesnikova@example.com")
    phone.is_answered("bot", re.compile(r"СДЭК|10187345562|3 дня"))
    phone.says(FURIOUS)

    operator = open_console(new_context("ru-RU"), running, running.admin)
    first = operator.get_by_test_id("queue-row").first
    expect(first).to_contain_text("обманщики")
    expect(first.get_by_test_id("queue-why")).to_contain_text("Злость")
    first.click()
    shopper_said = operator.locator('[data-testid="message"][data-author="shopper"]')
    expect(shopper_said).to_have_count(3)
    expect(shopper_said.last.get_by_test_id("emotion")).to_have_attribute(
        "data-emotion", re.compile("anger|frustration")
    )
    expect(operator.locator('[data-testid="order"][data-order="WL-2001"]')).to_be_visible()
    expect(operator.get_by_test_id("composer")).to_be_disabled()

    operator.get_by_test_id("act-claim").click()
    expect(operator.get_by_test_id("composer")).to_be_editable()
    operator.get_by_test_id("composer").fill("Марина, это поддержка. Звоню в СДЭК,\nнапишу через десять минут.")
    operator.get_by_test_id("composer").press("Enter")
    phone.is_answered("operator", "Звоню в СДЭК")
    expect(operator.get_by_test_id("composer")).to_have_value("")
    expect(operator.locator('[data-author="operator"] [data-testid="delivery"]')).to_have_attribute(
        "data-delivery", "sent"
    )

    said_by_bot = phone.messages("bot").count()
    phone.says("хорошо, жду")
    expect(shopper_said.last).to_contain_text("хорошо, жду")
    expect(shopper_said.last.get_by_test_id("emotion")).to_be_visible()
    assert phone.messages("bot").count() == said_by_bot

    take_pictures(operator, phone, running)
    operator.get_by_test_id("act-return").click()
    operator.get_by_test_id("ask-confirm").click()
    expect(operator.get_by_test_id("holder")).to_have_attribute("data-holder", "bot")
    phone.says("А когда привезут заказ WL-2001?")
    expect(phone.messages("bot").nth(said_by_bot)).to_be_visible()


def take_pictures(operator: Page, phone: Phone, running: Warmline) -> None:
    """Keep what the README shows."""
    picture(operator, "console.png")
    operator.emulate_media(color_scheme="dark")
    picture(operator, "console-dark.png")
    operator.emulate_media(color_scheme="light")
    operator.set_viewport_size(NARROW)
    picture(operator, "console-narrow.png")
    operator.set_viewport_size(WIDE)
    frame = phone.page.frame_locator('[data-testid="console-frame"]')
    log_in(frame, running.admin)
    frame.get_by_test_id("filter-mine").click()
    frame.get_by_test_id("queue-row").filter(has_text="хорошо, жду").click()
    expect(frame.get_by_test_id("message").last).to_contain_text("хорошо, жду")
    phone.page.set_viewport_size(ViewportSize(width=1480, height=860))
    picture(phone.page, "demo.png")


def test_only_one_of_two_operators_gets_a_conversation(
    running: Warmline, colleague: tuple[str, str], new_context: Callable[[str], BrowserContext]
) -> None:
    somebody_asks_for_a_person(running, "let me talk to a human being, now please")
    pages = [
        open_console(new_context("en-GB"), running, running.admin),
        open_console(new_context("el-GR"), running, colleague),
    ]
    for page in pages:
        page.get_by_test_id("queue-row").filter(has_text="human being").click()
        expect(page.get_by_test_id("act-claim")).to_be_visible()

    for page in pages:
        page.evaluate("setTimeout(() => document.querySelector('[data-testid=act-claim]')?.click(), 400)")

    for page in pages:
        expect(page.get_by_test_id("holder")).to_have_attribute("data-holder", "operator")
    assert sorted(page.get_by_test_id("composer").is_enabled() for page in pages) == [False, True]


def test_an_operator_needs_no_mouse(running: Warmline, new_context: Callable[[str], BrowserContext]) -> None:
    somebody_asks_for_a_person(running, "may I speak with a person, this is Gamma")
    page = open_console(new_context("ru-RU"), running, running.admin)
    row = page.locator(f'[data-conversation="{_conversation_of(page, "Gamma")}"]').get_by_test_id("queue-row")
    while row.get_attribute("aria-current") != "true":
        chosen = page.locator('[aria-current="true"]').count()
        page.keyboard.press("j")
        expect(page.locator('[aria-current="true"]')).to_have_count(1)
        page.wait_for_timeout(300 if chosen else 600)

    page.keyboard.press("c")
    expect(page.get_by_test_id("composer")).to_be_focused()
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    expect(page.locator('[data-author="operator"] [data-testid="message-text"]')).to_have_text("one\ntwo")
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(page.get_by_test_id("ask")).to_be_visible()
    expect(page.get_by_test_id("ask").locator("textarea")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("holder")).to_have_attribute("data-holder", "bot")


def test_a_draft_outlives_a_reload_and_belongs_to_its_conversation(
    running: Warmline, new_context: Callable[[str], BrowserContext]
) -> None:
    for text in ("a person please, my name is Alpha", "a person please, my name is Beta"):
        somebody_asks_for_a_person(running, text)
    page = open_console(new_context("en-GB"), running, running.admin)
    composer = page.get_by_test_id("composer")

    page.get_by_test_id("filter-all").click()
    rows = {
        name: page.locator(f'[data-conversation="{_conversation_of(page, name)}"]').get_by_test_id("queue-row")
        for name in ("Alpha", "Beta")
    }
    for name, row in rows.items():
        row.click()
        expect(page.get_by_test_id("message").first).to_contain_text(name)
        page.get_by_test_id("act-claim").click()
        expect(composer).to_be_editable()
    rows["Alpha"].click()
    expect(page.get_by_test_id("message").first).to_contain_text("Alpha")
    composer.press_sequentially("half a sentence")
    page.wait_for_timeout(1000)
    rows["Beta"].click()
    expect(composer).to_have_value("")
    page.reload()
    rows["Alpha"].click()

    expect(composer).to_have_value("half a sentence")


def test_what_a_shopper_writes_is_never_markup(running: Warmline, new_context: Callable[[str], BrowserContext]) -> None:
    markup = "<img src=x onerror=\"document.title='broken'\"> <b>hello</b> &amp; 😡😡"
    page = new_context("en-GB").new_page()
    phone = Phone(page, running.url)

    phone.says(markup)

    expect(phone.messages("shopper").last.locator(".text")).to_have_text(markup)
    assert page.locator('[data-testid="phone"] img').count() == 0
    assert page.title() != "broken"


def test_the_console_is_shown_to_nobody_who_is_not_logged_in(
    running: Warmline, new_context: Callable[[str], BrowserContext]
) -> None:
    page = new_context("en-GB").new_page()

    page.goto(f"{running.url}/console")
    page.get_by_test_id("username").fill(running.admin[0])
    page.get_by_test_id("password").fill("not the password")
    page.get_by_test_id("submit").click()

    expect(page.get_by_test_id("login-problem")).to_be_visible()
    page.goto(f"{running.url}/console")
    expect(page.get_by_test_id("login")).to_be_visible()


def test_the_demo_is_served_to_this_machine_only(running: Warmline) -> None:
    through_a_proxy = httpx.get(running.url, headers={"X-Forwarded-For": "203.0.113.9"})
    by_another_name = httpx.get(running.url, headers={"Host": "shop.example"})

    assert through_a_proxy.headers["location"] == "/console"
    assert by_another_name.headers["location"] == "/console"
