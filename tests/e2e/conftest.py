"""What all browser tests share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.conftest import a_folder, database_of, fresh_database
from tests.e2e.desk import PASSWORD

WIDE, NARROW = ViewportSize(width=1280, height=820), ViewportSize(width=390, height=844)
PATIENCE = 60_000  # milliseconds for a whole turn, where four files run at once on two cores
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found is not None, "scripts/find-chromium installs it"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        expect.set_options(timeout=PATIENCE)
        yield opened
        opened.close()


class LogIn(Protocol):
    """Opens an address as somebody who logs in on the way, in a browser of their own."""

    def __call__(
        self, address: str, username: str, *, size: ViewportSize = WIDE, dark: bool = False, locale: str = "en-GB"
    ) -> Page: ...


@pytest.fixture
def log_in(browser: Browser) -> Iterator[LogIn]:
    contexts: list[BrowserContext] = []

    def visit(
        address: str, username: str, *, size: ViewportSize = WIDE, dark: bool = False, locale: str = "en-GB"
    ) -> Page:
        scheme = "dark" if dark else "light"
        context = browser.new_context(locale=locale, viewport=size, color_scheme=scheme, timezone_id="Europe/Athens")
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        page.get_by_test_id("username").fill(username)
        page.get_by_test_id("password").fill(PASSWORD)
        page.get_by_test_id("submit").click()
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder for what the gateway of a file keeps."""
    with a_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def dsn(server_dsn: str, template: str) -> Iterator[str]:
    """A database for the gateway of a file."""
    with fresh_database(server_dsn, template=database_of(template)) as made:
        yield made
