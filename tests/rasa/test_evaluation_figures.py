"""Figures against small cases worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.evaluation.errors import WrongInput
from nlu.evaluation.figures import Judgement, bins, calibration_error, figures_of
from nlu.evaluation.near_duplicates import near_duplicates, opening
from nlu.evaluation.scores import abuse_figures, thresholds, upset_figures

ROOT = Path(__file__).resolve().parents[2]


def a_judgement(
    label: str | tuple[str, ...], read: str, sure: float = 0.9, language: str = "en", **chances: float
) -> Judgement:
    labels = (label,) if isinstance(label, str) else label
    return Judgement(f"{'/'.join(labels)} as {read}", language, labels, read, sure, chances or {read: sure})


def test_macro_f1_is_the_mean_over_labels_that_occur() -> None:
    # joy: precision 2/3, recall 2/2, F1 0.8; anger: precision 1/1, recall 1/2, F1 2/3. Nobody was neutral.
    judged = [
        a_judgement("joy", "joy"),
        a_judgement("joy", "joy"),
        a_judgement("anger", "joy"),
        a_judgement("anger", "anger"),
    ]
    overall = figures_of("emotion", judged).overall
    assert overall.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert overall.accuracy == pytest.approx(0.75)
    joy = overall.label("joy")
    assert joy is not None
    assert (joy.precision, joy.recall, joy.support) == (pytest.approx(2 / 3), 1.0, 2)
    assert overall.label("neutral") is None


def test_the_weakest_label_comes_first() -> None:
    judged = [a_judgement("joy", "joy"), a_judgement("anger", "anger"), a_judgement("anger", "neutral")]
    assert [row.label for row in figures_of("emotion", judged).overall.labels] == ["anger", "joy"]


def test_not_understood_is_a_wrong_answer_and_no_label() -> None:
    overall = figures_of("intent", [a_judgement("greet", "greet"), a_judgement("greet", "nlu_fallback")]).overall
    assert (overall.accuracy, overall.fallback) == (0.5, 0.5)
    assert overall.macro_f1 == pytest.approx(2 / 3)
    assert [row.label for row in overall.labels] == ["greet"]


def test_one_of_several_labels_is_enough() -> None:
    judged = [a_judgement(("joy", "gratitude"), "gratitude"), a_judgement(("joy", "gratitude"), "anger")]
    overall = figures_of("emotion", judged).overall
    assert overall.accuracy == 0.5
    assert {row.label: row.recall for row in overall.labels} == {"joy": 0.0, "gratitude": 1.0}


def test_languages_are_measured_apart() -> None:
    judged = [a_judgement("joy", "joy"), a_judgement("joy", "anger", language="ru")]
    found = figures_of("emotion", judged).languages
    assert {name: group.accuracy for name, group in found.items()} == {"en": 1.0, "ru": 0.0}


def test_auc_of_a_label_is_its_chance_against_the_rest() -> None:
    judged = [
        a_judgement("joy", "joy", joy=0.9, anger=0.1),
        a_judgement("joy", "anger", joy=0.4, anger=0.6),
        a_judgement("anger", "anger", joy=0.5, anger=0.5),
        a_judgement("anger", "anger", anger=1.0),
    ]
    joy = figures_of("emotion", judged).overall.label("joy")
    assert joy is not None
    assert joy.auc == pytest.approx(3 / 4)  # of four pairs, only 0.4 against 0.5 is the wrong way round


def test_there_is_no_auc_without_others() -> None:
    joy = figures_of("emotion", [a_judgement("joy", "joy")]).overall.label("joy")
    assert joy is not None
    assert joy.auc is None


def test_calibration_error_weighs_each_bin_by_its_size() -> None:
    # 0.8-0.9: mean 0.85, half right, 2 of 4. 0.2-0.3: mean 0.2, none right, 1 of 4. 1.0 belongs to the last: right.
    rows = bins([0.8, 0.9 - 1e-9, 0.2, 1.0], [True, False, False, True])
    assert [row.count for row in rows] == [0, 0, 1, 0, 0, 0, 0, 0, 2, 1]
    assert calibration_error(rows) == pytest.approx((2 * 0.35 + 1 * 0.2 + 0) / 4)


def test_confusions_are_counted_and_show_the_surest_messages() -> None:
    judged = [a_judgement("anger", "joy", 0.1 * n) for n in range(1, 8)] + [a_judgement("joy", "anger")]
    first, second = figures_of("emotion", judged).confusions
    assert (first.wanted, first.read, first.count) == ("anger", "joy", 7)
    assert [row.sure for row in first.messages] == pytest.approx([0.7, 0.6, 0.5, 0.4, 0.3])
    assert second.count == 1


def test_the_matrix_has_a_row_for_each_label() -> None:
    found = figures_of("emotion", [a_judgement("anger", "joy"), a_judgement("joy", "joy")])
    assert found.names == ["anger", "joy"]
    assert found.matrix == [[0, 1], [0, 1]]


def test_upset_is_decided_as_the_policy_does() -> None:
    judged = [
        a_judgement("anger", "anger", 0.45, anger=0.45, frustration=0.3),  # found, at the limit
        a_judgement("frustration", "frustration", 0.49, frustration=0.49, neutral=0.4),  # below the limit
        a_judgement("frustration", "anger", 0.6, anger=0.6),  # the other one of the two, and upset all the same
        a_judgement("neutral", "frustration", 0.5, frustration=0.5),  # taken for upset
        a_judgement("neutral", "neutral", 0.9, neutral=0.9),
        a_judgement("anxiety", "disappointment", 0.9, disappointment=0.9),  # upset for the policy, but not this kind
    ]
    group = upset_figures(judged, {"anger": 0.45, "frustration": 0.5}).groups["all"]
    assert (group.count, group.positive) == (6, 3)
    policy, best = group.decisions
    assert (policy.precision, policy.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert group.auc == pytest.approx(8 / 9)
    # Sums: 0.75, 0.49, 0.6 of the upset; 0.5, 0, 0 of the rest. At 0.49: 3 of 4, F1 6/7; at 0.6: 2 of 2, F1 0.8.
    assert group.threshold == pytest.approx(0.49)
    assert best.f1 == pytest.approx(6 / 7)


def test_nobody_upset_is_no_auc_and_no_best_threshold() -> None:
    group = upset_figures([a_judgement("joy", "joy")], {"anger": 0.45, "frustration": 0.5}).groups["en"]
    assert group.auc is None
    assert [made.name for made in group.decisions] == ["policy"]


def test_abuse_is_measured_at_each_threshold_of_the_policy() -> None:
    judged = [
        a_judgement("offensive", "", 0.9),
        a_judgement("offensive", "", 0.7),
        a_judgement("not_offensive", "", 0.1),
    ]
    group = abuse_figures(judged, {"handoff": 0.8, "boundary": 0.6}, "offensive").groups["all"]
    assert {made.name: made.recall for made in group.decisions[:2]} == {"boundary (0.6)": 1.0, "handoff (0.8)": 0.5}
    assert group.auc == 1.0


def test_thresholds_are_those_of_the_policy_file(tmp_path: Path) -> None:
    policy = tmp_path / "deescalation.yml"
    policy.write_text("complaints: {upset: {anger: 0.2, frustration: 0.3, disappointment: 0.4}}")
    assert thresholds(policy) == {"anger": 0.2, "frustration": 0.3}
    assert set(thresholds(ROOT / "actions" / "deescalation.yml")) == {"anger", "frustration"}


def test_a_policy_file_without_a_threshold_is_refused_with_its_name(tmp_path: Path) -> None:
    policy = tmp_path / "deescalation.yml"
    policy.write_text("complaints: {upset: {anger: 0.2}}")
    with pytest.raises(WrongInput, match=r"deescalation.yml: no number at complaints.upset.frustration"):
        thresholds(policy)


@pytest.mark.parametrize(
    ("one", "other", "language", "alike"),
    [
        ("Where is my parcel please", "where is my  parcel, please", "en", True),
        ("Where is my parcel please", "Where did you leave my order", "en", False),
        ("no 1", "no 2", "en", False),
        ("yes ok", "YES  OK", "en", True),
        ("我的包裹到底在哪里呢", "我的包裹到底在哪里啊", "zh", True),
        ("我的包裹到底在哪里呢", "请给我开一张发票吧", "zh", False),
    ],
)
def test_near_duplicates_are_found(one: str, other: str, language: str, alike: bool) -> None:
    texts = ["something else altogether here", one, "一二三四五六七八九十", other]
    assert [pair[:2] for pair in near_duplicates(texts, language)] == ([(1, 3)] if alike else [])


def test_the_share_of_a_near_duplicate_is_that_of_its_trigrams() -> None:
    # " abcdefghij " and " abcdefghiX ": 10 trigrams each, 8 in both.
    (pair,) = near_duplicates(["abcdefghij", "abcdefghix"], "en")
    assert pair.alike == pytest.approx(8 / 12)


def test_an_opening_is_two_words_or_four_characters() -> None:
    assert opening("WHERE's my parcel", "en") == "where s"
    assert opening("你好，我的包裹", "zh") == "你好我的"
