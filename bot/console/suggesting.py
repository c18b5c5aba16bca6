"""What the bot would say now, for an operator to take as a beginning."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final

import yaml

from actions.facts import facts_about
from bot.console.case import Case
from bot.domain.messages import Author
from bot.domain.order import Order
from bot.settings import ROOT
from responses.book import BookError, Line, ResponseBook

_RULES: Final = ROOT / "stories" / "rules"
_CAUSES: Final = {
    "report_late": "late",
    "report_damaged": "damaged",
    "report_wrong_item": "wrong_item",
    "missing_item": "missing",
    "ask_refund": "refund",
    "praise": "praise",
}
_ABOUT_ITS_WAY: Final = frozenset({"ask_order_status", "report_late"})
_MOST: Final = 3


def suggested(case: Case, book: ResponseBook, language: str, stance: str, now: datetime) -> list[str]:
    """Return up to three texts: the acknowledgement the policy has for the mood, with what answers the topic.

    Nothing is made up: a response whose facts are not known is left out, and so is one that offers what a person already is.
    """
    intent = _topic(case)
    if intent is None:
        return []
    order = next((known.order for known in case.orders if known.proven), None)
    lines = [
        _about(book, order, language, stance, now) if order and intent in _ABOUT_ITS_WAY else None,
        _say(book, responses_by_intent().get(intent), language, stance),
    ]
    told = [line.text for line in lines if line is not None and not line.buttons]
    acknowledged = book.acknowledge(language, stance, _CAUSES.get(intent))
    before = [acknowledged.text] if acknowledged else []
    between = "" if language == "zh" else " "
    whole = [between.join([*before, text]) for text in told] or before
    return list(dict.fromkeys(whole))[:_MOST]


@cache
def responses_by_intent() -> dict[str, str]:
    """Return which response the rules have for an intent, where it is one that needs no action."""
    found: dict[str, str] = {}
    for file in sorted(_RULES.glob("*.yml")):
        for rule in yaml.load(file.read_text("utf-8"), yaml.CSafeLoader).get("rules", []):
            steps = rule["steps"]
            intent = next((step["intent"] for step in steps if "intent" in step), None)
            said = next((step["action"] for step in steps if str(step.get("action", "")).startswith("utter_")), None)
            if intent and said:
                found.setdefault(intent, said)
    return found


def _topic(case: Case) -> str | None:
    read = (
        message.reading.intent
        for message in reversed(case.messages)
        if message.author is Author.SHOPPER and message.reading
    )
    return next(read, None)


def _about(book: ResponseBook, order: Order, language: str, stance: str, now: datetime) -> Line | None:
    late = order.days_late(now) > 0
    response = "utter_order_late" if late else f"utter_order_{order.status.value}"
    facts = facts_about(order, language, now, book.word(language, order.status.value))
    return _say(book, response, language, stance, **facts)


def _say(book: ResponseBook, response: str | None, language: str, stance: str, **facts: Any) -> Line | None:
    if response is None:
        return None
    try:
        return book.say(response, language, stance=stance, **facts)
    except BookError:
        return None
