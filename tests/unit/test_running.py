from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.running import training
from bot.running.children import Child, ChildFailed
from bot.running.postgres import EmbeddedPostgres
from bot.running.up import children_of
from bot.settings import ROOT, Settings
from tests.conftest import a_folder


def a_child(tmp_path: Path, code: str, *, within: float = 5.0) -> Child:
    async def ready() -> bool:
        return (tmp_path / "ready").exists()

    return Child(
        "The child", [sys.executable, "-c", code], dict(os.environ), ready, tmp_path / "child.log", start_within=within
    )


READY = "import pathlib, time; pathlib.Path({!r}).touch(); time.sleep(60)"


async def test_a_child_that_dies_early_is_named_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(ChildFailed, match="The child did not start: no such model"):
        await a_child(tmp_path, "print('no such model'); raise SystemExit(3)").start()


async def test_a_child_that_never_becomes_ready_is_stopped_and_named(tmp_path: Path) -> None:
    child = a_child(tmp_path, "import time; time.sleep(60)", within=0.5)
    with pytest.raises(ChildFailed, match="was not ready within"):
        await child.start()
    assert child.process is not None
    assert child.process.returncode is not None


async def test_a_killed_child_is_started_again_and_it_is_said(tmp_path: Path) -> None:
    child = a_child(tmp_path, READY.format(str(tmp_path / "ready")))
    said: list[str] = []
    await child.start()
    assert child.process is not None
    first = child.process.pid
    watching = asyncio.create_task(child.keep_alive(said.append))
    child.process.kill()
    async with asyncio.timeout(10):
        while "The child is back" not in said:
            await asyncio.sleep(0.05)
    assert child.process.pid != first
    assert said[0] == "The child stopped (signal SIGKILL); starting it again in 1 s"
    watching.cancel()
    await child.stop()
    assert child.process.returncode is not None


def test_the_embedded_server_survives_a_kill() -> None:
    with a_folder() as folder:
        server = EmbeddedPostgres(folder)
        server.start()
        assert server.pid is not None
        os.kill(server.pid, 9)
        for _ in range(100):
            if not server.alive:
                break
            asyncio.run(asyncio.sleep(0.05))
        assert not server.alive
        server.start()
        assert server.alive
        server.stop()


def test_a_port_in_use_is_one_sentence_that_names_it(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1"], stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}) as other:  # fmt: skip
        assert other.stdout is not None
        port = other.stdout.readline().split("port ")[1].split()[0]
        done = subprocess.run(
            [sys.executable, "-m", "bot", "up"],
            cwd=ROOT, env=os.environ | {"PORT": port, "WARMLINE_HOME": str(tmp_path)}, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
        other.kill()
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"warmline: PORT: 127.0.0.1:{port} cannot be used (Address already in use); set PORT to another one"
    )


def test_a_model_is_named_after_what_it_was_trained_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "nlu_data").mkdir()
    example = tmp_path / "nlu_data" / "greet.yml"
    example.write_text("one")
    monkeypatch.setattr(training, "ROOT", tmp_path)
    before = training.fingerprint()
    assert training.fingerprint() == before
    example.write_text("two")
    assert training.fingerprint() != before


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00cut off"], ids=["empty", "text", "cut off"])
def test_a_broken_model_is_noticed_and_trained_again(
    content: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = training.model_for(tmp_path / "models")
    broken.parent.mkdir()
    broken.write_bytes(content)
    monkeypatch.setattr(training, "RASA_PYTHON", "false")  # training itself is not what is tested here

    with pytest.raises(training.TrainingFailed):
        training.train(tmp_path)
    assert f"The model {broken} is broken; training it again." in capsys.readouterr().out
    assert not broken.exists()


def test_two_who_need_a_model_at_once_train_it_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = training.model_for(tmp_path / "models")
    rasa = tmp_path / "rasa"
    rasa.write_text(
        f"#!/bin/sh\necho x >> {tmp_path}/started\nsleep 0.5\ncd {tmp_path}\ntouch metadata.json\ntar -czf {model} metadata.json\n"
    )
    rasa.chmod(0o755)
    monkeypatch.setattr(training, "RASA_PYTHON", rasa)

    with ThreadPoolExecutor(2) as both:
        made = list(both.map(training.train, [tmp_path, tmp_path]))

    assert made == [model, model]
    assert (tmp_path / "started").read_text() == "x\n"


def test_no_list_of_processes_shows_the_token(tmp_path: Path) -> None:
    settings = Settings(warmline_home=tmp_path, _env_file=None)  # type: ignore[call-arg]

    children = children_of(settings, "postgresql://localhost/x", tmp_path / "model.tar.gz")

    assert all(settings.shared_token not in " ".join(child.command) for child in children)
    assert children[0].environment["RASA_TOKEN"] == settings.shared_token
