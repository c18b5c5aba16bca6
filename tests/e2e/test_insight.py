"""The pages of figures in a real browser, over a gateway with weeks of conversations and no Rasa."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, LiteralString

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from bot.domain.people import Role
from tests.doubles.busy_shop import BusyShop
from tests.e2e.conftest import NARROW, LogIn
from tests.e2e.desk import Gateway, enrol, running
from tests.e2e.test_browser import picture

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

MESSAGES: Final = 6000


@pytest.fixture(scope="module")
def gateway(home: Path, dsn: str) -> Iterator[Gateway]:
    BusyShop(datetime.now(UTC), days=40).fill(MESSAGES).write(dsn)
    enrol(dsn, "Ana", role=Role.LEAD)
    with running(home, dsn, worker=False) as gateway:
        yield gateway


@pytest.fixture
def opened(log_in: LogIn, gateway: Gateway) -> Callable[..., Page]:
    """Open an address as Ana."""

    def visit(path: str, **look: Any) -> Page:
        page = log_in(f"{gateway.url}{path}", "ana", **look)
        expect(page.get_by_test_id("insight")).to_be_visible()
        return page

    return visit


def asked(gateway: Gateway, question: LiteralString) -> int:
    with psycopg.connect(gateway.dsn) as connection:
        row = connection.execute(question).fetchone()
        assert row is not None, "a count always has a row"
        return int(row[0])


@pytest.mark.parametrize("path", ["/insight", "/insight/policy", "/insight/chats?pick=handed", "/insight/chats.csv"])
def test_who_is_not_logged_in_sees_no_figure(gateway: Gateway, path: str) -> None:
    answer = httpx.get(f"{gateway.url}{path}")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2Finsight")


def test_a_figure_opens_the_conversations_it_counts_and_these_the_console(
    opened: Callable[..., Page], gateway: Gateway
) -> None:
    page = opened("/insight?days=7")
    picture(page, "insight.png")
    row = page.get_by_test_id("reasons-row").first
    counted = int(row.locator(".number").first.inner_text())
    reason = row.locator(".bar-name").inner_text()

    row.click()
    expect(page.get_by_test_id("chats-title")).to_have_text(f"Handed over: {reason}")
    expect(page.get_by_test_id("chat-row")).to_have_count(counted)
    page.get_by_test_id("chat-row").first.click()

    expect(page.get_by_test_id("console")).to_be_visible()
    expect(page.get_by_test_id("message").first).to_be_visible()


def test_the_console_leads_to_the_figures_and_back(opened: Callable[..., Page]) -> None:
    page = opened("/insight")

    page.get_by_test_id("to-console").click()
    page.get_by_test_id("to-insight").click()

    expect(page.get_by_test_id("chats-value")).to_have_text(re.compile(r"^\d+$"))


def test_what_is_chosen_stands_in_the_address_and_stays_on_the_way(opened: Callable[..., Page]) -> None:
    page = opened("/insight?days=7")

    page.get_by_test_id("filter-language").select_option("ru")
    page.wait_for_url("**/insight?days=7&language=ru&channel=")
    page.get_by_test_id("handed").click()
    page.wait_for_url("**/insight/chats?days=7&language=ru&pick=handed")
    page.get_by_test_id("filter-channel").select_option("telegram")
    page.wait_for_url(re.compile(r"days=7&language=ru&channel=telegram&pick=handed"))
    page.get_by_test_id("back").click()

    page.wait_for_url("**/insight?days=7&language=ru&channel=telegram")
    expect(page.get_by_test_id("filter-language")).to_have_value("ru")
    expect(page.get_by_test_id("days-7")).to_have_attribute("aria-current", "true")


def test_own_days_take_the_place_of_the_last_days(opened: Callable[..., Page], gateway: Gateway) -> None:
    page = opened("/insight?days=7")
    day = f"{datetime.now(UTC).date() - timedelta(days=1)}"  # the shop is filled up to some hour, so today may be empty

    page.get_by_test_id("filter-from").fill(day)
    page.get_by_test_id("filter-to").fill(day)
    page.get_by_test_id("show").click()

    page.wait_for_url(re.compile(f"from={day}&to={day}"))
    assert "days" not in page.url
    chats = asked(
        gateway,
        "SELECT count(DISTINCT conversation_id) FROM messages WHERE author = 'shopper'"
        " AND date_trunc('day', created_at AT TIME ZONE 'UTC') = date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '1 day'",
    )
    assert chats > 0
    expect(page.get_by_test_id("chats-value")).to_have_text(str(chats))


def test_the_file_has_one_row_a_conversation(opened: Callable[..., Page], gateway: Gateway) -> None:
    page = opened("/insight?days=90")

    with page.expect_download() as download:
        page.get_by_test_id("export").click()

    text = Path(download.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (
        len(rows) == len({row["conversation"] for row in rows}) == asked(gateway, "SELECT count(*) FROM conversations")
    )
    assert "…" not in text, "the only text any message has here"


def test_a_time_without_conversations_says_so(opened: Callable[..., Page]) -> None:
    page = opened("/insight?from=2020-01-01&to=2020-01-02")

    expect(page.get_by_test_id("insight-empty")).to_be_visible()


def test_the_policy_is_replayed_when_asked_and_shows_what_another_number_changes(opened: Callable[..., Page]) -> None:
    page = opened("/insight/policy?days=30")
    expect(page.get_by_test_id("curve")).to_have_count(0)

    page.get_by_test_id("replay").click()
    expect(page.get_by_test_id("replay-state")).to_contain_text("Done")

    expect(page.get_by_test_id("curve")).to_have_count(10)
    tension = page.locator('[data-dial="tension.above"]')
    tension.locator("summary").click()
    tension.get_by_test_id("show-changes").first.click()
    expect(tension.get_by_test_id("changes")).to_contain_text("more")
    expect(tension.get_by_test_id("changed-chat").first).to_have_attribute("href", re.compile(r"^/console\?c="))


def test_a_day_of_the_chart_is_opened_by_a_click(opened: Callable[..., Page]) -> None:
    page = opened("/insight?days=7")
    chart = page.get_by_test_id("days-chart")
    expect(chart.locator("svg path").nth(20)).to_be_attached()
    box = chart.bounding_box()
    assert box is not None, "a chart that is visible has a place"

    # in the fourth of seven days, close to the axis, where its bar of conversations is
    page.mouse.click(box["x"] + box["width"] * 0.487, box["y"] + box["height"] - 45)

    page.wait_for_url(re.compile(r"/insight/chats\?from=(\S{10})&to=\1&pick=chats"))


@pytest.mark.parametrize("locale", ["en-GB", "ru-RU", "zh-CN", "el-GR"])
def test_nothing_is_wider_than_a_phone(opened: Callable[..., Page], gateway: Gateway, locale: str) -> None:
    page = opened("/insight", locale=locale, size=NARROW, dark=True)
    wide = {}

    for path in ("/insight", "/insight/chats?pick=reason&value=anger", "/insight/policy"):
        page.goto(f"{gateway.url}{path}")
        expect(page.get_by_test_id("insight")).to_be_visible()
        wide[path] = page.evaluate("document.documentElement.scrollWidth")

    assert [path for path, width in wide.items() if width > NARROW["width"]] == []


def test_the_colours_of_charts_follow_the_theme(opened: Callable[..., Page]) -> None:
    page = opened("/insight")
    bar = page.get_by_test_id("days-chart").locator("svg path[fill='var(--accent-edge)']").first

    before = bar.evaluate("(e) => getComputedStyle(e).fill")
    page.get_by_test_id("theme").click()

    assert bar.evaluate("(e) => getComputedStyle(e).fill") != before
