"""Not one message lost: shoppers write through unreliable providers while processes are killed.

    python -m benchmarks.delivery [--shoppers N] [--messages N] [--rounds N]

Telegram (by webhook and by polling) and Twilio are servers of `tests/doubles/providers` on this machine. A tenth of all
calls to them goes wrong: they ask to slow down, answer 502, hang, break the connection before taking the message or
after it, and they bring a twentieth of the shoppers' messages twice. Meanwhile gateway, worker, Rasa and PostgreSQL are
killed with SIGKILL, one after the other. Afterwards the providers' own record of what they took is compared with what was
said: every message has an answer that arrived, in order. While Rasa is away for longer than a shopper should wait they get
one honest line, and the chat waits for a person; what they write then is with people, and counted apart.

*Doubled* is a reply that a provider took twice without our knowing that this could be. *In doubt* is one taken twice
because its first answer was lost, on the wire or with a killed process before it was written down; each is counted in
`messages.resent`. Twilio is asked what it took before anything is sent again, Telegram cannot be asked.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from rich.console import Console

from actions.policy_file import POLICY_FILE
from bot.running.training import train
from bot.settings import ROOT
from tests.doubles.providers.accepted import Tray
from tests.doubles.providers.faults import Faults
from tests.doubles.providers.telegram import BotApi
from tests.doubles.providers.twilio import Twilio
from tests.system import Warmline

RESULT = ROOT / "benchmarks" / "delivery.md"
WAYS = ("telegram by webhook", "telegram by polling", "whatsapp")
FAULTS = 0.1
PATIENCE = 900.0  # seconds until everything must be answered
SAYINGS = (
    "hello there, nice to meet you", "which payment methods do you take?", "thanks a lot, that helps me",
    "Здравствуйте, как работает доставка?", "спасибо большое за помощь!", "你好，请问你们怎么发货？", "谢谢您的帮助，非常好",
    "Καλημέρα σας, τι κάνετε;", "ευχαριστώ πολύ για τη βοήθεια!", "what are your opening hours?", "ok",
)  # fmt: skip

say = Console(stderr=True).print


@dataclass(frozen=True)
class Size:
    """How much is said, and how often each process is killed."""

    shoppers: int = 50
    messages: int = 20
    rounds: int = 3


@dataclass(frozen=True)
class Outcome:
    """What became of everything that was said on one way in. Counts of messages; `replies` are those that arrived."""

    way: str
    sent: int
    answered: int
    with_people: int
    out_of_order: int
    doubled: int
    in_doubt: int
    replies: int
    faults: Mapping[str, int]
    calls: int
    kills: int
    seconds: float

    @property
    def lost(self) -> int:
        """Messages that have no answer that arrived, and that no person is to answer."""
        return self.sent - self.answered - self.with_people

    def line(self) -> str:
        """The figures in one line."""
        people = f", {self.with_people} with people" if self.with_people else ""
        return f"{self.sent} sent, {self.answered} answered{people}, {self.lost} lost, {self.doubled} doubled"


@dataclass(frozen=True)
class Way:
    """A provider as the driver sees it: `says` returns what Warmline calls the message."""

    says: Callable[[int, str], str]
    address: Callable[[int], str]
    undelivered: Callable[[], int]
    tray: Tray
    faults: Faults


async def run(way: str, size: Size, home: Path, model: Path) -> Outcome:
    """Let shoppers write on one way in while everything goes wrong; return what became of it."""
    patient = await asyncio.to_thread(_furnish, home, model)
    common = {"POLICY_FILE": str(patient), "RASA_TOKEN": secrets.token_hex(16), "RASA_URL": _free_address()}
    warmline = Warmline(home, **common)
    async with _provider(way, warmline) as provider:
        await asyncio.to_thread(warmline.start)
        worker = _Worker(warmline)
        try:
            worker.start()
            began = time.monotonic()
            writing = asyncio.gather(*(_write(provider, number, size.messages) for number in range(size.shoppers)))
            kills = await _kill_in_turn(warmline, worker, size.rounds)
            said = dict(enumerate(await writing))
            rows = await _all_done(warmline, provider)
            return outcome_of(way, said, rows, provider, kills, time.monotonic() - began)
        finally:
            worker.stop()
            await asyncio.to_thread(warmline.stop)


class _Worker:
    """A second worker, in a process of its own."""

    def __init__(self, warmline: Warmline) -> None:
        self._warmline = warmline
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = self._warmline.environment | {"DATABASE_URL": self._warmline.dsn}
        with (self._warmline.home / "logs" / "worker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "worker"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        assert self._process is not None, "started"
        self._process.kill()
        self._process.wait()
        self.start()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)


@asynccontextmanager
async def _provider(way: str, warmline: Warmline) -> AsyncIterator[Way]:
    faults = Faults(FAULTS, seed=len(way))
    if way == "whatsapp":
        account, token, number = "AC" + "0" * 32, secrets.token_hex(16), "+15550100200"
        async with Twilio(account, token, number, faults) as twilio:
            twilio.webhook, twilio.public_url = warmline.url, "https://shop.example"
            warmline.environment |= {
                "TWILIO_ACCOUNT_SID": account,
                "TWILIO_AUTH_TOKEN": token,
                "TWILIO_WHATSAPP_FROM": number,
                "TWILIO_API_BASE_URL": twilio.url,
                "PUBLIC_URL": twilio.public_url,
            }
            yield Way(
                lambda n, text: twilio.says(_phone(n), text), _phone, lambda: twilio.undelivered, twilio.tray, faults
            )
        return
    token = "999:" + secrets.token_hex(16)
    async with BotApi(token, faults) as api:
        warmline.environment |= {
            "TELEGRAM_BOT_TOKEN": token,
            "TELEGRAM_API_BASE_URL": api.url,
            "TELEGRAM_MODE": way.rsplit(" ", 1)[1],
            "TELEGRAM_WEBHOOK_SECRET": secrets.token_hex(16),
            "PUBLIC_URL": warmline.url,
        }
        yield Way(
            lambda n, text: api.says(7000 + n, text), lambda n: str(7000 + n), lambda: api.undelivered, api.tray, faults
        )


def _furnish(home: Path, model: Path) -> Path:
    """Put the model into an empty home, and a policy, which is returned."""
    (home / "models").mkdir(parents=True)
    home.chmod(0o755)
    shutil.copy(model, home / "models")
    policy = home / "policy.yml"
    policy.write_text(_that_keeps_the_bot_talking())
    return policy


def _phone(number: int) -> str:
    return f"+790000{number:05d}"


async def _write(provider: Way, number: int, count: int) -> list[str]:
    chance = random.Random(number)  # noqa: S311  repeatable, no secret
    said = []
    for _ in range(count):
        said.append(provider.says(number, chance.choice(SAYINGS)))
        await asyncio.sleep(chance.uniform(0.2, 5))
    return said


async def _kill_in_turn(warmline: Warmline, worker: _Worker, rounds: int) -> int:
    chance, kills = random.Random(rounds), 0  # noqa: S311  as above
    for _ in range(rounds):
        for name in ("gateway", "worker", "rasa", "postgres"):
            await asyncio.sleep(chance.uniform(3, 8))
            if name == "worker":
                await asyncio.to_thread(worker.kill)
            else:
                await asyncio.to_thread(warmline.kill, name)
            kills += 1
    return kills


async def _all_done(warmline: Warmline, provider: Way) -> list[dict[str, Any]]:
    """Wait until nothing is left to do, and return every message in order; raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await asyncio.sleep(1)
            try:
                async with await psycopg.AsyncConnection.connect(warmline.dsn, row_factory=dict_row) as connection:
                    found = await connection.execute(
                        "SELECT m.*, c.address, (SELECT min(h.message_id) FROM handoffs h WHERE h.conversation_id = c.id)"
                        " AS handed_over FROM messages m JOIN conversations c ON c.id = m.conversation_id ORDER BY m.id"
                    )
                    rows = await found.fetchall()
            except (psycopg.Error, OSError):
                continue
            open_ones = [
                row
                for row in rows
                if (row["author"] == "shopper" and row["handled_at"] is None)
                or row["delivery"] in {"queued", "sending"}
            ]
            if not provider.undelivered() and not open_ones:
                return rows


