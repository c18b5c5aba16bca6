"""How well it is decided when a person takes over: the dialogues of tests/nlu/dialogues through the real Rasa and actions.

    .venv/bin/python -m benchmarks.handoff

Each dialogue says from which message on a good shop hands over, and until when that is in time; forty a language, written
without sight of training examples and policy. They are spoken with every trigger switched off, so that each message is
read and its situation kept; what the policy makes of the situations is worked out afterwards. Up to the first handoff that
is what a shopper would meet. Writes `benchmarks/handoff.md`, and `benchmarks/handoff.jsonl` for `python -m bot policy replay
--script`. No text of a shopper is in it but single words of repetition and danger.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import yaml
from rich.console import Console
from rich.progress import track

from actions.deescalation import PRECEDENCE
from actions.policy_file import POLICY_FILE, read_policy
from actions.replay import Need, Talk, handed_over, tallied
from bot.demo import seed
from bot.running.postgres import EmbeddedPostgres
from bot.running.replay import scripted, written
from bot.running.training import train
from bot.running.up import children_of
from bot.settings import ROOT, Settings
from bot.store.migrate import migrate
from bot.store.unit_of_work import Store

HERE: Final = ROOT / "benchmarks"
LANGUAGES: Final = ("en", "ru", "zh", "el")
_KEYS: Final = {"id", "hand_over", "why", "shopper"}


def dialogues() -> list[tuple[str, dict[str, Any]]]:
    """Return language and dialogue, all of tests/nlu/dialogues; a key nobody knows is an error."""
    found = []
    for language in LANGUAGES:
        content = yaml.safe_load((ROOT / "tests" / "nlu" / "dialogues" / f"{language}.yml").read_text(encoding="utf-8"))
        for dialogue in content["dialogues"]:
            if set(dialogue) != _KEYS:
                raise ValueError(f"{language}.yml: {dialogue.get('id')}: has other keys than {sorted(_KEYS)}")
            found.append((language, dialogue))
    return found


def without_triggers(folder: Path) -> Path:
    """Write the policy with every trigger off, and return where."""
    triggers, rest, others = POLICY_FILE.read_text(encoding="utf-8").partition("\ncomplaints:\n")
    file = folder / "policy.yml"
    file.write_text(triggers.replace("    on: true\n", "    on: false\n") + rest + others, encoding="utf-8")
    return file


async def spoken(store: Store, url: str, token: str) -> list[str]:
    """Speak every dialogue and return its lines for the file of talks."""
    lines = []
    async with httpx.AsyncClient(timeout=60, headers={"Authorization": f"Bearer {token}"}) as client:
        for language, dialogue in track(dialogues(), "Speaking", console=Console(stderr=True)):
            async with store.begin() as work:
                opened = await work.conversations.of_address("web", uuid.uuid4().hex, name="Shopper", language=None)
            keys = [uuid.uuid4().hex for _ in dialogue["shopper"]]
            for key, text in zip(keys, dialogue["shopper"], strict=True):
                body = {"conversation_id": opened.id, "message_id": key, "channel": "web", "text": text}
                answer = await client.post(f"{url}/webhooks/gateway/turn", json=body | {"language_hint": language})
                answer.raise_for_status()
            async with store.begin() as work:
                decided = await work.decisions.of(opened.id)
            need = dialogue["hand_over"]
            lines.append(
                written(
                    f"{language}/{dialogue['id']}",
                    language,
                    dialogue["why"],
                    None if need == "never" else Need(need["from"], need["by"]),
                    [decided[key] for key in keys],
                )
            )
    return lines


async def speak() -> None:
    """Start Rasa and the actions on a database of their own, and write `handoff.jsonl`."""
    model = train(ROOT / ".warmline")
    with tempfile.TemporaryDirectory(prefix="warmline-bench-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        home.chmod(0o755)  # noqa: ASYNC240  PostgreSQL never runs as root and must be let in; nothing else runs yet
        server = EmbeddedPostgres(home)
        dsn = server.start()
        migrate(dsn)
        store = Store(dsn)
        async with store.begin() as work:
            await seed(work)
        settings = Settings(warmline_home=home, _env_file=None)
        os.environ["POLICY_FILE"] = str(without_triggers(home))
        rasa, actions, _ = children_of(settings, dsn, model)
        try:
            await actions.start()
            await rasa.start()
            lines = await spoken(store, rasa.environment["RASA_URL"], settings.shared_token)
        finally:
            await rasa.stop()
            await actions.stop()
            await store.close()
            server.stop()
    (HERE / "handoff.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def page(talks: Sequence[Talk], why: dict[str, str]) -> str:
    """The page of figures."""
    policy = read_policy(POLICY_FILE)

    def percent(share: float | None) -> str:
        return "-" if share is None else f"{share:.2f}"

    lines = [
        "# When a person takes over",
        "",
        "`python -m benchmarks.handoff`. What is measured stands at the top of `benchmarks/handoff.py`.",
        "",
        "Precision: of the conversations handed over, the share that needed a person and had already shown it. Recall: of",
        "those that needed one, the share handed over in time. Workload: the share of all conversations that reach people",
        f"({sum(talk.need is not None for talk in talks)} of {len(talks)} need to, far more than in a real shop).",
        "The dialogues were written without sight of policy and examples, but triggers and thresholds have been shaped by what",
        "went wrong in them since: expect less on talks that nobody has looked at.",
        "",
        "| language | conversations | need a person | handed over | precision | recall | workload |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in (*LANGUAGES, "all"):
        tally = tallied([talk for talk in talks if name in (talk.language, "all")], policy)
        lines.append(
            f"| {name} | {tally.talks} | {tally.needed} | {tally.handed} | {percent(tally.precision)} "
            f"| {percent(tally.recall)} | {tally.workload:.2f} |"
        )
    whole = tallied(talks, policy)
    lines += ["", "| trigger | handed over | of these not needed, or too early |", "| --- | ---: | ---: |"]
    lines += [
        f"| {reason.value} | {whole.reasons[reason]} | {whole.wrong[reason]} |"
        for reason in PRECEDENCE
        if whole.reasons[reason]
    ]
    needed, met = Counter[str](), Counter[str]()
    missed, early = [], []
    for talk in talks:
        handover = handed_over(talk, policy)
        told = f"{handover.reason.value} at {handover.at}" if handover else "not handed over"
        if talk.need is not None:
            needed[why[talk.name]] += 1
            in_time = handover is not None and talk.need.start <= handover.at <= talk.need.end
            met[why[talk.name]] += in_time
            if not in_time:
                missed.append(f"- {talk.name} ({why[talk.name]}, {talk.need.start} to {talk.need.end}): {told}")
        elif handover:
            early.append(f"- {talk.name}: {told}")
    lines += ["", "| why a person was needed | conversations | handed over in time |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {count} | {met[name]} |" for name, count in needed.most_common()]
    lines += ["", "Missed, late or too early:", "", *(missed or ["- none"])]
    lines += ["", "Handed over without need:", "", *(early or ["- none"]), ""]
    return "\n".join(lines)


def main() -> None:
    """Speak, unless `--figures` asks for the page alone, and write `benchmarks/handoff.md`."""
    if sys.argv[1:] != ["--figures"]:
        asyncio.run(speak())
    talks = scripted(HERE / "handoff.jsonl")
    written_page = page(talks, {f"{language}/{dialogue['id']}": dialogue["why"] for language, dialogue in dialogues()})
    (HERE / "handoff.md").write_text(written_page, encoding="utf-8")
    print(written_page)


if __name__ == "__main__":
    main()
