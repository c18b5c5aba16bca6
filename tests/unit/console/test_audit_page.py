"""What the audit page is asked for, and what it gives to spreadsheets."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.console.audit_details import details_told
from bot.console.audit_page import Asked, act_name, safe_cell
from bot.settings import ROOT
from tests.doubles.shipped import the_texts


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize(("cell", "given"), [("Ana", "Ana"), (None, ""), ("a=b", "a=b"), ("", "")])
def test_other_cells_stay_as_they_are(cell: str | None, given: str) -> None:
    assert safe_cell(cell) == given


def test_days_are_those_of_the_reader() -> None:
    asked = Asked.from_query({"from": "2026-11-25", "to": "2026-11-25", "person": "7", "act": "claim"})

    wanted = asked.filter(ZoneInfo("Asia/Shanghai"))

    assert asked.problem is None
    assert (wanted.user_id, wanted.act) == (7, "claim")
    assert wanted.since == datetime(2026, 11, 24, 16, tzinfo=UTC)
    assert wanted.until == datetime(2026, 11, 25, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"chat": "7"}, "chat"),
        ({"from": "yesterday"}, "day"),
        ({"to": "9999-12-31"}, "day"),
        ({"person": "x" * 5000, "before": "-1"}, None),
    ],
)
def test_what_cannot_be_read_is_named(query: dict[str, str], problem: str | None) -> None:
    assert Asked.from_query(query).problem == problem


def test_the_next_page_asks_for_the_same() -> None:
    asked = Asked.from_query({"act": "claim", "from": "2026-11-25", "before": "9"})

    assert asked.address("/audit", before=3) == "/audit?act=claim&from=2026-11-25&before=3"


@pytest.mark.parametrize(
    ("language", "details", "told"),
    [
        ("en", {"outcome": "left_queue"}, ["Outcome: The shopper went back to the bot"]),
        ("ru", {"to": 7}, ["Кому: Ана"]),
        ("ru", {"to": 8}, ["Кому: 8"]),
        ("zh", {"how": "password, totp", "browser": "Firefox"}, ["方式: 密码, 应用验证码", "浏览器: Firefox"]),
        ("en", {"until": "2026-11-27T09:00:00+00:00"}, ["Until: 27 Nov, 11:00"]),
        ("en", {"kind": "emotion", "was": "anger", "became": "joy"}, ["About: feeling", "Was: Anger", "Became: Joy"]),
        ("en", {"kind": "intent", "was": None, "became": "greet"}, ["About: wish", "Became: Greeting"]),
        ("el", {"name": "late", "language": "el", "stance": "any", "hidden": False},
         ["Όνομα: late", "Γλώσσα: Ελληνικά", "Διάθεση: οποιαδήποτε"]),
        ("en", {"hidden": True, "unheard_of": "<b>"}, ["Hidden", "unheard_of: <b>"]),
    ],
)  # fmt: skip
def test_what_is_kept_of_an_act_is_told_in_the_readers_language(
    language: str, details: dict[str, object], told: list[str]
) -> None:
    words = the_texts().words(language, ZoneInfo("Europe/Athens"))

    assert details_told(words, details, {7: "Ана"}, date(2026, 11, 26)) == told


def test_every_detail_that_an_act_keeps_has_a_name() -> None:
    words = the_texts().words("en")
    kept: set[str] = set()
    for file in (ROOT / "bot").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("audit.note"):
                kept |= {keyword.arg for keyword in call.keywords if keyword.arg}

    assert {"role", "outcome", "order"} <= kept
    assert {name for name in kept if not words.has(f"audit.detail.{name}")} == set()


def test_an_act_without_a_name_of_its_own_is_shown_as_it_is_kept() -> None:
    words = the_texts().words("ru")

    assert act_name(words, "claim") == "Взят чат из очереди"
    assert act_name(words, "unheard_of") == "unheard_of"
