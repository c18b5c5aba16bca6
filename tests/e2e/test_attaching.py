"""What operators send to a shopper on Telegram besides new words: files, and other words for what was sent."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NARROW, LogIn
from tests.e2e.desk import Gateway, Telegram, enrol, eventually, running
from tests.e2e.test_composer import box, picture, takes
from tests.e2e.test_files import a_png

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PNG = a_png(190, 60, 50)
_CHATS = itertools.count(7001)


@pytest.fixture(scope="module")
def telegram() -> Iterator[Telegram]:
    with Telegram() as made:
        yield made


@pytest.fixture(scope="module")
def gateway(home: Path, dsn: str, telegram: Telegram) -> Iterator[Gateway]:
    enrol(dsn, "Ana", "Boris")
    with running(home, dsn, MEDIA_MAX_MB="1", **telegram.settings) as gateway:
        yield gateway


@pytest.fixture
def ana(log_in: LogIn, gateway: Gateway, telegram: Telegram) -> Callable[..., Page]:
    """Ana's console, with a chat of a new shopper that she has taken."""

    def with_chat(words: str, **look: Any) -> Page:
        telegram.api.files.clear()
        telegram.says(next(_CHATS), words)
        page = log_in(f"{gateway.url}/console", "ana", **look)
        takes(page, words)
        return page

    return with_chat


def a_file(name: str, content: bytes, kind: str = "application/octet-stream") -> Any:
    return {"name": name, "mimeType": kind, "buffer": content}


def gives(page: Page, event: str, where: str, name: str, content: bytes, kind: str) -> None:
    """Paste or drop a file, as the browser tells of it."""
    page.evaluate(
        """([event, where, name, content, kind]) => {
            const data = new DataTransfer();
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            data.items.add(new File([bytes], name, { type: kind }));
            const how = { bubbles: true, cancelable: true };
            const made = event === "paste"
                ? new ClipboardEvent(event, { ...how, clipboardData: data })
                : new DragEvent(event, { ...how, dataTransfer: data });
            document.querySelector(where).dispatchEvent(made);
        }""",
        [event, where, name, base64.b64encode(content).decode(), kind],
    )


def test_files_are_picked_by_key_and_go_out_with_what_is_written(ana: Callable[..., Page], telegram: Telegram) -> None:
    page = ana("may I see the blue one")
    box(page).blur()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("f")
    chooser.value.set_files([a_file("lamp.png", PNG, "image/png"), a_file("care.txt", b"wipe it dry", "text/plain")])

    rows = page.get_by_test_id("file-row")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("lamp.png")
    expect(rows.nth(1)).to_contain_text("1 kB")
    expect(box(page)).to_be_focused()
    page.keyboard.type("The blue one, and how to clean it")
    picture(page, "attach-light")
    page.keyboard.press("Enter")

    expect(rows).to_have_count(0)
    expect(box(page)).to_have_value("")
    expect(page.get_by_test_id("file-image")).to_have_attribute("alt", "Photo from the shop")
    expect(page.get_by_test_id("file-other")).to_contain_text("care.txt")
    eventually(lambda: len(telegram.api.files) == 2)
    assert telegram.api.files == [
        ("sendPhoto", "lamp.png", PNG, "The blue one, and how to clean it"),
        ("sendDocument", "care.txt", b"wipe it dry", ""),
    ]
    page.reload()
    expect(box(page)).to_have_value("")


def test_a_pasted_picture_and_a_dropped_file_wait_and_are_removed_by_key(
    ana: Callable[..., Page], telegram: Telegram
) -> None:
    page = ana("which of the two", size=NARROW, dark=True, locale="ru")
    box(page).fill("Вот этот")

    gives(page, "paste", "[data-testid=composer]", "pasted.png", PNG, "image/png")
    gives(page, "drop", "[data-testid=transcript]", "very-long-name-" * 6 + ".pdf", b"%PDF-1.4\n", "application/pdf")

    rows = page.get_by_test_id("file-row")
    expect(rows).to_have_count(2)
    picture(page, "attach-narrow-dark-ru")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    rows.nth(1).get_by_test_id("file-off").focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("Вот этот")
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("file-image")).to_be_visible()
    eventually(lambda: telegram.api.files)
    assert telegram.api.files == [("sendPhoto", "pasted.png", PNG, "Вот этот")]


@pytest.mark.parametrize(
    ("name", "content", "kind", "said"),
    [
        ("tour.mp4", b"x" * (1024**2 + 1), "video/mp4", "“tour.mp4” is not sent: this chat takes files of up to 1 MB."),
        ("invoice.pdf", b"MZ\x90\x00 a program", "application/pdf", "“invoice.pdf” is not sent: it is a program"),
        ("empty.txt", b"", "text/plain", "“empty.txt” is not sent: the file is empty."),
    ],
)
def test_a_file_that_may_not_go_is_named_and_what_was_written_stays(
    ana: Callable[..., Page], telegram: Telegram, name: str, content: bytes, kind: str, said: str
) -> None:
    page = ana(f"a question about {name}")
    box(page).fill("Here it is")
    page.get_by_test_id("file-input").set_input_files(a_file(name, content, kind))
    if len(content) <= 1024**2:  # what is too big is refused before it is sent
        box(page).press("Enter")

    expect(page.get_by_test_id("file-problem")).to_contain_text(said)
    picture(page, f"attach-refused-{name}")
    expect(box(page)).to_have_value("Here it is")
    assert telegram.api.files == []


