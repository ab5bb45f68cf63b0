"""However a screen is ended, the terminal is given back and the recording is finished."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from moltwatch.simulation.simulate import Simulation
from tests.cli.running import moltwatch
from tests.e2e.terminal import Terminal

SOME_POSTS = re.compile(r"[1-9][\d,]* posts ")
"""Said at the top: nothing is recorded before."""

WATCH = "exec moltwatch watch 'sim:?rate=600&seed=3' --record kept"


def kept(file: Path) -> int:
    """Posts in a recording that was finished: anything else would be an error."""
    command = [sys.executable, "-m", "moltwatch", "flags", str(file), "--verdicts"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "broken" not in done.stderr
    return done.stdout.count('"type":"verdict"')


@pytest.mark.parametrize("suffix", [pytest.param(".jsonl.gz", marks=pytest.mark.slow), ".molt"])
def test_a_request_to_terminate_ends_the_screen_in_good_order(tmp_path: Path, suffix: str) -> None:
    with Terminal(WATCH + suffix, tmp_path) as terminal:
        terminal.shows("connected")
        terminal.until(lambda text: bool(SOME_POSTS.search(text)), "a post")
        terminal.send(signal.SIGTERM)
        assert terminal.ends() == 130
    for given_back in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l"):
        assert given_back in terminal.raw
    assert terminal.raw.rindex(b"\x1b[?1049l") > terminal.raw.rindex(b"\x1b[?1049h")
    assert b"Traceback" not in terminal.raw
    assert kept(tmp_path / f"kept{suffix}") > 0


def test_a_replay_as_well(tmp_path: Path) -> None:
    with Terminal("exec moltwatch replay first-look", tmp_path) as terminal:
        terminal.shows("THREADS")
        terminal.send(signal.SIGTERM)
        assert terminal.ends() == 130
    assert b"\x1b[?1049l" in terminal.raw


@pytest.mark.parametrize(
    ("command", "key", "code"),
    [
        ("moltwatch", "q", 0),
        ("moltwatch", "\x03", 130),
        pytest.param("moltwatch replay night", "\x03", 130, marks=pytest.mark.slow),
        ("moltwatch watch 'sim:?seed=3'", "\x03", 130),
    ],
)
def test_an_interrupt_is_told_from_having_seen_enough(
    tmp_path: Path, command: str, key: str, code: int
) -> None:
    with Terminal(f"exec {command}", tmp_path) as terminal:
        terminal.shows("THREADS")
        terminal.press(key)
        assert terminal.ends() == code
    assert b"\x1b[?1049l" in terminal.raw
    assert b"Traceback" not in terminal.raw


def test_an_interrupt_from_elsewhere_as_well(tmp_path: Path) -> None:
    with Terminal("exec moltwatch replay first-look", tmp_path) as terminal:
        terminal.shows("THREADS")
        terminal.send(signal.SIGINT)
        assert terminal.ends() == 130
    assert b"\x1b[?1049l" in terminal.raw
    assert b"Traceback" not in terminal.raw


def test_a_window_that_is_closed_leaves_a_whole_recording(tmp_path: Path) -> None:
    with Terminal(WATCH + ".jsonl.gz", tmp_path) as terminal:
        terminal.shows("connected")
        terminal.until(lambda text: bool(SOME_POSTS.search(text)), "a post")
        assert terminal.hang_up() > 0, "by an exit, not by a signal"
    assert kept(tmp_path / "kept.jsonl.gz") > 0


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("suffix", [".jsonl", ".molt"])
def test_a_simulation_that_is_interrupted_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: signal.Signals, suffix: str
) -> None:
    events = Simulation.events

    def interrupted(self: Simulation) -> object:
        for number, event in enumerate(events(self)):
            if number == 3_000:
                os.kill(os.getpid(), ending)
            yield event

    monkeypatch.setattr(Simulation, "events", interrupted)
    done = moltwatch("simulate", "-o", tmp_path / f"s{suffix}", "--hours", "20", "--labels")
    assert done.returncode == 130
    assert list(tmp_path.iterdir()) == []
