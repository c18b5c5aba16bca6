"""Small signs that stand for a feeling, an urgency or a channel; each says in words what its colour says."""

from __future__ import annotations

from nicegui import ui

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


def reading_chip(words: Words, reading: Reading) -> Tag:
    """Draw what was read in a message, with every other feeling's share when pointed at."""
    chip = emotion_chip(words, reading.emotion, words.share(reading.confidence))
    ranking = sorted(reading.ranking.items(), key=lambda pair: pair[1], reverse=True)
    shares = [(words(f"emotion.{name}"), share) for name, share in ranking if words.has(f"emotion.{name}")]
    sure = words(
        "emotion.sure", emotion=words(f"emotion.{reading.emotion.value}"), share=words.share(reading.confidence)
    )
    intensity = words("emotion.intensity", share=words.share(reading.intensity))
    chip.props["role"] = "img"
    chip.props["aria-label"] = f"{sure}. {intensity}"
    with chip, ui.tooltip().classes("ranking"):
        tag("b", intensity)
        for name, share in shares:
            with tag("div", css="share"):
                tag("span", name)
                tag("span", css="share-bar", style=f"--share: {share:.3f}")
                tag("span", words.share(share), css="number")
    return chip


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
