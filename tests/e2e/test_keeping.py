"""What is kept of a shopper, handed out and deleted by an admin in a real browser; an operator finds no way there."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, ViewportSize, expect

from bot.domain.messages import InboundMessage
from bot.domain.people import Role
from bot.store.unit_of_work import Store
from tests.e2e.conftest import NARROW, WIDE, LogIn
from tests.e2e.desk import PASSWORD, Gateway, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NAME = "Zoë <b>محمد</b> 😀"


async def fill(dsn: str) -> dict[str, str]:
    """Somebody for each test, by what is done to them; an admin and an operator. Return their conversations."""
    store, found = Store(dsn), {}
    async with store.begin() as work:
        await work.users.add("maria", PASSWORD, Role.ADMIN, "Maria")
        await work.users.add("ana", PASSWORD, Role.OPERATOR, "Ana")
        for number, name in enumerate(("seen", "exported", "erased", "held")):
            address = f"+30690000004{number}"
            conversation = await work.conversations.of_address("whatsapp", address, name=NAME, language="en")
            inbound = InboundMessage("whatsapp", f"SM{number}", address, f"words of {name}")
            message = await work.messages.receive(conversation.id, inbound)
            assert message is not None
            await work.messages.handled(conversation.id, [message.id], reading=None, stance=None)
            found[name] = conversation.id
    await store.close()
    return found


@pytest.fixture(scope="module")
def shop(home: Path, dsn: str) -> Iterator[tuple[Gateway, dict[str, str]]]:
    """A gateway, and the conversations in it."""
    with ThreadPoolExecutor(1) as elsewhere:  # the browser's loop runs in this thread
        conversations = elsewhere.submit(asyncio.run, fill(dsn)).result()
    with running(home, dsn) as gateway:
        yield gateway, conversations


type Visit = Callable[..., Page]


@pytest.fixture
def visit(log_in: LogIn, shop: tuple[Gateway, dict[str, str]]) -> Visit:
    """Open an address as somebody."""

    def opened(path: str, user: str = "maria", **look: Any) -> Page:
        return log_in(f"{shop[0].url}{path}", user, **look)

    return opened


def test_an_admin_exports_from_beside_the_chat(visit: Visit, shop: tuple[Gateway, dict[str, str]]) -> None:
    page = visit(f"/console?c={shop[1]['exported']}")

    with page.expect_download() as download:
        page.get_by_test_id("keeping-export").click()

    content = Path(download.value.path()).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert json.loads(archive.read("data/messages.json"))[0]["text"] == "words of exported"


def test_who_types_the_name_deletes_and_who_does_not_deletes_nothing(
    visit: Visit, shop: tuple[Gateway, dict[str, str]]
) -> None:
    conversation = shop[1]["erased"]
    page = visit(f"/console?c={conversation}")
    page.get_by_test_id("keeping-erase").click()
    expect(page.get_by_test_id("erase-name")).to_have_text(NAME)

    page.get_by_test_id("erase-type").fill("somebody else")
    page.get_by_test_id("erase-confirm").click()
    expect(page.get_by_test_id("erase-problem")).to_be_visible()
    page.get_by_test_id("erase-type").fill(f"  {NAME.upper()} ")
    page.get_by_test_id("erase-confirm").click()

    page.wait_for_url("**/console")
    page.goto(f"{shop[0].url}/console/shopper/{conversation}")
    expect(page.get_by_test_id("erase")).to_have_count(0)


def test_an_operator_finds_no_way_there(visit: Visit, shop: tuple[Gateway, dict[str, str]]) -> None:
    gateway, conversations = shop
    page = visit(f"/console?c={conversations['seen']}", "ana")
    expect(page.get_by_test_id("shopper")).to_be_visible()
    at = f"{gateway.url}/console/shopper/{conversations['seen']}"

    expect(page.get_by_test_id("keeping")).to_have_count(0)
    assert page.request.get(f"{at}/data.zip").status == 404
    assert page.request.post(at, form={"name": NAME}).status == 404
    assert httpx.get(f"{at}/data.zip").status_code == 404
    assert httpx.post(at, data={"name": NAME}).status_code == 404


def test_a_form_from_another_site_deletes_nothing(visit: Visit, shop: tuple[Gateway, dict[str, str]]) -> None:
    gateway, conversations = shop
    page = visit(f"/console/shopper/{conversations['seen']}")
    expect(page.get_by_test_id("erase")).to_be_visible()

    answer = page.request.post(
        f"{gateway.url}/console/shopper/{conversations['seen']}",
        form={"name": NAME}, headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"},
    )  # fmt: skip

    assert answer.status == 403
    page.reload()
    expect(page.get_by_test_id("erase")).to_be_visible()


@pytest.mark.parametrize(
    ("size", "dark", "locale"),
    [(WIDE, False, "en-GB"), (WIDE, True, "zh-CN"), (NARROW, False, "el-GR"), (NARROW, True, "ru-RU")],
)
def test_the_page_of_deletion_fits_its_window(
    visit: Visit, shop: tuple[Gateway, dict[str, str]], tmp_path: Path, size: ViewportSize, dark: bool, locale: str
) -> None:
    page = visit(f"/console/shopper/{shop[1]['seen']}?problem=people", size=size, dark=dark, locale=locale)
    expect(page.get_by_test_id("erase-problem")).to_be_visible()

    page.screenshot(path=tmp_path / f"erase-{locale}.png", full_page=True)

    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
