"""``moltwatch report`` from end to end."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from moltwatch.cli.report import command
from moltwatch.cli.wiring import open_run
from moltwatch.config import Config
from moltwatch.errors import MoltwatchError
from moltwatch.paths import shipped
from moltwatch.session import Session
from moltwatch.sources.registry import FAST, Opening
from tests.cli.running import CREED, SWARM, lines, moltwatch, moltwatch_process, objects, session


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "tide.jsonl"
    path.write_text(lines(session()))
    return path


def test_what_happened_is_told(recording: Path) -> None:
    done = moltwatch("report", recording)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# What happened in `tide.jsonl`\n\n26 posts (26 that begin")
    assert "1. **6 accounts, 6 posts**: same text as each other in 5 s" in done.stdout
    assert f"   - 6 of its posts say: `{CREED}`" in done.stdout
    assert ", ".join(f"`{name}`" for name in SWARM) in done.stdout


def test_a_page_is_written_instead_and_not_over_another(recording: Path, tmp_path: Path) -> None:
    page = tmp_path / "tide.html"
    done = moltwatch("report", recording, "--html", page)
    assert (done.returncode, done.stdout) == (0, "")
    text = page.read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>") and text.count("<svg") == 2
    again = moltwatch("report", recording, "--html", page)
    assert again.returncode == 2 and "--force overwrites it" in again.stderr
    assert moltwatch("report", recording, "--html", page, "--force").returncode == 0
    assert page.read_text("utf-8") == text


def test_a_page_is_not_written_over_its_recording(recording: Path, tmp_path: Path) -> None:
    source = tmp_path / "tide.jsonl"
    source.write_bytes(recording.read_bytes())
    link = tmp_path / "link.html"
    link.symlink_to(source)
    for page in (source, link):
        done = moltwatch("report", source, "--html", page, "--force")
        assert done.returncode == 2 and "is a SOURCE: name another file" in done.stderr
    assert source.read_bytes() == recording.read_bytes()


def test_a_full_disk_leaves_the_old_page(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "tide.html"
    page.write_text("old")

    def fail(self: Path, text: str, *_: object) -> int:
        with self.open("w") as file:
            file.write(text[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", fail)
    done = moltwatch("report", recording, "--html", page, "--force")
    assert done.returncode == 1 and "No space left on device" in done.stderr
    assert page.read_text() == "old"
    assert list(tmp_path.iterdir()) == [page]


def test_the_same_recording_gives_the_same_bytes(recording: Path, tmp_path: Path) -> None:
    """Also in another process, where hashes fall out differently, and after conversion."""
    first = moltwatch("report", "first-look").stdout
    assert moltwatch_process("report", "first-look", PYTHONHASHSEED="7").stdout == first
    moltwatch("convert", recording, tmp_path / "tide.molt")
    told = moltwatch("report", tmp_path / "tide.molt").stdout
    assert told == moltwatch("report", recording).stdout.replace("tide.jsonl", "tide.molt")


def test_it_agrees_with_the_verdicts() -> None:
    told = moltwatch("report", "night").stdout
    verdicts = objects(moltwatch("flags", "night", "--verdicts").stdout)
    for sign, kind in (("❖", "coordinated"), ("◆", "persona"), ("▲", "hazard")):
        flagged = sum(verdict[kind] >= 0.5 for verdict in verdicts)
        assert f"{sign} {flagged:,} {kind}" in told
    assert f"{len(verdicts):,} posts" in told and "1 gap" in told


def test_all_say_the_same_of_groups() -> None:
    """Lines, summaries, report and session: how many formed, merged, were there at the end, and of
    what size these are."""
    flags, told = moltwatch("flags", "night"), moltwatch("report", "night")
    groups = [line for line in objects(flags.stdout) if line["type"] == "group"]
    states = Counter(line["state"] for line in groups)
    formed, merged, ended = (states[state] for state in ("formed", "merged", "ended"))
    assert merged and formed - merged == ended
    words = f"{formed} groups formed, {merged} merged, {ended} at the end"
    assert flags.stderr.endswith(f", {words}\n") and told.stderr.endswith(f", {words}\n")
    assert f" coordinated ({words})" in told.stdout

    sizes = {line["id"]: line["n"] for line in groups if line["state"] == "ended"}
    stories = re.findall(r"^\d+\. \*\*(\d+) accounts.*?- id: `(\w+)`", told.stdout, re.M | re.S)
    assert {id: int(n) for n, id in stories} == sizes
    seen = asyncio.run(played(str(shipped("recordings") / "night.jsonl.gz")))
    assert (seen.groups.n, seen.groups.merged) == (formed, merged)
    assert {swarm.id: swarm.n for swarm in seen.groups.swarms if not swarm.group.into} == sizes


async def played(recording: str) -> Session:
    """What the screen would know of it at its end."""
    seen = Session()
    run = await open_run([recording], Opening(speed=FAST), config=Config(), sinks=[seen])
    await run.pipeline.run()
    return seen


def test_the_part_to_tell_of_is_chosen(recording: Path) -> None:
    done = moltwatch("report", recording, "--start", "2026-01-31T05:20", "--min-score", "0.8")
    assert done.stdout.splitlines()[2].startswith("6 posts") and "reach 0.80" in done.stdout
    strict = moltwatch("report", recording, "--min-score", "coordinated=1")
    assert "nothing is flagged" in strict.stdout and "none flagged" in strict.stderr
    wrong = moltwatch("report", recording, "--start", "2026-01-31", "--end", "2026-01-30")
    assert wrong.returncode == 2 and "--end must come after --start" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("sim:",), 2, "sim: is no recording: moltwatch record sim: -o FILE makes one"),
        (("/nonexistent.molt",), 3, "no such recording"),
        (("first-look", "--html", "/nonexistent/a.html"), 2, "there is no folder /nonexistent"),
    ],
)
def test_a_failure_says_what_to_do(arguments: tuple[str, ...], code: int, told: str) -> None:
    done = moltwatch("report", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr


def test_posts_may_come_on_standard_input() -> None:
    done = moltwatch_process("report", "-", stdin=lines(session()))
    assert done.returncode == 0 and "26 posts" in done.stdout


def test_a_page_that_cannot_be_written_is_told_before_the_recording_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # nothing is refused to root
    done = CliRunner().invoke(command, ["first-look", "--html", str(tmp_path / "a.html")])
    assert isinstance(done.exception, MoltwatchError)
    assert "a.html: cannot be written" in str(done.exception)
    assert "posts" not in done.output


def test_the_last_line_counts_what_was_asked_for(recording: Path) -> None:
    done = moltwatch("report", recording, "--kind", "hazard")
    assert done.stderr == "moltwatch: 26 posts: none flagged\n"
    assert " coordinated), 1 group\n" in moltwatch("report", recording).stderr
