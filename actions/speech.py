"""What an action says and remembers. What is left open (a question, an offer) follows from what was said last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.slots import ASKS, FORGET, FORGETS, HUMAN, OFFERS, PROMISES, Slot
from responses.book import ResponseBook


class Speech:
    """Collects the replies and slots of one action."""

    def __init__(self, dispatcher: CollectingDispatcher) -> None:
        self._dispatcher = dispatcher
        self._slots: dict[Slot, Any] = {}

    def say(
        self, response: str, facts: Mapping[str, str] | None = None, *, choices: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Say a response; `choices` are (title, payload) of buttons beside its own."""
        buttons = [{"title": title, "payload": payload} for title, payload in choices]
        self._dispatcher.utter_message(response=response, buttons=buttons, **(facts or {}))
        self._leaves_open(response)

    def add(self, response: str) -> None:
        """Say something after what was just said that changes nothing of what is left open."""
        self._dispatcher.utter_message(response=response)

    def ask_for_proof(self, response: str, number: str) -> None:
        """Ask whose order this is; channels that can, show a button that shares one's own phone number."""
        self._dispatcher.utter_message(response=response, number=number, share_contact=True)
        self._leaves_open(response)

    def command(self, command: Mapping[str, Any]) -> None:
        """Ask the gateway to do something; the shopper does not see it."""
        self._dispatcher.utter_message(json_message=dict(command))

    def remember(self, slot: Slot, value: Any) -> None:
        """Set a slot when the action is done."""
        self._slots[slot] = value

    def unsay(self) -> None:
        """Forget everything said and remembered so far."""
        self._dispatcher.messages.clear()
        self._slots.clear()

    @property
    def events(self) -> list[EventType]:
        """The slots to set, as Rasa wants them."""
        return [SlotSet(slot.value, value) for slot, value in self._slots.items()]

    def _leaves_open(self, response: str) -> None:
        asks = ASKS.get(response)
        self.remember(Slot.AWAITING, asks.value if asks else None)
        promise = PROMISES.get(response)
        other = FORGET if response == FORGETS else promise.value if promise else None
        self.remember(Slot.OFFER, HUMAN if response in OFFERS else other)


def say_now(dispatcher: CollectingDispatcher, book: ResponseBook, response: str, language: str) -> None:
    """Say a response before the slots of this turn are set; Rasa's generator would take the language of the turn before."""
    line = book.say(response, language)
    buttons = [{"title": button.title, "payload": button.payload} for button in line.buttons]
    dispatcher.utter_message(text=line.text, buttons=buttons, utter_action=response, variation=line.variation)
