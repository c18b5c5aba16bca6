"""The check itself: a text in, its faults out. Pure, so that drafts of operators can be checked as well."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from responses.style.case import Case, found, has_number
from responses.style.rules import Rule, rules_of

# Where joy, jokes and exclamation marks read as mockery.
QUIET_STANCES: Final = frozenset({"soothe", "repair", "boundary", "handoff"})
_TOO_MANY_I: Final = 3
_EMOJI: Final = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\u2764]|(?<!\\w)[:;]-?[)D(](?!\\w)")
_EXCERPT: Final = 60


@dataclass(frozen=True)
class Fault:
    """One break of a rule: the words that break it, and why they do, in the language of the text."""

    rule: str
    excerpt: str
    reason: str


def faults(
    text: str,
    language: str,
    *,
    stance: str | None = None,
    response: str | None = None,
    may_promise: Collection[str] = (),
    asked: bool = False,
    buttons: bool = False,
    skip: Collection[str] = (),
) -> list[Fault]:
    """Return every break of a rule of the language; raises StyleError where there are no rules.

    `response` names the response (None: a person's draft), `may_promise` those behind which a stored promise stands,
    `asked` says that the shopper asked something, `buttons` that choices stand under the text.
    """
    book = rules_of(language)
    case = Case(text, book, stance, response, may_promise, asked, buttons)
    every = (
        Fault(rule.name, _shortened(excerpt), rule.reason)
        for rule in book.rules.values()
        if rule.name not in skip and response not in rule.exceptions
        for excerpt in _CHECKS.get(rule.name, _words)(rule, case)
    )
    return list(dict.fromkeys(every))


def _words(rule: Rule, case: Case) -> Iterator[str]:
    yield from _hits(rule, case.text)


def _question_for_question(rule: Rule, case: Case) -> Iterator[str]:
    only_asks = bool(case.sentences) and all(case.is_question(sentence) for sentence in case.sentences)
    if case.asked and only_asks and not found(rule.spare, case.text):
        yield case.text


def _i_three_times(rule: Rule, case: Case) -> Iterator[str]:
    hits = list(_hits(rule, case.text))
    if len(hits) >= _TOO_MANY_I:
        yield ", ".join(hits)


def _apology_without_action(rule: Rule, case: Case) -> Iterator[str]:
    if case.tells_a_fact or found(case.book.steps, case.text):
        return
    yield from list(_hits(rule, case.text))[:1]


def _promise_without_row(rule: Rule, case: Case) -> Iterator[str]:
    if case.response not in case.may_promise:
        for sentence in case.sentences:
            if not case.is_question(sentence):
                yield from _hits(rule, sentence)


def _dead_end(_: Rule, case: Case) -> Iterator[str]:
    if case.buttons or case.response in case.may_promise:  # what was promised, and by when, is a clear end
        return
    if case.asks:
        return
    if case.response is None and case.tells_a_fact:  # whoever writes it stays in the chat
        return
    if not found(case.book.steps + case.book.ends, case.text):
        yield case.sentences[-1] if case.sentences else case.text


def _too_long(rule: Rule, case: Case) -> Iterator[str]:
    if len(case.text) > rule.text:
        yield f"{len(case.text)} > {rule.text}: {case.text}"
    for sentence in case.sentences:
        if len(sentence) > rule.sentence:
            yield f"{len(sentence)} > {rule.sentence}: {sentence}"


def _loud(rule: Rule, case: Case) -> Iterator[str]:
    if case.stance in QUIET_STANCES:
        yield from (hit.group() for hit in _EMOJI.finditer(case.text))
        yield from _hits(rule, case.text)


def _bot_first_name(rule: Rule, case: Case) -> Iterator[str]:
    if case.response is not None:  # an operator has a name
        yield from _hits(rule, case.text)


def _vague_time(rule: Rule, case: Case) -> Iterator[str]:
    for sentence in case.sentences:
        if not has_number(sentence):
            yield from _hits(rule, sentence)


_CHECKS: Final[Mapping[str, Callable[[Rule, Case], Iterator[str]]]] = {
    "question_for_question": _question_for_question,
    "i_three_times": _i_three_times,
    "apology_without_action": _apology_without_action,
    "promise_without_row": _promise_without_row,
    "dead_end": _dead_end,
    "too_long": _too_long,
    "loud": _loud,
    "bot_first_name": _bot_first_name,
    "vague_time": _vague_time,
}


def _hits(rule: Rule, text: str) -> Iterator[str]:
    taken = [hit.span() for pattern in rule.spare for hit in pattern.finditer(text)]
    for pattern in rule.find:
        for hit in pattern.finditer(text):
            if not any(start < hit.end() and hit.start() < end for start, end in taken):
                taken.append(hit.span())
                yield hit.group()


def _shortened(excerpt: str) -> str:
    return excerpt if len(excerpt) <= _EXCERPT else excerpt[: _EXCERPT - 1].rstrip() + "…"
