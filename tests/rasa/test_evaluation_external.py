"""Labelled messages from elsewhere, and how their labels' names are made ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.evaluation.errors import WrongInput
from nlu.evaluation.external import Row, judged, mapped_labels, mapped_rows, read_names, read_rows

OURS = ("neutral", "joy", "anger", "frustration")


def a_file(folder: Path, text: str, name: str = "rows.jsonl") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_rows_have_one_label_or_several_and_unknown_keys_are_ignored(tmp_path: Path) -> None:
    file = a_file(
        tmp_path,
        '{"text": "hi\\u2028you", "label": "joy", "lang": "en", "source": "x"}\n\n'
        '{"text": "ура", "labels": ["joy", "love", "joy"], "lang": "ru"}\n',
    )
    assert read_rows(file) == [Row("hi\u2028you", ("joy",), "en"), Row("ура", ("joy", "love"), "ru")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{nonsense", "not JSON"),
        ("[1]", "not an object"),
        ('{"label": "joy", "lang": "en"}', "no 'text'"),
        ('{"text": " ", "label": "joy", "lang": "en"}', "no 'text'"),
        ('{"text": "hi", "label": "joy"}', "no 'lang'"),
        ('{"text": "hi", "lang": "en"}', "exactly one of 'label' and 'labels'"),
        ('{"text": "hi", "lang": "en", "label": "joy", "labels": ["joy"]}', "exactly one of 'label' and 'labels'"),
        ('{"text": "hi", "lang": "en", "labels": []}', "not names of labels"),
        ('{"text": "hi", "lang": "en", "labels": "joy"}', "not names of labels"),
        ('{"text": "hi", "lang": "en", "label": 3}', "not names of labels"),
        ('{"text": "hi", "lang": "en", "label": null}', "not names of labels"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(line: str, said: str, tmp_path: Path) -> None:
    file = a_file(tmp_path, '{"text": "hi", "label": "joy", "lang": "en"}\n\n' + line + "\n")
    with pytest.raises(WrongInput, match=rf"rows.jsonl, line 3: .*{said}"):
        read_rows(file)


def test_a_file_without_rows_or_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="no rows"):
        read_rows(a_file(tmp_path, "\n"))
    with pytest.raises(WrongInput, match=r"gone.jsonl"):
        read_rows(tmp_path / "gone.jsonl")


def test_names_are_given_one_by_one_or_in_files(tmp_path: Path) -> None:
    yml = a_file(tmp_path, "sadness: disappointment\nsurprise: '-'\n", "names.yml")
    json = a_file(tmp_path, '{"fear": "anxiety"}', "names.json")
    assert read_names(["annoyance=anger", str(yml), str(json)]) == {
        "annoyance": "anger",
        "sadness": "disappointment",
        "surprise": "-",
        "fear": "anxiety",
    }


@pytest.mark.parametrize("option", ["=anger", "annoyance="])
def test_a_name_without_another_is_refused(option: str) -> None:
    with pytest.raises(WrongInput, match="is not one name to another"):
        read_names([option])


@pytest.mark.parametrize("text", ["- joy", "joy: 3", "joy: [", ""])
def test_a_file_of_names_that_is_none_is_refused_with_its_name(text: str, tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"names.yml"):
        read_names([str(a_file(tmp_path, text, "names.yml"))])


def test_two_names_for_one_are_refused() -> None:
    with pytest.raises(WrongInput, match="'annoyance' is mapped to 'anger' and to 'joy'"):
        read_names(["annoyance=anger", "annoyance=joy"])


def test_labels_are_renamed_and_rows_dropped() -> None:
    rows = [Row("a", ("annoyance", "anger"), "en"), Row("b", ("surprise", "joy"), "en"), Row("c", ("joy",), "en")]
    assert mapped_rows(rows, {"annoyance": "anger", "surprise": "-"}, OURS) == [
        Row("a", ("anger",), "en"),
        Row("c", ("joy",), "en"),
    ]


def test_labels_that_are_none_of_ours_are_named_and_counted() -> None:
    rows = [Row("a", ("grief",), "en"), Row("b", ("grief", "joy"), "en"), Row("c", ("pride",), "en")]
    with pytest.raises(WrongInput, match=r"'grief' \(2 rows\), 'pride' \(1 rows\)"):
        mapped_rows(rows, {}, OURS)


def test_our_own_label_is_unknown_once_it_is_mapped_away() -> None:
    names = {"joy": "good"}
    assert mapped_rows([Row("a", ("joy",), "en")], names, OURS) == [Row("a", ("good",), "en")]
    with pytest.raises(WrongInput, match="'delight'"):
        mapped_rows([Row("a", ("delight",), "en")], names, OURS)


def test_nothing_left_is_refused() -> None:
    with pytest.raises(WrongInput, match="leaves no rows"):
        mapped_rows([Row("a", ("joy",), "en")], {"joy": "-"}, OURS)


def test_a_dropped_label_of_ours_can_still_be_read_and_is_then_wrong() -> None:
    ours = mapped_labels(OURS, {"joy": "-"})
    assert ours["joy"] == "joy"
    assert not judged(Row("a", ("anger",), "en"), "joy", 0.9, {"joy": 0.9}, ours).right


def test_chances_of_merged_labels_are_added_and_the_best_is_read() -> None:
    ours = mapped_labels(OURS, {"frustration": "anger"})
    chances = {"neutral": 0.4, "anger": 0.35, "frustration": 0.25}
    found = judged(Row("a", ("anger",), "en"), "neutral", 0.4, chances, ours)
    assert (found.read, found.sure) == ("anger", pytest.approx(0.6))
    assert found.chances == pytest.approx({"neutral": 0.4, "anger": 0.6})


def test_without_merging_the_reading_stays_what_it_was() -> None:
    ours = mapped_labels(OURS, {"joy": "good"})
    found = judged(Row("a", ("good",), "en"), "neutral", 0.2, {"joy": 0.3, "neutral": 0.2}, ours)
    assert (found.read, found.sure) == ("neutral", 0.2)
    assert found.chances == {"good": 0.3, "neutral": 0.2}


def test_not_understood_stays_so_when_labels_merge() -> None:
    found = judged(Row("a", ("x",), "en"), "nlu_fallback", 0.8, {"a": 0.2, "b": 0.1}, {"a": "x", "b": "x"})
    assert found.read == "nlu_fallback"
