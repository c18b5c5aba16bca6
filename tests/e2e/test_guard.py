"""Every address there is, found by reflection: what each asks for, so that none is added without a guard."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys

import httpx
import pytest

from bot.domain.messages import InboundMessage
from bot.settings import ROOT
from bot.store.unit_of_work import Store
from bot.turns.inbox import Inbox
from bot.turns.jobs import job_app
from tests.e2e.desk import PASSWORD
from tests.e2e.test_people import ROLES, Console, console

__all__ = ["console"]

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

# In a process of its own, because pages are added to NiceGUI's one application.
_ROUTES = """
import json
from nicegui import app as pages
from bot.settings import Settings
from bot.wiring import build_gateway

def flat(routes):
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from flat(included.routes)
        elif hasattr(route, "methods"):
            yield from ((method, route.path) for method in route.methods)

build_gateway(Settings.from_env(), worker=False)
print(json.dumps(sorted(flat(pages.routes))))
"""
# What nobody needs to be logged in for: the ways in, the demo's frame, and files that are the same for everybody.
OPEN = {"/", "/login", "/welcome", "/language/{language}"}
OURS = re.compile(r"/_nicegui|/_warmline/")
# Forms of the ways in: what they need stands in them.
WAYS_IN = {"/login", "/login/code", "/welcome", "/logout"}
# Everything a form of ours may hold, so that each is read and it is the guard that refuses.
FORM = {
    "username": "admin", "password": PASSWORD, "name": "Somebody", "role": "admin", "disabled": "true", "email": "",
    "session": "1", "code": "123456", "token": "x", "current": PASSWORD, "new": "seven green kettles",
    "again": "seven green kettles", "most": "1", "next": "", "numbers": "", "confirm": "yes",
}  # fmt: skip
NOWHERE = "nowhere"
# Which forms are whose, by how their addresses begin.
WHOSE = {
    "/people": {"admin"},
    "/duty": {"admin", "lead"},
    "/console/shopper": {"admin", "lead"},
    "/console/chats": {"admin", "lead", "operator"},
    "/alerts": {"admin", "lead", "operator"},
    "/account": set(ROLES),
}


@pytest.fixture(scope="module")
def routes(console: Console) -> list[tuple[str, str]]:
    command = [sys.executable, "-c", _ROUTES]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=console.environment, text=True)
    found = [(method, path) for method, path in json.loads(done.stdout) if not OURS.match(path)]
    assert ("POST", "/duty/teams") in found
    assert len(found) > 40
    return found


def address(path: str) -> str:
    """Return an address of this shape; nobody and nothing has this number."""
    return re.sub(r"\{\w+:int\}", "999999", re.sub(r"\{\w+(:path)?\}", "12345678-1234-4234-8234-123456789abc", path))


def led_to(answer: httpx.Response) -> str:
    """Return where an answer leads; pages that tell nobody whether there is anything say 404."""
    return NOWHERE if answer.status_code == 404 else answer.headers.get("location", str(answer.status_code))


def forms(routes: list[tuple[str, str]]) -> list[str]:
    return [path for method, path in routes if method not in {"GET", "HEAD"}]


async def a_chat(dsn: str) -> str:
    """Somebody wrote today."""
    jobs = job_app(dsn)
    store = Store(dsn, jobs=jobs, pool_size=1)
    async with jobs.open_async():
        await Inbox(store).receive(InboundMessage("web", "g1", "guarded", "hello", shopper_name="Anna"))
        async with store.begin() as work:
            found = await work.conversations.known("web", "guarded")
        await store.close()
    assert found is not None
    return found.id


def test_trainers_see_the_conversations_of_a_figure_and_no_way_into_them(console: Console) -> None:
    chat = asyncio.run(a_chat(console.dsn))
    seen = {}
    for role in ("lead", "trainer"):
        with console.client(role) as client:
            seen[role] = client.get("/insight/chats").text

    assert "chat-row" in seen["trainer"]
    assert chat not in seen["trainer"]
    assert f"/console?c={chat}" in seen["lead"]


def test_nothing_but_the_ways_in_opens_without_a_login(console: Console, routes: list[tuple[str, str]]) -> None:
    opened = set()
    for path in {path for method, path in routes if method == "GET"}:
        with console.client() as client:
            answer = client.get(address(path))
        turned_away = answer.status_code in {401, 403, 404, 422} or (
            answer.status_code == 303 and answer.headers["location"].startswith("/login")
        )
        if not turned_away:
            opened.add(path)

    assert opened == OPEN


def test_no_form_does_anything_without_a_login(console: Console, routes: list[tuple[str, str]]) -> None:
    before = console.acts()
    for path in set(forms(routes)) - WAYS_IN:
        with console.client() as client:
            answer = client.post(address(path), data=FORM)

        assert (path, led_to(answer)) in {(path, "/login"), (path, NOWHERE)}
    assert console.acts() == before


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}],
    ids=["another site", "a neighbour", "another origin"],
)
def test_no_form_of_another_site_does_anything(
    console: Console, routes: list[tuple[str, str]], headers: dict[str, str]
) -> None:
    with console.client("admin") as client:
        before = console.acts()
        for path in forms(routes):
            answer = client.post(address(path), headers=headers, data=FORM)

            refused = answer.status_code == 403 or answer.headers.get("location") == "/login?problem=elsewhere"
            assert refused, path
        assert client.get("/logout", headers=headers).status_code == 303
        assert client.get("/account").status_code == 200
    assert console.acts() == before


@pytest.mark.parametrize("role", ROLES)
def test_forms_are_for_those_whose_page_it_is(console: Console, routes: list[tuple[str, str]], role: str) -> None:
    with console.client(role) as client:
        before = console.acts()
        for path in set(forms(routes)) - WAYS_IN:
            whose = [roles for begin, roles in WHOSE.items() if path.startswith(begin)]
            assert len(whose) == 1, f"say in WHOSE whose {path} is"
            if role in whose[0]:
                continue
            answer = client.post(address(path), data=FORM)

            assert (path, led_to(answer)) in {(path, "/refused"), (path, NOWHERE)}
    assert console.acts() == before
