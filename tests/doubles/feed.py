"""What changed, told by a test."""

from __future__ import annotations

from collections.abc import Callable


class Notices:
    """A feed without a database."""

    def __init__(self) -> None:
        self._subscribers: list[tuple[Callable[[str], None], Callable[[], None] | None]] = []

    def subscribe(self, heard: Callable[[str], None], lost: Callable[[], None] | None = None) -> Callable[[], None]:
        """Call `heard` whenever a test tells of a change, `lost` when none can be heard."""
        subscriber = (heard, lost)
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def tell(self, conversation_id: str) -> None:
        """A conversation changed."""
        for heard, _ in tuple(self._subscribers):
            heard(conversation_id)

    def lose(self) -> None:
        """Changes go unheard."""
        for _, lost in tuple(self._subscribers):
            if lost is not None:
                lost()
