"""Rasa's RulePolicy for rules that are one turn long: to choose an action it looks at the turn, not at the whole conversation.

Rasa's own lives through the conversation twice for each action, once to see whether a rule was written for the shopper's
very words. Measured with py-spy in conversations of six messages, that was a sixth of a turn in Rasa; it grows with each message.
"""

from __future__ import annotations

from typing import Any

from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import InvalidConfigException


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class TurnRules(RulePolicy):  # type: ignore[misc]
    """Chooses the action that RulePolicy chooses."""

    def train(self, training_trackers: list[DialogueStateTracker], domain: Domain, **kwargs: Any) -> Resource:
        """Learn the rules; raises InvalidConfigException naming a rule that is longer than a turn, or a slot that rules could ask for."""
        for slot in domain.slots:
            if slot.influence_conversation:
                raise InvalidConfigException(f"domain.yml: the slot {slot.name} must not influence the conversation")
        for tracker in training_trackers:
            said = [event for event in tracker.events if isinstance(event, UserUttered)]
            if len(said) > 1:
                raise InvalidConfigException(f"stories: {tracker.sender_id!r} is longer than one turn")
            if any(event.text for event in said):
                raise InvalidConfigException(f"stories: {tracker.sender_id!r} asks for words; name an intent")
        return super().train(training_trackers, domain, **kwargs)

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: dict[str, Any] | None = None, **kwargs: Any
    ) -> PolicyPrediction:
        """Return what RulePolicy returns."""
        return super().predict_action_probabilities(of_this_turn(tracker), domain, rule_only_data, **kwargs)

    def _find_action_from_rules(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool,  # noqa: FBT001 - Rasa's signature
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input:
            return None, None, False
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)


def of_this_turn(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """Return a tracker with what happened since the shopper's last message, and the listening before it."""
    turn: list[Any] = []
    said = False
    for event in reversed(tracker.events):
        turn.append(event)
        if said and isinstance(event, ActionExecuted):
            break
        said = said or isinstance(event, UserUttered)
    found = tracker.init_copy()
    for event in reversed(turn):
        found.update(event)
    return found