def outcome_of(
    way: str,
    said: Mapping[int, Sequence[str]],
    rows: Sequence[dict[str, Any]],
    provider: Way,
    kills: int,
    seconds: float,
) -> Outcome:
    """Compare what was said with our rows and with what the provider took."""
    by_address = defaultdict(list)
    for row in rows:
        by_address[row["address"]].append(row)
    answered = with_people = disorder = doubled = in_doubt = replies = 0
    for number, external_ids in said.items():
        address = provider.address(number)
        theirs = by_address[address]
        taken = provider.tray.to(address)
        arrived = {message.id for message in taken}
        sent = [row for row in theirs if row["author"] != "shopper" and row["provider_id"] in arrived]
        turns_answered = {row["in_reply_to"] for row in sent}
        inbound = [row for row in theirs if row["author"] == "shopper"]
        for row in inbound:
            if (row["turn_id"] or row["id"]) in turns_answered:
                answered += 1
            elif row["handed_over"] is not None and row["id"] > row["handed_over"]:
                with_people += 1
        stored = [row["external_id"] for row in inbound]
        disorder += stored != list(external_ids)
        known = [row["provider_id"] for row in sent]
        # A reply in doubt may arrive again after its successor: what counts is when each came last, as we know it.
        order = {message.id: position for position, message in enumerate(taken)}
        disorder += [order[i] for i in known] != sorted(order[i] for i in known)
        again, foreseen = len(taken) - len(set(known)), sum(row["resent"] for row in theirs)
        doubled += max(0, again - foreseen)
        in_doubt += min(again, foreseen)
        replies += len(sent)
    return Outcome(
        way,
        sum(map(len, said.values())),
        answered,
        with_people,
        disorder,
        doubled,
        in_doubt,
        replies,
        {fault.value: count for fault, count in sorted(provider.faults.seen.items())},
        provider.faults.calls,
        kills,
        seconds,
    )


