"""What becomes of a command whose output nobody takes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from moltwatch.cli import _in_words, cli
from tests.cli.running import command, environment, moltwatch


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("heuristics",)])
def test_a_reader_that_is_gone_is_no_failure(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command(*arguments),
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(),
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_stdout_is_said(tmp_path: Path) -> None:
    path = tmp_path / "none.jsonl"
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command("flags", path)],
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("moltwatch: standard output is closed")


def test_a_closed_stderr_is_no_failure() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *command("flags", "first-look")],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout


def test_an_error_of_the_system_is_harmless_to_show(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise OSError("\agone")

    monkeypatch.setattr(cli, "main", fail)
    monkeypatch.setattr("moltwatch.cli._abandon_stdout", lambda: None)
    done = moltwatch("flags")
    assert done.returncode == 1
    assert "gone" in done.stderr
    assert "\a" not in done.stderr


def test_an_overlong_name_is_no_recording() -> None:
    done = moltwatch("flags", "x" * 5_000)
    assert done.returncode == 3
    assert "no such recording" in done.stderr


def test_home_is_where_recordings_may_lie(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"type":"heartbeat","seen_at":1700000000000000}\n')
    done = moltwatch("convert", "~/a.jsonl", tmp_path / "b.jsonl", HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    done = moltwatch("flags", "~/b.jsonl", HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr


def test_what_the_system_says_of_a_file_is_said_in_words() -> None:
    error = PermissionError(13, "Permission denied", "kept/night.molt")
    assert _in_words(error) == "kept/night.molt: Permission denied"
