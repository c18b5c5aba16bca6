"""What shoppers send besides words, as operators see it in a real browser: harmless whatever it calls itself."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, ViewportSize, expect

from bot.domain.messages import Author, Delivery, Edit, InboundMessage, Kind, Media, Reply
from bot.media.vault import Vault
from bot.store.unit_of_work import Store
from bot.turns.inbox import Inbox
from bot.turns.jobs import job_app
from tests.e2e.conftest import NARROW, WIDE, LogIn
from tests.e2e.desk import enrol, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCRIPT = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"
HOSTILE_NAME = "\u202eгод.html\"><script>document.title='pwned'</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload=\"parent.document.title='pwned'\"/>"


def a_png(red: int, green: int, blue: int, side: int = 240) -> bytes:
    """A square picture of one colour."""
    rows = b"".join(b"\x00" + bytes((red, green, blue)) * side for _ in range(side))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def fill(dsn: str, media_url: str) -> str:
    """Write a conversation in which everything is sent that can be; return its id."""
    jobs = job_app(dsn)
    store, vault = Store(dsn, jobs=jobs), Vault(media_url)
    inbox = Inbox(store)
    said = 0

    async def says(kind: Kind, text: str = "", *files: tuple[str | None, bytes | str], **more: str) -> int:
        nonlocal said
        said += 1
        media = tuple(Media(f"ref{said}-{n}", f"same{said}-{n}", None, name) for n, (name, _) in enumerate(files))
        message = InboundMessage(
            "telegram", f"7001:{said}", "7001", text, kind=kind, media=media, shopper_name="Maria", **more
        )
        await inbox.receive(message)
        async with store.begin() as work:
            known = await work.messages.known("telegram", f"7001:{said}")
            assert known is not None
            for file, (_, content) in zip((await work.media.of([known.id])).get(known.id, []), files, strict=True):
                if isinstance(content, bytes):
                    key = await vault.write(content)
                    kind_ = "image/png" if content.startswith(b"\x89PNG") else "image/svg+xml"
                    await work.media.stored(file.id, key=key, content_type=kind_, size=len(content))
                elif content:
                    await work.media.refused(file.id, content)
        return known.id

    async with jobs.open_async():
        await says(Kind.TEXT, "the mixer came like this " + SCRIPT)
        await says(
            Kind.PHOTO, "both of them", ("a.png", a_png(190, 60, 50)), ("b.png", a_png(60, 110, 190)), ("c.png", "")
        )
        await says(Kind.DOCUMENT, "", (HOSTILE_NAME, SVG))
        await says(Kind.VIDEO, "", ("long.mp4", "too_big"))
        await says(Kind.LOCATION, "Pick-up point, 5 Ermou, 37.97610, 23.73640")
        async with store.begin() as work:
            known = await work.conversations.known("telegram", "7001")
            assert known is not None
            conversation = known.id
            (reply,) = await work.messages.add_replies(
                conversation, "telegram", Author.BOT, [Reply("It comes on Friday.")]
            )
            await work.messages.set_delivery(reply, Delivery.SENT, provider_id="500")
            (failed,) = await work.messages.add_replies(conversation, "telegram", Author.BOT, [Reply("And thank you.")])
            await work.messages.set_delivery(failed, Delivery.FAILED, code="403")
        await says(Kind.REACTION, "😡", quotes="500")
        await says(Kind.TEXT, "I meant WL-1003")
        await inbox.edited(Edit("telegram", f"7001:{said}", "I meant WL-1004"))
        await store.close()
    return conversation


@pytest.fixture(scope="module")
def chat(home: Path, dsn: str) -> Iterator[str]:
    """The address of the conversation in a running console."""
    with ThreadPoolExecutor(1) as elsewhere:  # the browser's loop runs in this thread
        conversation = elsewhere.submit(asyncio.run, fill(dsn, f"file://{home.resolve()}/media")).result()
    enrol(dsn, "Ana")
    with running(home, dsn, worker=False) as gateway:
        yield f"{gateway.url}/console?c={conversation}"


@pytest.fixture
def opened(log_in: LogIn, chat: str) -> Callable[..., Page]:
    """Open the conversation as an operator."""

    def visit(**look: Any) -> Page:
        page = log_in(chat, "ana", **look)
        expect(page.get_by_test_id("transcript")).to_be_visible()
        return page

    return visit


def test_pictures_are_seen_and_nothing_a_shopper_sends_runs(opened: Callable[..., Page]) -> None:
    page = opened()
    transcript = page.get_by_test_id("transcript")

    expect(transcript.get_by_test_id("file-image")).to_have_count(2)
    for number in range(2):
        picture = transcript.get_by_test_id("file-image").nth(number)
        picture.scroll_into_view_if_needed()
        page.wait_for_function("image => image.complete && image.naturalWidth === 240", arg=picture.element_handle())
    expect(transcript.get_by_test_id("message-text").first).to_contain_text("<script>")
    expect(page).not_to_have_title("pwned")


def test_a_file_that_could_carry_a_script_is_only_saved(opened: Callable[..., Page]) -> None:
    page = opened()
    file = page.get_by_test_id("file-other")
    address = file.get_attribute("href")
    assert address is not None

    answer = page.request.get(f"{page.url.split('/console')[0]}{address}")
    with page.expect_download() as download:
        file.click()

    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert Path(download.value.path()).read_bytes() == SVG
    expect(page).not_to_have_title("pwned")


def test_files_need_a_login(opened: Callable[..., Page]) -> None:
    page = opened()
    address = page.get_by_test_id("file-other").get_attribute("href")

    assert httpx.get(f"{page.url.split('/console')[0]}{address}").status_code == 404


def test_what_is_missing_quoted_edited_or_undelivered_is_told_in_words(opened: Callable[..., Page]) -> None:
    transcript = opened().get_by_test_id("transcript")

    expect(transcript.get_by_test_id("file-missing")).to_contain_text(["being fetched", "too big to be kept"])
    expect(transcript.get_by_test_id("quoted")).to_have_text("It comes on Friday.")
    expect(transcript).to_contain_text("the shopper blocked the bot")
    edited = transcript.get_by_test_id("edited")
    expect(edited.locator("p")).to_be_hidden()
    edited.locator("summary").click()
    expect(edited.locator("p")).to_have_text("I meant WL-1003")
    expect(transcript.get_by_role("link", name="Show on a map")).to_have_attribute(
        "href", "https://www.openstreetmap.org/?mlat=37.97610&mlon=23.73640#map=16/37.97610/23.73640"
    )


@pytest.mark.parametrize(("size", "dark", "locale"), [(WIDE, False, "en-GB"), (NARROW, True, "ru-RU")])
def test_the_page_is_no_wider_than_its_window(
    opened: Callable[..., Page], tmp_path: Path, size: ViewportSize, dark: bool, locale: str
) -> None:
    page = opened(size=size, dark=dark, locale=locale)
    expect(page.get_by_test_id("file-image").first).to_be_visible()

    page.screenshot(path=tmp_path / "files.png")

    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
