"""`python -m responses.style`: check every wording of every response; one line for each fault, and exit status 1."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from responses.page import Page, Response, read_page
from responses.style.check import QUIET_STANCES, Fault, faults
from responses.style.rules import rules_of
from responses.template import Template

# An offer becomes a stored promise when the shopper says yes, and a receipt tells that it is stored. Nothing else may promise.
MAY_PROMISE: Final = ("utter_offer_", "utter_promise_")
# What a variable without a sample is taken to be.
_SAMPLE: Final = "12345678"
# An acknowledgement stands in front of a reply, which has the next step.
_NOT_IN_FRONT: Final = frozenset({"dead_end", "question_for_question"})


def wrong_wordings(page: Page, language: str) -> Iterator[tuple[str, Fault]]:
    """Yield place and fault of every wording that breaks a rule, said with all facts or with as few as may be; counted from 1."""
    may_promise = {name for name in page.responses if name.startswith(MAY_PROMISE)}
    for name, response in page.responses.items():
        for stance, templates in response.variations.items():
            for number, template in enumerate(templates, start=1):
                found = [
                    fault
                    for text in _fillings(template, language)
                    for fault in faults(
                        text,
                        language,
                        stance=_strictest(stance, response),
                        response=name,
                        may_promise=may_promise,
                        asked=True,
                        buttons=bool(response.buttons),
                    )
                ]
                yield from ((f"{name}.{stance}[{number}]", fault) for fault in dict.fromkeys(found))
    yield from _wrong_acknowledgements(page, language)


def _wrong_acknowledgements(page: Page, language: str) -> Iterator[tuple[str, Fault]]:
    for stance, causes in page.acknowledgements.items():
        for cause, templates in causes.items():
            for number, template in enumerate(templates, start=1):
                place = f"acknowledgements.{stance}.{cause}[{number}]"
                for fault in faults(
                    template.raw, language, stance=stance, response="acknowledgements", skip=_NOT_IN_FRONT
                ):
                    yield place, fault


def _fillings(template: Template, language: str) -> Collection[str]:
    samples = rules_of(language).samples
    facts = {
        piece: samples.get(piece, _SAMPLE)
        for part in template.parts
        for is_variable, piece in part.pieces
        if is_variable
    }
    needed = {
        piece: facts[piece]
        for part in template.parts
        if not part.optional
        for is_variable, piece in part.pieces
        if is_variable
    }
    return dict.fromkeys((template.fill(facts), template.fill(needed)))


def _strictest(stance: str, response: Response) -> str:
    """Return the stance itself, or for `any` a quiet one that has no list of its own and so is said from it."""
    quiet = sorted(QUIET_STANCES - set(response.variations)) if stance == "any" else []
    return quiet[0] if quiet else stance


def main(files: Sequence[Path]) -> int:
    """Print the faults of files of responses; return 1 where there is one."""
    lines = [
        f'responses/{file.name}: {place}: {fault.rule}: "{fault.excerpt}" – {fault.reason}\n'
        for file in files
        for place, fault in wrong_wordings(read_page(file), file.stem)
    ]
    sys.stdout.writelines(lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sorted(Path(__file__).parents[1].glob("*.yml"))))
