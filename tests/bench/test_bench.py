"""The bench runs, on little; what it measures is nobody's business here."""

from __future__ import annotations

import gzip
from math import inf
from pathlib import Path

import pytest
from click.testing import CliRunner

from moltwatch.paths import shipped
from tests.bench.__main__ import bench, first_posts
from tests.bench.floor import floor, posts
from tests.bench.keys import Chunk, Press, keys, latencies
from tests.bench.seeks import STEPS, seeks
from tests.bench.starts import starts

NIGHT = shipped("recordings") / "night.jsonl.gz"
API = b"""\
{"type":"post","id":"1","author":"ada","title":"One","content":"a word","created_at":"2026-01-31"}
{"type":"comment","id":"2","author":{"name":"bob"},"content":null,"created_at":"2026-01-31"}
{"id":"3","content":"three"}
"""


def test_everything_is_run_and_told_of() -> None:
    arguments = [str(NIGHT), "--posts", "60", "--runs", "1", "--only", "template"]
    done = CliRunner().invoke(bench, arguments)
    assert done.exit_code == 0, done.output
    first, _, *table, calls, peak = done.stdout.splitlines()
    assert first == "night.jsonl: 60 posts, 1 run"
    assert [line.split()[0] for line in table] == ["floor", "base", "template", "all", "known"]
    assert calls.startswith("function calls a post, of the first 60: base ")
    assert peak.startswith("peak memory of all: ")


def test_a_heuristic_that_does_not_exist_is_named() -> None:
    done = CliRunner().invoke(bench, ["--only", "templat"])
    assert (done.exit_code, "no such heuristic: templat" in done.output) == (2, True)


def test_the_floor_takes_objects_of_the_api_and_our_events(tmp_path: Path) -> None:
    api = tmp_path / "api.jsonl"
    api.write_bytes(API)
    packed = tmp_path / "api.jsonl.gz"
    packed.write_bytes(gzip.compress(API))
    assert floor(api) == floor(packed) == 3
    assert [item.content for item in posts(api)] == ["a word", None, "three"]
    ours = first_posts(NIGHT, tmp_path, 10)
    assert floor(ours) == 10
    assert all(item.text for item in posts(ours))


def test_keys_are_pressed_and_their_paint_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.keys.LAST", 0.5)
    arguments = [str(NIGHT), "--rate", "50", "--presses", "3", "--columns", "80", "--rows", "24"]
    done = CliRunner().invoke(keys, arguments)
    assert done.exit_code == 0, done.output
    fed, told, painted = done.stdout.splitlines()
    assert fed.startswith("50 events/s asked for, ") and fed.endswith(" taken in; 80×24")
    assert told.startswith("3 keys: median ") and " ms, p95 " in told
    assert painted.endswith(" kB/s to the terminal")


def test_whoever_is_late_may_be_overtaken() -> None:
    presses = [Press(0.0, "ONE"), Press(1.0, "TWO"), Press(2.0, "ONE")]
    chunks = [
        Chunk(0.5, b"\x1b[HONE"),
        Chunk(2.5, b"\x1b[HTWO"),
        Chunk(2.75, b"\x1b[HONE"),
    ]
    assert list(latencies(presses, chunks, (80, 24))) == [0.5, 1.5, 0.75]
    assert list(latencies(presses, chunks[:1], (80, 24))) == [0.5, inf, inf]


def test_starts_are_timed() -> None:
    done = CliRunner().invoke(starts, ["--runs", "1"])
    assert done.exit_code == 0, done.output
    assert [line[:32].rstrip() for line in done.stdout.splitlines()] == [
        "--version",
        "flags first-look, first line",
        "plain, first paint",
        "replay night, first paint",
    ]


def test_seeks_are_timed() -> None:
    recording = NIGHT.with_name("first-look.jsonl.gz")
    done = CliRunner().invoke(
        seeks, [str(recording), "--seeks", "3", "--columns", "80", "--rows", "24"]
    )
    assert done.exit_code == 0, done.output
    gone, anywhere, back = done.stdout.splitlines()
    assert gone.startswith("gone through in ")
    assert anywhere.startswith("anywhere: 3 seeks, median ")
    assert back.startswith(f"one event back: {STEPS} seeks, median ")
