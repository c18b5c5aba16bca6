"""Small signs that stand for a feeling, an urgency or a channel; each says in words what its colour says."""

from __future__ import annotations

from bot.console.elements import Tag, icon, tag
from bot.console.texts import Words
from bot.console.theme import CHANNEL_ICONS, LOOKS
from bot.domain.emotion import Emotion, Reading
from bot.domain.people import Conversation


def emotion_chip(words: Words, emotion: Emotion, extra: str = "") -> Tag:
    """Draw a feeling: sign, name and what stands behind it."""
    chip = tag("span", css=f"chip emotion emotion-{emotion.value}", testid="emotion")
    chip.props["data-emotion"] = emotion.value
    with chip:
        icon(LOOKS[emotion].icon)
        tag("span", words(f"emotion.{emotion.value}"))
        if extra:
            tag("span", extra, css="number")
    return chip


def reading_mark(words: Words, reading: Reading | None, became: Emotion | None = None) -> Tag:
    """Draw how a message was read, or what a person made of it; says how sure that is when pointed at or focused.

    It is a button: pressing it corrects the reading.
    """
    shown = became or (reading.emotion if reading else None)
    mark = tag("button", css="chip emotion read", type="button", testid="emotion", aria_haspopup="dialog")
    mark.props["data-act"] = "correct"
    name = words(f"emotion.{shown.value}") if shown else words("chat.not_read")
    told = "\n".join(tell_reading(words, reading))
    mark.props["aria-label"] = ". ".join(part for part in (name, *told.split("\n"), words("chat.correct_hint")) if part)
    if shown:
        mark.classes(f"emotion-{shown.value}")
        mark.props["data-emotion"] = shown.value
    with mark:
        icon(LOOKS[shown].icon if shown else "help_outline")
        tag("span", name, dir="auto")
        if became:
            icon("edit")
        elif reading:
            tag("span", words.share(reading.confidence), css="number")
        with tag("span", css="says", aria_hidden="true", testid="reading"):
            tag("span", told)
            tag("span", words("chat.correct_hint"), css="says-hint")
    return mark


def tell_reading(words: Words, reading: Reading | None) -> list[str]:
    """Say in full how a message was read: the feeling, the next likeliest one, its intensity, and what is wanted."""
    if reading is None:
        return [words("chat.not_read")]
    lines = [
        words("chat.read_as", emotion=words(f"emotion.{reading.emotion.value}"), share=words.share(reading.confidence))
    ]
    others = [(share, name) for name, share in reading.ranking.items() if name != reading.emotion.value]
    likeliest, second = max(others, default=(0.0, ""))
    if words.has(f"emotion.{second}"):
        lines.append(words("chat.second", emotion=words(f"emotion.{second}"), share=words.share(likeliest)))
    lines.append(words("chat.intensity", share=words.share(reading.intensity)))
    sure = words.share(reading.intent_confidence)
    lines.append(words("chat.wants", intent=wish_name(words, reading.intent), share=sure))
    return lines


def wish_name(words: Words, intent: str) -> str:
    """Return what a shopper wants, in words; what no text knows was not understood."""
    key = f"correct.wish.{intent}"
    return words(key) if words.has(key) else words("correct.unknown")


def heat(words: Words, severity: int) -> Tag:
    """Draw an urgency of 1 to 5 as that many bars."""
    label = words("severity.label", n=severity)
    mark = tag("span", css=f"heat heat-{severity}", role="img", aria_label=label, title=label, testid="severity")
    mark.props["data-severity"] = str(severity)
    with mark:
        for step in range(1, 6):
            tag("i", css="on" if step <= severity else "")
        tag("span", str(severity), css="number", aria_hidden="true")
    return mark


def channel_mark(words: Words, channel: str, *, named: bool = True) -> Tag:
    """Draw where a shopper writes from; without its name where there is no room for it."""
    name = words(f"channel.{channel}") if words.has(f"channel.{channel}") else channel
    mark = tag("span", css="fact-mark", title=name)
    with mark:
        icon(CHANNEL_ICONS.get(channel, "forum"))
        if named:
            tag("span", name)
    if not named:
        mark.props["role"] = "img"
        mark.props["aria-label"] = name
    return mark


def language_name(words: Words, language: str | None) -> str:
    """Return a language by its own name."""
    key = f"language.{language}"
    return words(key) if language and words.has(key) else (language or words("language.und"))


def shopper_name(words: Words, conversation: Conversation) -> str:
    """Return a shopper's name, else the channel with a short id."""
    if conversation.shopper_name and conversation.shopper_name.strip():
        return conversation.shopper_name
    key = f"channel.{conversation.channel}"
    channel = words(key) if words.has(key) else conversation.channel
    return words("queue.unnamed", channel=channel, id=conversation.id[:6])
