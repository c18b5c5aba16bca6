"""The line of a shopper's feelings over a conversation: a drawing, and a table that says the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.console.case import Case
from bot.console.elements import Tag, icon, tag
from bot.console.glance import felt_in
from bot.console.texts import Words
from bot.domain.emotion import Emotion

MOST: Final = 40
FEWEST: Final = 2
# From pleased at the top to angry at the bottom. The shape says the same as height and colour.
LEVELS: Final[Mapping[Emotion, int]] = {
    Emotion.JOY: 0,
    Emotion.GRATITUDE: 0,
    Emotion.NEUTRAL: 1,
    Emotion.CONFUSION: 2,
    Emotion.ANXIETY: 2,
    Emotion.DISAPPOINTMENT: 3,
    Emotion.FRUSTRATION: 3,
    Emotion.ANGER: 4,
}
_SHAPES: Final = (
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0",  # circle
    "M-3.5 -3.5h7v7h-7z",  # square
    "M0 -5L5 4H-5z",  # triangle
    "M0 -5.5L5.5 0L0 5.5L-5.5 0z",  # diamond
    "M-6 -2.2L-2.2 -6H2.2L6 -2.2V2.2L2.2 6H-2.2L-6 2.2z",  # stop sign
)
_TOP, _STEP, _HEIGHT = 8, 7, 44


@dataclass(frozen=True)
class Felt:
    """What was felt in one message."""

    message_id: int
    moment: datetime
    emotion: Emotion


def felt_over(case: Case) -> tuple[Felt, ...]:
    """Return what the shopper felt in the newest messages that were read or corrected, oldest first."""
    felt = [
        Felt(message.id, message.created_at, emotion)
        for message in case.messages
        if (emotion := felt_in(case, message)) is not None
    ]
    return tuple(felt[-MOST:])


class MoodLine:
    """Draws the feelings of the open conversation, again only when they changed. A press on one leads to its message."""

    def __init__(self, words: Words, on_act: Callable[..., Any]) -> None:
        self._words = words
        self._frame = tag("section", css="mood", aria_label=words("chat.mood"), testid="mood")
        self._frame.on("click", on_act, js_handler="(e) => warmline.act(e, emit)")
        self._drawn: tuple[str, tuple[Felt, ...]] | None = None

    def show(self, case: Case) -> None:
        """Draw the line of a conversation; nothing where too little was read."""
        drawn = (case.conversation.id, felt_over(case))
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._frame.clear()
        felt = drawn[1]
        self._frame.set_visibility(len(felt) >= FEWEST)
        if len(felt) >= FEWEST:
            with self._frame:
                self._draw_line(felt)
                self._draw_table(felt)

    def _draw_line(self, felt: Sequence[Felt]) -> None:
        worst = max(reversed(felt), key=lambda one: LEVELS[one.emotion])
        label = self._words(
            "chat.mood_label",
            n=len(felt),
            first=self._name(felt[0].emotion),
            last=self._name(felt[-1].emotion),
            worst=self._name(worst.emotion),
            moment=self._moment(worst),
        )
        places = [2 + 96 * number / (len(felt) - 1) for number in range(len(felt))]
        heights = [_TOP + _STEP * LEVELS[one.emotion] for one in felt]
        with tag(
            "svg", css="mood-line", role="img", aria_label=label, height=_HEIGHT, width="100%", testid="mood-line"
        ):
            calm = _TOP + _STEP * LEVELS[Emotion.NEUTRAL]
            tag("line", css="mood-calm", x1="0", x2="100%", y1=calm, y2=calm)
            for number in range(1, len(felt)):
                tag("line", css="mood-way", x1=f"{places[number - 1]:.2f}%", x2=f"{places[number]:.2f}%",
                    y1=heights[number - 1], y2=heights[number])  # fmt: skip
            for one, x, y in zip(felt, places, heights, strict=True):
                self._draw_mark(one, x, y)

    def _draw_mark(self, one: Felt, x: float, y: int) -> None:
        with tag("svg", css=f"mood-mark emotion-{one.emotion.value}", x=f"{x:.2f}%", y=y, overflow="visible") as mark:
            tag("title", f"{self._moment(one)}: {self._name(one.emotion)}")
            tag("circle", css="mood-reach", r=9)
            tag("path", d=_SHAPES[LEVELS[one.emotion]])
        _leads_to(mark, one)

    def _draw_table(self, felt: Sequence[Felt]) -> None:
        words = self._words
        with tag("details", css="mood-table", testid="mood-table"):
            with tag("summary", title=words("chat.mood_table"), aria_label=words("chat.mood_table")):
                icon("table_rows")
            with tag("table"):
                tag("caption", words("chat.mood"))
                with tag("thead"), tag("tr"):
                    tag("th", words("chat.mood_time"), scope="col")
                    tag("th", words("chat.mood_felt"), scope="col")
                with tag("tbody"):
                    for one in reversed(felt):
                        with tag("tr"):
                            tag("td", self._moment(one))
                            with tag("td"):
                                _leads_to(tag("button", self._name(one.emotion), type="button"), one)

    def _name(self, emotion: Emotion) -> str:
        return self._words(f"emotion.{emotion.value}")

    def _moment(self, one: Felt) -> str:
        return self._words.moment(one.moment, today=self._words.local_day(datetime.now(UTC)))


def _leads_to(mark: Tag, one: Felt) -> None:
    mark.props["data-act"] = "jump"
    mark.props["data-on"] = str(one.message_id)
