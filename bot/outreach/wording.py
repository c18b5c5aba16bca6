"""What the bot writes first, in the shopper's language; the words live in `responses/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from actions.facts import facts_about
from bot.domain.messages import LATE_ORDER, Button, Reply, Template
from bot.domain.order import Order
from bot.domain.outreach import DETRACTORS, LIKELIHOODS, NOT_WELL, SCORES, STOP, WELL, Pressed
from bot.domain.promise import Promise, PromiseKind
from bot.handoff.notices import duration
from responses.book import ResponseBook

_FOLLOW_UPS: Final[Mapping[PromiseKind, str]] = {
    PromiseKind.RESHIP: "utter_follow_up_reship",
    PromiseKind.REFUND: "utter_follow_up_refund",
}


class Wording:
    """Lines that begin a talk, and what is said to the answers."""

    def __init__(self, book: ResponseBook) -> None:
        self._book = book

    def ask_for_score(self, language: str, outreach_id: int) -> Reply:
        """How it was with a person: five choices, the worst first, so that a typed number is the score."""
        scores = {f"score_{score}": Pressed(outreach_id, score).payload for score in SCORES}
        return self._say("utter_csat", language, scores)

    def thanks(self, language: str) -> Reply:
        """A score came."""
        return self._say("utter_csat_thanks", language, {})

    def low_score(self, language: str) -> Reply:
        """A low score came: a person is one tap away."""
        return self._say("utter_csat_low", language, {"talk_to_a_person": "/ask_human"})

    def ask_for_likelihood(self, language: str, outreach_id: int) -> Reply:
        """How likely they are to recommend the shop: eleven choices whose titles are the numbers themselves."""
        numbers = tuple(Button(number, Pressed(outreach_id, number).payload) for number in LIKELIHOODS)
        choices = {"no_more_messages": Pressed(outreach_id, STOP).payload}
        asked = self._say("utter_nps", language, choices)
        return replace(asked, buttons=(*numbers, *asked.buttons))

    def likelihood_told(self, language: str, likelihood: str) -> Reply:
        """The answer came; who would not recommend us can say why to a person."""
        if likelihood in DETRACTORS:
            return self._say("utter_nps_low", language, {"talk_to_a_person": "/ask_human"})
        return self._say("utter_nps_thanks", language, {})

    def late_order(self, language: str, outreach_id: int, order: Order, now: datetime) -> Reply:
        """News of a late order. What can be done about it is asked by a button, as if the shopper had asked."""
        choices = {
            "what_can_be_done": f'/ask_order_status{{"order_number": "{order.number}"}}',
            "no_more_messages": Pressed(outreach_id, STOP).payload,
        }
        facts = facts_about(order, language, now, self._book.word(language, order.status.value))
        return self._say("utter_late_order_first", language, choices, **facts)

    def late_order_by_template(self, language: str, order: Order, now: datetime) -> Reply:
        """The same where the channel carries approved messages only: its two facts are the number and the promised day."""
        facts = facts_about(order, language, now, "")
        told = {name: facts[name] for name in ("number", "promised")}
        says = self._book.word(language, "template_late_order", **told)
        return Reply(says, template=Template(LATE_ORDER, language, tuple(told.values())))

    def follow_up(self, language: str, outreach_id: int, promise: Promise) -> Reply:
        """Whether what was promised came well."""
        answers = {"all_well": WELL, "not_well": NOT_WELL, "no_more_messages": STOP}
        choices = {word: Pressed(outreach_id, answer).payload for word, answer in answers.items()}
        return self._say(_FOLLOW_UPS[promise.kind], language, choices, number=promise.order_number)

    def came_well(self, language: str) -> Reply:
        """It came well."""
        return self._say("utter_follow_up_well", language, {})

    def came_not_well(self, language: str, *, within_minutes: int) -> Reply:
        """It did not: a person takes over."""
        return self._say("utter_follow_up_not_well", language, {}, within=duration(within_minutes, language))

    def no_more(self, language: str) -> Reply:
        """Nothing will be written first any more."""
        return self._say("utter_no_more_messages", language, {})

    def _say(self, key: str, language: str, choices: Mapping[str, str], **facts: Any) -> Reply:
        buttons = tuple(Button(self._book.word(language, word), payload) for word, payload in choices.items())
        return Reply(self._book.say(key, language, **facts).text, buttons)
