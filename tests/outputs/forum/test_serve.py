"""``moltwatch serve`` and ``moltwatch sources`` as programs."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from moltwatch.cli.serve import command as serve
from moltwatch.cli.sources import command as sources
from moltwatch.dialects.lines import encode_lines
from moltwatch.errors import SourceUnreachable, UsageError
from moltwatch.model import Event, Gap, Post
from moltwatch.sources.forum.source import ForumSource
from moltwatch.sources.live.failures import Backoff
from moltwatch.sources.registry import KINDS
from tests.recording.files import assert_ended, write
from tests.sources.fakes import T0, FakeClock, drain, post


class Program:
    """A running ``moltwatch serve``."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self.process = process
        self.address = address

    @classmethod
    async def start(cls, path: Path, *options: str, behind: Sequence[str] = ()) -> Program:
        """Start it, ``behind`` the words of a command that starts others."""
        process = await asyncio.create_subprocess_exec(
            *(*behind, sys.executable, "-m", "moltwatch", "serve", str(path)),
            *("--speed", "max", *options),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        return cls(process, (await process.stdout.readline()).decode().strip())

    @property
    def port(self) -> str:
        return self.address.rpartition(":")[2]

    async def end(self, how: signal.Signals) -> tuple[int, str]:
        """End it. Returns its exit code and what it said on stderr."""
        self.process.send_signal(how)
        _, said = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, said.decode()


@pytest.fixture
def recording(tmp_path: Path) -> tuple[Path, list[Event]]:
    events: list[Event] = [post(i, i / 100, text=f"{i} " * 100) for i in range(30_000)]
    path = tmp_path / "night.jsonl"
    path.write_bytes(encode_lines(events))
    return path, events


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
async def test_killed_and_started_again_under_load(
    recording: tuple[Path, list[Event]], how: signal.Signals
) -> None:
    path, events = recording
    program = await Program.start(path, "--port", "0")

    class Restarting(FakeClock):
        """Before the first new try, the server is started again."""

        async def sleep(self, seconds: float) -> None:
            nonlocal program
            if not self.slept:
                program = await Program.start(path, "--port", program.port)
            await super().sleep(seconds)

    watching = ForumSource(
        program.address, clock=Restarting(T0 + 10**12), backoff=Backoff(draw=lambda: 0)
    )
    found: list[Event] = []
    async for batch in watching.batches():
        if len(found) < 5_000 <= len(found) + len(batch):
            await program.end(how)
        found += batch
    await program.end(signal.SIGINT)

    (gap,) = (event for event in found if isinstance(event, Gap))
    assert gap.recovered
    assert found.index(gap) < len(events)
    assert [event for event in found if isinstance(event, Post)] == events
    # The gap fits between its neighbours: it moves no time that the events would not.
    at = found.index(gap)
    assert found[at - 1].seen_at == gap.since
    assert gap.seen_at == gap.until == found[at + 1].seen_at


async def test_who_comes_and_goes_is_told_and_ctrl_c_is_clean(tmp_path: Path) -> None:
    path = tmp_path / "short.jsonl"
    path.write_bytes(encode_lines([post(1)]))
    program = await Program.start(path, "--port", "0")
    assert program.address.startswith("ws://127.0.0.1:")
    watching = ForumSource(program.address, clock=FakeClock(T0 + 10**12))
    assert await drain(watching) == [post(1)]
    code, said = await program.end(signal.SIGINT)
    assert code == 130
    assert "watches (1 now)" in said
    assert "left (0 now)" in said
    assert "Traceback" not in said


def test_a_port_that_is_taken_leaves_nothing_open(tmp_path: Path) -> None:
    path = asyncio.run(write(tmp_path / "night.molt", [post(1)]))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        before = threading.enumerate()
        done = CliRunner().invoke(serve, [str(path), "--port", port])
    assert isinstance(done.exception, SourceUnreachable)
    assert_ended(before)


def test_a_missing_recording() -> None:
    result = CliRunner().invoke(serve, ["nowhere.molt"])
    assert isinstance(result.exception, SourceUnreachable)


@pytest.mark.parametrize("speed", ["0", "fast"])
def test_no_speed(tmp_path: Path, speed: str) -> None:
    path = tmp_path / "short.jsonl"
    path.write_bytes(encode_lines([post(1)]))
    result = CliRunner().invoke(serve, [str(path), "--speed", speed])
    assert isinstance(result.exception, UsageError)


def test_sources_are_listed() -> None:
    result = CliRunner().invoke(sources)
    assert result.exit_code == 0
    rows = [line.split("\t") for line in result.output.splitlines()]
    assert [row[0] for row in rows] == [kind.name for kind in KINDS]
    assert {len(row) for row in rows} == {5}


def test_sources_make_a_table_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moltwatch.cli.sources._is_terminal", lambda: True)
    result = CliRunner().invoke(sources)
    assert "ws://127.0.0.1:8765" in result.output
    assert "\t" not in result.output


async def test_a_request_to_terminate_ends_what_ignores_interrupts(
    recording: tuple[Path, list[Event]],
) -> None:
    # As in a script that starts it with `&`.
    behind = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
    program = await Program.start(recording[0], "--port", "0", behind=behind)
    code, said = await program.end(signal.SIGTERM)
    assert (code, said.strip()) == (130, "")
