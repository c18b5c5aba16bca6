"""People, their sessions and what they may see, over a running gateway without Rasa."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from bot.domain.people import Role
from bot.settings import ROOT
from bot.store.seal import Seal
from tests.e2e.conftest import NARROW, LogIn
from tests.e2e.desk import PASSWORD, Gateway, enrol

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

ROLES = ("admin", "lead", "trainer", "operator")


class Console(Gateway):
    """A gateway with one person of each role, named as their role."""

    @property
    def seal(self) -> Seal:
        """What seals secrets in its database."""
        return Seal((self.home / "secrets" / "seal").read_text() + "=")

    def users(self, *words: str) -> str:
        """Run `python -m bot users`."""
        command = [sys.executable, "-m", "bot", "users", *words]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=self.environment, text=True)
        return done.stdout

    @contextlib.contextmanager
    def client(self, name: str | None = None, password: str = PASSWORD) -> Iterator[httpx.Client]:
        """A browser without scripts, logged in where it is somebody's."""
        with httpx.Client(base_url=self.url, timeout=30) as client:
            if name is not None:
                assert "problem" not in self.logs_in(client, name, password)
            yield client

    def logs_in(self, client: httpx.Client, name: str, password: str = PASSWORD) -> str:
        """Send the form and return where it leads."""
        answer = client.post(f"{self.url}/login", data={"username": name, "password": password})
        assert answer.status_code == 303
        return answer.headers["location"]

    def acts(self) -> list[str]:
        """What is in the audit log, the oldest first."""
        with psycopg.connect(self.dsn) as connection:
            return [act for (act,) in connection.execute("SELECT act FROM audit ORDER BY id").fetchall()]

    def id_of(self, name: str) -> int:
        """The id of somebody."""
        with psycopg.connect(self.dsn) as connection:
            found = connection.execute("SELECT id FROM users WHERE username = %s", [name]).fetchone()
        assert found is not None
        return int(found[0])


@pytest.fixture(scope="module")
def console(home: Path, dsn: str) -> Iterator[Console]:
    with a_console(home, dsn) as made:
        yield made


@contextlib.contextmanager
def a_console(home: Path, dsn: str, **settings: str) -> Iterator[Console]:
    """Run a gateway with these settings."""
    for role in ROLES:
        enrol(dsn, role.title(), role=Role(role))
    console = Console(home, dsn, worker=False, **settings)
    console.start()
    try:
        yield console
    finally:
        console.stop()


@pytest.fixture
def open_page(log_in: LogIn, console: Console) -> Callable[..., Page]:
    """Open a page as somebody."""

    def visit(name: str, path: str, **look: Any) -> Page:
        page = log_in(f"{console.url}{path}", name, **look)
        page.wait_for_url(f"**{path}")
        return page

    return visit


PAGES = {
    "/console": {"admin", "lead", "operator"},
    "/insight": {"admin", "lead", "trainer"},
    "/insight/policy": {"admin", "lead", "trainer"},
    "/insight/chats": {"admin", "lead", "trainer"},
    "/insight/chats.csv": {"admin", "lead", "trainer"},
    "/duty": {"admin", "lead"},
    "/canned": {"admin", "lead"},
    "/alerts": {"admin", "lead", "operator"},
    "/audit": {"admin", "lead"},
    "/audit.csv": {"admin", "lead"},
    "/people": {"admin"},
    "/account": set(ROLES),
}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_its_pages_and_no_other(console: Console, role: str) -> None:
    with console.client(role) as client:
        answers = {path: client.get(path) for path in PAGES}

    assert {path for path, answer in answers.items() if answer.status_code == 200} == {
        path for path, roles in PAGES.items() if role in roles
    }
    assert {answer.headers["location"] for answer in answers.values() if answer.status_code == 303} <= {"/refused"}


@pytest.mark.parametrize("path", PAGES)
def test_who_is_not_logged_in_sees_nothing(console: Console, path: str) -> None:
    with console.client() as client:
        answer = client.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize(
    "path", ["/people/{id}/role", "/people/{id}/disabled", "/people/{id}/unlock", "/people/{id}/sessions/end"]
)
@pytest.mark.parametrize("role", ["operator", "lead", "trainer"])
def test_only_an_admin_manages_people(console: Console, path: str, role: str) -> None:
    before = console.acts()
    with console.client(role) as client:
        form = {"role": "admin", "disabled": "true"}
        answer = client.post(path.format(id=console.id_of("operator")), data=form)

    assert answer.headers["location"] == "/refused"
    assert console.acts()[len(before) :] == ["login"]


