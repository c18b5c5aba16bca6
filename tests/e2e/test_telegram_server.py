"""Telegram over HTTP: our polling and our sender against a Bot API server that we did not write."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from actions.policy_file import PolicySource
from bot.channels.registry import Channels
from bot.domain.handoff import HandoffRequest, Reason
from bot.domain.messages import Author, Button, Delivery, Reply
from bot.domain.people import Message
from bot.handoff.alerts import Alerts
from bot.handoff.assignment import Assignment
from bot.handoff.desk import Desk
from bot.handoff.notices import Notices
from bot.handoff.sla import Sla
from bot.handoff.watch import Watch
from bot.handoff.windows import ClosingWindows
from bot.media.examining import Examiner
from bot.media.fetching import MediaFetcher
from bot.media.keeping import Housekeeper, Periods
from bot.media.vault import Vault
from bot.metrics import Metrics
from bot.settings import Settings
from bot.store.unit_of_work import Store
from bot.turns.assistant import Answer, Question
from bot.turns.delivery import Outbox
from bot.turns.inbox import Inbox
from bot.turns.jobs import Workers, configure, job_app
from bot.turns.pipeline import Pipeline
from bot.turns.stages import AskAssistant, FitToChannel, PassToOperator
from bot.turns.worker import Worker
from tests.doubles.assistant import ScriptedAssistant, a_reading, an_answer
from tests.doubles.outreach import RecordingOutreach
from tests.doubles.shipped import the_book, the_texts

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

FOLDER = Path(__file__).parent / "telegram_server"
TOKEN = "999:nobodys-token"
SHOPPER = 7001


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """`telegram-test-api`, installed from its lock file and started."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("needs node and npm, for the Bot API server telegram-test-api")
    installed, lock = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FOLDER, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([node, "server.js", str(port)], cwd=FOLDER, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        yield f"http://127.0.0.1:{port}"
        running.terminate()


@pytest_asyncio.fixture
async def api(server: str) -> AsyncIterator[str]:
    """The server behind a proxy that mends where it is not like Telegram.

    `getMe` says that it is a bot, dates are in seconds, and an empty `getUpdates` takes its time.
    """
    async with httpx.AsyncClient(base_url=server) as behind:

        async def forward(request: Request) -> Response:
            body = await request.body()
            path = request.url.path
            kind = {"Content-Type": request.headers.get("Content-Type", "application/x-www-form-urlencoded")}
            answer = await behind.post(path, content=body, headers=kind)
            said: dict[str, Any] = answer.json()
            if path.endswith("/getMe"):
                said["result"]["is_bot"] = True
            elif path.endswith("/sendMessage"):
                said["result"]["date"] //= 1000
            elif path.endswith("/getUpdates") and not said["result"]:
                await asyncio.sleep(0.05)
            return Response(json.dumps(said), answer.status_code, media_type="application/json")

        app = Starlette(routes=[Route("/{path:path}", forward, methods=["POST"])])
        proxy = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off", ws="none"))
        serving = asyncio.create_task(proxy.serve())
        while not proxy.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{proxy.servers[0].sockets[0].getsockname()[1]}"
        proxy.should_exit = True
        await serving


class Phone:
    """A shopper's Telegram, through the server's client API."""

    def __init__(self, server: str) -> None:
        self._http = httpx.AsyncClient(base_url=server)
        self._person = {"id": SHOPPER, "first_name": "Maria", "is_bot": False, "language_code": "el"}
        self._chat = {"id": SHOPPER, "first_name": "Maria", "type": "private"}

    async def says(self, text: str) -> None:
        await self._sends(text=text)

    async def shares_contact(self, phone: str) -> None:
        await self._sends(contact={"phone_number": phone, "first_name": "Maria", "user_id": SHOPPER})

    async def presses(self, data: str) -> None:
        message = {"message_id": 1, "chat": self._chat, "date": 0}
        await self._post("/sendCallback", {"botToken": TOKEN, "from": self._person, "message": message, "data": data})

    async def reads(self, count: int = 1) -> list[dict[str, Any]]:
        """Return the next `count` messages of the bot."""
        seen: list[dict[str, Any]] = []
        async with asyncio.timeout(30):
            while len(seen) < count:
                answer = await self._post("/getUpdates", {"token": TOKEN, "chatId": str(SHOPPER)})
                seen += [update["message"] for update in answer["result"]]
                await asyncio.sleep(0.05)
        return seen

    async def close(self) -> None:
        await self._http.aclose()

    async def _sends(self, **content: object) -> None:
        common = {"botToken": TOKEN, "from": self._person, "chat": self._chat, "date": int(time.time())}
        await self._post("/sendMessage", common | content)

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._http.post(path, json=body)
        answer.raise_for_status()
        given: dict[str, Any] = answer.json()
        return given


class Shop:
    """Warmline on Telegram with everything real but the assistant."""

    def __init__(self, database_url: str, api: str, home: Path) -> None:
        self.assistant = ScriptedAssistant()
        self.jobs = job_app(database_url)
        self.store = Store(database_url, jobs=self.jobs, pool_size=5)
        settings = Settings(  # type: ignore[call-arg]
            _env_file=None, warmline_home=home, telegram_bot_token=TOKEN, telegram_api_base_url=api
        )
        notices = Notices(the_book(), "en")
        self.channels = Channels(settings, notices)
        senders = self.channels.senders
        ask = AskAssistant(self.assistant, senders, notices, lambda: HandoffRequest(Reason.ERROR, 3, "", 15))
        stages = [PassToOperator(self.assistant), ask, FitToChannel(senders)]
        pipeline = Pipeline(self.store, stages, notices, Metrics(), when_broken=ask.give_up)
        vault = Vault(f"file://{home / 'media'}")
        fetcher = MediaFetcher(self.store, self.channels.media_sources, vault, Examiner(20_000_000))
        house = Housekeeper(self.store, vault, Periods(words=0, files=1, audit=0))
        outbox, outreach = Outbox(self.store, senders, Metrics()), RecordingOutreach()
        policy = PolicySource().current
        desk = Desk(self.store, senders, notices)
        alerts = Alerts(self.store, senders, (), the_texts().words, default_language="en")
        watch = Watch(
            self.store, desk, notices, alerts, Assignment(self.store, desk, policy), Sla(self.store, policy), policy
        )
        workers = Workers(
            turns=pipeline,
            deliveries=outbox,
            assistant=self.assistant,
            outreach=outreach,
            windows=ClosingWindows(self.store, senders, desk, notices, alerts, policy),
            media=fetcher,
            house=house,
            watch=watch,
            alerts=alerts,
        )
        configure(self.jobs, workers)
        self.worker = Worker(self.jobs, self.store, concurrency=4)

    async def transcript(self) -> list[Message]:
        async with self.store.begin() as work:
            conversation = await work.conversations.known("telegram", str(SHOPPER))
            assert conversation is not None
            return await work.messages.transcript(conversation.id)

    async def phones(self) -> set[str]:
        async with self.store.begin() as work:
            conversation = await work.conversations.known("telegram", str(SHOPPER))
            assert conversation is not None
            return {proof.value for proof in await work.proofs.of(conversation.id)}


@pytest_asyncio.fixture
async def shop(database_url: str, api: str, tmp_path: Path) -> AsyncIterator[Shop]:
    built = Shop(database_url, api, tmp_path)
    async with built.jobs.open_async():
        await built.worker.start()
        await built.channels.start(Inbox(built.store))
        yield built
        await built.channels.stop()
        await built.worker.stop()
    await built.store.close()


@pytest_asyncio.fixture
async def phone(server: str) -> AsyncIterator[Phone]:
    maria = Phone(server)
    yield maria
    await maria.close()


async def test_a_message_is_answered_through_the_server(shop: Shop, phone: Phone) -> None:
    await phone.says("Πού είναι η παραγγελία μου;")

    [answer] = await phone.reads()

    assert answer["text"] == "echo Πού είναι η παραγγελία μου;"
    assert str(answer["chat_id"]) == str(SHOPPER)
    said, sent = await sent_and_noted(shop)
    assert (said.author, said.language_hint) == (Author.SHOPPER, "el")
    assert sent.provider_id is not None


async def test_messages_are_answered_in_their_order(shop: Shop, phone: Phone) -> None:
    heard: list[str] = []
    for text in ("one", "two", "three"):
        await phone.says(text)
    # How many come while the bot answers the first is chance; they are answered together then.
    while len(heard) < 3:
        heard += [line for answer in await phone.reads() for line in answer["text"].removeprefix("echo ").split("\n")]

    assert heard == ["one", "two", "three"]


async def test_a_pressed_button_says_what_it_stands_for(shop: Shop, phone: Phone) -> None:
    def reply(question: Question) -> Answer:
        if question.text == "/affirm":
            return an_answer("A colleague is coming.")
        return Answer(a_reading(), (Reply("A person?", (Button("Yes", "/affirm"), Button("No", "/deny"))),))

    shop.assistant.reply = reply
    await phone.says("help")
    [offer] = await phone.reads()
    [[yes, _]] = offer["reply_markup"]["inline_keyboard"]
    await phone.presses(yes["callback_data"])

    [answer] = await phone.reads()

    assert (yes["text"], answer["text"]) == ("Yes", "A colleague is coming.")


async def test_a_title_tapped_instead_of_a_long_payload_says_the_payload(shop: Shop, phone: Phone) -> None:
    payload = '/inform{"order_number": "' + "W" * 60 + '"}'

    def reply(question: Question) -> Answer:
        if question.text == payload:
            return an_answer("That one is on its way.")
        return Answer(a_reading(), (Reply("Which?", (Button("The mixer", payload), Button("None", "/deny"))),))

    shop.assistant.reply = reply
    await phone.says("where is it")
    [offer] = await phone.reads()
    [[first, _]] = offer["reply_markup"]["keyboard"]
    await phone.says(first["text"])

    [answer] = await phone.reads()

    assert answer["text"] == "That one is on its way."


async def test_a_shared_contact_proves_the_number_and_asks_on(shop: Shop, phone: Phone) -> None:
    await phone.shares_contact("306900001001")

    [answer] = await phone.reads()

    assert answer["text"] == "echo /inform"
    assert await shop.phones() == {"+306900001001"}


async def sent_and_noted(shop: Shop) -> list[Message]:
    """Return the transcript once the reply's way out is on record."""
    async with asyncio.timeout(10):
        while True:
            transcript = await shop.transcript()
            if transcript[-1].delivery is Delivery.SENT:
                return transcript
            await asyncio.sleep(0.05)
