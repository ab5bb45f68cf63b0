"""``moltwatch flags`` and ``record`` as people script against them."""

from __future__ import annotations

import csv
import io
import os
import pty
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from moltwatch.model import Post
from tests.cli.running import (
    CREED,
    INNOCENT,
    SWARM,
    command,
    environment,
    lines,
    moltwatch,
    moltwatch_process,
    objects,
    session,
)
from tests.secrets import key


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("flags") / "tide.jsonl"
    path.write_text(lines(session()))
    return path


def test_flagged_posts_are_lines_and_nothing_else_is(recording: Path) -> None:
    done = moltwatch("flags", recording)
    found = objects(done.stdout)
    assert done.returncode == 0
    assert {line["type"] for line in found} == {"flagged", "group"}
    flagged = [line for line in found if line["type"] == "flagged"]
    assert {line["post"]["author"] for line in flagged if line["coordinated"] >= 0.5} == set(SWARM)
    assert found[0]["state"] == "formed"
    assert "26 posts: 6 flagged (6 coordinated), 1 group" in done.stderr
    assert "\r" not in done.stderr


def test_the_same_input_gives_the_same_bytes(recording: Path) -> None:
    assert moltwatch("flags", recording).stdout == moltwatch("flags", recording).stdout


def test_kinds_choose_lines(recording: Path) -> None:
    assert moltwatch("flags", recording, "--kind", "persona", "--kind", "hazard").stdout == ""
    assert objects(moltwatch("flags", recording, "--kind", "coordinated").stdout)


def test_a_filter_leaves_out_groups_unless_asked_for(recording: Path) -> None:
    where = ("--where", "author:~amber coordinated>0.5")
    assert [
        line["post"]["author"] for line in objects(moltwatch("flags", recording, *where).stdout)
    ] == ["AmberClaw"]
    both = objects(moltwatch("flags", recording, *where, "--groups").stdout)
    assert {line["type"] for line in both} == {"group", "flagged"}
    alone = objects(moltwatch("flags", recording, "--no-groups").stdout)
    assert {line["type"] for line in alone} == {"flagged"}


def test_a_high_score_is_reached_or_makes_no_line(recording: Path) -> None:
    low = objects(moltwatch("flags", recording, "--no-groups", "--min-score", "0.3").stdout)
    high = objects(moltwatch("flags", recording, "--no-groups", "--min-score", "1").stdout)
    assert len(low) >= len(SWARM)
    assert all(max(line["persona"], line["coordinated"], line["hazard"]) == 1 for line in high)


def test_a_verdict_for_every_post(recording: Path) -> None:
    verdicts = objects(moltwatch("flags", recording, "--verdicts").stdout)
    assert {line["type"] for line in verdicts} == {"verdict"}
    assert len(verdicts) == INNOCENT + len(SWARM)
    reached = {line["post"]["author"] for line in verdicts if line["first_at"]}
    assert reached == set(SWARM)


def test_formats(recording: Path) -> None:
    table = list(
        csv.DictReader(io.StringIO(moltwatch("flags", recording, "--format", "csv").stdout))
    )
    assert {row["author"] for row in table if row["type"] == "flagged"} == set(SWARM)
    text = moltwatch("flags", recording, "--format", "text").stdout
    assert "AmberClaw in tidepool  Brothers and sisters" in text
    assert "\x1b" not in text


