"""The cards of the first page: who handed over and why, waiting, scores, feelings, promises, what was written first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.console.elements import tag
from bot.console.marks import language_name
from bot.console.texts import Words
from bot.domain.emotion import Emotion
from bot.domain.figures import Pick, Spread
from bot.insight.elements import Bar, bars, card, duration, hint, linked, nothing, table
from bot.insight.filters import LANGUAGES, Filters
from bot.insight.naming import named, opens
from bot.insight.report import Report

_SEVERITIES: Final = ("5", "4", "3", "2", "1")


def draw_handoffs(words: Words, filters: Filters, report: Report) -> None:
    """Draw why people were brought in, how urgently, in which languages and how it ended."""
    found = report.handoffs

    def lines(counts: Mapping[str, int], pick: Pick, group: str) -> list[Bar]:
        return [Bar(named(words, group, name), n, opens(filters, pick, name)) for name, n in counts.items()]

    with card(words("insight.why"), testid="why"):
        bars(words, lines(found.reasons, Pick.REASON, "reason"), "reasons")
    with card(words("insight.how"), testid="how"):
        tag("h3", words("insight.severity"))
        severities = {name: found.severities.get(name, 0) for name in _SEVERITIES}
        heat = [
            Bar(words("severity.label", n=name), count, opens(filters, Pick.SEVERITY, name), f"heat-{name}")
            for name, count in severities.items()
        ]
        bars(words, heat, "severities")
        tag("h3", words("insight.outcomes"))
        bars(words, lines(found.outcomes, Pick.OUTCOME, "insight.outcome"), "outcomes")
    if filters.language is None:
        with card(words("insight.languages"), testid="languages"):
            spoken = [
                Bar(language_name(words, name), count, opens(filters, Pick.HANDED, language=name))
                for name in LANGUAGES
                if (count := found.languages.get(name, 0))
            ]
            bars(words, spoken, "languages-list")


def draw_waits(words: Words, filters: Filters, report: Report) -> None:
    """Draw how long shoppers waited for a person, and whether it was what they were told."""
    found = report.waits
    with card(words("insight.waits"), note=words("insight.waits_note"), testid="waits"):
        if not found.first_reply.count and not found.end.count and not found.told and not found.unanswered:
            nothing(words)
            return
        heads = ("", words("insight.median"), words("insight.p90"), words("insight.count"))
        with table(heads, caption=words("insight.waits")):
            _wait(words, words("insight.first_reply"), found.first_reply)
            _wait(words, words("insight.to_end"), found.end)
        with tag("dl", css="pairs"):
            tag("dt", words("insight.in_time"))
            told = words("insight.of", n=found.in_time, total=found.told)
            tag("dd", f"{words.share(found.in_time / found.told)} · {told}" if found.told else "–", testid="in-time")
            for name, count, pick in (
                ("late", found.told - found.in_time, Pick.LATE_REPLY), ("unanswered", found.unanswered, Pick.UNANSWERED),
            ):  # fmt: skip
                tag("dt", words(f"insight.{name}"))
                with tag("dd"):
                    linked(str(count), opens(filters, pick) if count else None)


def draw_targets(words: Words, filters: Filters, report: Report) -> None:
    """Draw how often the shop kept its own times."""
    with card(words("insight.targets"), note=words("insight.targets_note"), testid="targets"):
        if not report.targets:
            nothing(words)
            return
        heads = ("", words("insight.count"), words("insight.kept"), words("insight.breached"))
        with table(heads, caption=words("insight.targets")):
            for each in report.targets:
                with tag("tr"):
                    tag("th", words(f"duty.target.{each.kind}"), scope="row")
                    tag("td", str(each.count), css="number")
                    tag("td", words.share((each.count - each.breached) / each.count), css="number")
                    with tag("td"):
                        address = opens(filters, Pick.BREACHED, each.kind) if each.breached else None
                        linked(str(each.breached), address, testid=f"breached-{each.kind}")


def draw_scores(words: Words, filters: Filters, report: Report) -> None:
    """Draw what shoppers gave talks with people."""
    found = report.scores
    note = words("insight.scores_note", answered=found.answered, asked=found.asked)
    with card(words("insight.scores"), note=note, testid="scores"):
        lines = [
            Bar(f"{score} ★", found.by_score[score], opens(filters, Pick.SCORE, str(score)))
            for score in sorted(found.by_score, reverse=True)
        ]
        bars(words, lines, "scores-list")


def draw_moods(words: Words, filters: Filters, report: Report) -> None:
    """Draw how conversations felt at first and in the end."""
    found = report.overview
    with card(words("insight.moods"), testid="moods"):
        hint(words("insight.moods_note"))
        counts = {
            "upset_calm": found.upset_calm, "upset_upset": found.upset_upset,
            "calm_upset": found.calm_upset, "calm_calm": found.calm_calm,
        }  # fmt: skip
        lines = [
            Bar(words(f"insight.mood.{name}"), count, opens(filters, Pick.MOOD, name), f"mood-{name}")
            for name, count in counts.items()
        ]
        bars(words, lines, "moods-list")
        if found.ever_upset:
            with tag("dl", css="pairs"):
                tag("dt", words("insight.ever_upset"))
                with tag("dd"):
                    linked(str(found.ever_upset), opens(filters, Pick.EVER_UPSET))
                tag("dt", words("insight.cooled"))
                with tag("dd"):
                    share = words.share(found.cooled / found.ever_upset)
                    linked(f"{found.cooled} · {share}", opens(filters, Pick.COOLED), testid="cooled")


def draw_emotions(words: Words, filters: Filters, report: Report) -> None:
    """Draw how many messages felt how."""
    with card(words("insight.emotions"), note=words("insight.emotions_note", n=report.read), testid="emotions"):
        counts = {each: sum(day.emotions.get(each.value, 0) for day in report.feelings) for each in Emotion}
        lines = [
            Bar(
                words(f"emotion.{each.value}"), count, opens(filters, Pick.EMOTION, each.value), f"feels-{each.value}"
            )
            for each, count in sorted(counts.items(), key=lambda pair: -pair[1])
        ]  # fmt: skip
        bars(words, lines, "emotions-list")


def draw_troubles(words: Words, filters: Filters, report: Report) -> None:
    """Draw complaints, those made again, and what was not understood."""
    found, overview = report.complaints, report.overview
    with (
        card(words("insight.troubles"), testid="troubles"),
        table(("", words("insight.count"), words("insight.in_chats"))),
    ):
        rows = (
            ("complaints", found.complaints, found.chats, Pick.COMPLAINED),
            ("repeated", found.repeated, found.repeated_chats, Pick.REPEATED),
            ("not_understood", report.misunderstood, overview.misunderstood, Pick.MISUNDERSTOOD),
        )
        for name, count, chats, pick in rows:
            with tag("tr"):
                tag("th", words(f"insight.{name}"), scope="row")
                tag("td", str(count), css="number")
                with tag("td"):
                    linked(str(chats), opens(filters, pick) if chats else None, testid=f"{name}-chats")


def draw_promises(words: Words, filters: Filters, report: Report) -> None:
    """Draw what was promised, where it stands and what it may come to."""
    with card(words("insight.promises"), testid="promise-figures"):
        if not report.promises:
            nothing(words)
            return
        heads = (words("insight.promise"), words("insight.where"), words("insight.count"), words("promise.amount"))
        with table(heads, caption=words("insight.promises"), css="second-words"):
            for each in report.promises:
                with tag("tr"):
                    tag("th", named(words, "promise", each.kind), scope="row")
                    tag("td", named(words, "insight.state", each.state))
                    with tag("td"):
                        linked(str(each.count), opens(filters, Pick.PROMISE, f"{each.kind}:{each.state}"))
                    money = words.money(each.amount, each.currency) if each.amount and each.currency else "–"
                    tag("td", money, css="number")


def draw_outreach(words: Words, filters: Filters, report: Report) -> None:
    """Draw what was written first."""
    with card(words("insight.outreach_title"), testid="outreach-figures"):
        if not report.outreach:
            nothing(words)
            return
        heads = ("", *(words(f"insight.{name}") for name in ("written", "skipped", "answered", "stopped")))
        with table(heads, caption=words("insight.outreach_title")):
            for each in report.outreach:
                with tag("tr"):
                    net = "" if each.net is None else f" · NPS {each.net:+d}"
                    tag("th", named(words, "insight.outreach", each.kind) + net, scope="row")
                    with tag("td"):
                        address = opens(filters, Pick.OUTREACH, each.kind) if each.written else None
                        linked(str(each.written), address)
                    for count in (each.skipped, each.answered, each.stopped):
                        tag("td", str(count), css="number")


def _wait(words: Words, name: str, spread: Spread) -> None:
    with tag("tr"):
        tag("th", name, scope="row")
        for seconds in (spread.median, spread.p90):
            tag("td", duration(words, seconds), css="number")
        tag("td", str(spread.count), css="number")
