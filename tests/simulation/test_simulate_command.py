"""``moltwatch simulate`` and what it made: the bundled recordings."""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from moltwatch.cli.simulate import command, origin_of
from moltwatch.errors import MoltwatchError, RecordingError, UsageError
from moltwatch.model import AgentSeen, Event, Gap, Post
from moltwatch.paths import shipped
from moltwatch.recording.opening import open_recording
from moltwatch.simulation import guide
from moltwatch.simulation.campaigns import CAMPAIGNS, COORDINATED
from moltwatch.simulation.simulate import SESSIONS, Settings
from moltwatch.sources.sim import parse_sim
from moltwatch.times import MINUTE, SECOND

SMALL = ("--agents", "30", "--rate", "6", "--hours", "0.3", "--seed", "4")
LABELS = ("coordination.csv", "persona.jsonl", "hazards.jsonl")


def simulate(*arguments: str | Path) -> str:
    """Run the command; returns what it printed to stderr. Raises what it raises."""
    result = CliRunner().invoke(command, [str(a) for a in arguments])
    if isinstance(result.exception, MoltwatchError):
        raise result.exception
    if result.exit_code:
        raise click.UsageError(result.output)
    assert result.stdout == "", "stdout is data"
    return result.stderr


async def read(path: Path) -> list[Event]:
    reader = await open_recording(path)
    try:
        events = [event async for batch in reader.batches() for event in batch]
        assert reader.header.simulated
        assert reader.header.title.startswith("simulated")
        assert not reader.rejects
    finally:
        await reader.close()
    return events


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_the_same_seed_gives_the_same_file(tmp_path: Path, suffix: str) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        simulate(*SMALL, "--labels", "-o", tmp_path / folder / f"s.{suffix}")
    first, second = sorted(p.name for p in (tmp_path / "a").iterdir()), tmp_path / "b"
    assert first == sorted(["s." + suffix, *(f"s.{label}" for label in LABELS)])
    for name in first:
        assert (tmp_path / "a" / name).read_bytes() == (second / name).read_bytes(), name


def test_every_format_holds_the_same_events(tmp_path: Path) -> None:
    paths = [tmp_path / f"s.{suffix}" for suffix in ("jsonl", "molt", "jsonl.zst")]
    for path in paths:
        simulate(*SMALL, "-o", path)
    lines, *others = [asyncio.run(read(path)) for path in paths]
    assert len(lines) > 100
    assert all(other == lines for other in others)


def test_another_seed_gives_another_file(tmp_path: Path) -> None:
    simulate(*SMALL, "-o", tmp_path / "a.jsonl")
    simulate(*SMALL[:-1], "5", "-o", tmp_path / "b.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() != (tmp_path / "b.jsonl").read_bytes()


def test_start_and_campaigns(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    simulate(*SMALL, "--start", "2026-05-01T12:00Z", "--campaigns", "none", "-o", path, "--labels")
    assert "2026-05-01T12:00:00Z" in path.read_text().splitlines()[0]
    rows = list(csv.DictReader((tmp_path / "s.coordination.csv").open()))
    assert {row["role"] for row in rows} <= {"hard_negative"}


def test_what_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text("mine")
    with pytest.raises(RecordingError):
        simulate(*SMALL, "-o", path)
    assert path.read_text() == "mine"
    simulate(*SMALL, "-o", path, "--force")
    assert path.read_text() != "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--session", "day"), "first-look, night, quiet-day"),
        (("--session", "night", "--seed", "2"), "takes no --seed"),
        (("--campaigns", "swarm"), "--campaigns: no 'swarm'"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        simulate(*arguments, "-o", tmp_path / "s.jsonl")
    assert not list(tmp_path.iterdir())


def test_the_origin_is_a_source_that_says_the_same() -> None:
    settings = Settings(agents=30, rate=2.5, seed=9, hours=3.0, campaigns=("ring", "mint"))
    read_back, _ = parse_sim(origin_of(settings).removeprefix("sim:"))
    assert (read_back.agents, read_back.rate, read_back.seed) == (30, 2.5, 9)
    assert (read_back.hours, read_back.campaigns) == (3.0, ("ring", "mint"))


# --- the bundled recordings ---


@pytest.mark.parametrize("name", SESSIONS)
def test_bundled_recordings_are_what_their_commands_make(tmp_path: Path, name: str) -> None:
    """Compared unpacked: how well zlib packs differs from one version to the next."""
    simulate("--session", name, "--labels", "-o", tmp_path / f"{name}.jsonl")
    kept = gzip.decompress((shipped("recordings") / f"{name}.jsonl.gz").read_bytes())
    assert kept == (tmp_path / f"{name}.jsonl").read_bytes()
    for label in LABELS:
        made = (tmp_path / f"{name}.{label}").read_bytes()
        assert made == (shipped("recordings") / f"{name}.{label}").read_bytes(), label


def test_bundled_recordings_are_small_and_documented() -> None:
    folder = shipped("recordings")
    assert sum(path.stat().st_size for path in folder.iterdir()) < 5_000_000
    readme = (folder / "README.md").read_text()
    for name in SESSIONS:
        assert f"--session {name} --labels" in readme


async def test_the_first_look_shows_everything_in_turn() -> None:
    events = await read(shipped("recordings") / "first-look.jsonl.gz")
    posts = [event for event in events if isinstance(event, Post)]
    start = events[0].seen_at
    early = [post for post in posts if post.seen_at < start + 30 * SECOND]
    assert len(early) >= 15, "lively from the first second"
    for minute in range(17):
        window = [p for p in posts if 0 <= p.seen_at - start - minute * MINUTE < MINUTE]
        assert len(window) >= 10, f"minute {minute}"
    said = [post for post in posts if post.author == guide.NAME]
    assert len(said) == 2 + 2 + len(guide.TOUR)
    assert "simulat" in (said[0].title or "")
    rows = csv.DictReader((shipped("recordings") / "first-look.coordination.csv").open())
    shown = {row["group"] for row in rows if row["role"] == "positive"}
    assert shown == {f"{kind}_1" for kind in COORDINATED}
    hazards = (shipped("recordings") / "first-look.hazards.jsonl").read_text().splitlines()
    assert {json.loads(line)["label"] for line in hazards} == {0, 1}


async def test_the_night_has_two_of_each_overlapping_and_a_gap() -> None:
    events = await read(shipped("recordings") / "night.jsonl.gz")
    assert sum(isinstance(event, Gap) for event in events) == 1
    rows = list(csv.DictReader((shipped("recordings") / "night.coordination.csv").open()))
    kinds = [
        group.split("_")[0] for group in {r["group"] for r in rows if r["role"] != "hard_negative"}
    ]
    assert sorted(kinds) == sorted([kind for kind in CAMPAIGNS if kind != "hazards"] * 2)
    posts = [event for event in events if isinstance(event, Post)]
    group_of = {r["author"]: r["group"] for r in rows if r["role"] == "positive"}
    spans: dict[str, list[int]] = {}
    for post in posts:
        if group := group_of.get(post.author):
            spans.setdefault(group, []).append(post.seen_at)
    overlaps = [
        (a, b)
        for a in spans
        for b in spans
        if a < b and max(min(spans[a]), min(spans[b])) < min(max(spans[a]), max(spans[b]))
    ]
    assert overlaps
    assert sum(isinstance(event, AgentSeen) for event in events) > 300
