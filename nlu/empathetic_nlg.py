"""Says responses in the shopper's language and in the tone of the stance, with an acknowledgement in front where one is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from responses.book import Line, ResponseBook
from responses.traditional import TRADITIONAL, in_traditional, page_for, writes_traditional

FOLDER: Final = Path(__file__).resolve().parent.parent / "responses"
_DEFAULT_LANGUAGE: Final = "en"
_DEFAULT_STANCE: Final = "steady"
_ACKNOWLEDGES: Final = frozenset({"soothe", "reassure", "repair", "guide", "warm"})
# These answer the shopper's own words; a sentence about their matter in front would be out of place.
_NOT_ABOUT_THE_MATTER: Final = frozenset(
    {
        "utter_greet", "utter_goodbye", "utter_welcome", "utter_thanks_for_praise", "utter_bot_challenge", "utter_smalltalk",
        "utter_out_of_scope", "utter_misunderstood", "utter_ok_what_else", "utter_offer_declined", "utter_hurry",
        "utter_cannot_read", "utter_no_more_messages", "utter_late_order_first", "utter_offer_stands", "utter_take_your_time",
    }
)  # fmt: skip
_SOOTHED_HANDOFFS: Final = frozenset({"utter_handoff_anger", "utter_handoff_repeat"})
_HANDOFF: Final = "utter_handoff_"
_ASKED_LATER: Final = ("utter_csat", "utter_follow_up", "utter_nps")
# Below this it is not known what the message is about, and so not what to acknowledge.
_SURE: Final = 0.4
_NOT_UNDERSTOOD: Final = "nlu_fallback"
# Facts that actions take from words of ours; all others are names, numbers and dates.
_OURS: Final = frozenset({"status", "what", "within"})
_RASA_KEYS: Final = frozenset(
    {
        "domain_responses",
        "text",
        "buttons",
        "elements",
        "custom",
        "template",
        "response",
        "image",
        "attachment",
        "quick_replies",
    }
)


class EmpatheticNLG(NaturalLanguageGenerator):  # type: ignore[misc]
    """Rasa's generator of replies (`nlg` in endpoints.yml); reads responses/<language>.yml."""

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        folder = (endpoint_config.kwargs if endpoint_config else {}).get("folder", FOLDER)
        self._book = ResponseBook.load(folder)

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any]:
        """Return text, buttons and, for the record, which wording was used; raises BookError.

        Buttons given by an action are appended by Rasa itself.
        """
        language = tracker.get_slot("language")
        if language not in self._book.languages:
            language = _DEFAULT_LANGUAGE
        stance = tracker.get_slot("stance") or _DEFAULT_STANCE
        page = page_for(language, traditional=_writes_traditional(tracker))
        facts = {name: value for name, value in kwargs.items() if name not in _RASA_KEYS}
        if page == TRADITIONAL:
            facts |= {name: in_traditional(str(facts[name])) for name in _OURS & facts.keys()}
        said = list(_said(tracker))
        used = _in_order(
            event.metadata.get("variation") for event in said if event.metadata.get("response") == utter_action
        )
        acknowledgement = self._acknowledgement(utter_action, page, stance, tracker, said)
        brief = bool(tracker.get_slot("brief"))
        line = self._book.say(utter_action, page, stance=stance, avoid=used, brief=brief, **facts)
        text = _joined(acknowledgement.text, line.text, language) if acknowledgement else line.text
        draft: dict[str, Any] = {
            "text": text,
            "response": utter_action,
            "variation": line.variation,
            "ack": acknowledgement.variation if acknowledgement else None,
        }
        if line.buttons:
            draft["buttons"] = [{"title": button.title, "payload": button.payload} for button in line.buttons]
        if kwargs.get("share_contact") and tracker.get_latest_input_channel() == "telegram":
            draft["share_contact_label"] = self._book.word(page, "share_phone")
        return draft

    def _acknowledgement(
        self, key: str, page: str, stance: str, tracker: DialogueStateTracker, said: list[BotUttered]
    ) -> Line | None:
        stance = "soothe" if key in _SOOTHED_HANDOFFS else stance
        about_the_matter = key in _SOOTHED_HANDOFFS or not (key in _NOT_ABOUT_THE_MATTER or key.startswith(_HANDOFF))
        asked_later = key.startswith(_ASKED_LATER)
        if stance not in _ACKNOWLEDGES or not about_the_matter or asked_later or _first_reply_is_out(tracker):
            return None
        if key not in _SOOTHED_HANDOFFS and _sureness(tracker) < _SURE:
            return None
        recent = _in_order(event.metadata.get("ack") for event in said)
        return self._book.acknowledge(page, stance, tracker.get_slot("cause"), avoid=recent)


def _joined(one: str, other: str, language: str) -> str:
    """Return two sentences as one text; Chinese has no space between them."""
    return f"{one}{'' if language == 'zh' else ' '}{other}"


def _writes_traditional(tracker: DialogueStateTracker) -> bool:
    """Tell which Chinese characters the shopper's latest message that shows it is written in."""
    written = (event.text for event in reversed(tracker.events) if isinstance(event, UserUttered) and event.text)
    shown = (writes_traditional(text) for text in written if not text.startswith("/"))
    return next((found for found in shown if found is not None), False)


def _sureness(tracker: DialogueStateTracker) -> float:
    """Return how surely it was read what the latest message wants; 1 where nothing was read, as of a button."""
    intent = tracker.latest_message.intent if tracker.latest_message else {}
    return 0.0 if intent.get("name") == _NOT_UNDERSTOOD else float(intent.get("confidence", 1.0))


def _said(tracker: DialogueStateTracker) -> Iterator[BotUttered]:
    """Yield what the bot said, the latest first."""
    return (event for event in reversed(tracker.events) if isinstance(event, BotUttered))


def _in_order(wordings: Iterable[str | None]) -> list[str]:
    """Return different wordings, the latest first."""
    return list(dict.fromkeys(wording for wording in wordings if wording))


def _first_reply_is_out(tracker: DialogueStateTracker) -> bool:
    """Tell whether something was said in this turn already; remember on the tracker that now it will be.

    The replies of one action reach the tracker together, when the action is over.
    """
    turn = len(tracker.events)
    if getattr(tracker, "warmline_replied_at", None) == turn:
        return True
    tracker.warmline_replied_at = turn
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            return False
        if isinstance(event, BotUttered) and event.text:
            return True
    return False
