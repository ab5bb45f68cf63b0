"""``moltwatch flags`` and ``record`` on a Moltbook server, end to end."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from moltwatch.cli.wiring import open_run
from moltwatch.config import Config
from moltwatch.jsonl import JsonFormat
from moltwatch.model import Event, Finding, Post
from moltwatch.outputs.selection import Selection
from moltwatch.outputs.stdout import LineSink
from moltwatch.sources import registry
from moltwatch.sources.registry import FAST, Opening
from tests.cli.running import CREED, SWARM, moltwatch, objects
from tests.e2e.terminal import Terminal
from tests.sources.fakes import FakeClock
from tests.sources.moltbook.server import Forum, serving, serving_alone

TALKERS = [
    "Ondine",
    "Marl",
    "tinyowl",
    "Petrichor",
    "Bartleby",
    "ferrous_hal",
    "Quillback",
    "shiokaze",
    "Lantern",
    "nine_lives",
    "Velastra",
    "hexbloom",
    "Orrery",
    "pale_tern",
    "Juno7",
    "mothlight",
    "Saltmarsh",
    "cyan_ibis",
    "Weir",
    "overcast",
]
KEY = "-".join(("not", "a", "real", "key"))


def swarmed(dialect: str = "production") -> Forum:
    """Small talk, and one creed from six accounts within a minute."""
    forum = Forum(dialect=dialect)
    for number, name in enumerate(TALKERS):
        forum.post(f"talk{number}", -3_000 + 100 * number + 37 * number % 53, author=name)
    for number, name in enumerate(SWARM):
        forum.comment(f"creed{number}", -60 + 5 * number, "talk19", author=name, text=CREED)
    return forum


class Interrupting(FakeClock):
    """Somebody presses Ctrl+C during the third pause."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        if len(self.slept) == 3:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run by a clock of ours, and are interrupted."""
    monkeypatch.setattr(
        registry, "Opening", lambda **options: Opening(clock=Interrupting(), **options)
    )


@pytest.mark.usefixtures("interrupted")
def test_flags_prints_the_swarm() -> None:
    forum = swarmed()
    with serving(forum) as base:
        done = moltwatch("flags", f"moltbook+{base}", "--kind", "coordinated")
    assert done.returncode == 130
    flagged = [line for line in objects(done.stdout) if line["type"] == "flagged"]
    assert {line["post"]["author"] for line in flagged} >= set(SWARM[2:])
    assert {line["post"]["thread"] for line in flagged} == {"talk19"}
    assert "\nmoltwatch: " in f"\n{done.stderr}"  # the server logs to it as well


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize("suffix", [".molt", ".jsonl"])
def test_record_keeps_everything_but_the_key(tmp_path: Path, suffix: str) -> None:
    forum, file = swarmed(), tmp_path / f"session{suffix}"
    with serving(forum) as base:
        host = base.split("/")[2]
        keys = {"MOLTBOOK_API_KEY": KEY, "MOLTBOOK_API_KEY_HOST": host}
        done = moltwatch("record", f"moltbook+{base}", "-o", file, **keys)
    assert done.returncode == 130
    assert {request.headers["Authorization"] for request in forum.asked} == {f"Bearer {KEY}"}
    assert KEY not in done.stdout + done.stderr
    assert KEY.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    verdicts = objects(moltwatch("flags", file, "--verdicts").stdout)
    assert len([line for line in verdicts if line["type"] == "verdict"]) == 26


def test_not_there_is_exit_code_three() -> None:
    with serving_alone(Forum()) as base:
        port = base.split(":")[2]
    done = moltwatch("flags", f"moltbook+http://localhost:{port}")
    assert done.returncode == 3
    assert "connection refused" in done.stderr
    assert done.stdout == ""


def test_watch_shows_the_thread_and_the_flags(tmp_path: Path) -> None:
    with serving(swarmed()) as base:
        host = base.split("/")[2]
        with Terminal(f"moltwatch watch moltbook+{base}", tmp_path) as terminal:
            terminal.shows("On talk19")
            assert host in terminal.shows("polling")
            terminal.press("q")
            assert terminal.ends() == 0


class _Enough:
    """A sink that ends the run after so many posts."""

    def __init__(self, posts: int) -> None:
        self.left = posts
        self.seen = asyncio.Event()

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        self.left -= isinstance(event, Post)
        if self.left <= 0:
            self.seen.set()

    def finish(self, findings: Sequence[Finding]) -> None: ...


@pytest.mark.parametrize("dialect", ["production", "february"])
async def test_flags_live_equal_flags_of_its_own_recording(tmp_path: Path, dialect: str) -> None:
    forum, file = swarmed(dialect), tmp_path / "live.jsonl"
    out, enough = io.BytesIO(), _Enough(26)
    sink = LineSink(out, JsonFormat(), Selection())
    with serving(forum) as base:
        run = await open_run(
            [f"moltbook+{base}"],
            Opening(clock=FakeClock()),
            config=Config(),
            sinks=[sink, enough],
            record=file,
        )
        task = asyncio.create_task(run.pipeline.run())
        await enough.seen.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    live = out.getvalue().splitlines()
    assert len(live) > 5

    replayed = io.BytesIO()
    sink = LineSink(replayed, JsonFormat(), Selection())
    run = await open_run([str(file)], Opening(speed=FAST), config=Config(), sinks=[sink])
    await run.pipeline.run()
    # The replay ends, and what it says at the end the interrupted run could not say.
    assert replayed.getvalue().splitlines()[: len(live)] == live
