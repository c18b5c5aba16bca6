"""deescalation.yml: what is wrong is named by file, line and key; what changes is read again."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from actions.policy_file import POLICY_FILE, PolicySource, read_policy
from bot.errors import SettingsError

TEXT = POLICY_FILE.read_text()


def a_file(folder: Path, pattern: str, replacement: str) -> tuple[Path, int]:
    """Write a policy with one line changed; return it and the number of that line."""
    changed, count = re.subn(pattern, replacement, TEXT, count=1, flags=re.MULTILINE)
    assert count == 1
    path = folder / "deescalation.yml"
    path.write_text(changed)
    line = next(
        n for n, (new, old) in enumerate(zip(changed.splitlines(), TEXT.splitlines(), strict=False), 1) if new != old
    )
    return path, line


@pytest.mark.parametrize(
    ("pattern", "replacement", "key"),
    [
        pytest.param(r"confidence: 0\.65", "confidence: 5.5", "handoff.anger.confidence", id="out of range"),
        pytest.param(r"in_a_row: 3", "in_a_row: often", "handoff.misunderstood.in_a_row", id="not a number"),
        pytest.param(r"within_hours: 72", "within_days: 3", "handoff.repeat.within_days", id="unknown key"),
        pytest.param(r"neutral: steady", "neutral: cheerful", "stances.by_emotion.neutral", id="unknown stance"),
        pytest.param(r"  anger: 5", "  fury: 5", "severity.fury", id="unknown reason"),
        pytest.param(r"above: 0\.4", "above: 0", "handoff.tension.above", id="everybody would be tense"),
        pytest.param(
            r"said_by_shopper: true", "said_by_shopper: often", "handoff.repeat.said_by_shopper", id="no switch"
        ),
        pytest.param(r"intents: \[threat", "intent: [threat", "handoff.threat.intent", id="no such key"),
        pytest.param(r"  abuse: 4", "  abuse: 6", "severity.abuse", id="severity above five"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_key(tmp_path: Path, pattern: str, replacement: str, key: str) -> None:
    path, line = a_file(tmp_path, pattern, replacement)

    with pytest.raises(SettingsError) as caught:
        read_policy(path)

    assert f"deescalation.yml, line {line}: {key}: " in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "replacement", "said"),
    [
        pytest.param(r"^upset_adds: 1\n", "", "upset_adds: Field required", id="a key is missing"),
        pytest.param(r"^  threat: 4\n", "", "severity has no line for threat", id="the newest reason is missing"),
        pytest.param(r"^  repeat: 4\n", "", "severity has no line for repeat", id="a reason is missing"),
        pytest.param(r"^    joy: warm\n", "", "by_emotion has no line for joy", id="a feeling is missing"),
        pytest.param(r"^  5: 5$", "  5: 500", "a higher severity may not wait longer", id="the hottest wait longest"),
        pytest.param(
            r"anger: soothe", "anger: handoff", "a feeling alone does not hand over", id="handoff as a stance"
        ),
        pytest.param(r"^upset_adds: 1", "upset_adds: 1\nupset_adds: 2", "upset_adds stands here twice", id="twice"),
        pytest.param(r"^handoff:", "handoff: [", "deescalation.yml, line ", id="not YAML"),
    ],
)
def test_what_does_not_hold_together_is_refused(tmp_path: Path, pattern: str, replacement: str, said: str) -> None:
    path, _ = a_file(tmp_path, pattern, replacement)

    with pytest.raises(SettingsError, match=r"deescalation\.yml, line \d+") as caught:
        read_policy(path)

    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words\n"])
def test_another_kind_of_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "deescalation.yml"
    path.write_text(text)

    with pytest.raises(SettingsError, match=r"deescalation\.yml, line 1"):
        read_policy(path)


def test_a_change_is_read_at_the_next_message(tmp_path: Path) -> None:
    path, _ = a_file(tmp_path, r"in_a_row: 3", "in_a_row: 4")
    source = PolicySource(path)

    path.write_text(TEXT.replace("in_a_row: 3", "in_a_row: 5"))
    os.utime(path, ns=(1, 1))

    assert source.current().handoff.misunderstood.in_a_row == 5


def test_a_wrong_change_is_refused_and_the_last_good_policy_stays(tmp_path: Path) -> None:
    path, _ = a_file(tmp_path, r"in_a_row: 3", "in_a_row: 4")
    source = PolicySource(path)

    path.write_text("nonsense")
    os.utime(path, ns=(1, 1))

    assert source.current().handoff.misunderstood.in_a_row == 4


@pytest.mark.parametrize(
    ("pattern", "replacement", "key"),
    [
        pytest.param(
            r"^    on: true\n    for: \[late\]", "    on: maybe\n    for: [late]", "remedies.voucher.on", id="switch"
        ),
        pytest.param(r"for: \[late\]", "for: [early]", "remedies.voucher.for.0", id="no such problem"),
        pytest.param(r"for: \[late\]", "for: [request]", "remedies.voucher.for.0", id="no remedy for a request"),
        pytest.param(r"for: \[late\]", "for: []", "remedies.voucher.for", id="for nothing"),
        pytest.param(r"percent: 10,", "percent: 110,", "remedies.voucher.steps.0.percent", id="more than everything"),
        pytest.param(r"days_late: 5,", "days_late: -1,", "remedies.voucher.steps.1.days_late", id="before its day"),
        pytest.param(
            r"at_most: \{EUR: 5,", "at_most: {EURO: 5,", "remedies.voucher.steps.0.at_most.EURO", id="currency"
        ),
        pytest.param(
            r"count: 2, amount: \{EUR: 25",
            "count: 2, amount: {EUR: -1",
            "remedies.voucher.a_shopper_a_month.amount.EUR",
            id="a debt",
        ),
        pytest.param(r"^    due_in_hours: 24", "    due_in_hours: 0", "remedies.voucher.due_in_hours", id="at once"),
        pytest.param(r"^  callback:", "  call_back:", "remedies.call_back", id="no such remedy"),
        pytest.param(
            r"^  cancel:\n    on: true",
            "  cancel:\n    on: true\n    for: [late]",
            "remedies.cancel.for",
            id="a condition where none is",
        ),
    ],
)
def test_a_mistake_in_what_may_be_promised_is_named_by_file_line_and_key(
    tmp_path: Path, pattern: str, replacement: str, key: str
) -> None:
    path, line = a_file(tmp_path, pattern, replacement)

    with pytest.raises(SettingsError) as caught:
        read_policy(path)

    assert f"deescalation.yml, line {line}: {key}: " in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "replacement", "said"),
    [
        pytest.param(
            r"approval_above: \{EUR: 15, ", "approval_above: {", "approval_above and shop_a_month", id="approval"
        ),
        pytest.param(r"at_most: \{EUR: 10, ", "at_most: {", "at_most of step 2 and shop_a_month", id="a step"),
        pytest.param(
            r"days_late: 5,", "days_late: 2,", "two steps begin at the same days_late", id="the same step twice"
        ),
    ],
)
def test_sums_that_do_not_hold_together_are_refused(tmp_path: Path, pattern: str, replacement: str, said: str) -> None:
    path, _ = a_file(tmp_path, pattern, replacement)

    with pytest.raises(SettingsError, match=r"deescalation\.yml, line \d+: remedies\.voucher: ") as caught:
        read_policy(path)

    assert said in str(caught.value)


@pytest.mark.parametrize(("word", "on"), [("true", True), ("on", True), ("yes", True), ("off", False), ("no", False)])
def test_a_switch_takes_every_usual_word(tmp_path: Path, word: str, on: bool) -> None:
    path = tmp_path / "deescalation.yml"
    path.write_text(TEXT.replace("  cancel:\n    on: true", f"  cancel:\n    on: {word}"))

    assert read_policy(path).remedies.cancel.on is on
