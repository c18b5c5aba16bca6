"""Whether a file may be kept: neither too big, nor a program, nor infected."""

from __future__ import annotations

import asyncio
import shlex
from typing import Final

from bot.errors import DeliveryError, DeliveryRefused
from bot.media.kinds import is_program, kind_of

_SCAN_TIMEOUT: Final = 60.0
_CLEAN, _INFECTED = 0, 1


class Examiner:
    """Looks at every file before it goes into the vault, whoever it is from."""

    def __init__(self, limit: int, scan_command: str | None = None) -> None:
        """`limit` is in bytes. `scan_command` reads a file from its input; it exits 0 for clean and 1 for infected."""
        self.limit = limit
        self._scan_command = shlex.split(scan_command) if scan_command else []

    async def kind_of(self, content: bytes, claimed: str | None) -> str:
        """Return what a file really is.

        Raises DeliveryRefused with code `too_big`, `program` or `infected`, and DeliveryError where the scanner fails.
        """
        if len(content) > self.limit:
            raise DeliveryRefused("larger than we keep", code="too_big")
        if is_program(content):
            raise DeliveryRefused("a program", code="program")
        if not await self._is_clean(content):
            raise DeliveryRefused("infected", code="infected")
        return kind_of(content, claimed)

    async def _is_clean(self, content: bytes) -> bool:
        if not self._scan_command:
            return True
        process = await asyncio.create_subprocess_exec(
            *self._scan_command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(_SCAN_TIMEOUT):
                await process.communicate(content)
        except TimeoutError:
            process.kill()
            await process.wait()
        if process.returncode not in {_CLEAN, _INFECTED}:
            raise DeliveryError(f"the scanner ended with {process.returncode}")
        return process.returncode == _CLEAN
