"""What a rehearsal showed: a table, the transcript of every miss, and one line of figures."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.rehearsal.course import Course, misses

_WIDTH = 160  # where no terminal says how wide it is


def report(courses: Sequence[Course], out: Console | None = None) -> bool:
    """Print everything; True when every course was as expected."""
    console = out or _console()
    missed = [course for course in courses if misses(course)]
    console.print(_table(courses))
    for course in missed:
        _print_miss(console, course)
    console.print(Text(figures(len(courses), len(missed))))
    return not missed


def figures(all_of_them: int, missed: int) -> str:
    """Return the line of figures."""
    return f"{all_of_them} personas, {all_of_them - missed} as expected, {missed} missed"


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH)


def _table(courses: Sequence[Course]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", "persona", "course", "turns", "handed off", "expected"):
        table.add_column(title, justify="right" if title == "turns" else "left", overflow="fold")
    for course in courses:
        at = f"at {course.handed_off[0]}: {course.handed_off[1]}" if course.handed_off else "no"
        mark = Text("missed", "bold red") if misses(course) else Text("ok", "green")
        who = f"{course.persona.language} {course.persona.persona}"
        cells = (who, course.shape, str(course.turns), at, course.persona.expected)
        table.add_row(mark, *(Text(cell) for cell in cells))
    return table


def _print_miss(console: Console, course: Course) -> None:
    persona = course.persona
    console.print()
    console.print(Text(f"{persona.language} {persona.persona}: {persona.about}", "bold"))
    for miss in misses(course):
        console.print(Text(f"  missed: {miss}", "red"))
    for number, exchange in enumerate(course.exchanges, 1):
        readings = exchange.readings or ("not handled",) * len(exchange.said)
        for said, reading in zip(exchange.said, readings, strict=True):
            console.print(Text(f"  {number} shopper: {said}"))
            console.print(Text(f"      read as {reading}", "dim"))
        for reply, response in zip(exchange.heard.replies, exchange.heard.responses, strict=True):
            buttons = "".join(f" [{button.title}]" for button in reply.buttons)
            console.print(Text(f"  {number} bot: {reply.text}{buttons}"))
            console.print(Text(f"      {response or 'no response of ours'}", "dim"))
