"""How Warmline's pages look: the colours of emotions, the files every page loads, and the frame around it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from nicegui import app, ui

from bot.console.elements import icon, tag
from bot.console.headers import nonce_of
from bot.console.texts import Words
from bot.domain.emotion import Emotion

STATIC = Path(__file__).parent / "static"
_MAIN = ("warmline.css", "warmline.js")
# Registers a page. NiceGUI's three seconds would make an error of one that a busy machine is long to build.
page_at = partial(ui.page, response_timeout=30.0)


@dataclass(frozen=True)
class Look:
    """An emotion's sign and its colours: (ink, paper) by day and by night, each pair at least 4.5:1."""

    icon: str
    day: tuple[str, str]
    night: tuple[str, str]


LOOKS: Mapping[Emotion, Look] = {
    Emotion.NEUTRAL: Look("sentiment_neutral", ("#4d4a45", "#e8e3dc"), ("#d6cfc5", "#3a3531")),
    Emotion.JOY: Look("sentiment_very_satisfied", ("#6b4e00", "#fbe7a8"), ("#f6d879", "#443510")),
    Emotion.GRATITUDE: Look("favorite", ("#1f5a35", "#d3eeda"), ("#9adbb0", "#1d3b29")),
    Emotion.CONFUSION: Look("help", ("#5a3a86", "#e8def6"), ("#cfb6f2", "#382b4d")),
    Emotion.ANXIETY: Look("report_problem", ("#1d4f7c", "#d6e8f7"), ("#9fcdf2", "#1e3549")),
    Emotion.DISAPPOINTMENT: Look("sentiment_dissatisfied", ("#255a5e", "#d2ebea"), ("#94d5d4", "#1c3a3c")),
    Emotion.FRUSTRATION: Look("sentiment_very_dissatisfied", ("#8a3d06", "#fde0c6"), ("#fbb67d", "#4a2a12")),
    Emotion.ANGER: Look("whatshot", ("#9b1c1c", "#fbd9d6"), ("#ffaaa2", "#501c1b")),
}

CHANNEL_ICONS = {"telegram": "send", "whatsapp": "chat", "web": "language"}


def emotion_styles() -> str:
    """Return the CSS variables of every emotion, for both themes."""
    rules = []
    for emotion, look in LOOKS.items():
        ink = f"--ink: light-dark({look.day[0]}, {look.night[0]})"
        paper = f"--paper: light-dark({look.day[1]}, {look.night[1]})"
        rules.append(f".emotion-{emotion.value} {{ {ink}; {paper}; }}")
    return "\n".join(rules)


def serve_files() -> None:
    """Serve the stylesheet and script under an address that changes with their content."""
    app.add_static_files(f"/_warmline/{_stamp()}", STATIC, max_cache_age=31_536_000)


def dress(words: Words, title: str) -> None:
    """Give the page being built Warmline's look, language and title."""
    at = f"/_warmline/{_stamp()}"
    language = {"zh": "zh-Hans"}.get(words.language, words.language)
    now = int(datetime.now(UTC).timestamp() * 1000)
    ui.add_head_html(
        f'<script nonce="{nonce_of(ui.context.client.request.scope)}">'
        f"document.documentElement.lang={language!r};window.warmlineSkew={now}-Date.now();</script>"
        f"{''.join(_linked(at, name) for name in _files())}"
        f"<style>{emotion_styles()}</style>"
    )
    ui.page_title(title)


def bar(words: Words, languages: tuple[str, ...]) -> None:
    """Draw the two switches every page has: language and theme."""
    with tag("label", css="pick", title=words("language.label")):
        icon("translate")
        choice = tag("select", testid="language", aria_label=words("language.label"))
        with choice:
            for language in languages:
                option = tag("option", words(f"language.{language}"), value=language, lang=language)
                if language == words.language:
                    option.props["selected"] = True
        choice.on("change", js_handler="(e) => warmline.language(e.target.value)")
    switch = tag(
        "button", css="tool", testid="theme", type="button", aria_label=words("theme.dark"), title=words("theme.dark")
    )
    switch.props["data-theme-switch"] = ""
    with switch:
        icon("dark_mode", css="by-day")
        icon("light_mode", css="by-night")
    switch.on("click", js_handler="() => warmline.switchTheme()")


def _files() -> tuple[str, ...]:
    """Return every stylesheet and script, those that others build on first."""
    areas = sorted(file.name for file in STATIC.iterdir() if file.suffix in {".css", ".js"})
    return (*_MAIN, *(name for name in areas if name not in _MAIN))


def _linked(at: str, name: str) -> str:
    if name.endswith(".js"):
        return f'<script src="{at}/{name}"></script>'
    return f'<link rel="stylesheet" href="{at}/{name}">'


@cache
def _stamp() -> str:
    content = b"".join((STATIC / name).read_bytes() for name in _files())
    return hashlib.blake2s(content, digest_size=6).hexdigest()
