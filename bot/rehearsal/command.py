"""`python -m bot rehearse`: every persona speaks, a few at a time, and the report is printed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Collection, Sequence

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.rehearsal.cast import read_personas
from bot.rehearsal.course import Course
from bot.rehearsal.heard import Phrasebook
from bot.rehearsal.persona import Persona
from bot.rehearsal.report import report
from bot.rehearsal.stage import Stage
from bot.rehearsal.system import System, own_system, running_system
from bot.running.training import train
from bot.settings import ROOT, Settings

_AT_ONCE = 4


async def rehearse(languages: Collection[str], names: Collection[str], url: str | None) -> bool:
    """Let personas speak to the system at `url`, else to one of our own; True when every course was as expected.

    Raises ImportRejected, TrainingFailed, ChildFailed or StageUnusable.
    """
    personas = read_personas(languages=languages, names=names)
    settings = Settings.from_env()
    # Whoever ends us must not leave a database and four processes behind: end as Ctrl-C does.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, signal.raise_signal, signal.SIGINT)
    model = None if url else await asyncio.to_thread(train, settings.warmline_home)
    system = own_system(model) if model else running_system(str(url), settings)
    async with contextlib.AsyncExitStack() as stack:
        with Console(stderr=True).status("Starting Warmline"):
            started = await stack.enter_async_context(system)
        courses = await play_all(personas, started)
    return report(courses)


async def play_all(personas: Sequence[Persona], system: System) -> list[Course]:
    """Play all personas, a few at a time; return their courses in the same order."""
    languages = {persona.language for persona in personas}
    phrasebooks = {language: Phrasebook.of(ROOT / "responses" / f"{language}.yml") for language in languages}
    places = asyncio.Semaphore(_AT_ONCE)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty(), redirect_stdout=False
    )
    async with httpx.AsyncClient(base_url=system.url, timeout=30) as http:
        stage = Stage(http, system.store, phrasebooks)
        with progress:
            bar = progress.add_task("Rehearsing", total=len(personas))

            async def play(persona: Persona) -> Course:
                async with places:
                    progress.update(bar, description=f"{persona.language} {persona.persona}")
                    course = await stage.play(persona)
                    progress.advance(bar)
                    return course

            return list(await asyncio.gather(*(play(persona) for persona in personas)))
