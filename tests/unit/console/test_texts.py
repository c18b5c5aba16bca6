"""The four interface files agree with each other, with the program and with their languages' grammar."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.console.texts import FOLDER, Texts, TextsError
from bot.domain.duty import Step
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from bot.domain.messages import Delivery, Kind
from bot.domain.order import OrderStatus
from bot.domain.promise import PromiseKind, PromiseMove, PromiseState, WithdrawReason
from bot.handoff.duty import Due
from bot.handoff.order_acts import OrderAct
from bot.settings import ROOT

TODAY = date(2026, 11, 22)
FIELD = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts.load()


def test_operators_read_four_languages(texts: Texts) -> None:
    assert sorted(texts.languages) == ["el", "en", "ru", "zh"]


@pytest.mark.parametrize(
    ("group", "names", "unsaid"),
    [
        pytest.param("emotion", Emotion, set(), id="emotions"),
        pytest.param("reason", Reason, set(), id="reasons"),
        pytest.param("status", OrderStatus, set(), id="order statuses"),
        pytest.param("promise.state", PromiseState, {PromiseState.KEPT, PromiseState.WITHDRAWN}, id="open promises"),
        pytest.param("promise.move", PromiseMove, set(), id="moves of a promise"),
        pytest.param("promise.moved", PromiseMove, set(), id="what became of a promise"),
        pytest.param("promise.reason", WithdrawReason, set(), id="reasons to withdraw"),
        pytest.param("delivery", Delivery, {Delivery.RECEIVED}, id="delivery states"),
        pytest.param("kind", Kind, {Kind.TEXT}, id="kinds of messages"),
    ],
)
def test_everything_with_a_name_has_a_text(
    texts: Texts, group: str, names: type[StrEnum], unsaid: set[StrEnum]
) -> None:
    words = texts.words("en")

    assert [name for name in names if name not in unsaid and not words.has(f"{group}.{name.value}")] == []


def test_every_text_the_program_names_exists(texts: Texts) -> None:
    source = "\n".join(file.read_text("utf-8") for file in FOLDER.parent.glob("*.py"))
    named = re.findall(r"words\(\s*['\"]([a-z_.0-9]+)['\"]", source)

    assert named
    assert sorted({key for key in named if not texts.words("en").has(key)}) == []


def test_a_text_takes_the_same_facts_in_every_language(texts: Texts) -> None:
    def facts(language: str, key: str) -> set[str]:
        text = texts.words(language).texts[key]
        return set(FIELD.findall(text if isinstance(text, str) else text["other"]))

    english = texts.words("en").texts
    different = [(lang, key) for lang in texts.languages for key in english if facts(lang, key) != facts("en", key)]

    assert different == []


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [
        pytest.param("en", 1, "1 day late", id="english one"),
        pytest.param("en", 2, "2 days late", id="english many"),
        pytest.param("ru", 1, "Опаздывает на 1 день", id="russian one"),
        pytest.param("ru", 3, "Опаздывает на 3 дня", id="russian few"),
        pytest.param("ru", 11, "Опаздывает на 11 дней", id="russian many"),
        pytest.param("ru", 21, "Опаздывает на 21 день", id="russian one again"),
        pytest.param("zh", 3, "晚了 3 天", id="chinese"),
        pytest.param("el", 1, "1 ημέρα καθυστέρηση", id="greek one"),
        pytest.param("el", 5, "5 ημέρες καθυστέρηση", id="greek many"),
    ],
)
def test_numbers_take_the_plural_of_their_language(texts: Texts, language: str, n: int, said: str) -> None:
    assert texts.words(language)("order.late", n=n) == said


def test_times_are_told_in_the_readers_time_zone(texts: Texts) -> None:
    words = texts.words("en", ZoneInfo("Europe/Athens"))
    late_in_london = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)

    assert words.moment(late_in_london, today=TODAY) == "00:30"
    assert words.moment(datetime(2026, 11, 19, 9, 0, tzinfo=UTC), today=TODAY) == "19 Nov, 11:00"


def test_amounts_are_written_as_the_language_does(texts: Texts) -> None:
    assert texts.words("el").money(Decimal("24.90"), "EUR").replace("\u00a0", " ") == "24,90 €"


def test_a_file_that_lacks_a_text_is_refused_by_name(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    greek = tmp_path / "el.yml"
    greek.write_text(re.sub(r"  submit: .*\n", "", greek.read_text("utf-8")), "utf-8")

    with pytest.raises(TextsError, match=r"el\.yml: login\.submit is missing"):
        Texts.load(tmp_path)


def test_a_file_that_lacks_a_plural_form_is_refused_by_name(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    russian = tmp_path / "ru.yml"
    without = re.sub(r'(\n  late: \{[^\n]*?)few: "[^"]*", ', r"\1", russian.read_text("utf-8"))
    russian.write_text(without, "utf-8")

    with pytest.raises(TextsError, match=r"ru\.yml: [\w.]+ needs the plural forms few, many, one, other"):
        Texts.load(tmp_path)


def test_every_kind_of_promise_has_its_name(texts: Texts) -> None:
    for language in texts.languages:
        assert all(texts.words(language).has(f"promise.{kind.value}") for kind in PromiseKind)


def test_every_act_that_is_noted_has_a_name(texts: Texts) -> None:
    noted = set()
    for file in (ROOT / "bot").rglob("*.py"):
        noted |= set(re.findall(r'audit\.note\(\s*[^,()]+,\s*"(\w+)"', file.read_text(encoding="utf-8")))
    noted |= {f"waiting_{step.value}" for step in Step} | {f"promise_{move.value}" for move in PromiseMove}
    noted |= {f"order_{act.value}" for act in OrderAct} | {f"returned_{due.value}" for due in (Due.GONE, Due.SILENT)}
    noted |= {"claim", "take_over", "received", "reopen", "assigned", "follow", "unfollow"}
    words = texts.words("en")

    assert len(noted) > 40
    assert {act for act in noted if not words.has(f"audit.act_name.{act}")} == set()
