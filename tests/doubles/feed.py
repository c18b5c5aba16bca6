"""What changed, told by a test."""

from __future__ import annotations

from collections.abc import Callable


class Notices:
    """A feed without a database."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[str], None]] = []

    def subscribe(self, heard: Callable[[str], None], lost: Callable[[], None] | None = None) -> Callable[[], None]:
        """Call `heard` whenever a test tells of a change."""
        self._subscribers.append(heard)
        return lambda: self._subscribers.remove(heard)

    def tell(self, conversation_id: str) -> None:
        """A conversation changed."""
        for heard in tuple(self._subscribers):
            heard(conversation_id)
