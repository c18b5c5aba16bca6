"""People on duty in real browsers, over a gateway without Rasa: who is there, and passing a chat on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect

from actions.policy_file import POLICY_FILE
from bot.domain.people import Role
from tests.e2e.conftest import NARROW, LogIn
from tests.e2e.desk import Gateway, enrol, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

HOLIDAY = datetime.now(UTC).date() + timedelta(days=40)


@pytest.fixture(scope="module")
def gateway(home: Path, dsn: str) -> Iterator[Gateway]:
    enrol(dsn, "Ana", "Ben Ωmega 🙂")
    enrol(dsn, "Lea", role=Role.ADMIN)
    policy = home / "policy.yml"
    days = f"holidays: {{{HOLIDAY}: 'Stocktaking & <b>rest</b>', 2020-01-01: Long ago}}"
    policy.write_text(POLICY_FILE.read_text("utf-8").replace("holidays: []", days), "utf-8")
    with running(home, dsn, worker=False, POLICY_FILE=str(policy)) as gateway:
        yield gateway


@pytest.fixture
def opened(log_in: LogIn, gateway: Gateway) -> Callable[..., Page]:
    """Open an address as somebody."""

    def visit(username: str, path: str = "/console", **look: Any) -> Page:
        return log_in(f"{gateway.url}{path}", username, **look)

    return visit


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
