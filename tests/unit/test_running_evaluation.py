from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.running import evaluation
from bot.running.evaluation import EvaluationFailed, Options, arguments, evaluate


def a_program(tmp_path: Path, code: str) -> Path:
    """Stands in for Rasa's Python: says what the evaluation would say."""
    program = tmp_path / "python"
    program.write_text(f"#!{sys.executable}\nimport sys\n{code}\n")
    program.chmod(0o755)
    return program


def test_steps_and_figures_are_shown_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = a_program(tmp_path, "print('[1/2] Training'); print('[2/2] Writing'); print('emotion macro-F1 0.900')")
    monkeypatch.setattr(evaluation, "RASA_PYTHON", program)
    evaluate(tmp_path, Options())
    assert capsys.readouterr().out == "[1/2] Training\n[2/2] Writing\nemotion macro-F1 0.900\n"


def test_what_was_given_wrongly_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = a_program(tmp_path, "print('a warning', file=sys.stderr); sys.exit('rows.jsonl, line 3: no text')")
    monkeypatch.setattr(evaluation, "RASA_PYTHON", program)
    with pytest.raises(EvaluationFailed, match=r"^rows.jsonl, line 3: no text$"):
        evaluate(tmp_path, Options())


def test_a_crash_names_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "RASA_PYTHON", a_program(tmp_path, "raise KeyError('emotion')"))
    with pytest.raises(EvaluationFailed, match=r"failed: KeyError: 'emotion' \(all of it: .*evaluate.log\)"):
        evaluate(tmp_path, Options())


def test_an_evaluation_that_was_killed_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "RASA_PYTHON", a_program(tmp_path, "import os; os.kill(os.getpid(), 9)"))
    with pytest.raises(EvaluationFailed, match=r"was stopped \(SIGKILL\)"):
        evaluate(tmp_path, Options())


@pytest.mark.parametrize(
    ("options", "whole"),
    [
        (Options(), True),
        (Options(quick=True), False),
        (Options(model=Path("model.tar.gz")), False),
        (Options(external=Path("rows.jsonl")), False),
    ],
)
def test_only_a_whole_run_renews_the_tables(options: Options, whole: bool, tmp_path: Path) -> None:
    assert ("--tables" in arguments(tmp_path, options)) is whole


def test_files_are_found_from_where_the_caller_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = arguments(Path("home"), Options(external=Path("a/rows.jsonl"), names=["x=y", "names.yml"]))
    assert given[given.index("--external") + 1] == str(tmp_path / "a" / "rows.jsonl")
    assert given[given.index("--page") + 1] == str(tmp_path / "home" / "evaluation" / "rows.html")
    assert [given[place + 1] for place, option in enumerate(given) if option == "--map"] == [
        "x=y",
        str(tmp_path / "names.yml"),
    ]
