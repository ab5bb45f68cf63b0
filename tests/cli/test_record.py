"""A recording that is kept, or a run that stops and says so: whatever becomes of the file."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from moltwatch.cli.wiring import open_run
from moltwatch.config import Config
from moltwatch.errors import RecordingError
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.pipeline import Pipeline
from moltwatch.session import Session
from moltwatch.sources.base import SystemClock
from moltwatch.sources.stdin import StdinSource
from moltwatch.tui.app import MoltwatchApp
from moltwatch.tui.player import Play, Run
from tests.cli.running import command, environment, lines, moltwatch, session
from tests.recording.files import names


@contextmanager
def recorder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has recorded one post and waits for more."""
    process = subprocess.Popen(
        command("flags", "-", "--record", path, "--format", "csv"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(lines(session()[:1]))
        process.stdin.flush()
        assert process.stdout.readline().startswith("type,at,"), "said when the first is kept"
        yield process
        process.kill()


@pytest.mark.parametrize(("suffix", "more"), [(".molt", 1), (".jsonl", 0)])
def test_a_run_whose_recording_is_gone_fails(tmp_path: Path, suffix: str, more: int) -> None:
    """Noticed when the next is written, or at the end."""
    path = tmp_path / f"night{suffix}"
    with recorder(path) as process:
        path.unlink()
        _, said = process.communicate(lines(session()[1 : 1 + more]), timeout=30)
    assert process.returncode == 1
    assert f"moltwatch: {path} was deleted or moved away while it was written" in said
    assert names(tmp_path) == []


def test_two_processes_cannot_record_to_one_file(tmp_path: Path) -> None:
    """Whatever the second is: ``watch`` opens its run as the others do."""
    path, source = tmp_path / "night.molt", tmp_path / "tide.jsonl"
    source.write_text(lines(session()))
    with recorder(path) as process:
        for second in (
            ("record", source, "-o", path, "--force"),
            ("flags", source, "--record", path, "--force"),
            ("convert", source, path, "--force"),
        ):
            done = moltwatch(*second)
            assert done.returncode == 1, second
            assert f"{path} is being written by process {process.pid}: end that" in done.stderr
        with pytest.raises(RecordingError, match="is being written by process"):
            asyncio.run(open_run(["sim:"], config=Config(), record=path, force=True))
        process.kill()
    done = moltwatch("record", source, "-o", path, "--force")
    assert done.returncode == 0, "the lock died with its process"
    assert names(tmp_path) == ["night.molt", "tide.jsonl"]


def test_a_source_that_cannot_be_opened_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "night.molt"
    assert moltwatch("record", tmp_path / "none.jsonl", "-o", path).returncode == 3
    assert names(tmp_path) == []


@pytest.mark.parametrize("gone", [True, False])
def test_after_a_screen_nothing_is_said_to_be_kept_that_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    def run(app: MoltwatchApp) -> None:
        source, seen = StdinSource(clock=SystemClock()), Session()
        seen.take(session()[0], ())
        run = Run(source, seen, Pipeline(source, Engine([], GroupTracker()), []))
        failure = RecordingError("night.molt was deleted") if gone else None
        app.player.shown = Play(run=run, failure=failure)

    monkeypatch.setattr(MoltwatchApp, "run", run)
    monkeypatch.setattr("moltwatch.tui.terminal.driver_for_terminal", lambda: None)
    done = moltwatch("watch", "sim:", "--record", tmp_path / "night.molt")
    assert done.returncode == (1 if gone else 0)
    assert ("what was seen is in" in done.stderr) == (not gone)
