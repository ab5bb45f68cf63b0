"""``--log FILE``: what happened, for a report of a bug, and no secret in it."""

from __future__ import annotations

import logging
from pathlib import Path

import click
import pytest

from moltwatch import __version__
from moltwatch.cli import COMMANDS, cli
from moltwatch.cli.logfile import end
from moltwatch.heuristics.coordination.same_text import SameText
from tests.cli.running import moltwatch

SECRET = "not-a-real-key-4711"


def test_a_run_is_told_from_its_versions_to_its_end(tmp_path: Path) -> None:
    log, dump = tmp_path / "run.log", tmp_path / "posts.jsonl"
    post = '{"id": "1", "content": "hello", "author": "ada", "created_at": "2026-01-31T05:00:00Z"}'
    dump.write_text(f'{post}\n{{"id": "2"}}\n\x1b[31m\n')
    done = moltwatch("flags", dump, "--log", log)
    lines = log.read_text().splitlines()
    assert done.returncode == 0 and f"moltwatch {__version__}, Python 3." in lines[0]
    assert f"begins: flags {dump}" in lines[1] and lines[-1].endswith(" info ended")
    told = "\n".join(lines)
    assert "rejected, for the first time: " in told and "(line 2)" in told
    assert "said: 1 post: none flagged" in told and "\x1b" not in told
    ours = logging.getLogger("moltwatch")
    assert (ours.handlers, ours.level, ours.propagate) == ([], logging.NOTSET, True)
    assert moltwatch("flags", dump, "--log", log).returncode == 0
    assert log.read_text().count(" info ended") == 2, "the next run is told behind it"


def test_an_error_is_told_with_its_traceback_and_without_secrets(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    source = f"ws://eve:{SECRET}@127.0.0.1:9/live?token={SECRET}x#general"
    done = moltwatch("flags", source, "--log", log, MASTODON_ACCESS_TOKEN=f"{SECRET}y")
    told = log.read_text()
    assert done.returncode == 3 and "Traceback" in told and "SourceUnreachable" in told
    assert "ws://***@127.0.0.1:9/live?token=***" in told and "connection refused" in told
    logging.getLogger("moltwatch").info("nobody listens")
    assert SECRET not in log.read_text() and "nobody" not in log.read_text()


def test_a_heuristic_that_fails_is_told_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("by design")

    monkeypatch.setattr(SameText, "observe", fails)
    log = tmp_path / "run.log"
    silent = moltwatch("flags", "first-look")
    assert "Traceback" not in silent.stderr, "where no log is kept nobody is shown it"
    moltwatch("flags", "first-look", "--log", log)
    assert "heuristic same-text failed" in log.read_text()
    assert "in fails" in log.read_text() and "by design" in log.read_text()


def test_a_log_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    done = moltwatch("flags", "first-look", "--log", tmp_path / "no" / "run.log")
    assert done.returncode == 2 and f"{tmp_path / 'no' / 'run.log'}: No such file" in done.stderr
    end()  # where none is kept nothing happens


def test_every_command_that_reads_sources_keeps_one() -> None:
    with click.Context(cli) as ctx:
        commands = {name: cli.get_command(ctx, name) for name in COMMANDS}
    keep = {
        name
        for name, command in commands.items()
        if command and any(parameter.name == "log" for parameter in command.params)
    }
    assert keep == {
        "watch", "replay", "flags", "record", "serve", "report", "score", "convert",
    }  # fmt: skip
