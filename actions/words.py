"""The shopper's own words that decided a handoff: what an operator reads first."""

from __future__ import annotations

import re
from typing import Final

from actions.deescalation import NOT_UNDERSTOOD
from actions.history import Said
from actions.slots import CATALOGUE, QUESTIONS, TOPICS
from actions.turn import Cue, Turn
from bot.domain.handoff import Reason

LIMIT: Final = 280
_SHORT: Final = 16
_TELLING: Final = {
    Reason.SAFETY: frozenset({"danger"}),
    Reason.FRAUD: frozenset({"fraud"}),
    Reason.ASKED: frozenset({"human_request"}),
    Reason.ABUSE: frozenset({"insult", "profanity"}),
    Reason.ANGER: frozenset({"insult", "profanity", "legal_threat", "review_threat", "repetition"}),
    Reason.TENSION: frozenset({"insult", "profanity", "repetition", "waiting", "staff"}),
    Reason.THREAT: frozenset({"legal_threat", "review_threat"}),
    Reason.REPEAT: frozenset({"repetition", "waiting", "deadline"}),
}
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…。！？;])\s*|\n+")


def words_for(reason: Reason, turn: Turn, earlier_key: str | None = None) -> str:
    """Return what made us hand over, in the shopper's words, at most 280 characters.

    The sentences that hold the telling cues, else the message. Where the message alone says little (a button, a
    "yes", the third thing in a row we did not understand) the earlier messages that led here.
    """
    if reason is Reason.MISUNDERSTOOD and turn.said.intent in NOT_UNDERSTOOD:
        return first_words(" / ".join(said.text for said in _last_misunderstood(turn)))
    if reason is Reason.OFFER_ACCEPTED or turn.said.is_button:
        return first_words(_matter(turn).text)
    words = _telling_sentences(turn.said.text, turn.cues, _TELLING.get(reason, frozenset()))
    if reason is Reason.REPEAT and len(words) < _SHORT:
        before = next((said.text for said in turn.earlier if said.key == earlier_key), "")
        words = f"{before} / {words}" if before else words
    return first_words(words)


def first_words(text: str) -> str:
    """Return a text on one line, cut after 280 characters."""
    line = " ".join(text.split())
    return line if len(line) <= LIMIT else line[: LIMIT - 1] + "…"


def _telling_sentences(text: str, cues: tuple[Cue, ...], kinds: frozenset[str]) -> str:
    places = [(cue.start, cue.end) for cue in cues if cue.kind in kinds]
    if not places:
        return text
    kept, start = [], 0
    for end in [*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]:
        if any(start < cue_end and cue_start < end for cue_start, cue_end in places):
            kept.append(text[start:end].strip())
        start = end
    telling = " … ".join(kept)
    return telling if len(telling) >= _SHORT else text


def _last_misunderstood(turn: Turn) -> list[Said]:
    return [*turn.earlier, turn.said][-turn.misunderstood_in_row :]


def _matter(turn: Turn) -> Said:
    """Return the latest message in the shopper's own words that says what it is about."""
    spoken = [said for said in turn.earlier if not said.is_button]
    about = [said for said in spoken if said.intent in TOPICS | CATALOGUE | QUESTIONS]
    return (about or spoken or [turn.said])[-1]
