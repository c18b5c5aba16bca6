"""Rasa's SQL tracker store, without asking the database and building a conversation anew for every message.

Measured with strace and py-spy: of a turn in Rasa, 28 % went into loading and saving. Each looked first whether the
schema exists; loading read and built every event of the conversation; saving counted them all again.
"""

from __future__ import annotations

import contextlib
import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore, create_engine_kwargs
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.orm import Session

_MOST_KEPT: Final = 256  # conversations
_COLUMNS: Final = ("sender_id", "type_name", "timestamp", "intent_name", "action_name", "data")
_COUNT: Final = sa.text("SELECT count(*) FROM events WHERE sender_id = :sender")


class ChangedMeanwhile(Exception):
    """Somebody else wrote down events of this conversation since it was loaded; nothing was saved."""


class EventStore(SQLTrackerStore):  # type: ignore[misc]
    """Keeps the conversations saved last, and takes one again while the database holds as many events of it as then.

    It is taken out when it is loaded and put back when it is saved: a turn that fails leaves nothing of itself here. Any
    number of Rasa servers may share a database; of two that had the same turn, the second to save gets ChangedMeanwhile.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # One statement each, so there is no transaction to begin and end. Connections of its own: one that is lent out for
        # this is put back as it was by one more statement each time.
        url = self.engine.url
        self._alone = sa.create_engine(url, isolation_level="AUTOCOMMIT", **create_engine_kwargs(url))
        self._kept: OrderedDict[str, tuple[DialogueStateTracker, Domain]] = OrderedDict()

    @contextlib.contextmanager
    def session_scope(self) -> Iterator[Session]:
        """Open a session as Rasa does, but without looking whether the schema exists: there is one."""
        with contextlib.closing(self.sessionmaker()) as session:
            yield session

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return the conversation since its session began, None where nothing was said."""
        tracker, domain = self._kept.pop(sender_id, (None, None))
        with self._alone.connect() as connection:
            stored = connection.execute(_COUNT, {"sender": sender_id}).scalar_one()
        if not stored:
            return None
        if tracker is None or tracker.stored != stored or domain is not self.domain:
            tracker = await super().retrieve(sender_id)
        if tracker is not None:
            tracker.stored, tracker.stored_here = stored, len(tracker.events)
        return tracker

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:  # noqa: FBT001, FBT002 - Rasa's signature
        """Return a new conversation, of which nothing is written down yet."""
        tracker = self.init_tracker(sender_id)
        tracker.stored = tracker.stored_here = 0
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write down the events since it was loaded; raises ChangedMeanwhile."""
        await self.stream_events(tracker)
        new = list(tracker.events)[tracker.stored_here :]
        if not new:
            return
        self._write(tracker.sender_id, new, stored=tracker.stored)
        tracker.stored += len(new)
        # One that begins a session is read with what came before here, and without it from the database.
        if not any(isinstance(event, SessionStarted) for event in new):
            self._kept[tracker.sender_id] = (tracker, self.domain)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)

    def _write(self, sender: str, events: Sequence[Event], *, stored: int) -> None:
        values: dict[str, Any] = {"sender": sender, "stored": stored}
        for names, event in zip(_names(len(events)), events, strict=True):
            values |= zip(names, _row(sender, event), strict=True)
        with self._alone.connect() as connection:
            written = connection.execute(_insert(len(events)), values).rowcount
        if written != len(events):
            raise ChangedMeanwhile(f"{stored} events were stored when it was loaded")


def _names(count: int) -> list[list[str]]:
    return [[f"{column}_{n}" for column in _COLUMNS] for n in range(count)]


@cache
def _insert(count: int) -> sa.sql.elements.TextClause:
    """Return the statement that writes so many events, if as many as `stored` are there."""
    rows = (f"({', '.join(f':{name}' for name in names)})" for names in _names(count))
    return sa.text(
        f"INSERT INTO events ({', '.join(_COLUMNS)}) "  # nosec B608  # noqa: S608 - names of ours and placeholders
        f"SELECT * FROM (VALUES {', '.join(rows)}) AS new WHERE ({_COUNT.text}) = :stored"
    )


def _row(sender: str, event: Event) -> tuple[Any, ...]:
    """Return the columns of Rasa's table for an event."""
    data = event.as_dict()
    intent = ((data.get("parse_data") or {}).get("intent") or {}).get("name")
    return sender, event.type_name, data.get("timestamp"), intent, data.get("name"), json.dumps(data)
