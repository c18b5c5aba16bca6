"""Personas are read as written, and what is written wrongly is named where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.handoff import Reason
from bot.errors import ImportRejected
from bot.rehearsal.cast import read_personas
from bot.rehearsal.persona import HandedOff, Outcome, Step
from bot.settings import ROOT
from bot.store.csv_orders import read_order_file

NAMES = [
    "know-it-all", "complainer", "polite pest", "ever-changing", "controller", "bargain hunter", "fighter", "hurried",
    "gloomy", "joker", "hesitant", "worried parent", "repeat victim", "troll",
]  # fmt: skip
GOOD = """\
language: en
personas:
  - persona: fighter
    about: Angry.
    says:
      - "Where is it?"
      - ["one", "two"]
      - {when: asks_proof, say: "a@example.com"}
      - {when: [facts, utter_order_], if_heard: WL-1001, say: "Fine", last: true}
      - {press: /deny}
    expects: [solved, {handed_off: {by: 2, reasons: anger}}]
"""


def written(folder: Path, text: str, name: str = "en.yml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_steps_and_expectations_are_read_in_every_form(tmp_path: Path) -> None:
    [persona] = read_personas(written(tmp_path, GOOD))

    assert persona.says == (
        Step(say=("Where is it?",)),
        Step(say=("one", "two")),
        Step(when=("asks_proof",), say=("a@example.com",)),
        Step(when=("facts", "utter_order_"), if_heard=("WL-1001",), say=("Fine",), last=True),
        Step(press="/deny"),
    )
    assert persona.expects == (Outcome(ends="solved"), Outcome(handed_off=HandedOff(by=2, reasons=(Reason.ANGER,))))
    assert persona.expected == "solved or handed off by 2 (anger)"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("when: asks_proof", "when: shouts", r"en.yml, line 8: fighter: says.3.when: shouts is no kind of answer"),
        ('say: "a@example.com"', "says: x", r"en.yml, line 8: fighter: says.3.says: Extra inputs are not permitted"),
        ("{press: /deny}", "{press: /deny, say: x}", r"en.yml, line 10: fighter: says.5: a step has either `say` or"),
        ("by: 2", "by: 0", r"en.yml, line 11: fighter: expects.2.handed_off.by: Input should be greater"),
        ("reasons: anger", "reasons: rage", r"en.yml, line 11: fighter: expects.2.handed_off.reasons.1: Input should be"),
        ("    about: Angry.\n", "", r"en.yml, line 3: fighter: about: Field required"),
        ("[solved,", "[happy,", r"en.yml, line 11: fighter: expects.1.ends: Input should be 'solved' or 'never'"),
        (", last: true", "", r"en.yml, line 3: fighter: `solved` needs a step with `last: true`"),
        ('      - "Where is it?"\n      - ["one", "two"]\n', "", r"en.yml, line 3: fighter: the first step begins"),
        ("    about: Angry.", "    about: Angry.\n    about: Calm.", r"en.yml, line 5: about stands here twice"),
        ("language: en", "language: fr", r"en.yml, line 1: needs `language: en`"),
        ("  - persona: fighter", "  - persona: [", r"en.yml, line \d+: "),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_file_line_persona_and_key(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert GOOD.count(old) == 1

    with pytest.raises(ImportRejected, match=sentence) as caught:
        read_personas(written(tmp_path, GOOD.replace(old, new)))

    assert len(caught.value.problems) == 1


def test_every_fault_of_a_file_is_named(tmp_path: Path) -> None:
    twice = GOOD.replace("by: 2", "by: 0").replace("when: asks_proof", "when: shouts")

    with pytest.raises(ImportRejected) as caught:
        read_personas(written(tmp_path, twice))

    assert len(caught.value.problems) == 2


def test_two_personas_of_one_name_are_a_fault(tmp_path: Path) -> None:
    entry = GOOD[GOOD.index("  - persona") :]

    with pytest.raises(ImportRejected, match=r"en\.yml, line 12: fighter: stands here twice"):
        read_personas(written(tmp_path, GOOD + entry))


def test_personas_are_chosen_by_language_and_name() -> None:
    chosen = read_personas(languages=["ru", "el"], names=["troll"])

    assert [(p.language, p.persona) for p in chosen] == [("el", "troll"), ("ru", "troll")]


@pytest.mark.parametrize(("languages", "names"), [(["fr"], []), ([], ["nobody"])])
def test_a_language_or_name_nobody_has_is_said(languages: list[str], names: list[str]) -> None:
    with pytest.raises(ImportRejected, match=r"there is no fr.yml|nobody is called nobody; these are: .*fighter"):
        read_personas(languages=languages, names=names)


@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
def test_every_language_has_the_same_personas(language: str) -> None:
    assert [persona.persona for persona in read_personas(languages=[language])] == NAMES


@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
def test_personas_speak_of_orders_and_contacts_of_their_own_demo_shop(language: str) -> None:
    orders = read_order_file(ROOT / "bot" / "demo" / f"orders.{language}.csv", demo=True)
    emails = {order.number: order.email for order in orders}
    for persona in read_personas(languages=[language]):
        text = "\n".join(line for step in persona.says for line in step.say or ())
        named = [number for number in emails if number in text.upper()]
        assert len(named) == (0 if persona.persona == "bargain hunter" else 1), persona.persona
        foreign = (
            [email for number, email in emails.items() if number not in named and email != emails[named[0]]]
            if named
            else []
        )
        assert not [email for email in foreign if email and email in text], persona.persona


@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
def test_what_a_troll_may_never_read_stands_on_the_order_it_fishes_for(language: str) -> None:
    [troll] = read_personas(languages=[language], names=["troll"])
    text = "\n".join(line for step in troll.says for line in step.say or ())
    orders = read_order_file(ROOT / "bot" / "demo" / f"orders.{language}.csv", demo=True)
    [order] = [order for order in orders if order.number in text]
    on_it = " ".join([order.customer_name, str(order.email), str(order.carrier), str(order.tracking), *order.items])

    assert [piece for piece in troll.never_reads if piece.casefold() not in on_it.casefold()] == []
    assert order.tracking in troll.never_reads
