"""Files are fetched, looked at, kept, shown to those who may, and deleted in time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer

from bot.domain.messages import InboundMessage, Kind, Media
from bot.domain.people import MediaState, StoredMedia
from bot.errors import DeliveryError, DeliveryRefused, SettingsError
from bot.media.doors import Links, routes
from bot.media.examining import Examiner
from bot.media.fetching import MediaFetcher
from bot.media.keeping import Housekeeper, Periods
from bot.media.kinds import is_program, kind_of
from bot.media.vault import Vault
from bot.store.unit_of_work import Store

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@dataclass
class Source:
    """A provider's files; `failing` is raised first."""

    content: bytes = PNG
    failing: list[Exception] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def fetch(self, ref: str, limit: int) -> bytes:
        self.asked.append(ref)
        if self.failing:
            raise self.failing.pop(0)
        if len(self.content) > limit:
            raise DeliveryRefused("big", code="too_big")
        return self.content


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(f"file://{tmp_path}/media")


def fetcher(store: Store, vault: Vault, source: Source, **how: Any) -> MediaFetcher:
    return MediaFetcher(store, {"test": source}, vault, Examiner(**({"limit": 100} | how)))


async def a_file(store: Store, *, size: int | None = None, name: str | None = "broken.png") -> tuple[int, str]:
    """A photo of a shopper that waits to be fetched, and its conversation."""
    media = Media("ref-1", "same-1", "image/png", name, size)
    message = InboundMessage("test", "m1", "anna", "", kind=Kind.PHOTO, media=(media,))
    async with store.begin() as work:
        conversation = await work.conversations.of_address("test", "anna", name=None, language=None)
        stored = await work.messages.receive(conversation.id, message)
        assert stored is not None
        (added,) = await work.media.arrived(stored.id, message.media)
    return added, conversation.id


async def state(store: Store, media_id: int) -> StoredMedia:
    async with store.begin() as work:
        found = await work.media.get(media_id)
    assert found is not None
    return found


async def test_what_is_kept_comes_back_and_can_be_deleted(vault: Vault) -> None:
    key = await vault.write(b"a picture")

    assert await vault.read(key) == b"a picture"
    await vault.delete(key)
    await vault.delete(key)
    with pytest.raises(FileNotFoundError):
        await vault.read(key)


