"""``moltwatch convert`` as it is called."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from moltwatch.cli.convert import command
from moltwatch.dialects.lines import Header
from moltwatch.errors import MoltwatchError, RecordingError, SourceUnreachable, UsageError
from moltwatch.model import AgentSeen, Event, Gap, Heartbeat, Post
from moltwatch.recording.convert import convert
from moltwatch.recording.opening import SUFFIXES, open_recording
from moltwatch.recording.pseudonymise import pseudonym
from moltwatch.times import DAY, SECOND
from tests.recording.files import HEADER, names, read, write

NOW = 1_800_000_000 * SECOND
EVENTS: list[Event] = [
    AgentSeen(name="kestrel", seen_at=5, bio="kestrel here"),
    Post(id="p", thread="p", author="nova", text="hi @kestrel", created_at=4, seen_at=6),
    Gap(seen_at=9, since=6, until=9, reason="closed"),
    Post(id="c", thread="p", parent="p", author="kestrel", created_at=7, seen_at=9),
    Heartbeat(seen_at=12),
]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def source(folder: Path, suffix: str = ".jsonl") -> Path:
    return asyncio.run(write(folder / f"in{suffix}", EVENTS))


def events_of(path: Path) -> list[Event]:
    return asyncio.run(read(path))[0]


@pytest.mark.parametrize("before", SUFFIXES)
@pytest.mark.parametrize("after", SUFFIXES)
def test_between_all_formats(tmp_path: Path, before: str, after: str) -> None:
    out = tmp_path / f"out{after}"
    result = run(source(tmp_path, before), out)
    assert result.exit_code == 0, result.output
    assert events_of(out) == EVENTS
    assert names(tmp_path) == sorted([f"in{before}", f"out{after}"])


def test_summary_goes_to_stderr(tmp_path: Path) -> None:
    path = source(tmp_path)
    with path.open("a") as file:
        file.write("oops\nand again\n")
    result = run(path, tmp_path / "out.molt")
    assert result.stdout == ""
    assert result.stderr == (
        "2 posts and comments, 2 agents (1 profiles), 1 gap, 1 heartbeat, "
        "2 rejected: not JSON (2, first at line 7)\n"
        "1970-01-01T00:00:00.000005Z to 1970-01-01T00:00:00.000012Z\n"
    )


def test_header_is_kept_and_title_is_new(tmp_path: Path) -> None:
    async def header(path: Path) -> Header:
        reader = await open_recording(path)
        await reader.close()
        return reader.header

    path, out = source(tmp_path), tmp_path / "out.molt"
    run(path, out)
    assert asyncio.run(header(out)) == HEADER
    run(path, out, "--force", "--title", "Another")
    assert asyncio.run(header(out)).title == "Another"
    assert asyncio.run(header(out)).origin == HEADER.origin


def test_blind(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    run(source(tmp_path), out, "--blind")
    nova, kestrel = pseudonym("nova"), pseudonym("kestrel")
    assert events_of(out) == [
        AgentSeen(name=kestrel, seen_at=5, bio=f"{kestrel} here"),
        Post(id="p", thread="p", author=nova, text=f"hi @{kestrel}", created_at=4, seen_at=6),
        EVENTS[2],
        Post(id="c", thread="p", parent="p", author=kestrel, created_at=7, seen_at=9),
        EVENTS[4],
    ]
    assert "kestrel" not in out.read_text()


def test_blind_knows_the_agents_beside_a_recording(tmp_path: Path) -> None:
    post = Post(id="p", thread="p", author="nova", text="I like osprey", created_at=4, seen_at=6)
    path = asyncio.run(write(tmp_path / "in.jsonl", [post]))
    profile = {"name": "osprey", "description": "", "created_at": "2026-01-01"}
    (tmp_path / "agents.jsonl").write_text(json.dumps(profile) + "\n")
    run(path, tmp_path / "out.jsonl", "--blind")
    (blinded,) = events_of(tmp_path / "out.jsonl")
    assert isinstance(blinded, Post)
    assert blinded.text == f"I like {pseudonym('osprey')}"


def test_an_archive_says_what_it_could_not_place(tmp_path: Path) -> None:
    items = [
        {"id": "a", "author": "x", "content": "1", "created_at": (NOW - DAY) // SECOND},
        {"id": "b", "author": "x", "content": "2", "created_at": (NOW + DAY) // SECOND},
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    summary = asyncio.run(convert(path, tmp_path / "out.molt", now=NOW))
    assert summary.events == 2
    assert "1 dated before 2000 or in the future: kept" in str(summary)
    assert [e.seen_at for e in events_of(tmp_path / "out.molt")] == [NOW - DAY] * 2


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (("in.jsonl", "out.txt"), UsageError, "a recording's name ends in"),
        (("in.jsonl", "in.jsonl"), UsageError, "is the input"),
        (("in.jsonl", "./sub/../in.jsonl", "--force"), UsageError, "is the input"),
        (("in.jsonl", "there.molt"), RecordingError, "is overwritten only with --force"),
        (("gone.jsonl", "out.molt"), SourceUnreachable, "no such recording: .*gone.jsonl"),
        (("in.jsonl", "nowhere/out.molt"), RecordingError, "cannot make .*there is no such folder"),
        (("there.molt", "out.molt"), RecordingError, "there.molt is text that starts 'no"),
    ],
)  # fmt: skip
def test_mistakes(
    tmp_path: Path, given: tuple[str, ...], error: type[MoltwatchError], said: str
) -> None:
    source(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "there.molt").write_text("no recording")
    before = names(tmp_path)
    result = run(*(tmp_path / name if "." in name else name for name in given))
    assert isinstance(result.exception, error), result.exception
    with pytest.raises(error, match=said):
        raise result.exception
    assert names(tmp_path) == before
    assert events_of(tmp_path / "in.jsonl") == EVENTS


def test_a_damaged_input_leaves_the_old_output(tmp_path: Path) -> None:
    path = source(tmp_path, ".molt")
    path.write_bytes(path.read_bytes()[:4_000])
    out = asyncio.run(write(tmp_path / "out.jsonl", EVENTS[:1]))
    result = run(path, out, "--force")
    assert isinstance(result.exception, RecordingError)
    assert events_of(out) == EVENTS[:1]
    assert names(tmp_path) == ["in.molt", "out.jsonl"]


def test_an_input_of_which_nothing_can_be_used_leaves_the_old_output(tmp_path: Path) -> None:
    path = tmp_path / "keyed.json"
    path.write_text('{"a": {"author": "nova", "content": "hi"}}')
    out = asyncio.run(write(tmp_path / "out.jsonl", EVENTS[:1]))
    result = run(path, out, "--force")
    assert isinstance(result.exception, RecordingError)
    assert "keyed.json could be used (1 rejected: no id" in str(result.exception)
    assert events_of(out) == EVENTS[:1]


@pytest.mark.parametrize("given", ["-", "ws://127.0.0.1:1"])
def test_what_is_no_file_is_to_be_recorded(tmp_path: Path, given: str) -> None:
    result = run(given, tmp_path / "out.jsonl")
    assert isinstance(result.exception, UsageError)
    assert f"{given} is not a file: moltwatch record {given} -o " in str(result.exception)


def test_exit_codes(tmp_path: Path) -> None:
    def code(*arguments: str) -> int:
        call = [sys.executable, "-m", "moltwatch", "convert", *arguments]
        return subprocess.run(call, cwd=tmp_path, capture_output=True, check=False).returncode

    source(tmp_path)
    assert code("in.jsonl", "out.molt") == 0
    assert code("in.jsonl", "out.molt") == 1
    assert code("in.jsonl", "out.txt") == 2
    assert code("in.jsonl") == 2


@pytest.mark.slow
def test_real_timeline(shared: Path, tmp_path: Path) -> None:
    result = run(shared / "data/moltbook-2026-01/timeline.jsonl.gz", tmp_path / "real.molt")
    assert result.stderr == (
        "117,904 posts and comments, 5,451 agents (5,240 profiles), 0 rejected\n"
        "2026-01-27T18:01:13.220848Z to 2026-01-31T03:59:59.93098Z\n"
    )


def test_a_request_to_terminate_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(_: object, part: Path, *__: object) -> None:
        part.touch()  # noqa: ASYNC240
        signal.raise_signal(signal.SIGTERM)
        await asyncio.Event().wait()

    monkeypatch.setattr("moltwatch.recording.convert._copy", interrupted)
    path = source(tmp_path)
    with pytest.raises(click.Abort):
        command.main([str(path), str(tmp_path / "out.molt")], standalone_mode=False)
    assert names(tmp_path) == ["in.jsonl"]
