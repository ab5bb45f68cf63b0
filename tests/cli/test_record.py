"""A recording that is kept, or a run that stops and says so: whatever becomes of the file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.running import command, environment, lines, moltwatch, session
from tests.e2e.terminal import Terminal
from tests.e2e.test_ending import SOME_POSTS
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


@pytest.mark.parametrize(("suffix", "more"), [(".molt", 1), (".jsonl.zst", 1), (".jsonl", 0)])
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
        with Terminal(f"exec moltwatch watch sim: --record {path} --force", tmp_path) as terminal:
            assert terminal.ends() == 1
        assert b"is being written by process" in terminal.raw
        process.kill()
    done = moltwatch("record", source, "-o", path, "--force")
    assert done.returncode == 0, "the lock died with its process"
    assert names(tmp_path) == ["night.molt", "tide.jsonl"]


def test_a_source_that_cannot_be_opened_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "night.molt"
    assert moltwatch("record", tmp_path / "none.jsonl", "-o", path).returncode == 3
    assert names(tmp_path) == []


def test_the_screen_says_that_its_recording_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "kept.molt"
    with Terminal(
        f"exec moltwatch watch 'sim:?rate=600&seed=3' --record {path}", tmp_path
    ) as screen:
        screen.until(lambda text: bool(SOME_POSTS.search(text)), "a post")
        path.unlink()
        screen.shows("was deleted or moved away")
        screen.press("q")
        assert screen.ends() == 1
    assert b"what was seen is in" not in screen.raw
