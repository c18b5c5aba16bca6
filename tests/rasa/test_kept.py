from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from nlu.kept import Kept

ROOT = Path(__file__).resolve().parents[2]
MANY = {f"text {number}": bytes([number % 256]) * 900 for number in range(600)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "kept.sqlite"


def test_a_value_is_found_again_under_its_text(file: Path) -> None:
    Kept(file, "maker").keep({**MANY, "lone \ud800": b"surrogate", "": b"nothing"})

    assert Kept(file, "maker").of([*MANY, "lone \ud800", "", "another"]) == {
        **MANY,
        "lone \ud800": b"surrogate",
        "": b"nothing",
    }


def test_what_another_maker_made_is_not_found(file: Path) -> None:
    Kept(file, "these lexicons").keep({"text": b"1"})

    assert Kept(file, "those lexicons").of(["text"]) == {}


def test_a_newer_value_takes_the_place_of_an_older_one(file: Path) -> None:
    for value in (b"1", b"2"):
        Kept(file, "maker").keep({"text": value})

    assert Kept(file, "maker").of(["text"]) == {"text": b"2"}


def test_the_oldest_values_give_way(file: Path) -> None:
    kept = Kept(file, "maker", most=3)
    for name in "abcde":
        kept.keep({name: b"1"})

    assert sorted(kept.of("abcde")) == ["c", "d", "e"]


@pytest.mark.parametrize("damage", ["no database", "cut off", "overwritten"])
def test_a_broken_file_begins_anew(file: Path, damage: str) -> None:
    kept = Kept(file, "maker")
    kept.keep(MANY)
    whole = file.read_bytes()
    file.write_bytes(
        {
            "no database": b"hello " * 1000,
            "cut off": whole[: len(whole) // 2],
            "overwritten": whole[:4096] + b"\xff" * 40960 + whole[4096 + 40960 :],
        }[damage]
    )

    found = kept.of(MANY)
    kept.keep(MANY)

    assert found.items() <= MANY.items()
    assert kept.of(MANY) == MANY


def test_a_value_that_was_changed_on_disk_is_not_used(file: Path) -> None:
    Kept(file, "maker").keep({"text": b'{"cues": []}'})
    with sqlite3.connect(file) as changed:
        changed.execute("UPDATE kept SET value = ?", (b'{"cues": [',))

    assert Kept(file, "maker").of(["text"]) == {}


def test_a_place_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    kept = Kept(tmp_path / "file" / "kept.sqlite", "maker")

    kept.keep({"text": b"1"})

    assert kept.of(["text"]) == {}


def test_trainings_at_the_same_time_keep_all_they_worked_out(file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from nlu.kept import Kept; kept = Kept(Path(sys.argv[1]), 'maker')\n"
        "for number in range(40): kept.keep({f'{sys.argv[2]} {number}': b'1'})"
    )
    trainings = [
        subprocess.Popen([sys.executable, "-c", code, file, name], env=os.environ | {"PYTHONPATH": str(ROOT)})
        for name in ("one", "two", "three")
    ]
    assert [training.wait(timeout=120) for training in trainings] == [0, 0, 0]

    names = [f"{name} {number}" for name in ("one", "two", "three") for number in range(40)]
    assert sorted(Kept(file, "maker").of(names)) == sorted(names)


def test_the_texts_themselves_are_not_in_the_file(file: Path) -> None:
    Kept(file, "maker").keep({"my phone is 07700 900123": b"1"})

    assert b"07700" not in file.read_bytes()
