"""Every page, as axe sees it: in both themes, wide and narrow, in four languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import NARROW, WIDE
from tests.e2e.test_browser import open_console, somebody_asks_for_a_person
from tests.system import Warmline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
LOCALES = ("en-GB", "ru-RU", "zh-CN", "el-GR")


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    # Nothing fades: half transparent text has little contrast.
    made = browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="Europe/Athens", reduced_motion="reduce")
    yield made
    made.close()


def faults(page: Page) -> list[str]:
    """What axe finds serious or critical on the page as it stands."""
    page.wait_for_timeout(500)  # until a page that was just opened or given another width is drawn
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {fault['help']}: {node['html'][:160]}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]


def faults_everywhere(page: Page, name: str) -> list[str]:
    """The faults of a page in both themes and at both widths."""
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for width in (WIDE, NARROW):
            page.set_viewport_size(width)
            found += [f"{name}, {theme}, {width['width']}: {fault}" for fault in faults(page)]
    page.set_viewport_size(WIDE)
    return found


def pages_of(console: Page) -> list[str]:
    """The addresses of all pages that the console leads to."""
    links = console.locator("a[href^='/']").evaluate_all("links => links.map(link => link.pathname)")
    return sorted({link for link in links if not link.startswith(("/console", "/media", "/language", "/logout"))})


def test_nothing_on_any_page_keeps_anybody_out(running: Warmline, context: BrowserContext) -> None:
    somebody_asks_for_a_person(running, "I want a person, my mixer came broken and nobody answers")
    console = open_console(context, running, running.admin)
    refused: list[str] = []
    console.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    console.get_by_test_id("queue-row").filter(has_text="mixer").first.click()
    console.get_by_test_id("act-claim").click()
    expect(console.get_by_test_id("composer")).to_be_editable()

    found = faults_everywhere(console, "/console")
    addresses = pages_of(console)
    assert "/insight" in addresses
    for address in addresses:
        console.goto(running.url + address)
        found += faults_everywhere(console, address)

    assert found == [], "\n".join(found)
    assert refused == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_way_in_is_open_to_all(running: Warmline, browser: Browser, locale: str) -> None:
    context = browser.new_context(viewport=WIDE, locale=locale, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{running.url}/login")
    assert (page.locator("html").get_attribute("lang") or "").startswith(locale[:2])
    found = faults_everywhere(page, "/login")
    context.close()
    assert found == [], "\n".join(found)
