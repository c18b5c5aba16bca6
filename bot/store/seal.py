"""Seals what may not be readable in the database or its backups: the key is kept outside, under WARMLINE_HOME."""

from __future__ import annotations

import structlog
from cryptography.fernet import Fernet, InvalidToken

log = structlog.get_logger()


class Seal:
    """Seals and opens short texts with one key (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)

    def close(self, text: str) -> str:
        """Return a text so that only who has the key can read it, or change it unnoticed."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """Return what was sealed; None, with a line in the log, for what another key sealed or somebody changed."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            log.warning("seal.not_ours")
            return None
