"""The page and the tables, and the command that writes them."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from rasa.shared.nlu.training_data.message import Message

from nlu.evaluation import command
from nlu.evaluation.errors import WrongInput
from nlu.evaluation.examples import Example, held_out_examples, training_examples
from nlu.evaluation.figures import Judgement, figures_of
from nlu.evaluation.page import page
from nlu.evaluation.pipeline import Pipeline, Reading
from nlu.evaluation.report import Part, Report, markdown
from nlu.evaluation.scores import upset_figures

HOSTILE = "<script>alert('hi')</script> \"&amp; <b>"
LIMITS = {"anger": 0.45, "frustration": 0.5}
INTENTS = ("greet", "thank", "report_late", "complain")


def a_report(text: str = "hello", language: str = "en", label: str = "anger") -> Report:
    judged = [
        Judgement(text, language, (label,), "joy", 0.6, {"joy": 0.6, "anger": 0.4}),
        Judgement("fine", language, ("joy",), "joy", 0.9, {"joy": 0.9, "anger": 0.1}),
    ]
    part = Part("Held-out", "Two messages.", 2, (figures_of("emotion", judged),), (upset_figures(judged, LIMITS),))
    return Report("Reading", "python -m bot evaluate", "2 cores", "Trained on 3 examples.", [part])


class Elements(HTMLParser):
    """Every element of a page, and what is asked of other places."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in {"src", "href", "xlink:href"}:
                self.links.append(value or "")


def test_messages_labels_and_languages_are_escaped() -> None:
    text = page(a_report(HOSTILE, 'en"><script>', "<script>anger"))
    assert "<script" not in text
    assert "&lt;script&gt;alert(&#39;hi&#39;)&lt;/script&gt; &#34;&amp;amp; &lt;b&gt;" in text
    assert "b" not in Elements(text).tags


def test_the_page_asks_nothing_of_other_places_and_repeats_no_id() -> None:
    found = Elements(page(a_report()))
    assert found.links
    assert {link for link in found.links if not link.startswith("#")} == set()
    assert len(found.ids) == len(set(found.ids))
    assert {link[1:] for link in found.links} <= set(found.ids)


def test_every_chart_is_told_in_words() -> None:
    text = page(a_report())
    assert text.count('role="img"') == text.count("<svg ") == 4
    assert "Most often mistaken: anger as joy (1)." in text


def test_tables_hold_the_figures_and_survive_a_bar_in_a_label() -> None:
    text = markdown(a_report(label="an|ger"))
    assert "| all | 2 | 0.333 | 0.500 | 0.350 |" in text
    assert "| an\\|ger | 0.000 | 0.000 | 0.000 | 0.500 | 1 |" in text


def test_examples_are_read_with_the_language_of_their_place(tmp_path: Path) -> None:
    text = "nlu: [{intent: greet, examples: [{text: ' hi ', metadata: {emotion: joy}}]}]"
    (tmp_path / "el").mkdir()
    (tmp_path / "el" / "greet.yml").write_text(text)
    (tmp_path / "ru.yml").write_text(text)
    assert training_examples(tmp_path) == [Example("hi", "el", "greet", "joy")]
    assert held_out_examples(tmp_path) == [Example("hi", "ru", "greet", "joy")]


