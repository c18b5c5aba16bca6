"""A message in the middle of a talk: what was read of it by itself, set right by what is felt and by the order spoken of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.lines import Parsed
from responses.topics import ABOUT_AN_ORDER

_FALLBACK: Final = "nlu_fallback"
_ASIDES: Final = frozenset({"greet", "goodbye", "smalltalk", "praise", "out_of_scope"})
_OF_AN_ORDER: Final = ABOUT_AN_ORDER | {"repeat_complaint"}
_ANSWERS: Final = frozenset({"affirm", "deny"})
_ABOUT_THE_SHOP: Final = _ASIDES | {"ask_price", "stock", "ask_product", "discount", "delivery_cost"}
# "It's a present, I'm getting nervous" wants certainty about the order; who is let down or cross complains.
_WANTED: Final = {
    "anxiety": "ask_order_status",
    "disappointment": "complain",
    "frustration": "complain",
    "anger": "complain",
}
_UPSET: Final = frozenset({"disappointment", "frustration", "anger"})
_COMPLAINTS: Final = frozenset(
    {"complain", "repeat_complaint", "report_late", "report_damaged", "report_wrong_item", "missing_item"}
)
_PLEASANT: Final = ("joy", "gratitude")
# What is said in so many words of praise may be read as any of these.
_PRAISES: Final = _ASIDES | _ANSWERS | {"thank", "inform", "complain", _FALLBACK}
# From here on nobody doubts what somebody feels: "真行啊你们" praises nobody.
_SURELY_FELT: Final = 0.8
# "The wedding is on Saturday" may be read as any of these.
_TELLS: Final = frozenset({"inform", "smalltalk", "goodbye", _FALLBACK})
_DATA: Final = frozenset({"order_number", "phone", "email", "tracking_number"})
_QUESTION_MARKS: Final = ("?", "？", ";", "；", "\u037e")
_RECENT: Final = 3  # messages of the shopper
_BARE: Final = 2  # words beside the praise
_PROMISED: Final = "utter_promise_"
_WORD: Final = re.compile(r"[\u3400-\u9fff]{1,3}|[^\W\u3400-\u9fff]+")
# A reading below this is open to doubt: half of the held-out messages read with less are read wrongly.
_SURE: Final = 0.5
_LIKELIER: Final = 2.0
_LEAST: Final = 0.3  # the reader's own threshold


def in_context(read: Parsed, tracker: DialogueStateTracker) -> Parsed:
    """Return the reading with another intent where the one read is in doubt and the talk or the feeling tells better.

    Praise after a complaint that was not made good is a complaint, and an occasion told of while an order is spoken of is worry.
    """
    if tracker.get_slot("awaiting"):
        return read
    if _applauds(read):
        if _complained(tracker):
            return _heard_as(read, "complain", "frustration")
        if read["intent"]["name"] == "complain" and not _is_upset(read["emotion"], _SURELY_FELT):
            return _with_intent(read, {"name": "praise", "confidence": _SURE})
    if tracker.get_slot("order_number") and _tells_an_occasion(read):
        return _heard_as(read, "ask_order_status", "anxiety")
    intent, ranking = read["intent"], read.get("intent_ranking", [])
    if intent["name"] != _FALLBACK and intent["confidence"] >= _SURE:
        return read
    emotion = read["emotion"]
    if tracker.get_slot("order_number"):
        likelier = _OF_AN_ORDER | _ANSWERS if tracker.get_slot("offer") else _OF_AN_ORDER
        likely = _likeliest(intent, ranking, likelier)
        worried = intent["name"] in _ASIDES and emotion["name"] == "anxiety" and emotion["confidence"] >= _SURELY_FELT
        # Who is surely worried about an order and reads as chatting wants to know where it is, rather than what is barely likely.
        if not worried or likely["confidence"] >= _SURE:
            intent = likely
    if intent["name"] in _ASIDES | {_FALLBACK} and emotion["confidence"] >= _SURE and emotion["name"] in _WANTED:
        intent = {"name": _WANTED[emotion["name"]], "confidence": emotion["confidence"]}
    return _with_intent(read, intent)


def _applauds(read: Parsed) -> bool:
    """True for bare praise of how we work: "well done, really"."""
    cues = read.get("cues", ())
    if read["intent"]["name"] not in _PRAISES or not any(cue["kind"] == "applause" for cue in cues):
        return False
    text = str(read.get("text") or "")
    praised = {place for cue in cues for place in range(cue["start"], cue["end"])}
    beside = "".join(" " if place in praised else sign for place, sign in enumerate(text))
    return len(_WORD.findall(beside)) <= _BARE


def _complained(tracker: DialogueStateTracker) -> bool:
    """True where one of the shopper's last messages complained, and nothing was promised since."""
    seen = 0
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered):
            if str(event.metadata.get("utter_action", "")).startswith(_PROMISED):
                return False
        elif isinstance(event, UserUttered):
            if _is_complaint(event):
                return True
            seen += 1
            if seen == _RECENT:
                return False
    return False


