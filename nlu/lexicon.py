"""Cue words of one language, found with spaCy's matchers (Chinese: as parts of the text)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import spacy
import yaml
from rasa.shared.exceptions import RasaException
from spacy.language import Language
from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from nlu.text import plain, squeezed

FOLDER: Final = Path(__file__).with_name("lexicons")
_NEGATABLE: Final = frozenset({"delight", "worry", "sadness", "confusion"})
_REACH: Final = 2  # tokens between a negation and what it turns round, itself included

Words = Mapping[str, Sequence[str]]
Cue = dict[str, Any]


class WrongLexicon(RasaException):
    """A lexicon file is not a mapping of kinds to lists of words; the text names file and kind."""


def read_lexicons(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Return language -> kind -> words for every `<language>.yml`; raises WrongLexicon."""
    found = {}
    for file in sorted(folder.glob("*.yml")):
        try:
            # The base loader keeps `no`, `on` and `null` words.
            content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - builds only text
        except yaml.YAMLError as exc:
            raise WrongLexicon(f"{file.name}: {exc}") from None
        if not isinstance(content, dict):
            raise WrongLexicon(f"{file.name} is not a mapping of kinds to lists of words")
        for kind, words in content.items():
            if not isinstance(words, list) or not all(isinstance(word, str) and word.strip(" *") for word in words):
                raise WrongLexicon(f"{file.name}: {kind} is not a list of words")
        found[file.stem] = {kind: list(dict.fromkeys(words)) for kind, words in content.items()}
    return found


class SpacedLexicon:
    """Words and phrases matched token by token; `word*` matches what begins with `word`."""

    def __init__(self, language: str, words: Words) -> None:
        self._nlp: Language = spacy.blank(language)
        self._phrases = PhraseMatcher(self._nlp.vocab, attr="NORM")
        self._stems = Matcher(self._nlp.vocab)
        for kind, entries in words.items():
            self._add(kind, [plain(entry.strip()) for entry in entries])

    def _add(self, kind: str, entries: list[str]) -> None:
        whole = [self._doc(entry) for entry in entries if "*" not in entry]
        if whole:
            self._phrases.add(kind, whole)
        stems = [entry.rstrip("*") for entry in entries if entry.endswith("*") and " " not in entry]
        patterns = [[{"NORM": {"REGEX": f"^(?:{'|'.join(map(re.escape, stems))})"}}]] if stems else []
        patterns += [
            [self._token(word) for word in entry.split()] for entry in entries if "*" in entry and " " in entry
        ]
        if patterns:
            self._stems.add(kind, patterns)

    @staticmethod
    def _token(word: str) -> dict[str, Any]:
        stem = squeezed(word.rstrip("*"))
        return {"NORM": {"REGEX": f"^{re.escape(stem)}"}} if word.endswith("*") else {"NORM": stem}

    def _doc(self, text: str) -> Doc:
        doc = self._nlp.make_doc(text)
        for token in doc:
            token.norm_ = squeezed(token.lower_)
        return doc

    def find(self, text: str) -> list[Cue]:
        """Return the cues of a text in order of place; a feeling behind a negation is not one."""
        doc = self._doc(plain(text))
        spans: dict[str, list[Span]] = {}
        for matcher in filter(len, (self._phrases, self._stems)):
            for match, start, end in matcher(doc):
                spans.setdefault(self._nlp.vocab.strings[match], []).append(doc[start:end])
        negations = {token.i for span in spans.get("negation", []) for token in span}
        cues = [
            _cue(kind, text, span.start_char, span.end_char)
            for kind, found in spans.items()
            for span in filter_spans(found)
            if not (kind in _NEGATABLE and negations & set(range(span.start - _REACH, span.start)))
        ]
        return sorted(cues, key=lambda cue: (cue["start"], cue["kind"]))


class UnspacedLexicon:
    """Words found anywhere in the text: Chinese has no spaces to go by."""

    def __init__(self, words: Words) -> None:
        self._patterns = {
            kind: re.compile(
                "|".join(re.escape(plain(entry.strip(" *"))) for entry in sorted(entries, key=len, reverse=True))
            )
            for kind, entries in words.items()
            if entries
        }

    def find(self, text: str) -> list[Cue]:
        """Return the cues of a text in order of place; a feeling behind a negation is not one."""
        matched = plain(text)
        negated = {found.end() for found in self._hits("negation", matched)}
        cues = [
            _cue(kind, text, hit.start(), hit.end())
            for kind in self._patterns
            for hit in self._hits(kind, matched)
            if not (kind in _NEGATABLE and hit.start() in negated)
        ]
        return sorted(cues, key=lambda cue: (cue["start"], cue["kind"]))

    def _hits(self, kind: str, text: str) -> Iterator[re.Match[str]]:
        return self._patterns[kind].finditer(text) if kind in self._patterns else iter(())


def lexicon(language: str, words: Words) -> SpacedLexicon | UnspacedLexicon:
    """Return the lexicon that fits how the language is written."""
    return UnspacedLexicon(words) if language == "zh" else SpacedLexicon(language, words)


def _cue(kind: str, text: str, start: int, end: int) -> Cue:
    return {"kind": kind, "text": text[start:end], "start": start, "end": end}
