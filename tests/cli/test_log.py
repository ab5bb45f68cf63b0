"""``--log FILE``: what happened, for a report of a bug, and no secret in it."""

from __future__ import annotations

import gzip
import logging
import os
import re
from pathlib import Path

import click
import pytest

from moltwatch import __version__
from moltwatch.cli import COMMANDS, cli, logfile
from moltwatch.cli.logfile import LogFile, end
from moltwatch.heuristics.coordination.same_text import SameText
from moltwatch.sources.live.failures import Backoff
from moltwatch.tui.app import MoltwatchApp
from tests.cli.running import moltwatch
from tests.secrets import key, pem

SECRET = "not-a-real-key-4711"
POST = '{"id": "1", "content": "hello", "author": "ada", "created_at": "2026-01-31T05:00:00Z"}'


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "posts.jsonl"
    path.write_text(f"{POST}\n")
    return path


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_delay(backoff: Backoff, at_least: float | None = None) -> float:
        backoff.tries += 1
        return 0.0

    monkeypatch.setattr(Backoff, "next", no_delay)


def test_a_run_is_told_from_its_versions_to_its_end(tmp_path: Path, dump: Path) -> None:
    log = tmp_path / "run.log"
    dump.write_text(f'{POST}\n{{"id": "2"}}\n\x1b[31m\n')
    done = moltwatch("flags", dump, "--log", log)
    lines = log.read_text().splitlines()
    assert done.returncode == 0 and f"moltwatch {__version__}, Python 3." in lines[0]
    assert re.search(r" info packages: .*msgspec \d", lines[1])
    assert f"begins: flags {dump}" in lines[2] and lines[-1].endswith(" info ended")
    told = "\n".join(lines)
    assert "1 event, 0 gaps in all; 2 rejected: " in told
    assert "rejected, for the first time: " in told and "(line 2)" in told
    assert "said: 1 post: none flagged" in told and "\x1b" not in told
    assert not any(isinstance(each, LogFile) for each in logging.getLogger().handlers)
    assert logging.getLogger("moltwatch").level == logging.NOTSET, "it listens no more"
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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dump: Path
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("by design")

    monkeypatch.setattr(SameText, "observe", fails)
    log = tmp_path / "run.log"
    silent = moltwatch("flags", dump)
    assert "Traceback" not in silent.stderr, "where no log is kept nobody is shown it"
    moltwatch("flags", dump, "--log", log)
    assert "heuristic same-text failed" in log.read_text()
    assert "in fails" in log.read_text() and "by design" in log.read_text()


def test_a_log_that_cannot_be_written_says_so(tmp_path: Path, dump: Path) -> None:
    done = moltwatch("flags", dump, "--log", tmp_path / "no" / "run.log")
    assert done.returncode == 2 and f"{tmp_path / 'no' / 'run.log'}: No such file" in done.stderr
    done = moltwatch("flags", dump, "--log", "/dev/full")
    assert done.returncode == 2 and "cannot write /dev/full: No space left" in done.stderr
    assert "not complete" not in done.stderr and not done.stdout
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


def test_a_file_that_is_no_log_is_left_as_it_is(tmp_path: Path, dump: Path) -> None:
    recording = tmp_path / "mine.jsonl.gz"
    recording.write_bytes(gzip.compress(b"{}"))
    before = recording.read_bytes()
    done = moltwatch("flags", dump, "--log", recording)
    assert done.returncode == 2 and f"{recording} exists and is no log" in done.stderr
    assert recording.read_bytes() == before
    (empty := tmp_path / "empty.log").write_bytes(b"")
    assert moltwatch("flags", dump, "--log", empty).returncode == 0 and empty.stat().st_size


@pytest.mark.parametrize(
    "source",
    [
        f"ws://eve:{SECRET}'x@127.0.0.1:9/live",
        f"ws://127.0.0.1:9/live?token=two {SECRET}",
        f'ws://eve:"{SECRET}@127.0.0.1:9/live',
        f"ws://eve:{SECRET}@127.0.0.1:port/",
        f"moltbook:?key={SECRET}",
        f"wss+x://eve:{SECRET}@reef.example",
    ],
)
def test_no_address_is_so_odd_that_its_secret_is_kept(tmp_path: Path, source: str) -> None:
    log = tmp_path / "run.log"
    assert moltwatch("flags", source, "--log", log).returncode in (2, 3)
    assert SECRET not in log.read_text() and " error ended: " in log.read_text()


