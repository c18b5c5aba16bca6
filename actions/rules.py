"""The base of every part of the policy."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Rules(BaseModel):
    """A part of the policy: it does not change, and knows no key but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")