def test_files_of_a_chat_stay_with_it_and_a_note_takes_none(ana: Callable[..., Page], telegram: Telegram) -> None:
    page = ana("a chat with a file")
    page.get_by_test_id("file-input").set_input_files(a_file("kept.png", PNG, "image/png"))
    expect(page.get_by_test_id("file-row")).to_have_count(1)

    page.get_by_test_id("mode-note").click()
    expect(page.get_by_test_id("attach")).to_be_hidden()
    expect(page.get_by_test_id("file-row")).to_have_count(0)
    telegram.says(next(_CHATS), "a chat without a file")
    takes(page, "a chat without a file")
    expect(page.get_by_test_id("attach")).to_be_visible()
    expect(page.get_by_test_id("file-row")).to_have_count(0)
    page.get_by_test_id("filter-mine").click()
    page.get_by_test_id("queue-row").filter(has_text="a chat with a file").first.click()
    expect(page.get_by_test_id("file-row")).to_contain_text("kept.png")


def test_only_the_holder_sends_a_file_and_only_from_our_page(
    ana: Callable[..., Page], gateway: Gateway, telegram: Telegram
) -> None:
    page = ana("a chat that somebody takes away")
    chat = page.url.partition("c=")[2].partition("&")[0]
    address = f"{gateway.url}/console/chats/{chat}/files"
    files = {"file": ("a.png", PNG, "image/png")}
    assert httpx.post(address, files=files).status_code == httpx.codes.NOT_FOUND
    with psycopg.connect(gateway.dsn) as database:
        database.execute(
            "UPDATE conversations SET operator_id = (SELECT id FROM users WHERE username = 'boris') WHERE id = %s",
            [chat],
        )

    refused = page.request.post(address, multipart={"text": "hello", "file": a_file("a.png", PNG, "image/png")})

    assert refused.status == httpx.codes.UNPROCESSABLE_ENTITY
    assert refused.json() == {"problem": "Not sent: this conversation is not yours any more."}
    elsewhere = page.request.post(address, multipart={"text": "hello"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status == httpx.codes.FORBIDDEN
    assert telegram.api.files == []


def test_a_file_of_a_chat_that_changes_hands_while_it_is_sent_is_neither_sent_nor_kept(
    ana: Callable[..., Page], gateway: Gateway, telegram: Telegram
) -> None:
    page = ana("a chat that goes to Boris in the middle")
    chat = page.url.partition("c=")[2].partition("&")[0]
    page.get_by_test_id("file-input").set_input_files(a_file("half.png", PNG, "image/png"))
    expect(page.get_by_test_id("file-row")).to_be_visible()
    vault = gateway.home / "media"

    def kept() -> set[Path]:
        return {file for file in vault.rglob("*") if file.is_file()}

    before = kept()
    with psycopg.connect(gateway.dsn) as database:
        database.execute(
            "UPDATE conversations SET operator_id = (SELECT id FROM users WHERE username = 'boris') WHERE id = %s",
            [chat],
        )
        box(page).press("Enter")
        eventually(lambda: kept() - before)  # it is with us, and the chat is still hers
        database.commit()

    expect(page.get_by_test_id("file-problem")).to_have_text("Not sent: this conversation is not yours any more.")
    eventually(lambda: kept() == before)
    assert telegram.api.files == []


def test_alerts_come_to_the_chat_that_a_link_into_telegram_opens(ana: Callable[..., Page], telegram: Telegram) -> None:
    page = ana("a chat beside which Ana sets her alerts up")
    page.get_by_test_id("to-alerts").click()
    page.get_by_test_id("link").click()

    opens = page.get_by_test_id("open-telegram")
    command = page.get_by_test_id("command").inner_text()
    assert opens.get_attribute("href") == f"https://t.me/shop_example_bot?start={command.removeprefix('/start ')}"
    picture(page, "alerts-link")
    telegram.says(next(_CHATS), command)

    def linked() -> bool:
        page.goto(page.url.replace("/new", ""))
        return page.get_by_test_id("linked").is_visible()

    eventually(linked)
    page.get_by_test_id("unlink").click()


def test_a_sent_message_is_taken_back_into_the_box_by_arrow_up_and_changed_for_the_shopper(
    ana: Callable[..., Page], telegram: Telegram
) -> None:
    page = ana("when does it come")
    box(page).fill("It comes on Fryday")
    box(page).press("Enter")
    expect(page.get_by_test_id("edit")).to_be_visible()
    eventually(lambda: any(sent.text == "It comes on Fryday" for sent in telegram.api.tray.messages))
    expect(page.get_by_test_id("delivery").last).to_have_attribute("data-delivery", "sent")

    box(page).press("ArrowUp")
    expect(box(page)).to_have_value("It comes on Fryday")
    expect(page.get_by_test_id("composer-hint")).to_contain_text("changing a message")
    box(page).press("Escape")
    expect(box(page)).to_have_value("")
    box(page).fill("a reply half written")
    page.get_by_test_id("edit").click()
    expect(box(page)).to_have_value("It comes on Fryday")
    box(page).fill("It comes on Friday")
    picture(page, "edit-light")
    box(page).press("Enter")

    expect(page.get_by_test_id("message-text").last).to_have_text("It comes on Friday")
    expect(page.get_by_test_id("edited")).to_contain_text("It comes on Fryday")
    expect(box(page)).to_have_value("a reply half written")
    assert list(telegram.api.edited.values()) == ["It comes on Friday"]
