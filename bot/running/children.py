"""Processes that belong together: started, watched, started again when they die, and stopped with us."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import WarmlineError

_LONGEST_PAUSE = 30.0
# A child that lived this long was healthy: its next death starts the back-off from the beginning.
_HEALTHY = 60.0
_PR_SET_PDEATHSIG = 1


class ChildFailed(WarmlineError):
    """A child died before it was ready; the text has its last words and names its log."""


def _die_with_parent() -> None:
    """Linux: have the kernel stop this process when Warmline itself is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process: how it is started (in our folder or `folder`), and how we know that it is ready (`ready` may raise: not yet)."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], Awaitable[bool]]
    log: Path
    start_within: float
    folder: Path | None = None
    process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def start(self) -> None:
        """Start and wait until ready; raises ChildFailed when it dies or takes too long."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as file:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                env=dict(self.environment),
                cwd=self.folder,
                stdout=file,
                stderr=file,
                preexec_fn=_die_with_parent,
            )
        give_up = time.monotonic() + self.start_within
        while True:
            if self.process.returncode is not None:
                raise ChildFailed(f"{self.name} did not start: {self._last_words()} (all of it: {self.log})")
            with contextlib.suppress(Exception):  # not ready yet, whatever the reason; the deadline below ends it
                if await self.ready():
                    return
            if time.monotonic() > give_up:
                await self.stop()
                raise ChildFailed(f"{self.name} was not ready within {self.start_within:.0f} s (see {self.log})")
            await asyncio.sleep(0.2)

    async def stop(self, within: float = 15.0) -> None:
        """Ask to end, then insist."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), within)
            except TimeoutError:
                process.kill()
                await process.wait()

    async def keep_alive(self, say: Callable[[str], None]) -> None:
        """Start the child again whenever it dies, waiting 1, 2, 4 … 30 seconds in between, until cancelled."""
        pause = 1.0
        while True:
            assert self.process is not None, "started before it is kept alive"
            began = time.monotonic()
            code = await self.process.wait()
            if time.monotonic() - began > _HEALTHY:
                pause = 1.0
            say(f"{self.name} stopped ({_how(code)}); starting it again in {pause:.0f} s")
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
            try:
                await self.start()
                say(f"{self.name} is back")
            except ChildFailed as exc:
                say(str(exc))

    def _last_words(self) -> str:
        with self.log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 4000))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
        return lines[-1][:300] if lines else "it said nothing"


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
