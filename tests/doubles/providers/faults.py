"""What goes wrong between Warmline and a provider, by chance but repeatably."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Final

from aiohttp import web

_HANG: Final = 17.0  # seconds; longer than our clients wait (15)


class Fault(StrEnum):
    """SLOW_DOWN and BAD_GATEWAY are answers. RESET and HANG come before the provider takes anything, LOST after it did."""

    SLOW_DOWN = "slow_down"
    BAD_GATEWAY = "bad_gateway"
    RESET = "reset"
    HANG = "hang"
    LOST = "lost"


# A hang holds up its shopper for a quarter of a minute, so there are few.
_MIX: Final = {Fault.SLOW_DOWN: 30, Fault.BAD_GATEWAY: 30, Fault.RESET: 20, Fault.LOST: 18, Fault.HANG: 2}

Accept = Callable[[], Awaitable[web.Response]]
"""Takes what was asked and returns the provider's answer."""


class Faults:
    """A share of all calls goes wrong; `seen` counts how."""

    def __init__(self, share: float, seed: int = 0, mix: Mapping[Fault, int] = _MIX) -> None:
        self._share = share
        self._mix = mix
        self._chance = random.Random(seed)
        self.seen: Counter[Fault] = Counter()
        self.calls = 0

    def draw(self) -> Fault | None:
        """Return what goes wrong with the next call, if anything."""
        self.calls += 1
        if self._chance.random() >= self._share:
            return None
        fault = self._chance.choices(list(self._mix), list(self._mix.values()))[0]
        self.seen[fault] += 1
        return fault

    async def spoil(
        self, request: web.Request, accept: Accept, slow_down: Callable[[], web.Response]
    ) -> web.StreamResponse:
        """Do what was asked, or not, and answer, or not."""
        match self.draw():
            case None:
                return await accept()
            case Fault.SLOW_DOWN:
                return slow_down()
            case Fault.BAD_GATEWAY:
                return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")
            case Fault.LOST:
                answer = await accept()
            case Fault.HANG:
                answer = web.Response(status=500)
                await asyncio.sleep(_HANG)
            case Fault.RESET:
                answer = web.Response(status=500)
        if request.transport is not None:
            request.transport.abort()
        return answer
