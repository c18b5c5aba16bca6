"""What operators write and do at a chat, in real browsers: two colleagues and a shopper."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect
from psycopg.types.json import Jsonb

from bot.domain.emotion import Emotion
from bot.domain.people import Role
from bot.store.messages import CHANNEL
from tests.doubles.assistant import a_reading
from tests.e2e.conftest import NARROW, LogIn
from tests.e2e.desk import Gateway, Shopper, enrol, eventually, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def gateway(home: Path, dsn: str) -> Iterator[Gateway]:
    """One gateway for all of these tests: each writes as a shopper of its own."""
    enrol(dsn, "Ana", "Boris")
    enrol(dsn, "Lena", role=Role.ADMIN)
    with running(home, dsn) as gateway:
        yield gateway


@pytest.fixture
def console(log_in: LogIn, gateway: Gateway) -> Callable[..., Page]:
    """Open the console as somebody."""

    def visit(name: str, **look: Any) -> Page:
        page = log_in(f"{gateway.url}/console", name, **look)
        expect(page.get_by_test_id("console")).to_be_visible()
        return page

    return visit


def opens(page: Page, words: str) -> None:
    """Choose the chat whose last words these are."""
    row = page.get_by_test_id("queue-row").filter(has_text=words).first
    row.click()
    expect(page.get_by_test_id("message-text").filter(has_text=words).first).to_be_visible()


def takes(page: Page, words: str) -> None:
    """Choose a waiting chat and claim it."""
    opens(page, words)
    page.get_by_test_id("act-claim").click()
    expect(page.get_by_test_id("composer")).to_be_enabled()


def box(page: Page) -> Locator:
    return page.get_by_test_id("composer")


def picture(page: Page, name: str) -> None:
    """Keep a screenshot to look at, where WARMLINE_PICTURES names a folder."""
    if folder := os.environ.get("WARMLINE_PICTURES"):
        page.mouse.move(0, 0)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_colleagues_read_a_note_at_once_and_the_shopper_never(gateway: Gateway, console: Callable[..., Page]) -> None:
    shopper = Shopper(gateway)
    shopper.says("the red mug came broken")
    ana, boris = console("ana"), console("boris")
    takes(ana, "the red mug came broken")
    boris.goto(ana.url)

    box(ana).fill("half an answer")
    box(ana).blur()
    ana.keyboard.press("n")
    expect(box(ana)).to_be_focused()
    ana.keyboard.type("Called the warehouse: a new one leaves today")
    box(ana).press("Enter")

    for page in (ana, boris):
        expect(page.get_by_test_id("note-text")).to_have_text("Called the warehouse: a new one leaves today")
    expect(box(ana)).to_have_value("")
    ana.get_by_test_id("mode-reply").click()
    expect(box(ana)).to_have_value("half an answer")
    assert "warehouse" not in shopper.hears()


def test_anybody_may_leave_a_note_but_only_the_holder_may_answer(
    gateway: Gateway, console: Callable[..., Page]
) -> None:
    Shopper(gateway).says("where is the blue lamp")
    boris = console("boris")
    opens(boris, "where is the blue lamp")
    expect(box(boris)).to_be_disabled()

    boris.get_by_test_id("mode-note").click()
    expect(box(boris)).to_be_enabled()
    box(boris).fill("<img src=x onerror=alert(1)> مرحبا 👩‍👧")
    box(boris).press("Enter")

    expect(boris.get_by_test_id("note-text")).to_have_text("<img src=x onerror=alert(1)> مرحبا 👩‍👧")
    picture(boris, "note-light")


class Delay:
    """Keeps back what fills the reply box of a page and all that comes after it, from when it is on until it is let go."""

    def __init__(self, page: Page) -> None:
        self.on = False
        self._kept: list[tuple[WebSocketRoute, str | bytes]] = []
        page.route_web_socket(re.compile("socket.io"), self._route)

    def let_go(self) -> None:
        self.on = False
        for socket, said in self._kept:
            socket.send(said)
        self._kept.clear()

    def _route(self, socket: WebSocketRoute) -> None:
        def pass_on(said: str | bytes) -> None:
            if self._kept or (self.on and "warmline.fill" in str(said)):
                self._kept.append((socket, said))
            else:
                socket.send(said)

        socket.connect_to_server().on_message(pass_on)


def test_what_is_typed_before_the_draft_has_come_goes_behind_it_and_to_nobody_else(
    gateway: Gateway, console: Callable[..., Page]
) -> None:
    shoppers = {words: Shopper(gateway) for words in ("the brown bag tore", "the white bag tore")}
    for words, shopper in shoppers.items():
        shopper.says(words)
    ana = console("ana")
    delay = Delay(ana)
    ana.reload()
    ana.get_by_test_id("filter-all").click()
    for words in shoppers:
        takes(ana, words)
        box(ana).fill(f"{words}, sorry")
    expect(box(ana)).to_have_value("the white bag tore, sorry")

    delay.on = True
    opens(ana, "the brown bag tore")
    box(ana).press_sequentially("!!")
    box(ana).press("Enter")
    expect(box(ana)).to_have_value("!!")
    delay.let_go()

    expect(box(ana)).to_have_value("the brown bag tore, sorry!!")
    assert all("sorry" not in shopper.hears() for shopper in shoppers.values())
    opens(ana, "the white bag tore")
    expect(box(ana)).to_have_value("the white bag tore, sorry")
    opens(ana, "the brown bag tore")
    expect(box(ana)).to_have_value("the brown bag tore, sorry!!")


def test_a_box_that_turns_to_a_note_takes_nothing_before_its_draft_has_come(
    gateway: Gateway, console: Callable[..., Page]
) -> None:
    Shopper(gateway).says("where is the green lamp")
    ana = console("ana")
    delay = Delay(ana)
    ana.reload()
    row = ana.get_by_test_id("queue-row").filter(has_text="where is the green lamp")
    expect(row).to_be_visible()
    row.click()
    expect(box(ana)).to_have_attribute("data-conversation", re.compile("."))

    delay.on = True
    ana.get_by_test_id("mode-note").click()
    expect(box(ana)).to_be_enabled()
    expect(box(ana)).not_to_be_editable()
    delay.let_go()

    expect(box(ana)).to_be_editable()


def test_tags_are_added_by_key_suggested_and_taken_off(gateway: Gateway, console: Callable[..., Page]) -> None:
    for words in ("a first chat for tags", "a second chat for tags"):
        Shopper(gateway).says(words)
    ana, boris = console("ana"), console("boris", size=NARROW, dark=True)
    opens(ana, "a first chat for tags")
    opens(boris, "a first chat for tags")

    ana.keyboard.press("g")
    expect(ana.get_by_test_id("tag-field")).to_be_focused()
    ana.keyboard.type("Gift wrap")
    ana.keyboard.press("Enter")

    for page in (ana, boris):
        expect(page.get_by_test_id("tag")).to_contain_text("Gift wrap")
    expect(ana.get_by_test_id("tag-field")).to_be_focused()
    picture(boris, "tags-narrow-dark")
    ana.get_by_test_id("tag-field").blur()
    opens(ana, "a second chat for tags")
    ana.get_by_test_id("tag-field").focus()
    expect(ana.locator('datalist option[value="Gift wrap"]')).to_have_count(1)

    boris.get_by_test_id("tag-off").click()
    expect(boris.get_by_test_id("tag")).to_have_count(0)


def test_a_chat_is_resolved_by_keys_and_taken_again(gateway: Gateway, console: Callable[..., Page]) -> None:
    shopper = Shopper(gateway)
    shopper.says("please pay me back")
    ana, boris = console("ana"), console("boris", size=NARROW, dark=True)
    takes(ana, "please pay me back")
    boris.goto(ana.url)
    box(ana).blur()

    ana.keyboard.press("e")
    expect(ana.get_by_test_id("choose-solved")).to_be_focused()
    ana.keyboard.press("ArrowDown")
    ana.keyboard.press("t")
    picture(ana, "resolve-light")
    ana.get_by_test_id("ask-because").fill("by hand")
    ana.get_by_test_id("ask-line").fill("You have it back on Friday. Anything else?")
    ana.get_by_test_id("ask-line").press("Enter")

    for page in (ana, boris):
        expect(page.get_by_test_id("holder")).to_have_attribute("data-holder", "bot")
        expect(page.get_by_test_id("past")).to_contain_text("money back")
    assert "You have it back on Friday" in shopper.hears()

    boris.get_by_test_id("act-reopen").click()
    expect(box(boris)).to_be_enabled()
    expect(box(ana)).to_be_disabled()


def test_a_dialog_is_left_without_doing_anything(gateway: Gateway, console: Callable[..., Page]) -> None:
    Shopper(gateway).says("a question with a dialog")
    ana = console("ana")
    takes(ana, "a question with a dialog")
    box(ana).blur()

    ana.keyboard.press("x")
    expect(ana.get_by_test_id("ask-because")).to_be_focused()
    ana.keyboard.press("Escape")
    expect(ana.get_by_test_id("ask")).to_be_hidden()
    ana.keyboard.press("b")
    ana.get_by_test_id("ask-cancel").click()

    expect(ana.get_by_test_id("ask")).to_be_hidden()
    expect(ana.get_by_test_id("holder")).to_have_attribute("data-holder", "operator")


def test_a_chat_is_paused_until_a_time_and_woken(gateway: Gateway, console: Callable[..., Page]) -> None:
    shopper = Shopper(gateway)
    shopper.says("the courier comes at six")
    ana = console("ana", size=NARROW, dark=True)
    takes(ana, "the courier comes at six")

    ana.get_by_test_id("acts-more").locator("summary").click()
    picture(ana, "more-narrow-dark")
    ana.get_by_test_id("act-pause").click()
    picture(ana, "pause-narrow-dark")
    ana.get_by_test_id("ask-confirm").click()
    expect(ana.get_by_test_id("holder")).to_contain_text("Paused until")

    shopper.says("he was here already")
    expect(ana.get_by_test_id("holder")).to_have_text("With you")


def test_a_blocked_shopper_hears_it_once(gateway: Gateway, console: Callable[..., Page]) -> None:
    shopper = Shopper(gateway)
    shopper.says("nothing but insults")
    ana = console("ana", locale="ru")
    takes(ana, "nothing but insults")
    box(ana).blur()

    ana.keyboard.press("x")
    expect(ana.get_by_test_id("ask-because")).to_be_focused()
    picture(ana, "block-ru")
    ana.keyboard.press("Enter")
    expect(ana.get_by_test_id("holder")).to_have_text("Заблокирован")
    expect(ana.get_by_test_id("act-unblock")).to_be_visible()
    heard = shopper.hears()
    shopper.says("more insults")
    expect(ana.get_by_test_id("message-text").filter(has_text="more insults")).to_be_visible()
    assert shopper.hears() == heard

    ana.keyboard.press("x")
    expect(ana.get_by_test_id("act-unblock")).to_be_hidden()


def test_a_ready_made_reply_is_found_by_typing_and_never_sent_with_a_hole(
    gateway: Gateway, console: Callable[..., Page]
) -> None:
    shopper = Shopper(gateway)
    shopper.says("when does it come")
    ana = console("ana")
    takes(ana, "when does it come")

    box(ana).press_sequentially("/")
    expect(ana.get_by_test_id("canned-row")).to_have_count(12)
    box(ana).press_sequentially("la")
    expect(ana.get_by_test_id("canned-row").first).to_contain_text("/late")
    picture(ana, "canned-light")
    box(ana).press("Enter")
    expect(ana.get_by_test_id("canned")).to_be_hidden()
    expect(box(ana)).to_have_value(re.compile(r"Your order \{order\} is late"))

    box(ana).press("Enter")
    expect(ana.get_by_test_id("notice").filter(has_text="{order}")).to_be_visible()
    assert "is late" not in shopper.hears()
    ana.keyboard.type("WL-1001")
    expect(box(ana)).to_have_value(re.compile("Your order WL-1001 is late"))
    box(ana).press("Enter")
    expect(box(ana)).to_have_value("")
    assert "Your order WL-1001 is late" in shopper.hears()


def test_a_list_of_replies_is_left_by_escape_and_a_slash_may_be_written(
    gateway: Gateway, console: Callable[..., Page]
) -> None:
    shopper = Shopper(gateway)
    shopper.says("a and/or b")
    ana = console("ana", size=NARROW, dark=True, locale="zh")
    takes(ana, "a and/or b")

    box(ana).press_sequentially("/")
    expect(ana.get_by_test_id("canned")).to_be_visible()
    picture(ana, "canned-narrow-dark-zh")
    box(ana).press("Escape")
    expect(ana.get_by_test_id("canned")).to_be_hidden()
    box(ana).fill("and/or is fine")
    expect(ana.get_by_test_id("canned")).to_be_hidden()
    box(ana).press("Enter")
    expect(box(ana)).to_have_value("")
    assert "and/or is fine" in shopper.hears()


def test_what_could_be_better_is_said_quietly_and_blocks_nothing(
    gateway: Gateway, console: Callable[..., Page]
) -> None:
    shopper = Shopper(gateway)
    shopper.says("I am upset about this")
    ana = console("ana")
    takes(ana, "I am upset about this")

    box(ana).press_sequentially("You should have read the page. Calm down.")
    expect(ana.get_by_test_id("hint").first).to_be_visible()
    picture(ana, "hints-light")
    box(ana).press("Enter")
    expect(box(ana)).to_have_value("")
    expect(ana.get_by_test_id("hint")).to_have_count(0)
    assert "Calm down" in shopper.hears()


def test_of_two_operators_only_the_holder_answers_and_the_other_keeps_the_draft(
    gateway: Gateway, console: Callable[..., Page]
) -> None:
    shopper = Shopper(gateway)
    shopper.says("two of you want this")
    ana, boris = console("ana"), console("boris")
    takes(ana, "two of you want this")
    boris.goto(ana.url)
    box(ana).fill("I was about to send this")
    # What Ana sees is old: her page hears of the change, and sends, at the same moment.
    with psycopg.connect(gateway.dsn) as database:
        database.execute(
            "UPDATE conversations SET operator_id = (SELECT id FROM users WHERE username = 'boris') WHERE address = %s",
            (shopper.address,),
        )

    box(ana).press("Enter")

    expect(ana.get_by_test_id("notice").filter(has_text="not sent")).to_be_visible()
    expect(box(ana)).to_be_disabled()
    expect(box(ana)).to_have_value("I was about to send this")
    assert "about to send" not in shopper.hears()
    ana.reload()
    expect(box(ana)).to_have_value("I was about to send this")


def test_what_the_bot_would_say_is_taken_by_press_or_key_and_sent_only_by_hand(
    gateway: Gateway, console: Callable[..., Page]
) -> None:
    shopper = Shopper(gateway)
    shopper.says("thank you, that was quick")
    ana = console("ana")
    takes(ana, "thank you, that was quick")
    expect(ana.get_by_test_id("suggestion")).to_have_count(0)
    reading = a_reading(Emotion.GRATITUDE, intent="thanks").as_json()
    with psycopg.connect(gateway.dsn) as database:  # as Rasa would have read it
        (chat,) = database.execute("SELECT id FROM conversations WHERE address = %s", (shopper.address,)).fetchone()
        database.execute(
            "UPDATE messages SET reading = %s WHERE conversation_id = %s AND author = 'shopper'", (Jsonb(reading), chat)
        )
        database.execute("SELECT pg_notify(%s, %s)", (CHANNEL, str(chat)))

    chip = ana.get_by_test_id("suggestion").first
    said = str(chip.get_attribute("title"))
    picture(ana, "suggested-light")
    chip.click()
    expect(box(ana)).to_have_value(said)
    box(ana).fill("")
    ana.keyboard.press("Alt+1")
    expect(box(ana)).to_have_value(said)

    assert said not in shopper.hears()
    box(ana).press("Enter")
    expect(box(ana)).to_have_value("")
    assert json.dumps(said, ensure_ascii=False) in shopper.hears()


def test_a_draft_outlives_the_gateway(gateway: Gateway, console: Callable[..., Page]) -> None:
    shopper = Shopper(gateway)
    shopper.says("is it waterproof")
    ana = console("ana")
    takes(ana, "is it waterproof")
    box(ana).fill("It keeps the rain out")
    box(ana).press("End")

    gateway.stop()
    ana.wait_for_function("!socket.connected")
    ana.evaluate("window.drawnBefore = true")
    ana.keyboard.type(", not the sea")
    gateway.start()

    ana.wait_for_function("!window.drawnBefore")
    expect(box(ana)).to_be_enabled()
    expect(box(ana)).to_have_value("It keeps the rain out, not the sea")
    ana.reload()
    expect(box(ana)).to_have_value("It keeps the rain out, not the sea")
    box(ana).press("Enter")
    expect(box(ana)).to_have_value("")
    eventually(lambda: "It keeps the rain out, not the sea" in shopper.hears())


def test_leads_change_the_ready_made_replies_and_operators_have_them_at_once(
    gateway: Gateway, console: Callable[..., Page]
) -> None:
    Shopper(gateway).says("do you wrap gifts")
    ana, lena = console("ana"), console("lena", dark=True)
    ana.goto(f"{gateway.url}/canned")
    expect(ana.get_by_test_id("refused")).to_be_visible()
    ana.goto(f"{gateway.url}/console")

    lena.get_by_test_id("to-canned").click()
    expect(lena.get_by_test_id("canned-name").first).to_have_text("/address")
    lena.get_by_test_id("canned-add").click()
    lena.get_by_test_id("ask-name").fill("Gift")
    lena.get_by_test_id("ask-text").fill("We wrap order {order} for you, {nobody}.")
    lena.get_by_test_id("ask-confirm").click()
    expect(lena.get_by_test_id("notice").filter(has_text="Not saved")).to_be_visible()
    lena.get_by_test_id("canned-add").click()
    lena.get_by_test_id("ask-name").fill("Gift")
    lena.get_by_test_id("ask-text").fill("We wrap it <b>for you</b>[, {name}].")
    lena.get_by_test_id("ask-confirm").click()
    row = lena.locator("li").filter(has_text="/gift")
    expect(row.get_by_test_id("canned-text")).to_have_text("We wrap it <b>for you</b>[, {name}].")
    picture(lena, "canned-page-dark")

    takes(ana, "do you wrap gifts")
    box(ana).press_sequentially("/gif")
    expect(ana.get_by_test_id("canned-row")).to_have_text(["/giftWe wrap it <b>for you</b>."])
    row.get_by_test_id("canned-drop").click()
    expect(row).to_have_count(0)