def test_no_page_of_another_site_opens_a_socket(console: Console) -> None:
    with console.client("admin") as client:
        address = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
        upgrade = {
            "connection": "Upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        theirs = client.get(address, headers=upgrade | {"origin": "https://evil.example"})

    assert theirs.status_code == 403


def test_cookies_are_for_our_own_pages_and_no_script(console: Console) -> None:
    with console.client() as client:
        answer = client.post("/login", data={"username": "lead", "password": PASSWORD})

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_session_outlives_nothing_that_ended_it(console: Console) -> None:
    with console.client("lead") as here, console.client("lead") as there:
        stolen = dict(there.cookies)
        assert there.post("/logout").status_code == 303
        assert httpx.get(f"{console.url}/account", cookies=stolen).status_code == 303

        assert here.get("/account").status_code == 200
        console.users("end-sessions", "lead")
        assert here.get("/account").status_code == 303


def test_a_changed_password_ends_the_other_sessions(console: Console) -> None:
    enrol(console.dsn, "Mira")
    new = "seven green kettles"
    with console.client("mira") as here, console.client("mira") as there:
        wrong = here.post("/account/password", data={"current": "no", "new": new, "again": new})
        short = here.post("/account/password", data={"current": PASSWORD, "new": "short", "again": "short"})
        differ = here.post("/account/password", data={"current": PASSWORD, "new": new, "again": new + "s"})
        done = here.post("/account/password", data={"current": PASSWORD, "new": new, "again": new})

        answers = [answer.headers["location"] for answer in (wrong, short, differ, done)]
        assert answers == [
            f"/account?{q}" for q in ("problem=wrong", "problem=short", "problem=differ", "done=password")
        ]
        assert here.get("/account").status_code == 200
        assert there.get("/account").status_code == 303
    with console.client("mira", new) as client:
        assert client.get("/account").status_code == 200


def test_the_command_line_manages_people(console: Console) -> None:
    console.users("add", "nikos", "--name", "Νίκος", "--password", PASSWORD)
    with console.client("nikos") as client:
        for _ in range(5):
            httpx.post(f"{console.url}/login", data={"username": "nikos", "password": "wrong"})
        locked = httpx.post(f"{console.url}/login", data={"username": "nikos", "password": PASSWORD})
        assert "problem=locked" in locked.headers["location"]
        console.users("unlock", "nikos")
        with console.client("nikos") as again:
            assert again.get("/account").status_code == 200

        console.users("role", "nikos", "trainer")
        assert client.get("/insight").status_code == 200
        assert client.get("/console").headers["location"] == "/refused"
        console.users("disable", "nikos")
        assert client.get("/account").status_code == 303
    assert "nikos\ttrainer\tΝίκος\tdisabled" in console.users("list")
    console.users("enable", "nikos")
    console.users("password", "nikos", "--password", "seven green kettles")
    with console.client("nikos", "seven green kettles") as client:
        assert client.get("/account").status_code == 200


def test_an_open_page_goes_to_the_login_when_its_session_is_ended_elsewhere(
    console: Console, open_page: Callable[..., Page]
) -> None:
    enrol(console.dsn, "Zoe")
    theirs = open_page("zoe", "/console")
    expect(theirs.get_by_test_id("console")).to_be_visible()
    admin = open_page("admin", "/people")

    person = admin.locator('[data-username="zoe"]')
    expect(person.get_by_test_id("online")).to_be_visible()
    person.get_by_test_id("more").locator("summary").first.click()
    person.get_by_test_id("end-all").click()

    expect(theirs.get_by_test_id("login")).to_be_visible()
    expect(admin.get_by_test_id("done")).to_be_visible()
    expect(admin.locator('[data-username="zoe"]').get_by_test_id("online")).to_have_count(0)


def test_an_open_page_is_drawn_anew_when_the_role_changes(console: Console, open_page: Callable[..., Page]) -> None:
    enrol(console.dsn, "Petra")
    page = open_page("petra", "/console")
    expect(page.get_by_test_id("to-console")).to_be_visible()
    expect(page.get_by_test_id("to-audit")).to_have_count(0)

    console.users("role", "petra", "lead")

    expect(page.get_by_test_id("to-audit")).to_be_visible()
    expect(page.get_by_test_id("to-people")).to_have_count(0)


def test_an_admin_locks_somebody_out_after_a_yes(console: Console, open_page: Callable[..., Page]) -> None:
    enrol(console.dsn, "Igor")
    page = open_page("admin", "/people")
    person = page.locator('[data-username="igor"]')
    person.get_by_test_id("more").locator("summary").first.click()
    expect(person.get_by_test_id("disable-yes")).to_be_hidden()

    person.get_by_test_id("disable").locator("summary").click()
    person.get_by_test_id("disable-yes").click()

    expect(page.locator('[data-username="igor"]').get_by_test_id("disabled")).to_be_visible()
    refused = httpx.post(f"{console.url}/login", data={"username": "igor", "password": PASSWORD})
    assert "problem=wrong" in refused.headers["location"]


def test_the_log_is_filtered_turned_over_and_exported(console: Console, open_page: Callable[..., Page]) -> None:
    with psycopg.connect(console.dsn) as connection:
        connection.execute(
            "INSERT INTO audit (user_id, act, details) SELECT %s, 'release', '{\"note\": \"=HYPERLINK(1)\"}'"
            " FROM generate_series(1, 120)",
            [console.id_of("operator")],
        )
    page = open_page("lead", "/audit")
    page.get_by_test_id("audit-act").select_option("release")
    page.get_by_test_id("audit-show").click()
    entries = page.get_by_test_id("audit-entry")
    expect(entries).to_have_count(50)
    for left in (50, 20):
        page.get_by_test_id("audit-older").click()
        expect(entries).to_have_count(left)
    expect(page.get_by_test_id("audit-older")).to_have_count(0)
    page.get_by_test_id("field-chat").fill("nonsense")
    page.get_by_test_id("audit-show").click()
    expect(page.get_by_test_id("problem")).to_be_visible()

    with console.client("lead") as client:
        answer = client.get("/audit.csv?act=release")
    lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    assert lines[0] == ["time", "user", "act", "conversation", "details"]
    assert len(lines) == 121
    assert lines[1][1:] == ["Operator", "release", "", "note: =HYPERLINK(1)"]
    assert console.acts()[-1] == "export_audit"


def test_the_pages_fit_a_phone(open_page: Callable[..., Page]) -> None:
    for path in ("/people", "/audit", "/account"):
        page = open_page("admin", path, size=NARROW)
        page.get_by_test_id("menu").locator("summary").click()
        expect(page.get_by_role("link", name=re.compile("Audit log"))).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, path
