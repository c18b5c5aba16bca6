"""`python -m bot policy replay`: what another policy would have done with conversations as they were."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import median

from pydantic import BaseModel, ConfigDict, ValidationError
from rich.console import Console
from rich.table import Table

from actions.deescalation import PRECEDENCE
from actions.policy_file import read_policy
from actions.recorded import talks_of
from actions.replay import Need, Talk, Tally, handed_over, tallied
from actions.situation import situation_from
from bot.errors import SettingsError
from bot.store.unit_of_work import Work


class _Need(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: int
    end: int


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    language: str
    why: str
    need: _Need | None
    decided: list[dict[str, object]]


def scripted(file: Path) -> list[Talk]:
    """Read talks from a file that `python -m benchmarks.handoff` wrote; raises SettingsError naming file and line."""
    talks = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{file}: {exc}") from None
    for number, text in enumerate(lines, 1):
        try:
            line = _Line.model_validate_json(text)
            situations = [situation_from(kept) for kept in line.decided]
        except (ValidationError, KeyError, TypeError, ValueError) as exc:
            raise SettingsError(f"{file.name}:{number}: is not a talk: {type(exc).__name__}") from None
        need = Need(line.need.start, line.need.end) if line.need else None
        talks.append(Talk(line.name, line.language, situations, need))
    return talks


async def recorded(work: Work, since: datetime) -> list[Talk]:
    """Return the talks with the bot since a moment. A talk ends with its handoff; what follows is the next one."""
    decided = await work.decisions.since(since)
    taken = await work.handoffs.taken_over_since(since)
    return talks_of(decided, taken)


def replay(talks: Sequence[Talk], now: Path, other: Path | None, console: Console) -> None:
    """Print what the policy in force makes of talks and, beside it, another one; raises SettingsError for a wrong file."""
    policies = {"in force": read_policy(now)} | ({other.name: read_policy(other)} if other else {})
    tallies = {name: tallied(talks, policy) for name, policy in policies.items()}
    console.print(_table(tallies))
    if other:
        before, after = policies.values()
        changed = [
            (talk.name, was, becomes)
            for talk in talks
            if (was := handed_over(talk, before)) != (becomes := handed_over(talk, after))
        ]
        for name, was, becomes in changed:
            told = [
                f"{each.reason.value} at message {each.at}" if each else "stays with the bot" for each in (was, becomes)
            ]
            console.print(f"{name}: {told[0]} -> {told[1]}", highlight=False)
        console.print(f"{len(changed)} of {len(talks)} conversations would go another way.")


def _table(tallies: dict[str, Tally]) -> Table:
    table = Table(title="What the policy makes of these conversations")
    table.add_column("")
    for name in tallies:
        table.add_column(name, justify="right")
    counts = list(tallies.values())
    rows: list[tuple[str, list[str]]] = [
        ("conversations", [str(each.talks) for each in counts]),
        ("a person was asked for or needed", [str(each.needed) for each in counts]),
        ("handed over", [f"{each.handed} ({each.workload:.0%})" for each in counts]),
        ("of these, needed", [_share(each.right, each.precision) for each in counts]),
        ("of those needed, in time", [_share(each.in_time, each.recall) for each in counts]),
        ("at message, median", [f"{median(each.at):g}" if each.at else "-" for each in counts]),
    ]
    rows += [
        (f"  by {reason.value}", [str(each.reasons[reason]) for each in counts])
        for reason in PRECEDENCE
        if any(each.reasons[reason] for each in counts)
    ]
    for name, cells in rows:
        table.add_row(name, *cells)
    return table


def _share(count: int, share: float | None) -> str:
    return "-" if share is None else f"{count} ({share:.0%})"


def written(name: str, language: str, why: str, need: Need | None, decided: Sequence[object]) -> str:
    """Return one line as `scripted` reads it."""
    start_end = {"start": need.start, "end": need.end} if need else None
    return json.dumps({"name": name, "language": language, "why": why, "need": start_end, "decided": decided})
