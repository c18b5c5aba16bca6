from __future__ import annotations

from pathlib import Path

import pytest
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity

from nlu import event_store
from nlu.event_store import ChangedMeanwhile, EventStore

DOMAIN = Domain.from_dict(
    {
        "intents": ["greet"],
        "slots": {"topic": {"type": "text", "influence_conversation": False, "mappings": [{"type": "custom"}]}},
    }
)


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "events.db")


@pytest.fixture
def store(file: str) -> EventStore:
    return EventStore(DOMAIN, db=file)


async def turn(store: SQLTrackerStore, text: str, *, saved: bool = True, sender: str = "c1") -> DialogueStateTracker:
    tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
    if not tracker.events:
        tracker.update_with_events([ActionExecuted("action_session_start"), SessionStarted()], DOMAIN)
    said = UserUttered(text, intent={"name": "greet", "confidence": 0.9}, parse_data={"intent": {"name": "greet"}})
    done = [ActionExecuted("action_listen"), said, SlotSet("topic", text), BotUttered(f"{text}?")]
    tracker.update_with_events(done, DOMAIN)
    if saved:
        await store.save(tracker)
    return tracker


def state(tracker: DialogueStateTracker | None) -> object:
    return tracker and tracker.current_state(EventVerbosity.ALL)


async def test_what_is_kept_is_what_the_database_says(store: EventStore, file: str) -> None:
    for n in range(4):
        await turn(store, f"hello {n}")
        theirs = await SQLTrackerStore(DOMAIN, db=file).retrieve("c1")
        ours = await store.retrieve("c1")
        assert state(ours) == state(theirs)
        assert ours is not None
        await store.save(ours)
    assert theirs is not None
    assert theirs.get_slot("topic") == "hello 3"


async def test_a_conversation_is_not_read_again_while_nobody_else_wrote(
    store: EventStore, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await turn(store, "a")
    await turn(store, "b")
    read = []
    rasas = SQLTrackerStore.retrieve

    async def counted(self: SQLTrackerStore, sender_id: str) -> DialogueStateTracker | None:
        read.append(sender_id)
        return await rasas(self, sender_id)

    monkeypatch.setattr(SQLTrackerStore, "retrieve", counted)
    await turn(store, "c")
    assert read == []

    await turn(EventStore(DOMAIN, db=file), "d")  # another server
    tracker = await turn(store, "e")

    assert read == ["c1", "c1"]
    assert [event.text for event in tracker.events if isinstance(event, UserUttered)] == ["a", "b", "c", "d", "e"]


async def test_a_turn_that_was_not_saved_leaves_nothing(store: EventStore) -> None:
    await turn(store, "a")
    await turn(store, "b")
    await turn(store, "lost", saved=False)

    tracker = await store.retrieve("c1")

    assert tracker is not None
    assert tracker.get_slot("topic") == "b"


async def test_a_conversation_that_was_deleted_is_forgotten(store: EventStore) -> None:
    await turn(store, "a")
    await turn(store, "b")
    with store.session_scope() as session:
        session.query(store.SQLEvent).delete()
        session.commit()

    assert await store.retrieve("c1") is None


async def test_who_comes_second_with_a_turn_saves_nothing(store: EventStore, file: str) -> None:
    other = EventStore(DOMAIN, db=file)
    await turn(store, "a")
    slow = await turn(store, "b", saved=False)
    await turn(other, "b")

    with pytest.raises(ChangedMeanwhile):
        await store.save(slow)

    tracker = await store.retrieve("c1")
    assert tracker is not None
    assert [event.text for event in tracker.events if isinstance(event, UserUttered)] == ["a", "b"]


async def test_a_new_session_begins_as_rasa_begins_it(store: EventStore, file: str) -> None:
    await turn(store, "old")
    tracker = await store.retrieve("c1")
    assert tracker is not None
    tracker.update_with_events([ActionExecuted("action_session_start"), SessionStarted()], DOMAIN)
    await store.save(tracker)

    await turn(store, "new")

    ours, theirs = await store.retrieve("c1"), await SQLTrackerStore(DOMAIN, db=file).retrieve("c1")
    assert state(ours) == state(theirs)
    assert [event.text for event in ours.events if isinstance(event, UserUttered)] == ["new"]


async def test_another_domain_builds_it_anew(store: EventStore) -> None:
    await turn(store, "a")
    before = await turn(store, "b")
    store.domain = Domain.from_dict({"intents": ["greet"]})

    assert await store.retrieve("c1") is not before


async def test_only_so_many_are_kept(store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_store, "_MOST_KEPT", 2)
    for sender in ("c1", "c2", "c3"):
        await turn(store, "a", sender=sender)
        await turn(store, "b", sender=sender)

    assert list(store._kept) == ["c2", "c3"]
