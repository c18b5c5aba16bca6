"""A file on its way from an operator: kept exactly where a stored message names it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bot.channels.ports import Capabilities
from bot.console.attaching import Attaching
from bot.console.writing import Writing
from bot.handoff.desk import Desk
from bot.media.examining import Examiner
from bot.media.vault import Vault
from bot.store.unit_of_work import Store, Work
from tests.dialogue.conftest import CHANNEL, Dialogue, RecordingSender


class Takes(RecordingSender):
    capabilities = Capabilities(max_text=200, max_buttons=0, max_button_title=20, max_file=100, max_picture=100)


@dataclass
class Breaking:
    """The store, whose connection breaks at the commit, before it or after, and at everything after that if `gone`."""

    store: Store
    after: bool
    gone: bool = False
    broke: bool = False

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[Work]:
        if self.broke:
            if self.gone:
                raise ConnectionError("the database is away")
            async with self.store.begin() as work:
                yield work
            return
        self.broke = True
        async with self.store.begin() as work:
            yield work
            if not self.after:
                raise ConnectionError("lost before the commit")
        raise ConnectionError("the answer was lost")


async def sends(dialogue: Dialogue, folder: Path, store: Breaking) -> list[str]:
    """Ana sends a file in a chat of hers; return what the vault holds then, however it ended."""
    ana = await dialogue.operator("Ana")
    await dialogue.shopper_writes("where is it")
    chat = await dialogue.conversation()
    await dialogue.desk.take_over(chat.id, ana)
    senders: Any = {CHANNEL: Takes()}
    desk = Desk(cast("Store", store), senders, dialogue.notices)
    writing = Writing(cast("Any", None), senders, cast("Any", None), lambda: dialogue.policy, "en", 100)
    attaching = Attaching(cast("Store", store), Vault(f"file://{folder}"), Examiner(100), desk, writing)
    with contextlib.suppress(ConnectionError):
        await attaching.hand_over(chat, ana, "here", "care.txt", b"wipe it dry", "text/plain")
    return held(folder)


def held(folder: Path) -> list[str]:
    return [each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()]


async def test_a_file_whose_message_is_stored_stays_though_the_answer_was_lost(
    dialogue: Dialogue, tmp_path: Path
) -> None:
    kept = await sends(dialogue, tmp_path, Breaking(dialogue.store, after=True))

    (sent,) = [message for message in await dialogue.transcript() if message.text == "here"]
    async with dialogue.store.begin() as work:
        (file,) = (await work.media.of([sent.id]))[sent.id]
    assert kept == [file.key]


async def test_a_file_whose_message_is_not_stored_goes(dialogue: Dialogue, tmp_path: Path) -> None:
    assert await sends(dialogue, tmp_path, Breaking(dialogue.store, after=False)) == []


async def test_a_file_stays_while_nobody_can_say_whether_its_message_is_stored(
    dialogue: Dialogue, tmp_path: Path
) -> None:
    assert len(await sends(dialogue, tmp_path, Breaking(dialogue.store, after=True, gone=True))) == 1
