"""A message in the middle of a talk: what was read of it by itself, set right by what is felt and by the order spoken of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rasa.shared.core.trackers import DialogueStateTracker

from nlu.lines import Parsed

_FALLBACK: Final = "nlu_fallback"
_ASIDES: Final = frozenset({"greet", "goodbye", "smalltalk", "praise", "out_of_scope"})
_ABOUT_AN_ORDER: Final = frozenset(
    {
        "ask_order_status",
        "report_late",
        "report_damaged",
        "report_wrong_item",
        "missing_item",
        "ask_return",
        "exchange",
        "ask_refund",
        "cancel_order",
        "change_address",
        "complain",
        "repeat_complaint",
    }
)
_ANSWERS: Final = frozenset({"affirm", "deny"})
_ABOUT_THE_SHOP: Final = _ASIDES | {"ask_price", "stock", "ask_product", "discount", "delivery_cost"}
# "It's a present, I'm getting nervous" wants certainty about the order; who is let down or cross complains.
_WANTED: Final = {
    "anxiety": "ask_order_status",
    "disappointment": "complain",
    "frustration": "complain",
    "anger": "complain",
}
# A reading below this is open to doubt: half of the held-out messages read with less are read wrongly.
_SURE: Final = 0.5
_LIKELIER: Final = 2.0
_LEAST: Final = 0.3  # the reader's own threshold


def in_context(read: Parsed, tracker: DialogueStateTracker) -> Parsed:
    """Return the reading with another intent where the one read is in doubt and the talk or the feeling tells better."""
    intent, ranking = read["intent"], read.get("intent_ranking", [])
    doubted = intent["name"] == _FALLBACK or intent["confidence"] < _SURE
    if not doubted or tracker.get_slot("awaiting"):
        return read
    if tracker.get_slot("order_number"):
        likelier = _ABOUT_AN_ORDER | _ANSWERS if tracker.get_slot("offer") else _ABOUT_AN_ORDER
        intent = _likeliest(intent, ranking, likelier)
    emotion = read["emotion"]
    if intent["name"] in _ASIDES | {_FALLBACK} and emotion["confidence"] >= _SURE and emotion["name"] in _WANTED:
        intent = {"name": _WANTED[emotion["name"]], "confidence": emotion["confidence"]}
    others = [row for row in ranking if row["name"] != intent["name"]]
    return {**read, "intent": intent, "intent_ranking": [intent, *others]}


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
