"""Ready-made replies in the composer: those that come with Warmline, the shop's own, and the facts that go into them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from actions.facts import day
from bot.console.case import Case
from bot.domain.canned import MAX_REPLY, STANCES, VARIABLES, Canned, canned_name, fitting
from bot.domain.people import User
from responses.template import Template

FOLDER: Final = Path(__file__).parent / "replies"


@cache
def shipped() -> tuple[Canned, ...]:
    """Return the replies that come with Warmline; raises ValueError naming file and place."""
    found = []
    for file in sorted(FOLDER.glob("*.yml")):
        for name, wordings in yaml.load(file.read_text("utf-8"), yaml.CSafeLoader).items():
            for stance, text in wordings.items():
                if stance not in STANCES:
                    raise ValueError(f"{file.name}: {name}: there is no stance {stance}")
                check(str(text))
                found.append(Canned(canned_name(name), file.stem, stance, str(text)))
    return tuple(found)


def check(text: str) -> None:
    """Raise ValueError where a text's brackets or variables are not what a canned reply has."""
    unknown = _variables(Template.parse(text)) - set(VARIABLES)
    if unknown:
        raise ValueError(f"there is no variable {{{min(unknown)}}}")


def own_reply(name: str, language: str, stance: str, text: str) -> Canned:
    """Return a reply of the shop's own; raises ValueError where name, stance or text is none."""
    text = text.strip()
    check(text)
    if not text or len(text) > MAX_REPLY or stance not in STANCES:
        raise ValueError(f"a reply needs a text of at most {MAX_REPLY} characters and a stance")
    return Canned(canned_name(name), language, stance, text)


def filled(text: str, facts: Mapping[str, str]) -> str:
    """Return a reply with its facts; a variable without one stays as it is written, an optional part around it goes."""
    template = Template.parse(text)
    needed = {piece for part in template.parts if not part.optional for is_name, piece in part.pieces if is_name}
    return template.fill({**facts, **{name: f"{{{name}}}" for name in needed if not facts.get(name)}})


def facts_for(case: Case, user: User, language: str, now: datetime) -> dict[str, str]:
    """Return what is known for the variables. Days and parcels only of an order that is proven to be theirs."""
    order = case.orders[0].order if case.orders else None
    own = next((known.order for known in case.orders if known.proven), None)
    facts = {
        "name": case.conversation.shopper_name or "",
        "order": order.number if order else "",
        "operator": user.display_name,
        "eta": day(own.promised_at, language, now) if own and own.promised_at and own.promised_at > now else "",
        "tracking": (own.tracking or "") if own else "",
    }
    return {name: value for name, value in facts.items() if value}


def ready(replies: Iterable[Canned], facts: Mapping[str, str], language: str, stance: str) -> list[dict[str, str]]:
    """Return what the composer's list shows: each name with its text, filled."""
    return [{"name": each.name, "text": filled(each.text or "", facts)} for each in fitting(replies, language, stance)]


def _variables(template: Template) -> set[str]:
    return {piece for part in template.parts for is_name, piece in part.pieces if is_name}
