"""Keeps the lines of the queue in step with what was read; only what changed goes to the browser."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.console.elements import Tag, tag
from bot.console.faces import Faces
from bot.console.texts import Words
from bot.domain.people import UNREAD_AT_MOST, QueueRow, User


class Lines:
    """One `<queue-row>` a conversation."""

    def __init__(self, words: Words, user: User, faces: Faces, box: Tag) -> None:
        self._words, self._user, self._faces, self._box = words, user, faces, box
        self._shown: dict[str, tuple[Tag, dict[str, str]]] = {}

    def show(
        self, rows: Sequence[QueueRow], seen: Mapping[str, int], chosen: str | None, followed: Collection[str]
    ) -> None:
        """Draw these lines in this order."""
        wanted = {row.conversation.id: row for row in rows}
        for gone in [key for key in self._shown if key not in wanted]:
            self._shown.pop(gone)[0].delete()
        for place, (key, row) in enumerate(wanted.items()):
            says = self._says(row, seen.get(key), chosen=key == chosen)
            if key in followed:
                says["followed"] = self._words("queue.followed")
            line, said = self._shown.get(key, (None, {}))
            if line is None:
                with self._box:
                    line = tag("queue-row", role="listitem")
            if says != said:
                with line.props.suspend_updates():
                    for name in said.keys() - says.keys():
                        del line.props[name]
                    line.props.update(says)
                line.update()
                self._shown[key] = (line, says)
            if self._box.default_slot.children[place] is not line:
                line.move(self._box, place)

    def _says(self, row: QueueRow, seen: int | None, *, chosen: bool) -> dict[str, str]:
        conversation = row.conversation
        says = {"data-conversation": conversation.id, "face": self._faces.of(self._words, row)}
        says["chosen"] = "true" if chosen else "false"
        if conversation.operator_id == self._user.id:
            says["mine"] = "true"
        # What an open chat says is being read.
        if unread := 0 if chosen else row.unread(seen):
            many = unread >= UNREAD_AT_MOST
            says["unread"] = f"{UNREAD_AT_MOST - 1}+" if many else str(unread)
            says["unread-label"] = self._words("queue.unread_many" if many else "queue.unread", n=unread)
        return says
