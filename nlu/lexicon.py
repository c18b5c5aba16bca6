"""Cue words of one language, found in spaCy's tokens (Chinese: as parts of the text)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

import spacy
import yaml
from rasa.shared.exceptions import RasaException
from spacy.attrs import LOWER
from spacy.language import Language
from spacy.tokens import Doc

from nlu.text import plain, squeezed

FOLDER: Final = Path(__file__).with_name("lexicons")
_NEGATABLE: Final = frozenset({"anger", "delight", "worry", "sadness", "confusion"})
_LATIN: Final = re.compile(r"[a-z]")
# spaCy's tokenizer takes quadratic time over what has no spaces: every so many characters one gives way to a space.
_UNBROKEN: Final = re.compile(r"(\S{60})\S")
_WORDS_KEPT: Final = 100_000  # spaCy remembers every word it has met
_REACH: Final = 2  # tokens between a negation and what it turns round, itself included

_norm = lru_cache(maxsize=2**14)(squeezed)

Words = Mapping[str, Sequence[str]]
Cue = dict[str, Any]
_Entry = tuple[str, list[tuple[str, bool]]]  # a kind, and the words after the first, each whole or a stem


class WrongLexicon(RasaException):
    """A lexicon file is not a mapping of kinds to lists of words; the text names file and kind."""


def read_lexicons(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Return language -> kind -> words for every `<language>.yml`; raises WrongLexicon."""
    found = {}
    for file in sorted(folder.glob("*.yml")):
        try:
            # The base loader keeps `no`, `on` and `null` words.
            content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # nosec B506  # noqa: S506 - builds only text
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
        self._language = language
        self._nlp = self._tokenizer()
        self._whole: dict[str, list[_Entry]] = {}
        self._stems: dict[str, list[_Entry]] = {}
        for kind, entries in words.items():
            for entry in entries:
                self._add(kind, plain(entry.strip()))
        self._longest = max(map(len, self._stems), default=0)
        self._begun = lru_cache(maxsize=2**14)(self._beginning_with)
        self._needs_latin = all(_LATIN.search(plain(entry)) for entries in words.values() for entry in entries)

    def _tokenizer(self) -> Language:
        nlp = spacy.blank(self._language)
        # Of all that spaCy works out for a new word, this needs the word in lower case.
        nlp.vocab.lex_attr_getters = {LOWER: str.lower}
        return nlp

    def _add(self, kind: str, entry: str) -> None:
        if "*" not in entry:
            tokens = [(norm, False) for norm in self._norms(self._nlp.make_doc(entry))]
        elif " " in entry:
            tokens = [(squeezed(word.rstrip("*")), word.endswith("*")) for word in entry.split()]
        else:
            tokens = [(entry.rstrip("*"), True)]
        (first, is_stem), *rest = tokens
        (self._stems if is_stem else self._whole).setdefault(first, []).append((kind, rest))

    @staticmethod
    def _norms(doc: Doc) -> list[str]:
        return [_norm(token.lower_) for token in doc]

    def find(self, text: str) -> list[Cue]:
        """Return the cues of a text in order of place; a feeling behind a negation is not one."""
        plain_text = plain(text)
        if self._needs_latin and not _LATIN.search(plain_text):
            return []
        if len(self._nlp.vocab) > _WORDS_KEPT:
            self._nlp = self._tokenizer()
        doc = self._nlp.make_doc(_UNBROKEN.sub(r"\1 ", plain_text))
        spans: dict[str, set[tuple[int, int]]] = {}
        for kind, start, end in self._matches(self._norms(doc)):
            spans.setdefault(kind, set()).add((start, end))
        negations = {place for span in spans.get("negation", ()) for place in range(*span)}
        cues = [
            cue_at(kind, text, doc[start].idx, doc[end - 1].idx + len(doc[end - 1]))
            for kind, found in spans.items()
            for start, end in _apart(found)
            if not (kind in _NEGATABLE and negations & set(range(start - _REACH, start)))
        ]
        return sorted(cues, key=lambda cue: (cue["start"], cue["kind"]))

    def _matches(self, norms: list[str]) -> Iterator[tuple[str, int, int]]:
        for place, norm in enumerate(norms):
            for kind, rest in self._begun(norm):
                following = norms[place + 1 : place + 1 + len(rest)]
                if len(following) == len(rest) and all(
                    word.startswith(wanted) if is_stem else word == wanted
                    for word, (wanted, is_stem) in zip(following, rest, strict=True)
                ):
                    yield kind, place, place + 1 + len(rest)

    def _beginning_with(self, norm: str) -> list[_Entry]:
        stems = (self._stems.get(norm[:size], ()) for size in range(1, min(len(norm), self._longest) + 1))
        return [*self._whole.get(norm, ()), *chain.from_iterable(stems)]


def _apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of spans that overlap keep the longest, then the first."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if all(end <= other[0] or other[1] <= start for other in kept):
            kept.append((start, end))
    return kept


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
            cue_at(kind, text, hit.start(), hit.end())
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


def cue_at(kind: str, text: str, start: int, end: int) -> Cue:
    """Return a cue: its kind, and what of the text it is."""
    return {"kind": kind, "text": text[start:end], "start": start, "end": end}
