"""The style check; its texts that must fail and that must pass stand in `style/<language>.yml`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import ROOT
from responses.page import read_page
from responses.style import Fault, StyleError, faults
from responses.style.__main__ import main, wrong_wordings
from responses.style.rules import RULES, read_rules, rules_of

LANGUAGES: Final = ("en", "ru", "zh", "el")
TEXTS: Final = Path(__file__).with_name("style")
# Where the shopper asked, is upset, and the bot answers: every rule looks.
ANSWER: Final[dict[str, Any]] = {"stance": "soothe", "response": "utter_x", "asked": True}
PAGE: Final = """
language: en
responses:
  utter_x:
    any: ["It is late.", "Order {number} left us.[ It is due by {promised}, write if it isn't there.]"]
    warm: ["Enjoy it! 😊"]
  utter_promise_refund:
    any: ["We will refund {number}. Nothing more is needed from you."]
acknowledgements:
  soothe:
    late: ["That is late.", "We're sorry!"]
words:
  yes: yes
"""
Write = Callable[[str], Path]


def texts(language: str) -> dict[str, dict[str, list[str]]]:
    return dict(yaml.safe_load((TEXTS / f"{language}.yml").read_text(encoding="utf-8")))


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(language, rule, text, id=f"{language}-{rule}-{number}")
        for language in LANGUAGES
        for rule, kinds in texts(language).items()
        for number, text in enumerate(kinds[kind], start=1)
    ]


def broken(text: str, language: str, **place: Any) -> set[str]:
    return {fault.rule for fault in faults(text, language, **place)}


@pytest.fixture
def file_of(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        file = tmp_path / "en.yml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.mark.parametrize(("language", "rule", "text"), cases("wrong"))
def test_a_text_that_breaks_a_rule_is_found(language: str, rule: str, text: str) -> None:
    assert rule in broken(text, language, **ANSWER)


@pytest.mark.parametrize(("language", "rule", "text"), cases("right"))
def test_a_text_that_only_looks_like_it_passes(language: str, rule: str, text: str) -> None:
    assert rule not in broken(text, language, **ANSWER)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_of_a_language_has_four_texts_of_each_kind(language: str) -> None:
    assert set(texts(language)) == set(rules_of(language).rules)
    assert [rule for rule, kinds in texts(language).items() if min(len(kinds["wrong"]), len(kinds["right"])) < 4] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_wording_of_the_shop_breaks_a_rule(language: str) -> None:
    page = read_page(ROOT / "responses" / f"{language}.yml")

    assert [f"{place}: {fault.rule}: {fault.excerpt}" for place, fault in wrong_wordings(page, language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_exception_is_a_response_there_is(language: str) -> None:
    page = read_page(ROOT / "responses" / f"{language}.yml")
    excepted = {name for rule in rules_of(language).rules.values() for name in rule.exceptions}

    assert excepted <= {*page.responses, "acknowledgements"}


def test_a_fault_names_its_rule_its_words_and_the_reason_in_the_language_of_the_text() -> None:
    (fault,) = faults("Посылка скоро приедет, пишите сюда.", "ru")

    assert fault == Fault("vague_time", "скоро", rules_of("ru").rules["vague_time"].reason)


def test_joy_is_allowed_where_nobody_is_upset() -> None:
    assert faults("Lovely! 😊 Write any time.", "en", stance="warm") == []
    assert broken("Lovely! 😊 Write any time.", "en", stance="boundary") == {"loud"}


def test_a_person_may_give_a_name_and_the_bot_may_not() -> None:
    assert faults("Hello, my name is Ana. Write any time.", "en") == []
    assert broken("Hello, my name is Ana. Write any time.", "en", response="utter_x") == {"bot_first_name"}


def test_only_a_response_with_a_stored_promise_behind_it_promises() -> None:
    text = "We will refund it. Nothing more is needed from you."
    receipts = {"utter_promise_refund"}

    assert broken(text, "en", response="utter_x", may_promise=receipts) == {"promise_without_row"}
    assert broken(text, "en", may_promise=receipts) == {"promise_without_row"}
    assert faults(text, "en", response="utter_promise_refund", may_promise=receipts) == []


def test_a_question_is_a_fault_only_where_something_was_asked() -> None:
    assert faults("Which size do you need?", "en") == []
    assert broken("Which size do you need?", "en", asked=True) == {"question_for_question"}


def test_buttons_are_a_next_step() -> None:
    assert broken("It is late.", "en") == {"dead_end"}
    assert faults("It is late.", "en", buttons=True) == []


def test_a_person_who_stays_in_the_chat_may_end_with_a_fact() -> None:
    text = "The parcel was scanned in Athens last night."

    assert faults(text, "en") == []
    assert broken(text, "en", response="utter_x") == {"dead_end"}


def test_words_found_by_two_patterns_are_one_fault() -> None:
    assert [fault.excerpt for fault in faults("Как я уже говорил, напишите сюда.", "ru")] == ["Как я уже говорил"]


def test_an_empty_draft_stops_short_and_breaks_nothing_else() -> None:
    assert broken("", "en") == {"dead_end"}


@given(st.text(), st.sampled_from(LANGUAGES))
def test_any_text_at_all_can_be_checked(text: str, language: str) -> None:
    assert all(fault.rule in RULES and fault.reason for fault in faults(text, language, **ANSWER))


def test_a_language_without_rules_is_named() -> None:
    with pytest.raises(StyleError, match="'de'"):
        faults("Guten Tag.", "de")


def test_the_command_names_file_response_stance_and_wording(file_of: Write, capsys: pytest.CaptureFixture[str]) -> None:
    status = main([file_of(PAGE)])

    lines = capsys.readouterr().out.splitlines()
    assert status == 1
    assert [line.split(" – ")[0] for line in lines] == [
        'responses/en.yml: utter_x.any[1]: dead_end: "It is late."',
        'responses/en.yml: utter_x.any[2]: dead_end: "Order WL-1001 left us."',
        'responses/en.yml: acknowledgements.soothe.late[2]: apology_without_action: "sorry"',
        'responses/en.yml: acknowledgements.soothe.late[2]: loud: "!"',
    ]


def test_what_is_said_at_any_stance_is_as_quiet_as_the_strictest_of_them(file_of: Write) -> None:
    page = read_page(file_of(PAGE.replace("It is late.", "Write any time!")))

    assert ("utter_x.any[1]", "loud") in [(place, fault.rule) for place, fault in wrong_wordings(page, "en")]


def test_files_without_a_fault_end_well(file_of: Write, capsys: pytest.CaptureFixture[str]) -> None:
    mended = PAGE.replace("It is late.", "Goodbye.").replace("left us.", "left us, write any time.")
    mended = mended.replace("We're sorry!", "We're sorry, let's see.")

    assert (main([file_of(mended)]), capsys.readouterr().out) == (0, "")


def test_the_english_rules_are_read_from_anywhere(file_of: Write) -> None:
    assert set(read_rules(file_of(english())).rules) == set(RULES) - {"informal"}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("language: en", "language: el", r"style/en\.yml: language"),
        ("samples:", "simples:", r"style/en\.yml: simples"),
        ("  blame:", "  blime:", r"style/en\.yml: rules: blime is not a rule"),
        ("  informal:", "  jargon:", r"style/en\.yml: rules: informal is missing"),
        ("sentence: 140", "sentence: long", r"style/en\.yml: rules: too_long: sentence"),
        ("      - '!'", "      - '('", r"style/en\.yml: rules: loud: find\[1\]: "),
        ("steps:", "steps: a\nhops:", r"style/en\.yml: hops"),
        ("    find:\n      - '!'", "    found:\n      - '!'", r"style/en\.yml: rules: loud: found is not a known key"),
        ('question_marks: "?"', 'question_marks: ""', r"style/en\.yml: question_marks"),
        ("rules:\n", "rules: [\n", r"style/en\.yml: "),
    ],
)
def test_a_wrong_file_of_rules_is_refused_with_file_and_key(file_of: Write, old: str, new: str, problem: str) -> None:
    with pytest.raises(StyleError, match=problem):
        read_rules(file_of(english().replace(old, new, 1)))


def test_an_exception_is_by_name_and_has_a_reason(file_of: Write) -> None:
    text = english().replace("  loud:\n", '  loud:\n    except: {utter_x: "the bell says the rest"}\n')

    assert read_rules(file_of(text)).rules["loud"].exceptions == {"utter_x": "the bell says the rest"}
    with pytest.raises(StyleError, match=r"loud: except: utter_x is not a text"):
        read_rules(file_of(text.replace("the bell says the rest", "")))


def english() -> str:
    return (ROOT / "responses" / "style" / "en.yml").read_text(encoding="utf-8")
