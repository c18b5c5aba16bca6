"""What a provider took from Warmline."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Accepted:
    """A message that a provider took."""

    id: str
    address: str
    text: str


@dataclass
class Tray:
    """Everything a provider took, in order."""

    messages: list[Accepted] = field(default_factory=list)

    def take(self, message_id: str, address: str, text: str) -> Accepted:
        """Take a message."""
        taken = Accepted(message_id, address, text)
        self.messages.append(taken)
        return taken

    def to(self, address: str) -> list[Accepted]:
        """What went to one shopper, in order."""
        return [message for message in self.messages if message.address == address]
