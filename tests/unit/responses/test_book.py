from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from responses.book import BookError, ResponseBook
from responses.page import read_page
from responses.template import Template

ROOT = Path(__file__).resolve().parents[3]
PAGE = """
language: en
responses:
  utter_sent:
    any:
      - "{number} left[ on {since}][ with {carrier}, number {tracking}]. [It is due {promised}.]"
  utter_hello:
    any: ["Hello.", "Good day.", "Hi there."]
    warm: ["Hello!"]
    buttons:
      - {title: "A person", payload: "/ask_human"}
acknowledgements:
  soothe:
    late: ["Waiting is no fun."]
    general: ["That is not right.", "That should not be."]
words:
  yes: yes
  no: no
"""
Write = Callable[[str], ResponseBook]


@pytest.fixture
def book_of(tmp_path: Path) -> Write:
    def write(text: str) -> ResponseBook:
        (tmp_path / "en.yml").write_text(text, encoding="utf-8")
        return ResponseBook.load(tmp_path)

    return write


@pytest.fixture
def book(book_of: Write) -> ResponseBook:
    return book_of(PAGE)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        pytest.param({}, "WL-1 left.", id="nothing known"),
        pytest.param({"since": "2 May", "promised": "4 May"}, "WL-1 left on 2 May. It is due 4 May.", id="some known"),
        pytest.param({"carrier": "DHL"}, "WL-1 left.", id="half of a part is not said"),
        pytest.param({"carrier": "DHL", "tracking": "7"}, "WL-1 left with DHL, number 7.", id="a whole part"),
        pytest.param({"since": None, "promised": ""}, "WL-1 left.", id="nothing and empty are unknown"),
        pytest.param({"since": "[x] {number}"}, "WL-1 left on [x] {number}.", id="facts are not read as templates"),
    ],
)
def test_parts_with_unknown_facts_are_not_said(book: ResponseBook, facts: dict[str, str | None], text: str) -> None:
    assert book.say("utter_sent", "en", number="WL-1", **facts).text == text


def test_a_fact_that_must_be_known_is_missed_by_name(book: ResponseBook) -> None:
    with pytest.raises(BookError, match=r"utter_sent: .*\{number\}"):
        book.say("utter_sent", "en")


def test_a_wording_to_avoid_is_not_chosen_while_there_is_another(book: ResponseBook) -> None:
    first = book.say("utter_hello", "en")
    second = book.say("utter_hello", "en", avoid={first.variation})
    third = book.say("utter_hello", "en", avoid={first.variation, second.variation})

    assert {first.text, second.text, third.text} == {"Hello.", "Good day.", "Hi there."}
    assert book.say("utter_hello", "en", avoid={first.variation, second.variation, third.variation}).text


def test_a_stance_has_its_own_wordings_where_there_are_any(book: ResponseBook) -> None:
    assert book.say("utter_hello", "en", stance="warm").text == "Hello!"
    assert book.say("utter_hello", "en", stance="soothe", rng=random.Random(1)).text in {
        "Hello.",
        "Good day.",
        "Hi there.",
    }


def test_buttons_go_with_every_wording(book: ResponseBook) -> None:
    (button,) = book.say("utter_hello", "en", stance="warm").buttons

    assert (button.title, button.payload) == ("A person", "/ask_human")


def test_an_acknowledgement_names_the_cause_or_the_stance_or_nothing(book: ResponseBook) -> None:
    late, general = book.acknowledge("en", "soothe", "late"), book.acknowledge("en", "soothe", "refund")

    assert late is not None
    assert late.text == "Waiting is no fun."
    assert general is not None
    assert general.text in {"That is not right.", "That should not be."}
    assert book.acknowledge("en", "steady", "late") is None


def test_words_like_no_stay_words(book: ResponseBook) -> None:
    assert (book.word("en", "yes"), book.word("en", "no")) == ("yes", "no")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[It is due", "It is due", r"en\.yml: utter_sent: any: square brackets"),
        ("{promised}", "{promised", r"en\.yml: utter_sent: any: braces"),
        ("[It is due {promised}.]", "[It is due soon.]", r"en\.yml: utter_sent: any: .* no \{variable\}"),
        ("{number} left", "{the number} left", r"en\.yml: utter_sent: any: \{the number\}"),
        ("warm: [", "worm: [", r"en\.yml: utter_hello: worm is not a stance"),
        ("late: [", "lite: [", r"en\.yml: acknowledgements: soothe: lite is not a cause"),
        ('"/ask_human"', '"ask_human"', r"en\.yml: utter_hello: .*payload"),
        ("language: en", "language: el", r"en\.yml: language"),
        ("    any: [", "    some: [", r"en\.yml: utter_hello: the list `any`"),
        ("words:", "wards:", r"en\.yml: wards"),
        ('"Hello.", ', '"", ', r"en\.yml: utter_hello: any is not a text"),
        ("responses:", "responses: [", r"en\.yml: "),
    ],
)
def test_a_wrong_file_is_refused_with_file_and_key(book_of: Write, old: str, new: str, problem: str) -> None:
    with pytest.raises(BookError, match=problem):
        book_of(PAGE.replace(old, new, 1))