def _that_keeps_the_bot_talking() -> str:
    """The policy without triggers: who is handed over is no longer answered, and could not be counted."""
    before, triggers = POLICY_FILE.read_text(encoding="utf-8").split("\nhandoff:\n")
    triggers, after = triggers.split("\ncomplaints:\n")
    quiet = triggers.replace("    on: true\n", "    on: false\n")
    return f"{before}\nhandoff:\n{quiet}\ncomplaints:\n{after}"


def _free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def report(size: Size, outcomes: Sequence[Outcome], command: str) -> str:
    """The page with the figures."""
    lines = [
        "# Delivery",
        "",
        (
            f"`{command}` on {os.cpu_count()} cores, Python {sys.version.split()[0]}: {size.shoppers} shoppers with"
            f" {size.messages} messages each on every way in, {FAULTS:.0%} of the calls to the provider going wrong, gateway,"
            f" worker, Rasa and PostgreSQL killed {size.rounds} times each. What is counted stands at the top of"
            " `benchmarks/delivery.py`."
        ),
        "",
        "| way in | result | out of order | in doubt | replies that arrived | kills | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {o.way} | {o.line()} | {o.out_of_order} | {o.in_doubt} | {o.replies} | {o.kills} | {o.seconds:.0f} |"
        for o in outcomes
    ]
    lines += ["", "What went wrong at the providers:", "", "| way in | calls | faults |", "| --- | --- | --- |"]
    lines += [f"| {o.way} | {o.calls} | {', '.join(f'{n} {f}' for f, n in o.faults.items())} |" for o in outcomes]
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure every way in and write `benchmarks/delivery.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in vars(Size()).items():
        parser.add_argument(f"--{name}", type=int, default=value, help=f"default: {value}")
    parser.add_argument("--way", choices=WAYS, action="append", help="only this way in; writes no page")
    given = vars(parser.parse_args())
    ways = given.pop("way")
    size = Size(**given)
    model = train(ROOT / ".warmline")
    outcomes = []
    for way in ways or WAYS:
        with tempfile.TemporaryDirectory(prefix="warmline-delivery-", ignore_cleanup_errors=True) as folder:
            Path(folder).chmod(0o755)
            outcomes.append(asyncio.run(run(way, size, Path(folder) / "home", model)))
            say(f"{way}: {outcomes[-1].line()}")
    page = report(size, outcomes, "python -m benchmarks.delivery")
    if not ways:
        RESULT.write_text(page)
    print(page)
    if any(outcome.lost or outcome.doubled for outcome in outcomes):
        sys.exit(1)


if __name__ == "__main__":
    main()
