"""People on duty in real browsers, over a gateway without Rasa: who is there, and passing a chat on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from actions.policy_file import POLICY_FILE
from bot.settings import ROOT
from tests.conftest import database_of, fresh_database
from tests.e2e.test_browser import NARROW, PATIENCE, WIDE
from tests.e2e.test_insight import Gateway, _wait_for, a_free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PEOPLE = {"ana": ("Ana", "operator"), "ben": ("Ben Ωmega 🙂", "operator"), "lea": ("Lea", "admin")}
PASSWORD = "a-long-password"
HOLIDAY = datetime.now(UTC).date() + timedelta(days=40)


@pytest.fixture(scope="module")
def gateway(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    home, port = tmp_path_factory.mktemp("duty"), a_free_port()
    with fresh_database(server_dsn, template=database_of(template)) as dsn:
        policy = home / "policy.yml"
        days = f"holidays: {{{HOLIDAY}: 'Stocktaking & <b>rest</b>', 2020-01-01: Long ago}}"
        policy.write_text(POLICY_FILE.read_text("utf-8").replace("holidays: []", days), "utf-8")
        environment = {
            "PATH": "/usr/bin:/bin", "DATABASE_URL": dsn, "WARMLINE_HOME": str(home), "PORT": str(port),
            "POLICY_FILE": str(policy),
        }  # fmt: skip
        for username, (name, role) in PEOPLE.items():
            command = ["users", "add", username, "--name", name, "--password", PASSWORD, "--role", role]
            subprocess.run(
                [sys.executable, "-m", "bot", *command], cwd=ROOT, check=True, capture_output=True, env=environment
            )
        with (home / "gateway.log").open("w") as log:
            serve = [sys.executable, "-m", "bot", "serve", "--no-worker"]
            process = subprocess.Popen(serve, cwd=ROOT, env=environment, stdout=log, stderr=log)
            try:
                _wait_for(f"http://127.0.0.1:{port}/healthz", home / "gateway.log")
                yield Gateway(f"http://127.0.0.1:{port}", dsn)
            finally:
                process.terminate()
                process.wait(timeout=30)


@pytest.fixture
def opened(browser: Browser, gateway: Gateway) -> Iterator[Callable[..., Page]]:
    """Open an address as somebody who logs in on the way, in a browser of their own."""
    contexts: list[BrowserContext] = []

    def visit(
        username: str, path: str = "/console", *, locale: str = "en-GB", size: ViewportSize = WIDE, dark: bool = False
    ) -> Page:
        scheme = "dark" if dark else "light"
        context = browser.new_context(locale=locale, viewport=size, color_scheme=scheme, timezone_id="Europe/Athens")
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{gateway.url}{path}")
        page.get_by_test_id("username").fill(username)
        page.get_by_test_id("password").fill(PASSWORD)
        page.get_by_test_id("submit").click()
        return page

    yield visit
    for context in contexts:
        context.close()


def a_waiting_chat(gateway: Gateway, address: str) -> str:
    with psycopg.connect(gateway.dsn) as database:
        made = database.execute(
            "INSERT INTO conversations (channel, address, shopper_name, language, holder, severity, waiting_since,"
            " last_inbound_at) VALUES ('web', %s, 'Nadia', 'en', 'queue', 4, now(), now()) RETURNING id",
            (address,),
        ).fetchone()
        assert made is not None
        database.execute(
            "INSERT INTO messages (conversation_id, channel, author, text, external_id, delivery, handled_at)"
            " VALUES (%s, 'web', 'shopper', 'Where is my parcel?', %s, 'received', now())",
            (made[0], address),
        )
        database.execute(
            "INSERT INTO handoffs (conversation_id, reason, severity, words, due_at)"
            " VALUES (%s, 'repeat', 4, 'third time', now() + interval '10 minutes')",
            (made[0],),
        )
    return str(made[0])


def test_a_chat_is_passed_to_somebody_who_is_there(gateway: Gateway, opened: Callable[..., Page]) -> None:
    chat = a_waiting_chat(gateway, "passed")
    ben, ana = opened("ben"), opened("ana", f"/console?c={chat}")
    expect(ben.get_by_test_id("presence")).to_be_visible()
    ana.get_by_test_id("act-claim").click()
    expect(ana.get_by_test_id("holder")).to_have_attribute("data-holder", "operator")

    ana.get_by_test_id("acts-more").locator("summary").click()
    ana.get_by_test_id("act-transfer").click()
    colleague = ana.get_by_test_id("pass-to").filter(has_text="Ben")
    expect(colleague).to_contain_text("Here")
    ana.get_by_test_id("pass-on-note").fill("She wrote <b>twice</b>")
    colleague.click()

    expect(ana.get_by_test_id("holder")).to_contain_text("Ben")
    ben.get_by_test_id("filter-mine").click()
    expect(ben.get_by_test_id("queue-row")).to_have_count(1)
    with psycopg.connect(gateway.dsn) as database:
        note = database.execute("SELECT text FROM notes WHERE conversation_id = %s", (chat,)).fetchone()
    assert note == ("She wrote <b>twice</b>",)


def test_who_steps_away_is_seen_to_be_away(gateway: Gateway, opened: Callable[..., Page]) -> None:
    chat = a_waiting_chat(gateway, "away")
    ben, ana = opened("ben"), opened("ana", f"/console?c={chat}", size=NARROW, dark=True)

    ben.get_by_test_id("presence").click()
    expect(ben.get_by_test_id("presence")).to_have_attribute("aria-pressed", "true")
    ana.get_by_test_id("act-transfer").click()

    expect(ana.get_by_test_id("pass-to").filter(has_text="Ben")).to_contain_text("Away")
    ben.get_by_test_id("presence").click()
    expect(ben.get_by_test_id("presence")).to_have_attribute("aria-pressed", "false")


def test_who_leads_sees_who_is_there_and_sets_up_a_team(gateway: Gateway, opened: Callable[..., Page]) -> None:
    chat = a_waiting_chat(gateway, "led")
    ben, lea = opened("ben"), opened("lea", "/duty")
    expect(ben.get_by_test_id("presence")).to_be_visible()
    person = lea.locator('[data-testid="duty-person"][data-username="ben"]')
    expect(person).to_contain_text("Here")
    expect(lea.locator(f'[data-testid="duty-chat"][href="/console?c={chat}"]')).to_be_visible()

    lea.get_by_test_id("team-name").fill("Returns & <i>repairs</i>")
    lea.get_by_test_id("add").click()
    lea.get_by_test_id("team").locator("summary").first.click()
    lea.get_by_role("checkbox", name="Ben").check()
    lea.get_by_role("checkbox", name="Русский").check()
    lea.get_by_test_id("save-team").click()
    expect(lea.get_by_test_id("said")).to_contain_text("Saved")
    expect(lea.get_by_test_id("team")).to_contain_text("one member")
    capacity = lea.locator('[data-testid="duty-capacity"][data-username="ben"]')
    capacity.get_by_test_id("capacity").fill("2")
    capacity.get_by_test_id("save-capacity").click()

    expect(person).to_contain_text("of 2")
    with psycopg.connect(gateway.dsn) as database:
        acts = database.execute(
            "SELECT act FROM audit WHERE act LIKE 'team%' OR act = 'capacity_set' ORDER BY id"
        ).fetchall()
        teams = database.execute("SELECT name, languages FROM teams").fetchall()
    assert acts == [("team_added",), ("team_changed",), ("capacity_set",)]
    assert teams == [("Returns & <i>repairs</i>", ["ru"])]


def test_who_leads_sees_the_holidays_to_come_with_their_names(opened: Callable[..., Page]) -> None:
    lea = opened("lea", "/duty", size=NARROW, dark=True)

    expect(lea.get_by_test_id("holiday")).to_have_count(1)
    expect(lea.get_by_test_id("holiday")).to_contain_text(f"{HOLIDAY.day} ")
    expect(lea.get_by_test_id("holiday")).to_contain_text("Stocktaking & <b>rest</b>")


def test_who_does_not_lead_is_sent_back(gateway: Gateway, opened: Callable[..., Page]) -> None:
    ben = opened("ben", "/duty")

    expect(ben.get_by_test_id("refused")).to_be_visible()
    answer = ben.request.post(f"{gateway.url}/duty/teams", form={"name": "Mine"}, max_redirects=0)
    assert answer.headers["location"] == "/refused"


def test_a_chat_for_alerts_is_linked_by_a_command(opened: Callable[..., Page]) -> None:
    ana = opened("ana", "/alerts")

    ana.get_by_test_id("link").click()

    expect(ana.get_by_test_id("command")).to_contain_text("/start alerts_")


def test_an_alert_is_shown_once(gateway: Gateway, opened: Callable[..., Page]) -> None:
    chat = a_waiting_chat(gateway, "alert")
    ana = opened("ana", "/console")
    expect(ana.get_by_test_id("presence")).to_be_visible()
    with psycopg.connect(gateway.dsn) as database:
        database.execute(
            "INSERT INTO alerts (handoff_id, user_id, target, about, created_at)"
            " SELECT h.id, u.id, 'user', 'remind', now() FROM handoffs h, users u"
            " WHERE h.conversation_id = %s AND u.username = 'ana'",
            (chat,),
        )
        database.execute("SELECT pg_notify('warmline_conversation', %s)", (chat,))

    expect(ana.get_by_test_id("notice")).to_contain_text("nobody has taken it")
    ana.reload()
    expect(ana.get_by_test_id("presence")).to_be_visible()
    expect(ana.get_by_test_id("notice")).to_have_count(0)
