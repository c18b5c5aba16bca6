from __future__ import annotations

from pathlib import Path

import pytest
from rasa.shared.exceptions import RasaException
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.formats import RasaYAMLReader
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.importer import ExampleImporter, WrongExamples

GOOD = """\
version: "3.1"
nlu:
  - intent: greet
    examples:
      - text: |
          hello [there] 👋
        metadata:
          emotion: joy
      - text: |
          Πού είναι: "το δέμα"; # 5
          ακόμα
        metadata:
          emotion: neutral
      - text: 'hi'
        metadata: {emotion: neutral}
"""


def write(folder: Path, text: str, name: str = "en/greet.yml") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def read(folder: Path) -> TrainingData:
    return ExampleImporter(training_data_paths=[str(folder)]).get_nlu_data()


def faults(folder: Path) -> list[str]:
    with pytest.raises(WrongExamples) as caught:
        read(folder)
    return str(caught.value).splitlines()


def test_examples_are_read_as_rasa_reads_them(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)

    ours, rasas = read(tmp_path), RasaYAMLReader().read(str(file))

    assert [message.data for message in ours.training_examples] == [message.data for message in rasas.training_examples]
    assert len(ours.training_examples) == 3
    assert ours.training_examples[0].get("metadata") == {"example": {"emotion": "joy"}}


def test_rasa_uses_the_importer_that_config_names(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    config = write(tmp_path, "recipe: default.v1\nimporters: [{name: nlu.importer.ExampleImporter}]\n", "config.yml")

    importer = TrainingDataImporter.load_from_config(str(config), None, [str(tmp_path / "en")])

    assert len(importer.get_nlu_data().intent_examples) == 3


def test_a_second_reading_is_not_touched_by_what_became_of_the_first(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    read(tmp_path).training_examples[0].get("metadata")["example"]["emotion"] = "changed"

    assert read(tmp_path).training_examples[0].get("metadata") == {"example": {"emotion": "joy"}}


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    read(tmp_path)
    file.write_text(GOOD.replace("hi", "howdy"), encoding="utf-8")

    assert read(tmp_path).training_examples[2].get("text") == "howdy"


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("emotion: joy", "emotion: glee", 5, "'glee' is not an emotion.*hello"),
        ("metadata: {emotion: neutral}", "metadata: {}", 14, "no `metadata.*hi"),
        ("text: 'hi'", "text: no", 14, "read as False: put it into quotes"),
        ("text: 'hi'", "txt: hi", 14, "no `text`"),
        ("text: 'hi'", "text: ' '", 14, "the text is read as"),
        ("text: 'hi'", "mood: x\n        text: 'hi'", 14, "`mood` has no meaning here.*hi"),
        ("text: 'hi'", "text: 'yo'\n        text: 'hi'", 14, "a key is given twice"),
        ("text: 'hi'", "text: 'my [order](thing)'", 14, "never marked in examples"),
        ("intent: greet", "intent: thank", 3, "'thank' belongs into a file of its name"),
        ("    examples:", "    colour: red\n    examples:", 3, "`colour` has no meaning here"),
        ("nlu:", "responses: {}\nnlu:", 1, "`responses` has no meaning here"),
        ("text: 'hi'", "text: 'hi", 16, "unexpected end of stream"),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_example(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    write(tmp_path, GOOD.replace(old, new))

    with pytest.raises(WrongExamples, match=rf"greet\.yml:{line}: .*{what}") as caught:
        read(tmp_path)
    assert isinstance(caught.value, RasaException)


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("emotion: joy", "emotion: glee").replace("text: 'hi'", "text: 5"))
    write(tmp_path, GOOD.replace("emotion: joy", "emotion: fun"), "el/greet.yml")

    assert len(faults(tmp_path)) == 1 + 3


def test_a_text_stands_once_in_a_language(tmp_path: Path) -> None:
    write(tmp_path, GOOD + "      - text: hi\n        metadata: {emotion: neutral}\n")

    assert "greet.yml:16: the same text as" in faults(tmp_path)[1]


def test_a_text_has_the_same_labels_in_every_language(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "el/greet.yml")
    assert len(read(tmp_path).training_examples) == 3

    write(tmp_path, GOOD.replace("joy", "anger"), "el/greet.yml")
    assert len(faults(tmp_path)) == 2


def test_an_intent_the_domain_does_not_know_is_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    domain = tmp_path / "domain.yml"

    domain.write_text("intents: [thank, {greet: {use_entities: []}}]")
    assert ExampleImporter(domain_path=str(domain), training_data_paths=[str(tmp_path / "en")]).get_nlu_data()

    domain.write_text("intents: [thank]")
    with pytest.raises(WrongExamples, match=r"greet\.yml: the intent 'greet' is not in .*domain\.yml"):
        ExampleImporter(domain_path=str(domain), training_data_paths=[str(tmp_path / "en")]).get_nlu_data()
