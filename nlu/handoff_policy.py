"""The policy for turns whose intent does not matter: a handoff, and details that are taken as they are written."""

from __future__ import annotations

from typing import Any, Final

from rasa.core.constants import POLICY_PRIORITY
from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import InvalidConfigException

ACTION_HANDOFF: Final = "action_handoff"
_TAKE: Final = {"address": "action_take_address", "company": "action_take_company"}
_STANCE: Final = "stance"
_HANDOFF: Final = "handoff"
_AWAITING: Final = "awaiting"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class HandoffPolicy(Policy):
    """Predicts the handoff after a message that set the stance `handoff`, else the taking of an address or a company's details."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return a priority above RulePolicy's 6."""
        return {POLICY_PRIORITY: 10}

    @staticmethod
    def supported_data() -> SupportedData:
        """Return both: it learns from neither, and this keeps Rasa from warning about rules."""
        return SupportedData.ML_AND_RULE_DATA

    def __init__(self, config: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        if unknown := set(config) - set(self.get_default_config()):
            raise InvalidConfigException(f"config.yml: HandoffPolicy has no setting {min(unknown)!r}")
        super().__init__(config, *args, **kwargs)

    def train(self, training_trackers: list[DialogueStateTracker], domain: Domain, **kwargs: Any) -> Resource:
        """Return the empty resource: there is nothing to learn. Raises when the domain lacks one of the actions."""
        for action in (ACTION_HANDOFF, *_TAKE.values()):
            if action not in domain.action_names_or_texts:
                raise InvalidConfigException(f"domain.yml has no {action}, which HandoffPolicy predicts")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> HandoffPolicy:
        """Return the policy; it keeps nothing in the model."""
        return cls(config, model_storage, resource, execution_context)

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: dict[str, Any] | None = None, **kwargs: Any
    ) -> PolicyPrediction:
        """Return the one sure action, or no confidence in any."""
        probabilities = [0.0] * domain.num_actions
        action = next_action(tracker.latest_action_name, tracker.get_slot(_STANCE), tracker.get_slot(_AWAITING))
        if action:
            probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities)


def next_action(last_action: str | None, stance: str | None, awaiting: str | None = None) -> str | None:
    """Return the action that must come now, None where the rules decide."""
    if last_action in {ACTION_HANDOFF, *_TAKE.values()}:
        return ACTION_LISTEN_NAME
    if last_action == ACTION_LISTEN_NAME and stance == _HANDOFF:
        return ACTION_HANDOFF
    return _TAKE.get(awaiting or "") if last_action == ACTION_LISTEN_NAME else None