def _is_complaint(event: UserUttered) -> bool:
    felt = event.parse_data.get("emotion") or {}
    return _is_upset(felt, _SURE) or event.intent.get("name") in _COMPLAINTS


def _is_upset(felt: Mapping[str, Any], sure: float) -> bool:
    return felt.get("name") in _UPSET and felt.get("confidence", 0.0) >= sure


def _tells_an_occasion(read: Parsed) -> bool:
    """True for words that only tell for what day the order is needed, by somebody who is not pleased."""
    intent, text = read["intent"], str(read.get("text") or "")
    doubted = intent["name"] in _ASIDES and intent["confidence"] < _SURE
    asked = intent["name"] == _WANTED["anxiety"] and not text.rstrip().endswith(_QUESTION_MARKS)
    if not (doubted or asked or intent["name"] in _TELLS):
        return False
    data = {each["entity"] for each in read.get("entities", ())}
    if "date" not in data or data & _DATA:
        return False
    pleased = read["emotion"]["name"] in _PLEASANT and read["emotion"]["confidence"] >= _SURE
    return not pleased and any(cue["kind"] == "deadline" for cue in read.get("cues", ()))


def _heard_as(read: Parsed, intent: str, emotion: str) -> Parsed:
    """Return the reading with an intent, and with whatever is read as pleasure or calm felt as an emotion instead."""
    felt = {row["name"]: row["confidence"] for row in read["emotion"]["ranking"]}
    moved = [name for name in (*_PLEASANT, "neutral") if name in felt]
    felt[emotion] = felt.get(emotion, 0.0) + sum(felt[name] for name in moved)
    felt |= dict.fromkeys(moved, 0.0)
    ranking = sorted(({"name": name, "confidence": sure} for name, sure in felt.items()), key=_less_sure)
    heard = {**read["emotion"], **ranking[0], "ranking": ranking}
    sure = max(_SURE, *(row["confidence"] for row in read["intent_ranking"] if row["name"] == intent), 0.0)
    return _with_intent({**read, "emotion": heard}, {"name": intent, "confidence": sure})


def _with_intent(read: Parsed, intent: Mapping[str, Any]) -> Parsed:
    others = [row for row in read.get("intent_ranking", []) if row["name"] != intent["name"]]
    return {**read, "intent": intent, "intent_ranking": [intent, *others]}


def _less_sure(row: Mapping[str, Any]) -> float:
    return -float(row["confidence"])


def _likeliest(intent: Mapping[str, Any], ranking: list[dict[str, Any]], likelier: frozenset[str]) -> dict[str, Any]:
    """Return the likeliest intent while an order is spoken of, unless none is likely enough."""
    weighed = {
        row["name"]: row["confidence"] * _weight(row["name"], likelier) for row in ranking if row["name"] != _FALLBACK
    }
    best = max(weighed, key=lambda name: weighed[name], default=_FALLBACK)
    sure = weighed.get(best, 0.0) / max(sum(weighed.values()), 1.0)
    return dict(intent) if sure < _LEAST else {"name": best, "confidence": sure}


def _weight(name: str, likelier: frozenset[str]) -> float:
    if name in likelier:
        return _LIKELIER
    return 1 / _LIKELIER if name in _ABOUT_THE_SHOP else 1.0
