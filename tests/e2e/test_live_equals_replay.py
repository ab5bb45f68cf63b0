"""The promise everything rests on: what is flagged live is what is flagged in the replay.

A bundled session is played as a forum over a real websocket, watched and recorded at once; then
the recording is replayed. Line for line, byte for byte.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from moltwatch.cli.wiring import open_run
from moltwatch.config import Config
from moltwatch.jsonl import JsonFormat
from moltwatch.model import Event, Finding
from moltwatch.outputs.forum.server import ForumServer
from moltwatch.outputs.selection import Selection
from moltwatch.outputs.stdout import LineSink
from moltwatch.paths import shipped
from moltwatch.sources.grammar import open_source
from moltwatch.sources.registry import FAST, Opening

RECORDINGS = shipped("recordings")


async def flags(
    source: str, *, speed: float = FAST, record: Path | None = None, verdicts: bool = False
) -> list[bytes]:
    """What ``moltwatch flags SOURCE`` writes."""
    out = io.BytesIO()
    sink = LineSink(out, JsonFormat(), Selection(verdicts=verdicts))
    run = await open_run(
        [source],
        Opening(speed=speed),
        config=Config(),
        sinks=[sink],
        record=record,
        verdicts=verdicts,
    )
    await run.pipeline.run()
    return out.getvalue().splitlines()


async def flags_over_websocket(
    recording: Path, *, speed: float, record: Path, verdicts: bool = False
) -> list[bytes]:
    """The same, of the recording played as a forum."""
    source = await open_source(str(recording), Opening(speed=speed))
    async with ForumServer(source, port=0) as server:
        playing = asyncio.create_task(server.run())
        try:
            return await flags(server.address, record=record, verdicts=verdicts)
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)


@pytest.mark.parametrize("suffix", [".molt", pytest.param(".jsonl.zst", marks=pytest.mark.slow)])
async def test_flags_live_equal_flags_of_its_own_recording(tmp_path: Path, suffix: str) -> None:
    recording = RECORDINGS / "night.jsonl.gz"
    mine = tmp_path / f"live{suffix}"
    live = await flags_over_websocket(recording, speed=FAST, record=mine)
    replayed = await flags(str(mine))
    original = await flags(str(recording))
    assert len(live) > 100, "a comparison of nothing proves nothing"
    assert live == replayed
    assert live == original


async def test_speed_does_not_matter(tmp_path: Path) -> None:
    recording = RECORDINGS / "first-look.jsonl.gz"
    paced = await flags_over_websocket(recording, speed=2_000.0, record=tmp_path / "paced.jsonl")
    assert len(paced) > 20
    assert paced == await flags(str(recording))


async def test_the_last_word_is_the_same_as_well(tmp_path: Path) -> None:
    recording = RECORDINGS / "first-look.jsonl.gz"
    live = await flags_over_websocket(
        recording, speed=FAST, record=tmp_path / "live.jsonl", verdicts=True
    )
    assert live == await flags(str(recording), verdicts=True)
    assert len(live) > 300


@pytest.mark.parametrize("verdicts", [False, True])
async def test_an_interrupted_run_and_its_recording_agree(tmp_path: Path, verdicts: bool) -> None:
    mine = tmp_path / "live.jsonl"
    enough = asyncio.Event()
    out = io.BytesIO()
    run = await open_run(
        ["sim:?agents=60&rate=600&seed=7&speed=10000"],
        config=Config(),
        sinks=[LineSink(out, JsonFormat(), Selection(verdicts=verdicts)), After(1_500, enough)],
        record=mine,
        verdicts=verdicts,
    )
    running = asyncio.create_task(run.pipeline.run())
    await enough.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    live = out.getvalue().splitlines()
    assert len(live) > 20
    assert live == await flags(str(mine), verdicts=verdicts)


class After:
    """A sink that tells when it has seen so many events."""

    def __init__(self, events: int, enough: asyncio.Event) -> None:
        self._left, self._enough = events, enough

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        self._left -= 1
        if self._left <= 0:
            self._enough.set()

    def finish(self, findings: Sequence[Finding]) -> None:
        """Nothing to tell."""
