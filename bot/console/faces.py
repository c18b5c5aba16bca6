"""What one line of the queue, or one thing found, shows: as JSON for `<queue-row>` and `<search-hit>` in static/queue.js.

A line is one element, drawn in the browser. A page of a hundred lines would else be two thousand elements on the server,
and every change would be drawn anew there for each page that is open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.console.closing import closes_soon
from bot.console.marks import language_name, shopper_name
from bot.console.texts import Words
from bot.console.theme import CHANNEL_ICONS, LOOKS
from bot.domain.conversation import Holder
from bot.domain.messages import Author
from bot.domain.people import Conversation, QueueRow
from bot.domain.search import Hit, Named, NoteHit

_WORDS_SHOWN = 160


class Faces:
    """Makes each line's JSON once in a language, however many pages show it."""

    def __init__(self) -> None:
        self._made: dict[str, dict[str, tuple[QueueRow, str]]] = {}

    def of(self, words: Words, row: QueueRow) -> str:
        """Return what a line shows to anybody who reads this language."""
        made = self._made.setdefault(words.language, {})
        held = made.get(row.conversation.id)
        if held is None or held[0] is not row:
            if len(made) > 10_000:
                made.clear()
            held = made[row.conversation.id] = (row, _json(line(words, row)))
        return held[1]


def line(words: Words, row: QueueRow) -> Mapping[str, Any]:
    """Return what a line of the queue shows."""
    return _who(words, row.conversation) | _when(words, row) | _said(words, row) | _held(words, row)


def hit(words: Words, found: Hit) -> str:
    """Return what a message that was found shows."""
    said_by = found.operator_name if found.author is Author.OPERATOR and found.operator_name else None
    return _found(words, found, said_by or words(f"chat.{found.author.value}"))


def note_hit(words: Words, found: NoteHit) -> str:
    """Return what a note that was found shows."""
    return _found(words, found, found.operator_name)


def named(words: Words, found: Named) -> str:
    """Return what a conversation shows that was found by whose it is."""
    face = _who(words, found.conversation)
    return _json(face | {"at": found.conversation.last_inbound_at, "by": words(f"search.by_{found.by.value}")})


def _found(words: Words, found: Hit | NoteHit, by: str) -> str:
    parts = [[part.text, part.marked] for part in found.parts]
    return _json(_who(words, found.conversation) | {"at": found.at, "by": by, "parts": parts})


def _who(words: Words, conversation: Conversation) -> dict[str, Any]:
    channel = f"channel.{conversation.channel}"
    face: dict[str, Any] = {
        "name": shopper_name(words, conversation),
        "channel": {
            "icon": CHANNEL_ICONS.get(conversation.channel, "forum"),
            "label": words(channel) if words.has(channel) else conversation.channel,
        },
        "language": language_name(words, conversation.language) if conversation.language else "",
    }
    if closes_soon(conversation):
        face["closing"] = {"soon": words("window.soon"), "why": words("window.why")}
    if conversation.holder is not Holder.BOT and conversation.severity:
        face["severity"] = {
            "level": conversation.severity,
            "label": words("severity.label", n=conversation.severity),
        }
    return face


def _when(words: Words, row: QueueRow) -> dict[str, Any]:
    conversation, handoff = row.conversation, row.handoff
    if conversation.holder is not Holder.QUEUE or conversation.waiting_since is None:
        return {"at": row.last_at} if row.last_at else {}
    told = {"due": handoff.due_at, "late": words("queue.overdue")} if handoff and handoff.due_at else {}
    return {"since": conversation.waiting_since, "waits": words("queue.waits"), **told}


def _said(words: Words, row: QueueRow) -> dict[str, Any]:
    face: dict[str, Any] = {"tags": row.tags} if row.tags else {}
    if row.last_emotion:
        name, sign = row.last_emotion.value, LOOKS[row.last_emotion].icon
        face["emotion"] = {"name": name, "icon": sign, "label": words(f"emotion.{name}")}
    if row.last_text:
        face["last"] = {"text": row.last_text, "ours": row.last_author is not Author.SHOPPER}
    if row.handoff:
        face["why"] = {
            "reason": words(f"reason.{row.handoff.reason.value}"),
            "words": row.handoff.words[:_WORDS_SHOWN],
        }
    if row.next_due:
        face["target"] = {"due": row.next_due, "label": words("duty.due"), "late": words("duty.overdue")}
    if row.problem and words.has(f"queue.about.{row.problem}"):
        face["problem"] = words(f"queue.about.{row.problem}")
    return face


def _held(words: Words, row: QueueRow) -> dict[str, Any]:
    match row.conversation.holder:
        case Holder.QUEUE:
            return {}
        case Holder.BOT:
            return {"held": words("queue.with_bot")}
        case Holder.OPERATOR:
            names = {"held": words("queue.with", name=row.operator_name or ""), "mine": words("queue.with_me")}
            owed = row.last_author is Author.SHOPPER
            return names | ({"unanswered": words("queue.unanswered")} if owed else {})


def _json(face: Mapping[str, Any]) -> str:
    return json.dumps(face, ensure_ascii=False, default=lambda moment: moment.isoformat())