def test_what_the_book_does_not_hold_is_named(book: ResponseBook) -> None:
    with pytest.raises(BookError, match="utter_nothing"):
        book.say("utter_nothing", "en")
    with pytest.raises(BookError, match=r"de\.yml"):
        book.say("utter_hello", "de")
    with pytest.raises(BookError, match="maybe"):
        book.word("en", "maybe")


def test_a_changed_file_is_read_again(book: ResponseBook, tmp_path: Path) -> None:
    rewrite(tmp_path / "en.yml", PAGE.replace("Hello!", "Hey!"))

    assert book.say("utter_hello", "en", stance="warm").text == "Hey!"


def test_a_change_that_is_wrong_leaves_the_book_as_it_was(book: ResponseBook, tmp_path: Path) -> None:
    rewrite(tmp_path / "en.yml", PAGE.replace("any:", "eny:"))

    assert book.say("utter_hello", "en", stance="warm").text == "Hello!"


def test_a_wording_keeps_its_id_as_long_as_its_text(book: ResponseBook, tmp_path: Path) -> None:
    before = book.say("utter_hello", "en", stance="warm").variation
    rewrite(tmp_path / "en.yml", PAGE.replace("Good day.", "Good morning."))

    assert book.say("utter_hello", "en", stance="warm").variation == before


def test_all_languages_of_the_shop_say_the_same_things() -> None:
    book = ResponseBook.load(ROOT / "responses")

    assert set(book.languages) == {"en", "ru", "zh", "el"}
    assert len({frozenset(book.keys(language)) for language in book.languages}) == 1


@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
def test_every_response_has_three_wordings_and_none_twice(language: str) -> None:
    page = read_page(ROOT / "responses" / f"{language}.yml")

    for key, response in page.responses.items():
        texts = [template.raw for templates in response.variations.values() for template in templates]
        assert len(response.variations["any"]) >= 3, key
        assert len(set(texts)) == len(texts), key


@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
def test_every_stance_and_every_acknowledgement_has_three_wordings(language: str) -> None:
    page = read_page(ROOT / "responses" / f"{language}.yml")
    lists = {
        (key, stance): templates for key, it in page.responses.items() for stance, templates in it.variations.items()
    }
    lists |= {
        (stance, cause): texts for stance, causes in page.acknowledgements.items() for cause, texts in causes.items()
    }

    assert [place for place, templates in lists.items() if len({template.raw for template in templates}) < 3] == []


@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
def test_no_wording_begins_with_a_stop_where_no_order_is_known(language: str) -> None:
    page = read_page(ROOT / "responses" / f"{language}.yml")
    texts = [
        template.fill({})
        for key in ("utter_payment_problem", "utter_warranty")
        for templates in page.responses[key].variations.values()
        for template in templates
    ]

    assert [text for text in texts if text[0] in ".,;:。，：；" or "。。" in text] == []


@pytest.mark.parametrize(
    ("language", "claims"),
    [
        ("en", ["has been erased", "we've erased", "is erased now", "you're off", "unsubscribed"]),
        ("ru", ["удалены", "отписали", "отписаны", "удалили"]),
        ("zh", ["已删除", "已退订", "已取消", "已经删"]),
        ("el", ["διαγράφηκ", "διαγράψαμε", "σβήστηκ", "σας βγάλαμε"]),
    ],
)
def test_nothing_is_said_to_be_stopped_or_erased(language: str, claims: list[str]) -> None:
    page = read_page(ROOT / "responses" / f"{language}.yml")
    texts = [
        template.raw
        for key in ("utter_unsubscribe", "utter_delete_my_data")
        for templates in page.responses[key].variations.values()
        for template in templates
    ]

    assert [text for text in texts for claim in claims if claim in text and f"nothing {claim}" not in text] == []


def rewrite(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    later = file.stat().st_mtime_ns + 1_000_000
    os.utime(file, ns=(later, later))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param("Στις {day}.", "Στην 1η Δεκεμβρίου.", id="on the first"),
        pytest.param("Η {n} έρχεται ως τις {day}", "Η 1η έρχεται ως την 1η Δεκεμβρίου", id="by the first"),
        pytest.param("τις {other}", "τις 21 Δεκεμβρίου", id="any other day"),
        pytest.param("订单 {n} [（{items}）]已发货", "订单 1η（茶）已发货", id="a wide bracket has its own space"),
    ],
)
def test_what_is_filled_in_agrees_with_what_stands_around_it(raw: str, text: str) -> None:
    facts = {"n": "1η", "day": "1η Δεκεμβρίου", "other": "21 Δεκεμβρίου", "items": "茶"}

    assert Template.parse(raw).fill(facts) == text