def test_a_message_may_have_other_intents_that_are_as_right(tmp_path: Path) -> None:
    (tmp_path / "ru.yml").write_text(
        "nlu: [{intent: greet, examples: [{text: hi, metadata: {emotion: joy, also: [thank]}}]}]"
    )
    assert held_out_examples(tmp_path) == [Example("hi", "ru", "greet", "joy", ("thank",))]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nlu: [", r"greet.yml: .*line \d"),
        ("- nlu", r"greet.yml: no list `nlu`"),
        ("nlu: [{examples: []}]", r"greet.yml: a block of `nlu` has no `intent`"),
        ("nlu: [{intent: greet, examples: text}]", r"greet.yml: greet has no list of `examples`"),
        (
            "nlu: [{intent: greet, examples: [{text: hi, metadata: {emotion: joy}}, {text: 3}]}]",
            "greet, example 2: no text",
        ),
        (
            "nlu: [{intent: greet, examples: [{text: hi, metadata: {emotion: glee}}]}]",
            r"greet, example 1 \('hi'\): 'glee' is not an emotion",
        ),
        (
            "nlu: [{intent: greet, examples: [{text: hi, metadata: {emotion: joy, also: thank}}]}]",
            r"greet, example 1 \('hi'\): `also` is not a list of intents",
        ),
        ("nlu: []", "no examples in there"),
    ],
)
def test_a_wrong_example_is_named_with_its_file(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "greet.yml").write_text(text)
    with pytest.raises(WrongInput, match=said):
        training_examples(tmp_path)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few real examples in two languages, to train on and to be read."""
    folder = tmp_path_factory.mktemp("data")
    for language in ("en", "ru"):
        (folder / "training" / language).mkdir(parents=True)
        (folder / "held_out").mkdir(exist_ok=True)
        blocks = []
        for intent in INTENTS:
            (block,) = yaml.safe_load((ROOT / "nlu_data" / language / f"{intent}.yml").read_text())["nlu"]
            some = {**block, "examples": block["examples"][:10]}
            (folder / "training" / language / f"{intent}.yml").write_text(yaml.safe_dump({"nlu": [some]}))
            blocks.append({**block, "examples": block["examples"][10:13]})
        (folder / "held_out" / f"{language}.yml").write_text(yaml.safe_dump({"nlu": blocks}))
    return folder


def test_reading_many_at_once_is_reading_each_as_rasa_does(data: Path) -> None:
    pipeline = Pipeline.trained(training_examples(data / "training"), ROOT / "config.yml")
    texts = ["where is my parcel??", "thank you so much", "спасибо", "where is my parcel??", "pou einai to dema mou"]
    at_once = pipeline.read(texts)
    assert at_once[0] == at_once[3]
    for text, read in zip(texts, at_once, strict=True):
        message = Message({"text": text})
        for component in pipeline._components:
            (message,) = component.process([message])
        alone = Reading.of(message)
        assert alone.emotions == pytest.approx(read.emotions, abs=1e-4)
        assert (alone.intent, alone.emotion) == (read.intent, read.emotion)
    assert sum(at_once[0].emotions.values()) == pytest.approx(1, abs=1e-3)


def test_a_run_writes_page_tables_and_figures(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    files = {name: tmp_path / "out" / name for name in ("nlu.html", "nlu.md", "nlu.json")}
    command.main(
        ["--data", str(data / "training"), "--held-out", str(data / "held_out"), "--page", str(files["nlu.html"]),
         "--tables", str(files["nlu.md"]), "--json", str(files["nlu.json"])]
    )  # fmt: skip
    said = capsys.readouterr().out
    assert "[1/9] Training on 80 examples" in said
    assert "[8/9] Cross-validation: 5 of 5 done" in said
    assert f"Page: {files['nlu.html']}" in said.splitlines()[-1]
    held_out, crossed = json.loads(files["nlu.json"].read_text())["parts"]
    assert (held_out["count"], crossed["count"]) == (24, 80)
    assert [found["target"] for found in crossed["targets"]] == ["intent", "emotion"]
    assert crossed["targets"][0]["overall"]["macro_f1"] > 0.5
    assert "## Cross-validation" in files["nlu.md"].read_text()


def test_a_file_from_elsewhere_is_scored(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    rows = [("thanks a lot!", "gratitude"), ("this is a disgrace, you liars", "annoyance"), ("ok then", "surprise")]
    file = tmp_path / "theirs.jsonl"
    file.write_text("".join(json.dumps({"text": text, "label": label, "lang": "en"}) + "\n" for text, label in rows))
    command.main(
        ["--data", str(data / "training"), "--page", str(tmp_path / "page.html"), "--external", str(file),
         "--map", "annoyance=anger", "--map", "frustration=anger", "--map", "surprise=-"]
    )  # fmt: skip
    said = capsys.readouterr().out
    assert "2 messages labelled by others." in said
    assert "Reading theirs.jsonl" in (tmp_path / "page.html").read_text()


def test_unknown_labels_are_refused_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    file = tmp_path / "theirs.jsonl"
    file.write_text('{"text": "hm", "label": "surprise", "lang": "en"}')
    with pytest.raises(WrongInput, match=r"'surprise' \(1 rows\)"):
        command.main(["--page", str(tmp_path / "page.html"), "--external", str(file)])
    assert capsys.readouterr().out == ""


def test_a_file_that_is_no_model_is_refused_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    model = tmp_path / "model.tar.gz"
    model.write_bytes(b"no archive")
    with pytest.raises(WrongInput, match=r"model.tar.gz: Rasa cannot load it"):
        command.main(["--page", str(tmp_path / "page.html"), "--model", str(model)])
