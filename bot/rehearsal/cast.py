"""All personas, read from `tests/personas/<language>.yml`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from pydantic import ValidationError

from bot.errors import ImportRejected
from bot.rehearsal.persona import Persona
from bot.rehearsal.places import Key, Placed, read_placed
from bot.settings import ROOT

PERSONAS = ROOT / "tests" / "personas"


def read_personas(
    folder: Path = PERSONAS, languages: Collection[str] = (), names: Collection[str] = ()
) -> list[Persona]:
    """Return the personas of these languages and with these names (none given: all).

    Raises ImportRejected with one sentence for each fault: file, line, persona, key.
    """
    files = {file.stem: file for file in sorted(folder.glob("*.yml"))}
    if unknown := sorted(set(languages) - set(files)):
        raise ImportRejected([f"{folder}: there is no {unknown[0]}.yml"])
    found = [p for stem, file in files.items() if not languages or stem in languages for p in _read(file)]
    if absent := sorted(set(names) - {persona.persona for persona in found}):
        raise ImportRejected([f"nobody is called {absent[0]}; these are: {', '.join({p.persona: 0 for p in found})}"])
    if not found:
        raise ImportRejected([f"{folder} holds no personas"])
    return [persona for persona in found if not names or persona.persona in names]


def _read(path: Path) -> list[Persona]:
    placed = read_placed(path)
    match placed.content:
        case {"language": str(language), "personas": list(entries), **rest} if not rest and language == path.stem:
            pass
        case _:
            raise ImportRejected([f"{path.name}, line 1: needs `language: {path.stem}` and `personas`, a list"])
    personas: list[Persona] = []
    problems: list[str] = []
    for number, entry in enumerate(entries):
        key: Key = ("personas", number)
        if not isinstance(entry, dict):
            problems.append(f"{placed.at(key)}: is not a list of `key: value` lines")
            continue
        try:
            persona = Persona.model_validate({"language": language, **entry})
        except ValidationError as exc:
            problems += _sentences(exc, placed, key, str(entry.get("persona", f"persona {number + 1}")))
            continue
        if persona.persona in {other.persona for other in personas}:
            problems.append(f"{placed.at((*key, 'persona'))}: {persona.persona}: stands here twice")
        personas.append(persona)
    if problems:
        raise ImportRejected(problems)
    return personas


def _sentences(exc: ValidationError, placed: Placed, key: Key, name: str) -> Sequence[str]:
    """Return one sentence for each fault, in the words of the file."""
    sentences: dict[str, None] = {}
    for error in exc.errors(include_url=False, include_input=False):
        inner = error["loc"]
        shown = ".".join(str(part + 1) if isinstance(part, int) else part for part in inner)
        what = error["msg"].removeprefix("Value error, ")
        sentences[f"{placed.at((*key, *inner))}: {name}: " + (f"{shown}: {what}" if shown else what)] = None
    return list(sentences)
