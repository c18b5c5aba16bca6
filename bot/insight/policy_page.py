"""What the policy would hand over, and what each of its thresholds costs and catches. Worked out when asked for."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import structlog
from nicegui import ui

from actions.curves import DIALS
from actions.deescalation import PRECEDENCE
from actions.policy_file import PolicySource
from bot.console.elements import button, notify, tag
from bot.console.texts import Words
from bot.domain.people import User
from bot.insight.curve_card import CurveCard
from bot.insight.elements import hint, nothing, tile
from bot.insight.filters import Filters
from bot.insight.frame import POLICY, filter_bar
from bot.insight.replaying import MOST, Replayed, replayed
from bot.store.unit_of_work import Store

log = structlog.get_logger()


class PolicyPage:
    """One open page."""

    def __init__(self, store: Store, policy: PolicySource, words: Words, filters: Filters, user: User) -> None:
        self._store, self._policy, self._words, self._filters = store, policy, words, filters
        self._user = user
        self._client = ui.context.client
        self._running = False
        with tag("div", css="page-head"):
            tag("h2", words("insight.policy"))
            filter_bar(words, filters, POLICY)
        with tag("section", css="card replay-intro"):
            tag("p", words("insight.replay_lead"))
            hint(words("insight.replay_note", n=MOST))
            hint(words("insight.curves_note"))
            with tag("div", css="replay-start"):
                self._start = button(
                    words("insight.replay_start"), self.run, sign="play_arrow", css="primary", testid="replay"
                )
                self._state = tag("span", css="quiet", role="status", testid="replay-state")
            self._bar = tag(
                "progress", css="replay-bar", max=len(DIALS) + 1, value=0, aria_label=words("insight.replay_start")
            )
            self._bar.set_visibility(False)
        self._results = tag("div", css="replay-results", testid="replay-results")

    async def run(self) -> None:
        """Replay, and draw each curve as soon as it is there."""
        if self._running:  # a second click came before the button was off
            return
        words, self._running = self._words, True
        self._start.props["disabled"] = True
        self._bar.set_visibility(True)
        self._progress(0, words("insight.replay_reads"))
        try:
            await self._replay()
        except Exception:  # whoever looks at the page has to be told; what it was stands in the log
            log.exception("insight.replay_failed")
            self._state.set_text("")
            with self._client.content:
                notify(words("problem.failed"), "bad")
        finally:
            self._running = False
            self._start.props.pop("disabled", None)
            self._start.update()
            self._bar.set_visibility(False)

    async def _replay(self) -> None:
        words = self._words
        found = await replayed(self._store, self._filters.selection, self._policy.current())
        self._results.clear()
        if not found.seen:
            with self._results, tag("section", css="card"):
                nothing(words)
            self._state.set_text("")
            return
        with self._results:
            self._draw_tally(found)
            grid = tag("div", css="cards")
        done = 1
        async with contextlib.aclosing(found.curves()) as curves:
            self._progress(done, words("insight.replay_at", n=done, total=len(DIALS)))
            async for each in curves:
                if self._client.is_deleted:
                    return
                done += 1
                self._progress(done, words("insight.replay_at", n=min(done, len(DIALS)), total=len(DIALS)))
                with grid:
                    CurveCard(words, found, each, self._user)
        clock = words.clock(datetime.now(UTC))
        self._state.set_text(
            words("insight.replay_done", time=clock) + (f" {words('insight.cut', n=MOST)}" if found.cut else "")
        )

    def _progress(self, value: int, text: str) -> None:
        self._bar.props["value"] = value
        self._state.set_text(text)

    def _draw_tally(self, found: Replayed) -> None:
        words, tally = self._words, found.tally
        with tag("div", css="tiles"):
            tile(words("insight.talks"), str(tally.talks), None, testid="talks")
            tile(
                words("insight.handed"), words.share(tally.workload), None,
                detail=words("insight.of", n=tally.handed, total=tally.talks), testid="replay-handed",
            )  # fmt: skip
            tile(
                words("insight.needed"), str(tally.needed), None,
                detail=words("insight.needed_note"), testid="needed",
            )  # fmt: skip
            recall = "–" if tally.recall is None else words.share(tally.recall)
            tile(
                words("insight.recall"), recall, None,
                detail=words("insight.of", n=tally.in_time, total=tally.needed), testid="recall",
            )  # fmt: skip
        reasons = [reason for reason in PRECEDENCE if tally.reasons[reason]]
        if reasons:
            tag(
                "p", " · ".join(f"{words(f'reason.{reason.value}')} {tally.reasons[reason]}" for reason in reasons),
                css="quiet replay-reasons",
            )  # fmt: skip