def test_the_configuration_is_heeded_and_the_command_line_wins(
    recording: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[flags]\nkinds = ["persona"]\n')
    assert moltwatch("flags", recording, "--config", config).stdout == ""
    assert moltwatch("flags", recording, MOLTWATCH_CONFIG=str(config)).stdout == ""
    assert moltwatch("flags", recording, "--config", config, "--kind", "coordinated").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("{file}", "--where", "autor:x"), 2, "did you mean author?"),
        (("{file}", "--min-score", "2"), 2, "--min-score"),
        (("{file}", "--min-score", "nan"), 2, "'nan' is not a score from 0 to 1"),
        (("{file}", "--kind", "spam"), 2, "--kind"),
        ((), 2, "SOURCE"),
        (("nowhere:x",), 2, "nowhere"),
        (("-", "-"), 2, "only once"),
        (("{file}", "--config", "{folder}/none.toml"), 2, "none.toml: there is no such file"),
        (("{file}", "--config", "{folder}/bad.toml"), 2, "bad.toml: heuristics.same-text.windw"),
        (("{folder}/none.molt",), 3, "none.molt"),
        (("ws://127.0.0.1:1",), 3, "127.0.0.1"),
        (("{file}", "--record", "{file}"), 2, "is a SOURCE"),
        (("{file}", "--record", "{folder}/link.jsonl", "--force"), 2, "is a SOURCE"),
        (("{file}", "--record", "{folder}/old.jsonl"), 1, "is there already"),
        (("{file}", "--record", "{folder}/x.txt"), 2, ".molt"),
        (("{file}", "--record", "{folder}/no/x.jsonl"), 1, "x.jsonl"),
    ],
)
def test_a_failure_says_whose_fault_it_is(
    recording: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    (tmp_path / "bad.toml").write_text("[heuristics.same-text]\nwindw = 3\n")
    (tmp_path / "old.jsonl").touch()
    (tmp_path / "link.jsonl").symlink_to(recording)
    before = recording.read_bytes()
    filled = (text.format(file=recording, folder=tmp_path) for text in arguments)
    done = moltwatch("flags", *filled)
    assert recording.read_bytes() == before
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_exit_codes_reach_the_shell(tmp_path: Path) -> None:
    done = moltwatch_process("flags", tmp_path / "none.molt")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("moltwatch: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_reader_that_leaves_ends_it_quietly(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    path.write_text(lines(session(copies=60)))  # verdicts for far more than a pipe holds
    with subprocess.Popen(
        command("flags", path, "--verdicts"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith(b'{"type":"verdict"')
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", [("flags", "{file}"), ("heuristics",)])
def test_a_full_disk_behind_stdout_is_said(recording: Path, arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command(*(text.format(file=recording) for text in arguments)),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.endswith(
        "moltwatch: standard output could not be written (No space left on device), and what it "
        "holds is not complete: make room where it goes, or send it elsewhere\n"
    )
    assert "Errno" not in done.stderr and "Traceback" not in done.stderr


def test_lines_come_at_once_and_an_interrupt_ends_it(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    with subprocess.Popen(
        command("flags", "-", "--record", kept),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdin.write(lines(session()))
        running.stdin.flush()
        # Standard input stays open: these lines are there because they are not held back.
        live = [running.stdout.readline() for _ in range(2 + len(SWARM))]
        running.send_signal(signal.SIGINT)
        live += running.stdout.readlines()
        errors = running.stderr.read()
        assert running.wait(60) == 130
    assert "26 posts" in errors
    assert "Traceback" not in errors
    assert moltwatch("flags", kept).stdout.splitlines(keepends=True) == live


def test_record_keeps_what_comes(tmp_path: Path, recording: Path) -> None:
    kept = tmp_path / "kept.molt"
    done = moltwatch_process("record", "-", "-o", kept, stdin=lines(session()))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "moltwatch: 26 posts\n"
    assert moltwatch("flags", kept).stdout == moltwatch("flags", recording).stdout
    again = moltwatch("record", recording, "-o", kept)
    assert again.returncode == 1
    assert moltwatch("record", recording, "-o", kept, "--force").returncode == 0


def test_a_source_that_is_not_there_costs_no_recording(tmp_path: Path, recording: Path) -> None:
    kept = tmp_path / "kept.molt"
    assert moltwatch("record", "ws://127.0.0.1:1", "-o", kept).returncode == 3
    assert not kept.exists(), "it would be in the way of the next try"
    assert moltwatch("record", recording, "-o", kept).returncode == 0
    before = kept.read_bytes()
    assert moltwatch("record", "ws://127.0.0.1:1", "-o", kept, "--force").returncode == 3
    assert kept.read_bytes() == before


@pytest.mark.parametrize("suffix", [".molt", ".jsonl"])
def test_a_name_that_is_not_utf8_can_be_recorded_from(
    tmp_path: Path, recording: Path, suffix: str
) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9.jsonl")
    odd.write_bytes(recording.read_bytes())
    kept = tmp_path / f"kept{suffix}"
    assert moltwatch("record", odd, "-o", kept).returncode == 0
    assert moltwatch("flags", kept).stdout == moltwatch("flags", recording).stdout


def test_record_stops_after_a_time(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    with subprocess.Popen(
        command("record", "-", "-o", kept, "--for", "0.2s"),
        stdin=subprocess.PIPE,
        env=environment(),
        stderr=subprocess.PIPE,
    ) as running:
        assert running.wait(60) == 0  # although standard input is still open


def test_record_stops_visibly_when_it_cannot_write(tmp_path: Path) -> None:
    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))

    done = subprocess.run(
        command("record", "-", "-o", tmp_path / "kept.jsonl"),
        input=lines(session(copies=5)),
        capture_output=True,
        text=True,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        preexec_fn=small_disk,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "kept.jsonl" in done.stderr
    assert "Traceback" not in done.stderr


def test_progress_is_drawn_for_a_person_and_wiped(recording: Path) -> None:
    screen, terminal = pty.openpty()
    with os.fdopen(screen, "rb", buffering=0) as shown:
        with subprocess.Popen(
            command("flags", recording),
            stdout=subprocess.PIPE,
            stderr=terminal,
            env=environment(TERM="xterm"),
        ) as running:
            os.close(terminal)
            assert running.stdout is not None
            assert running.stdout.read().endswith(b"}\n")
            assert running.wait(60) == 0
        drawn = b""
        while chunk := _read(shown):
            drawn += chunk
    assert drawn.startswith(b"\r0 posts: none flagged")
    assert drawn.rsplit(b"\r\x1b[K")[-1].startswith(b"moltwatch: 26 posts: 6 flagged")


def _read(terminal: io.FileIO) -> bytes:
    try:
        return terminal.read(65_536)
    except OSError:  # how Linux says that nobody holds the other end any more
        return b""


def test_hostile_text_reaches_a_pipe_escaped_and_a_terminal_never(tmp_path: Path) -> None:
    path = tmp_path / "hostile.jsonl"
    bad = "\\u001b]0;owned\\u0007\\u202e\\u009b2J "
    path.write_text(lines(session()).replace(CREED, bad + CREED))
    for form in ("jsonl", "text", "csv"):
        done = moltwatch("flags", path, "--format", form)
        assert "Brothers" in done.stdout
        assert not set(done.stdout) & set("\x1b\x07\u202e\x9b")


def test_an_error_that_quotes_a_stranger_is_harmless() -> None:
    done = moltwatch("flags", "no\x1b]0;owned\x07where:")
    assert done.returncode in (2, 3)
    assert "owned" in done.stderr
    assert not set(done.stderr) & set("\x1b\x07")


def test_the_summary_tells_how_many_lines_a_choice_left(recording: Path) -> None:
    for choice in (("--where", "author:nobody"), ("--kind", "hazard")):
        done = moltwatch("flags", recording, *choice)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr.rstrip().endswith("; lines written: 0")
        assert f"{len(SWARM)} flagged" in done.stderr
    done = moltwatch("flags", recording, "--where", f"author:{SWARM[0]}")
    assert done.stderr.rstrip().endswith(f"; lines written: {len(done.stdout.splitlines())}")
    assert "written" not in moltwatch("flags", recording).stderr


@pytest.mark.parametrize("arguments", [("flags",), ("record", "-o", "kept.jsonl")])
def test_nothing_but_rejects_is_a_failure(arguments: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"type":"header"}\nnot json\n')
    more = [tmp_path / each if each.startswith("kept") else each for each in arguments]
    done = moltwatch(*more, path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "1 rejected: not JSON" in done.stderr
    assert done.stderr.endswith("moltwatch: nothing that was read could be used\n")
    path.write_text('{"type":"header"}\n')
    assert moltwatch(*more, path).returncode == 0, "an empty session is no failure"


def test_a_source_that_cannot_be_reached_is_all_that_is_said(tmp_path: Path) -> None:
    for arguments in (("flags",), ("record", "-o", str(tmp_path / "kept.jsonl"))):
        done = moltwatch(*arguments, "ws://127.0.0.1:1")
        assert done.returncode == 3
        assert len(done.stderr.splitlines()) == 1
        assert "posts" not in done.stderr


def test_typing_errors_are_understood(tmp_path: Path) -> None:
    done = moltwatch("flag", "night")
    assert done.returncode == 2
    assert "No such command 'flag'. Did you mean 'flags'?" in done.stderr
    done = moltwatch("night")
    assert done.returncode == 2
    assert "No such command 'night'. Did you mean 'replay night'?" in done.stderr
    done = moltwatch("ws://127.0.0.1:1")
    assert done.returncode == 2
    assert "Did you mean 'watch ws://127.0.0.1:1'?" in done.stderr
    done = moltwatch("ws:\x1b[2J")
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    done = moltwatch("zzz")
    assert done.returncode == 2
    assert "Did you mean" not in done.stderr
    done = moltwatch("flags", "nigth")
    assert done.returncode == 3
    assert "nigth; did you mean night? Bundled are first-look, night, quiet-day" in done.stderr
    assert "Bundled are" in moltwatch("flags", "zzz").stderr
    assert "Bundled" not in moltwatch("flags", tmp_path / "gone.jsonl").stderr


def test_readable_lines_and_reports_mask_what_agents_leak_unless_asked(tmp_path: Path) -> None:
    leak = Post(
        id="p", thread="p", author="Careless", text=f"my key is {key()}", created_at=1, seen_at=1
    )
    path = tmp_path / "leak.jsonl"
    path.write_text(lines([leak]))
    asked = ("flags", path, "--format", "text")
    assert "my key is sk-r•••" in moltwatch(*asked).stdout
    assert key() in moltwatch(*asked, "--show-secrets").stdout
    assert key() in moltwatch("flags", path).stdout, "data stay data"
    assert key()[6:16] not in moltwatch("report", path).stdout
    assert key() in moltwatch("report", path, "--show-secrets").stdout
    for name in ("flags", "watch", "replay"):
        said = " ".join(moltwatch(name, "--help").stdout.split())
        assert "are data and have them anyway" in said
