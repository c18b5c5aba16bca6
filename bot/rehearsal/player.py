"""Which line comes next, given what the bot answered. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.rehearsal.heard import Heard
from bot.rehearsal.persona import ASKS, Step


def next_step(says: Sequence[Step], said: Sequence[int], heard: Sequence[Heard]) -> int | None:
    """Return the number of the step that comes next, or None when the shopper leaves.

    `said` are the steps so far and `heard` the answers to them, oldest first. A step that waits goes first where it fits,
    each is said once; who has been handed over says nothing more, but what waits for it.
    """
    if said and says[said[-1]].last:
        return None
    left = [(number, step) for number, step in enumerate(says) if number not in said]
    if heard:
        kinds = kinds_of(heard)
        for number, step in left:
            if step.waits and _fits(step, heard[-1], kinds):
                return number
        if "handed_over" in kinds:
            return None
    return next((number for number, step in left if not step.waits), None)


def kinds_of(heard: Sequence[Heard]) -> frozenset[str]:
    """Return what kind of answer the last one is; `asks_again` when it asks for what an earlier one asked for."""
    asked_before = {kind for answer in heard[:-1] for kind in answer.kinds & ASKS}
    again = {"asks_again"} if heard[-1].kinds & asked_before else set()
    return heard[-1].kinds | again | {"any"}


def _fits(step: Step, answer: Heard, kinds: frozenset[str]) -> bool:
    if "handed_over" in kinds and "handed_over" not in (step.when or ()):
        return False
    names = tuple(kind for kind in step.when or () if kind.startswith("utter_"))
    by_kind = step.when is None or kinds.intersection(step.when) or any(_said(name, answer) for name in names)
    text = answer.text.casefold()
    by_text = step.if_heard is None or any(piece.casefold() in text for piece in step.if_heard)
    return bool(by_kind) and by_text and (step.press is None or step.press in answer.payloads)


def _said(name: str, answer: Heard) -> bool:
    """True when a response was said; `utter_order_` stands for all that begin so."""
    return any(
        response is not None and (response == name or (name.endswith("_") and response.startswith(name)))
        for response in answer.responses
    )