@given(st.text())
async def test_no_name_leads_out_of_the_vault(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        await Vault("memory://vault").read(name)


@pytest.mark.parametrize("name", ["../../etc/passwd", "aa/../../secret", "aa/" + "b" * 29, "AA/" + "B" * 30, ""])
async def test_a_path_is_no_key(vault: Vault, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        await vault.read(name)


@pytest.mark.parametrize("url", ["s3://bucket/folder", "nosuchstore://x"])
def test_a_store_without_its_driver_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="MEDIA_URL"):
        Vault(url)


@pytest.mark.parametrize(
    ("content", "claimed", "kind"),
    [
        (PNG, "image/png", "image/png"),
        (PNG, "text/html", "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", None, "image/jpeg"),
        (b"%PDF-1.7\n", "image/png", "application/pdf"),
        (SVG, "image/png", "image/svg+xml"),
        (b"<html><script>", "image/jpeg", "text/html"),
        (b"OggS\x00\x02" + bytes(22) + b"\x01\x1eOpusHead", "audio/ogg", "audio/ogg"),
        (b"\x00\x00\x00\x18ftypmp42", "audio/mp4", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypmp42", "text/html", "video/mp4"),
        ("привет".encode(), "image/png", "text/plain"),
        (b"\xfe\xba\xad", "image/png", "application/octet-stream"),
        (b"", "image/png", "application/octet-stream"),
    ],
)
def test_a_file_is_what_it_holds_and_not_what_it_was_called(content: bytes, claimed: str | None, kind: str) -> None:
    assert kind_of(content, claimed) == kind


@pytest.mark.parametrize("content", [b"MZ\x90", b"\x7fELF\x02", b"#!/bin/sh\n", b"\xca\xfe\xba\xbe"])
def test_programs_are_known(content: bytes) -> None:
    assert is_program(content)
    assert not is_program(PNG)


async def test_a_file_is_fetched_once_and_kept(store: Store, vault: Vault) -> None:
    (media_id, conversation), source = await a_file(store), Source()

    for _ in range(2):
        await fetcher(store, vault, source).fetch(media_id, conversation, last_try=False)

    kept = await state(store, media_id)
    assert (kept.state, kept.content_type, kept.size) == (MediaState.STORED, "image/png", len(PNG))
    assert kept.key is not None
    assert await vault.read(kept.key) == PNG
    assert source.asked == ["ref-1"]


@pytest.mark.parametrize(
    ("source", "size", "reason"),
    [
        pytest.param(Source(b"x" * 101), None, "too_big", id="too big"),
        pytest.param(Source(), 101, "too_big", id="said to be too big"),
        pytest.param(Source(failing=[DeliveryRefused("gone", code="gone")]), None, "gone", id="gone"),
        pytest.param(Source(b"MZ a program"), None, "program", id="a program"),
    ],
)
async def test_what_is_not_kept_says_why(
    store: Store, vault: Vault, source: Source, size: int | None, reason: str
) -> None:
    media_id, conversation = await a_file(store, size=size)

    await fetcher(store, vault, source).fetch(media_id, conversation, last_try=False)

    assert (await state(store, media_id)).reason == reason


async def test_a_file_of_the_largest_size_is_kept(store: Store, vault: Vault) -> None:
    media_id, conversation = await a_file(store, size=100)

    await fetcher(store, vault, Source(PNG + bytes(100 - len(PNG)))).fetch(media_id, conversation, last_try=False)

    assert (await state(store, media_id)).state is MediaState.STORED


async def test_a_provider_that_is_away_is_asked_again_and_given_up_at_last(store: Store, vault: Vault) -> None:
    media_id, conversation = await a_file(store)
    away = Source(failing=[DeliveryError("502"), DeliveryError("502")])
    job = fetcher(store, vault, away)

    with pytest.raises(DeliveryError):
        await job.fetch(media_id, conversation, last_try=False)
    assert (await state(store, media_id)).state is MediaState.WAITING
    await job.fetch(media_id, conversation, last_try=True)

    assert (await state(store, media_id)).reason == "unreachable"


@pytest.mark.parametrize(
    ("command", "reason"),
    [("sh -c 'cat >/dev/null; exit 0'", None), ("sh -c 'grep -q IHDR && exit 1'", "infected")],
)
async def test_a_scanner_decides(store: Store, vault: Vault, command: str, reason: str | None) -> None:
    media_id, conversation = await a_file(store)

    await fetcher(store, vault, Source(), scan_command=command).fetch(media_id, conversation, last_try=False)

    assert (await state(store, media_id)).reason == reason


async def test_a_scanner_that_fails_is_asked_again_and_nothing_is_kept_unseen(store: Store, vault: Vault) -> None:
    media_id, conversation = await a_file(store)

    with pytest.raises(DeliveryError):
        await fetcher(store, vault, Source(), scan_command="sh -c 'exit 2'").fetch(
            media_id, conversation, last_try=False
        )

    assert (await state(store, media_id)).state is MediaState.WAITING


async def test_a_file_no_job_knows_of_is_found(store: Store) -> None:
    media_id, conversation = await a_file(store)
    async with store.begin() as work:
        forgotten = await work.media.forgotten()
        await work.defer("fetch_media", lock="x", media_id=media_id, conversation_id=conversation)
    async with store.begin() as work:
        known = await work.media.forgotten()

    assert forgotten == [(media_id, conversation)]
    assert known == []


@pytest.mark.parametrize(("days", "passed", "deleted"), [(90, 89, False), (90, 91, True), (0, 10_000, False)])
async def test_files_are_deleted_when_their_time_is_over(
    store: Store, vault: Vault, days: int, passed: int, deleted: bool
) -> None:
    media_id, conversation = await a_file(store)
    await fetcher(store, vault, Source()).fetch(media_id, conversation, last_try=False)
    key = (await state(store, media_id)).key
    assert key is not None

    periods = Periods(words=0, files=days, audit=0)
    await Housekeeper(store, vault, periods, now=lambda: datetime.now(UTC) + timedelta(days=passed)).tidy()

    after = await state(store, media_id)
    assert (after.state is MediaState.DELETED) == deleted
    if deleted:
        assert after.file_name is None
        with pytest.raises(FileNotFoundError):
            await vault.read(key)


LINKS = Links("a secret", "https://shop.example/")


def visitor(store: Store, vault: Vault, *, logged_in: bool) -> httpx.AsyncClient:
    async def may_look(_: Request) -> bool:
        return logged_in

    app = FastAPI()
    app.include_router(routes(store, vault, LINKS, may_look))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://shop.example")


async def kept_file(store: Store, vault: Vault, content: bytes, name: str | None) -> int:
    media_id, conversation = await a_file(store, name=name)
    await fetcher(store, vault, Source(content), limit=1000).fetch(media_id, conversation, last_try=False)
    return media_id


async def test_an_operator_sees_a_picture_and_nobody_else_does(store: Store, vault: Vault) -> None:
    media_id = await kept_file(store, vault, PNG, "broken.png")

    async with visitor(store, vault, logged_in=True) as operator, visitor(store, vault, logged_in=False) as stranger:
        seen = await operator.get(f"/console/media/{media_id}")
        unseen = await stranger.get(f"/console/media/{media_id}")
        missing = await operator.get("/console/media/999")
        absurd = await operator.get(f"/console/media/{10**30}")

    assert (seen.status_code, seen.content) == (200, PNG)
    assert seen.headers["content-disposition"].startswith("inline")
    assert [unseen.status_code, missing.status_code, absurd.status_code] == [404, 404, 404]


@pytest.mark.parametrize("content", [SVG, b"<html><script>alert(1)</script>", b"%PDF-1.7\n", b"plain words"])
async def test_what_could_carry_a_script_is_saved_and_never_shown(store: Store, vault: Vault, content: bytes) -> None:
    media_id = await kept_file(store, vault, content, "picture.png")

    async with visitor(store, vault, logged_in=True) as operator:
        answer = await operator.get(f"/console/media/{media_id}")

    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("name", ['a"; filename=evil.html', "a\r\nSet-Cookie: x=1", "фото 🙂.png", "../../x", "a;b=c"])
async def test_no_file_name_breaks_out_of_its_header(store: Store, vault: Vault, name: str) -> None:
    media_id = await kept_file(store, vault, PNG, name)

    async with visitor(store, vault, logged_in=True) as operator:
        answer = await operator.get(f"/console/media/{media_id}")

    assert "set-cookie" not in answer.headers
    assert answer.headers["content-disposition"].count(";") == 1


async def test_a_provider_fetches_a_file_by_its_signed_address(store: Store, vault: Vault) -> None:
    key = await vault.write(PNG)
    address = LINKS.to(key)

    async with visitor(store, vault, logged_in=False) as twilio:
        fetched = await twilio.get(address)
        before, signature = address.rsplit(".", 1)
        tampered = await twilio.get(f"{before}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}")
        others = await twilio.get(Links("another secret", "https://shop.example").to(key))

    assert address.startswith("https://shop.example/media/")
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "image/png")
    assert [tampered.status_code, others.status_code] == [404, 404]


def test_an_address_is_good_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    token = LINKS.to("k").rsplit("/", 1)[1]
    made = URLSafeTimedSerializer("a secret", salt="media").loads(token, return_timestamp=True)[1].timestamp()

    monkeypatch.setattr("time.time", lambda: made + 3600)
    assert LINKS.key_in(token) == "k"
    monkeypatch.setattr("time.time", lambda: made + 3602)
    assert LINKS.key_in(token) is None