def test_what_a_post_leaks_is_masked_in_what_is_said_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dump: Path
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError(f"cannot read {key()}\n{pem()}\x1b[31m\u202e")

    monkeypatch.setattr(SameText, "observe", fails)
    log = tmp_path / "run.log"
    moltwatch("flags", dump, "--log", log)
    told = log.read_text()
    assert "cannot read " in told and key() not in told and "\x1b" not in told
    assert pem().splitlines()[2] not in told and "\u202e" not in told


def test_of_libraries_only_what_went_wrong_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dump: Path
) -> None:
    def speaks(*_: object) -> None:
        logging.getLogger("httpx").warning("slow: https://eve:%s@reef.example/", SECRET)
        logging.getLogger("httpx").info("sent a header")

    monkeypatch.setattr(SameText, "observe", speaks)
    log = tmp_path / "run.log"
    moltwatch("flags", dump, "--log", log)
    assert "warning httpx: slow: https://***@reef.example/" in log.read_text()
    assert "sent a header" not in log.read_text() and SECRET not in log.read_text()


def test_a_full_log_still_tells_how_the_run_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dump: Path
) -> None:
    log = tmp_path / "run.log"
    moltwatch("flags", dump, "--log", log)
    monkeypatch.setattr(logfile, "LARGEST", log.stat().st_size + 300)
    moltwatch("flags", "ws://127.0.0.1:9", "--log", log)
    lines = log.read_text().splitlines()
    assert "what follows is left out: this log is full, name another file" in lines
    assert any("error ended: SourceUnreachable" in line for line in lines)
    done = moltwatch("flags", dump, "--log", log)
    assert done.returncode == 2 and f"{log} is full" in done.stderr


def test_a_log_that_ends_early_says_so_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dump: Path
) -> None:
    log, written = tmp_path / "run.log", LogFile._write

    def fills_up(file: LogFile, text: str) -> None:
        if "said: " in text:
            raise OSError(28, "No space left on device")
        written(file, text)

    monkeypatch.setattr(LogFile, "_write", fills_up)
    done = moltwatch("flags", dump, "--log", log)
    assert done.returncode == 0 and "1 post: none flagged" in done.stderr
    assert f"the log {log} is not complete: No space left on device" in done.stderr


def test_a_log_goes_into_a_pipe_as_well(dump: Path) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader) as pipe:
        assert moltwatch("flags", dump, "--log", f"/dev/fd/{writer}").returncode == 0
        os.close(writer)
        assert " info ended" in pipe.read()


def test_a_screen_that_breaks_is_told_and_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(app: MoltwatchApp, *_: object, **__: object) -> None:
        try:
            raise ZeroDivisionError("by design")
        except ZeroDivisionError as error:
            app._handle_exception(error)

    monkeypatch.setattr(MoltwatchApp, "run", breaks)
    monkeypatch.setattr("moltwatch.tui.terminal.driver_for_terminal", lambda: None)
    log = tmp_path / "run.log"
    done = moltwatch("watch", "sim:", "--log", log)
    assert done.returncode == 1 and "stopped by a defect: ZeroDivisionError" in done.stderr
    assert "in breaks" in log.read_text() and "by design" in log.read_text()


def test_an_interrupt_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def leaves(app: MoltwatchApp, *_: object, **__: object) -> None:
        app.interrupted = True

    monkeypatch.setattr(MoltwatchApp, "run", leaves)
    monkeypatch.setattr("moltwatch.tui.terminal.driver_for_terminal", lambda: None)
    log = tmp_path / "run.log"
    assert moltwatch("watch", "sim:", "--log", log).returncode == 130
    assert "info ended: interrupted" in log.read_text() and "Traceback" not in log.read_text()


def test_a_key_in_a_pipe_is_left_to_the_source_that_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")  # to read from it would wait for ever
    monkeypatch.setenv("MASTODON_ACCESS_TOKEN_FILE", str(tmp_path / "pipe"))
    monkeypatch.setenv("AGENTFEED_KEY_FILE", "~no-such-user/key")
    LogFile(tmp_path / "log").close()
    assert (tmp_path / "log").exists()


@pytest.mark.parametrize("long", ["a" * 1_000_000, "a:" * 500_000])
def test_a_long_word_without_an_address_is_written_in_time(tmp_path: Path, long: str) -> None:
    path = tmp_path / "run.log"
    log = LogFile(path)
    log.emit(logging.LogRecord("moltwatch", logging.INFO, "", 0, long, None, None))
    log.emit(
        logging.LogRecord("moltwatch", logging.INFO, "", 0, f"(x:ada:{SECRET}@y.z)", None, None)
    )
    log.close()
    first, second = path.read_text().splitlines()
    assert "info aa" in first or "info a:a:" in first
    assert SECRET not in second
