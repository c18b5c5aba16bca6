"""Replies are recognised by their words, in every language."""

from __future__ import annotations

import re
from functools import cache

import pytest

from bot.domain.messages import Button, Reply
from bot.rehearsal.heard import Phrasebook
from bot.settings import ROOT
from responses.page import Page, read_page
from responses.template import Template

LANGUAGES = ("en", "ru", "zh", "el")


@cache
def page_of(language: str) -> Page:
    return read_page(ROOT / "responses" / f"{language}.yml")


@cache
def book_of(language: str) -> Phrasebook:
    return Phrasebook(page_of(language))


def filled(template: Template, *, with_optional: bool) -> str:
    required = re.sub(r"\[[^\]]*\]", "", template.raw)
    names = re.findall(r"\{(\w+)\}", template.raw if with_optional else required)
    return template.fill(dict.fromkeys(names, "WL-1001 (3, x)"))


def test_every_greek_wording_is_recognised_on_the_first_of_a_month() -> None:
    on_the_first = [
        (name, template.fill({variable: "1η Δεκεμβρίου" if variable in days else "WL-1001" for variable in variables}))
        for name, response in page_of("el").responses.items()
        for templates in response.variations.values()
        for template in templates
        if (days := set(re.findall(r"[Ττ]ις \{(\w+)\}", template.raw)))
        and (variables := re.findall(r"\{(\w+)\}", template.raw))
    ]

    assert any("ην 1η" in text for _, text in on_the_first)
    assert [(name, text) for name, text in on_the_first if book_of("el").response(text) != name] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_wording_is_recognised_also_behind_an_acknowledgement(language: str) -> None:
    page = page_of(language)
    book = book_of(language)
    first = page.acknowledgements["soothe"]["late"][0].raw

    wrong = [
        (name, text)
        for name, response in page.responses.items()
        for templates in response.variations.values()
        for template in templates
        for text in (filled(template, with_optional=True), f"{first} {filled(template, with_optional=False)}")
        if book.response(text) != name
    ]

    assert wrong == []


def test_words_of_nobody_are_no_response() -> None:
    assert book_of("en").response("You have won a prize") is None


def test_words_of_another_language_are_no_response() -> None:
    russian = page_of("ru").responses["utter_greet"].variations["any"][0].raw

    assert book_of("en").response(russian) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("response", "kinds"),
    [
        ("utter_ask_order_number", {"asks_order_number"}),
        ("utter_order_unknown", {"asks_order_number"}),
        ("utter_ask_proof", {"asks_proof"}),
        ("utter_choose_order", {"asks_order_choice"}),
        ("utter_order_paid", {"facts"}),
        ("utter_misunderstood", {"not_understood"}),
        ("utter_out_of_scope", {"not_understood"}),
        ("utter_greet", set()),
    ],
)
def test_a_response_is_an_answer_of_its_kind(language: str, response: str, kinds: set[str]) -> None:
    page = page_of(language)
    text = filled(page.responses[response].variations["any"][0], with_optional=True)

    heard = book_of(language).hear([Reply(text)], handed_over=False)

    assert (heard.responses, set(heard.kinds)) == ((response,), kinds)


def test_a_question_with_a_yes_is_an_offer_and_a_handoff_is_told() -> None:
    book = book_of("en")

    assert book.hear([Reply("?", (Button("Yes", "/affirm"),))], handed_over=False).kinds == {"offers"}
    assert book.hear([], handed_over=True).kinds == {"handed_over"}
