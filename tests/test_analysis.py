"""What heuristics said of a recording is kept: they are asked once, and nobody can tell by the
lines."""

from __future__ import annotations

import asyncio
import importlib
import os
import shutil
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from moltwatch import analysis, blobs
from moltwatch.analysis import (
    AnalysedRecording,
    Analysis,
    Keeping,
    Kept,
    Key,
    answers_folder,
    made,
)
from moltwatch.blobs import make_room
from moltwatch.cli import wiring
from moltwatch.cli.wiring import build_heuristics
from moltwatch.config import Config
from moltwatch.errors import MoltwatchError
from moltwatch.heuristics import registry
from moltwatch.heuristics.asking import Answer, Asked
from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.coordination.same_text import SameText
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.features.post import Features
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.model import AgentSeen, Event, Evidence, Fact, Kind, Mark, Post, Thresholds
from moltwatch.recording.jsonl import JsonlWriter
from moltwatch.testing import simulated
from moltwatch.times import SECOND
from tests.cli.running import Done, lines, moltwatch, moltwatch_process, session

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Event]]:
    """The posts about which heuristics were asked."""
    posts: list[Event] = []
    observe = Asked.observe

    def counting(self: Asked, post: Post) -> object:
        if self.heuristics:
            posts.append(post)
        return observe(self, post)

    monkeypatch.setattr(Asked, "observe", counting)
    yield posts


@pytest.fixture
def night(tmp_path: Path) -> Path:
    path = tmp_path / "night.jsonl"
    path.write_text(lines(session()))
    return path


def kept(folder: Path | None = None) -> list[Path]:
    """What lies in the cache."""
    folder = folder or analysis.answers_folder()
    return sorted(folder.iterdir()) if folder.is_dir() else []


def run(*arguments: str | Path, **variables: str) -> Done:
    """As users run it, but with this test's cache."""
    done = moltwatch(*arguments, **variables)
    assert done.returncode == 0, done.stderr
    return done


# --- the same lines -------------------------------------------------------------------------------


WAYS = (
    ("flags",),
    ("flags", "--verdicts"),
    ("flags", "--min-score", "0.3", "--format", "csv"),
    ("flags", "--min-score", "persona=0.9", "--kind", "persona", "--kind", "hazard"),
    ("report",),
)


@pytest.mark.parametrize("name", ["first-look", pytest.param("quiet-day", marks=pytest.mark.slow)])
def test_lines_are_the_same_and_no_heuristic_is_asked(name: str, asked: list[Event]) -> None:
    fresh = [run(*way, str(RECORDINGS / f"{name}.jsonl.gz"), "--fresh") for way in WAYS]
    assert asked
    asked.clear()
    again = [run(*way, name) for way in WAYS]
    assert not asked, "the bundled recording is the same file"
    assert again == fresh


def test_a_score_asks_no_heuristic_either(asked: list[Event]) -> None:
    first = run("score", "quiet-day", "--json")
    assert asked
    asked.clear()
    assert run("score", "quiet-day", "--json") == first
    assert run("score", "quiet-day", "--ablation", "--json").stdout
    assert not asked
    assert run("score", "quiet-day", "--json", "--blind").stdout
    assert asked, "under other names they may say something else"
    asked.clear()
    only = run("score", "quiet-day", "--json", "--only", "coordinated")
    assert asked, "and in other company"
    asked.clear()
    assert run("score", "quiet-day", "--json", "--only", "coordinated") == only and not asked


def test_several_recordings_are_one(tmp_path: Path, asked: list[Event]) -> None:
    events = session()
    parts = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for n, part in enumerate(parts):
        part.write_text(lines(events[n::2]))
    first = run("flags", *parts)
    asked.clear()
    assert run("flags", *parts) == first and not asked
    run("flags", *reversed(parts))
    assert asked, "at the same moment the one named first goes first"


def test_an_archive_is_known_with_the_profiles_beside_it(
    tmp_path: Path, asked: list[Event]
) -> None:
    dump = tmp_path / "posts.json"
    post = {"id": "1", "content": "hello", "author": "ada", "created_at": "2026-01-31T05:00:00Z"}
    dump.write_bytes(msgspec.json.encode([post]))
    run("flags", dump)
    asked.clear()
    run("flags", dump)
    assert not asked
    (tmp_path / "agents.jsonl").write_text('{"name": "ada", "bio": "a pirate"}\n')
    run("flags", dump)
    assert asked


def test_what_was_held_against_the_clock_is_not_kept(tmp_path: Path, asked: list[Event]) -> None:
    """A date in the future is not believed, and will be one day."""
    dump = tmp_path / "posts.json"
    post = {"id": "1", "content": "hello", "author": "ada", "created_at": "2099-01-31T05:00:00Z"}
    past = {"id": "2", "content": "hello", "author": "ada", "created_at": "2026-01-31T05:00:00Z"}
    dump.write_bytes(msgspec.json.encode([past, post]))
    run("flags", dump)
    asked.clear()
    run("flags", dump)
    assert asked and not kept()


@settings(max_examples=15, deadline=None)
@given(
    cut=st.integers(1, 400),
    thresholds=st.builds(
        Thresholds,
        persona=st.floats(0, 1),
        coordinated=st.floats(0, 1),
        hazard=st.floats(0, 1),
    ),
    verdicts=st.booleans(),
)
def test_answers_mean_the_same_at_any_threshold(
    cut: int, thresholds: Thresholds, verdicts: bool
) -> None:
    events = simulated()[:cut]
    heuristics = build_heuristics(Config())
    answers: list[Answer] = []
    engine = Engine(
        heuristics, GroupTracker(), verdicts=verdicts, thresholds=thresholds, keep=[answers.append]
    )
    found = [*(engine.feed(event) for event in events), engine.finish()]
    written = msgspec.msgpack.encode(answers)
    recalled = Engine(
        heuristics,
        GroupTracker(),
        verdicts=verdicts,
        thresholds=thresholds,
        answers=iter(msgspec.msgpack.decode(written, type=list[Answer])),
    )
    assert [*(recalled.feed(event) for event in events), recalled.finish()] == found
    assert {name: health.found for name, health in recalled.health.items()} == {
        name: health.found for name, health in engine.health.items()
    }


class Counting(Heuristic):
    """Finds that posts are there.

    Fails when
        there are none.
    """

    name, kind, family = "counting", Kind.PERSONA, "counting"

    def __init__(self) -> None:
        self._facts: dict[str, Fact] = {}

    def observe(self, item: Features) -> Sequence[Evidence]:
        self._facts["n"] = int(item.post.id.encode().hex(), 16) % 97
        said = Mark("is number {n}", self._facts, 40)
        return [Evidence(self.name, self.kind, self.family, weight=40, marks=(said,))]


def test_a_plug_in_says_the_same_however_it_says_it(
    night: Path, asked: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its weights are whole numbers, and it changes what it has given away."""

    def found(group: str) -> list[EntryPoint]:
        theirs = EntryPoint("counting", f"{__name__}:Counting", group)
        return [*entry_points(group=group), theirs]

    monkeypatch.setattr(registry, "entry_points", found)
    first = run("flags", night, "--verdicts")
    assert "is number " in first.stdout
    asked.clear()
    assert run("flags", night, "--verdicts") == first and not asked


# --- what makes them stale ------------------------------------------------------------------------


def test_another_recording_is_asked_about(night: Path, asked: list[Event]) -> None:
    run("flags", night)
    asked.clear()
    night.write_text(night.read_text().replace("Thought 3.", "Thought 4."))
    run("flags", night)
    assert asked and len(kept()) == 2


def test_a_copy_by_another_name_is_the_same(night: Path, asked: list[Event]) -> None:
    first = run("flags", night)
    asked.clear()
    copy = night.with_name("copy.jsonl")
    shutil.copy(night, copy)
    assert run("flags", copy).stdout == first.stdout and not asked


def test_other_settings_and_other_programs_ask_anew(
    night: Path, tmp_path: Path, asked: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("flags", night)
    asked.clear()
    config = tmp_path / "config.toml"
    config.write_text("[heuristics.same-text]\naccounts = 4\n")
    run("flags", night, "--config", config)
    assert asked
    asked.clear()
    config.write_text("[screen]\nfps = 10\n")
    run("flags", night, "--config", config)
    assert not asked, "the screen is none of their business"
    monkeypatch.setattr(analysis, "programs_of", lambda heuristics: ["a later version"])
    run("flags", night)
    assert asked


def test_the_state_of_a_program_is_that_of_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heuristics = build_heuristics(Config())
    state = repr(analysis.programs_of(heuristics))
    assert repr(analysis.programs_of(heuristics)) == state
    installed = tmp_path / "another-1.0.dist-info"
    installed.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert repr(analysis.programs_of(heuristics)) != state, "another package may do another thing"


def test_a_recording_that_grows_meanwhile_is_not_kept(night: Path) -> None:
    key = Key([night], [], {})
    states = [key.holds]
    with night.open("a") as file:
        file.write("\n")
    states.append(key.holds)
    night.unlink()
    assert [*states, key.holds] == [True, False, False]


def test_it_matters_as_what_a_file_is_read(tmp_path: Path) -> None:
    """A folder is put in order of time as one archive, its files are two; and profiles are told by
    their name."""
    folder = tmp_path / "archive"
    folder.mkdir()
    parts = [folder / "agents.jsonl", folder / "posts.json"]
    for n, part in enumerate(parts):
        part.write_text(str(n))
    names = [Key([folder], [], {}).name, Key(parts, [], {}).name]
    parts[0].rename(folder / "agent.jsonl")
    names += [Key([folder], [], {}).name, Key([folder / "agent.jsonl", parts[1]], [], {}).name]
    assert len({*names}) == 4


@pytest.mark.parametrize("alone", [False, True])
def test_a_file_that_comes_beside_it_meanwhile_matters(tmp_path: Path, alone: bool) -> None:
    dump = tmp_path / "posts.json"
    dump.write_text("[]")
    key = Key([dump if alone else tmp_path], [], {})
    before = key.holds
    (tmp_path / "agents.jsonl").write_text("{}")
    assert before and not key.holds


def test_a_log_lies_beside_the_recording_itself(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    path, link = tmp_path / "live" / "night.molt", tmp_path / "latest.molt"
    path.write_text("folded")
    link.symlink_to(path)
    key = Key([link], [], {})
    path.with_name("night.molt-wal").write_text("not folded yet")
    assert not key.holds and Key([link], [], {}).name != key.name


@pytest.mark.parametrize("known", [False, True])
def test_a_recording_that_is_replaced_while_it_is_opened_is_not_mistaken(
    tmp_path: Path, asked: list[Event], monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """What is open goes on being read, whatever has its name since."""
    path, other = tmp_path / "night.molt", tmp_path / "other.molt"
    few = tmp_path / "few.jsonl"
    few.write_text(lines(session()[:60]))
    run("convert", few, other)
    few.write_text(lines(session()))
    run("convert", few, path)
    fresh = run("flags", path, "--fresh").stdout
    shutil.rmtree(answers_folder())
    if known:
        run("flags", other)
    before = kept()
    asked.clear()
    make = Analysis.of

    async def replaced(*arguments: Any, **options: Any) -> Analysis | None:
        other.rename(path)
        return await make(*arguments, **options)

    monkeypatch.setattr(Analysis, "of", replaced)
    assert run("flags", path).stdout == fresh
    assert asked and kept() == before


def test_what_is_installed_meanwhile_was_not_asked(
    night: Path, tmp_path: Path, asked: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tide.jsonl"
    close = JsonlWriter.close
    states = ["an earlier version", "a later version"]

    async def closing(self: JsonlWriter) -> None:
        del states[:-1]
        await close(self)

    monkeypatch.setattr(JsonlWriter, "close", closing)
    monkeypatch.setattr(analysis, "programs_of", lambda heuristics: [states[0]])
    monkeypatch.setattr(wiring, "programs_of", lambda heuristics: [states[0]])
    run("record", night, "-o", path, "--analyse")
    asked.clear()
    run("flags", path)
    assert asked


def test_a_plug_in_is_all_of_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "theirs"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "words.txt").write_text("ahoy")
    (package / "pirates.py").write_text(
        "from moltwatch.heuristics.coordination.same_text import SameText\n"
        "class Pirates(SameText): ...\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    pirates = importlib.import_module("theirs.pirates").Pirates()
    state = repr(analysis.programs_of([pirates]))
    assert repr(analysis.programs_of([pirates])) == state
    (package / "words.txt").write_text("ahoy, matey")
    changed = repr(analysis.programs_of([pirates]))
    for name in ("theirs", "theirs.pirates"):
        del sys.modules[name]
    assert changed != state


# --- what is not kept -----------------------------------------------------------------------------


def test_a_heuristic_that_failed_is_asked_again(
    night: Path, asked: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    observe = SameText.observe

    def broken(self: SameText, item: Features) -> Sequence[Evidence]:
        if item.post.id == "talk3":
            raise ValueError("does not feel well")
        return list(observe(self, item))

    monkeypatch.setattr(SameText, "observe", broken)
    assert "same-text failed" in run("flags", night).stderr
    assert not kept()


def test_a_pass_that_was_broken_off_leaves_nothing(night: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.jsonl.gz"
    whole = (RECORDINGS / "quiet-day.jsonl.gz").read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    moltwatch("flags", damaged)
    before = kept()
    moltwatch("flags", night, "--record", tmp_path / "no" / "folder.molt")
    assert kept() == before and not any(path.name.endswith(".new") for path in before)


def test_nothing_is_kept_where_nothing_may_be(night: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[cache]\nmegabytes = 0\n")
    lines = run("flags", night, "--config", config).stdout
    assert not kept()
    (tmp_path / "file").write_text("")
    assert run("flags", night, XDG_CACHE_HOME=str(tmp_path / "file")).stdout == lines
    config.write_text("[cache]\nmegabytes = -1\n")
    assert moltwatch("flags", night, "--config", config).returncode == 2


def test_what_was_kept_and_is_damaged_says_so_once(night: Path) -> None:
    lines = run("flags", night).stdout
    (path,) = kept()
    whole = path.read_bytes()
    found = Kept.find(path.parent, Key([night], build_heuristics(Config()), {}))
    assert found is not None
    at = found.blocks[0].offset + found.blocks[0].events + 20
    path.write_bytes(whole[:at] + bytes(20) + whole[at + 20 :])
    done = moltwatch("flags", night)
    assert done.returncode == 1 and "is damaged" in done.stderr and "start again" in done.stderr
    assert run("flags", night).stdout == lines
    (path,) = kept()
    path.write_bytes(whole[:-5])
    assert run("flags", night).stdout == lines, "one that was cut off is not even opened"


def test_no_damage_goes_unseen(tmp_path: Path) -> None:
    """Another letter in a sentence is as bad as a block that cannot be unpacked."""
    keeping = Keeping(tmp_path)
    for i, event in enumerate(simulated()[:200]):
        keeping.add(Answer(values={f"mark {i}": i / 7}))
        keeping.take(event)
    key = Key([], [], {})
    keeping.commit(key)
    (path,) = kept(tmp_path)
    whole = path.read_bytes()
    found = Kept.find(tmp_path, key)
    assert found is not None
    (block,) = found.blocks
    begin = block.offset + block.events
    for at in range(begin, begin + block.answers, 41):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(MoltwatchError, match="is damaged"):
            list(found.answers())


def test_a_size_that_is_a_lie_takes_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping(tmp_path)
    for event in simulated()[:20]:
        keeping.add(Answer(values={"mark": 1.0}))
        keeping.take(event)
    key = Key([], [], {})
    keeping.commit(key)
    found = Kept.find(tmp_path, key)
    monkeypatch.setattr(analysis, "_LONGEST_BLOCK", 100)
    assert found is not None
    with pytest.raises(MoltwatchError, match="too large"):
        list(found.answers())
    path = tmp_path / f"{key.name}.answers"
    path.write_bytes(bytes(100) + blobs._END.pack(0, 1 << 30, 0))
    tracemalloc.start()
    try:
        assert Kept.find(tmp_path, key) is None
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_what_can_only_be_read_is_used(
    night: Path, asked: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run("flags", night)
    asked.clear()

    def refused(path: Path) -> None:
        raise PermissionError(30, "read-only file system")

    monkeypatch.setattr(os, "utime", refused)
    assert run("flags", night) == first and not asked


def test_an_event_that_cannot_be_kept_costs_only_the_keeping(tmp_path: Path) -> None:
    """Formats that recordings have hold numbers of any length."""
    keeping = Keeping(tmp_path)
    keeping.add(Answer())
    keeping.take(AgentSeen(name="ada", seen_at=1, karma=10**30))
    keeping.commit(Key([], [], {}))
    assert kept(tmp_path) == []


def test_a_full_disk_is_left_no_fuller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeping = Keeping(tmp_path)

    class Full:
        def writelines(self, pieces: Sequence[bytes]) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            raise OSError(28, "No space left on device")

    file = keeping._file
    assert file is not None
    file._file.close()
    monkeypatch.setattr(file, "_file", Full())
    keeping.add(Answer())
    keeping.take(simulated()[0])
    keeping.commit(Key([], [], {}))
    assert kept(tmp_path) == []


def test_answers_that_run_out_are_an_error_in_words() -> None:
    engine = Engine([], GroupTracker(), answers=iter([Answer()]))
    engine.feed(session()[0])
    with pytest.raises(MoltwatchError, match="--fresh asks anew"):
        engine.feed(session()[1])


# --- room -----------------------------------------------------------------------------------------


def test_what_was_unused_longest_makes_room(tmp_path: Path) -> None:
    for n in range(4):
        path = tmp_path / f"{n}.answers"
        path.write_bytes(bytes(100))
        os.utime(path, (1_000_000 + n, 1_000_000 + n))
    abandoned = tmp_path / ".1-2.new"
    abandoned.write_bytes(b"x")
    os.utime(abandoned, (1, 1))
    (tmp_path / "of another").write_text("is left alone")
    make_room(tmp_path, 250)
    assert [path.name for path in kept(tmp_path)] == ["2.answers", "3.answers", "of another"]


def test_what_cannot_go_keeps_no_other(tmp_path: Path) -> None:
    for n in range(3):
        path = tmp_path / f"{n}.answers"
        path.write_bytes(bytes(100))
        os.utime(path, (2_000_000 + n, 2_000_000 + n))
    (tmp_path / "nowhere.answers").symlink_to(tmp_path / "gone")
    folder = tmp_path / "folder.answers"
    folder.mkdir()
    os.utime(folder, (1, 1))
    make_room(tmp_path, folder.stat().st_size + 150)
    assert not (tmp_path / "0.answers").exists()
    assert folder.is_dir()


def test_one_that_is_larger_than_the_room_is_given_up(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path, most_bytes=10)
    for event in simulated()[: analysis.BLOCK + 1]:
        keeping.add(Answer())
        keeping.take(event)
    assert kept(tmp_path) == []
    keeping.discard()


def test_one_that_is_looked_at_is_used(night: Path) -> None:
    run("flags", night)
    (path,) = kept()
    os.utime(path, (1, 1))
    run("flags", night)
    assert path.stat().st_mtime > SECOND / SECOND


def test_nothing_half_done_outlives_its_run(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path)
    keeping.add(Answer())
    assert len(kept(tmp_path)) == 1
    del keeping
    assert kept(tmp_path) == []


# --- recorded -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".molt", ".jsonl.gz"])
def test_what_is_recorded_is_known_at_once(tmp_path: Path, asked: list[Event], suffix: str) -> None:
    path = tmp_path / f"tide{suffix}"
    live = moltwatch_process("flags", "-", "--record", path, stdin=lines(session())).stdout
    assert live and len(kept()) == 1
    assert run("flags", path).stdout == live
    assert not asked
    assert run("flags", path, "--fresh").stdout == live


@pytest.mark.parametrize(("letter", "known"), [("\x01", False), ("a", True)])
def test_what_is_recorded_and_never_read_again_puts_no_answer_out_of_place(
    tmp_path: Path, asked: list[Event], letter: str, known: bool
) -> None:
    """A line of control characters is six times as long as the post that it was."""
    posts = session()
    long = [structs.replace(posts[0], id="long", thread="long", text=letter * 3_000_000)]
    rows = [(post.id, post.author, post.text) for post in [*long, *posts] if isinstance(post, Post)]
    table, path = tmp_path / "posts.csv", tmp_path / "tide.jsonl"
    at = "2026-01-31T05:00:00Z"
    csv = [f'{id},{author},"{text}",{at}\n' for id, author, text in rows]
    table.write_text("".join(["id,author,content,created_at\n", *csv]))
    run("record", table, "-o", path, "--analyse")
    asked.clear()
    found = run("flags", path)
    assert bool(asked) != known
    assert run("flags", path, "--fresh") == found


async def test_nothing_goes_on_reading_for_somebody_who_has_left(night: Path) -> None:
    begun, ended = threading.Event(), threading.Event()

    def make(gives_up: Callable[[], bool]) -> Key:
        begun.set()
        while not gives_up():
            time.sleep(0)
        try:
            return Key([night], [], {}, gives_up=gives_up)
        except InterruptedError:
            ended.set()
            raise

    task = asyncio.create_task(made(make))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled() and await asyncio.to_thread(ended.wait, 60)


async def test_a_screen_goes_on_while_a_recording_is_read_once_more(
    night: Path, tmp_path: Path
) -> None:
    class Silent:
        async def write(self, events: Sequence[Event]) -> None: ...

        async def close(self) -> None: ...

    threads: list[threading.Thread] = []

    def make_key(**_: object) -> Key:
        threads.append(threading.current_thread())
        return Key([night], [], {})

    keeping = Keeping(tmp_path / "cache")
    recording = AnalysedRecording(Silent(), keeping, make_key, Engine([], GroupTracker()))
    event = simulated()[0]
    await recording.write([event])
    keeping.add(Answer())
    keeping.take(event)
    await recording.close()
    assert len(kept(tmp_path / "cache")) == 1 and threads != [threading.current_thread()]


def test_a_recorder_asks_heuristics_only_if_told_to(
    night: Path, tmp_path: Path, asked: list[Event]
) -> None:
    plain, analysed = tmp_path / "plain.molt", tmp_path / "analysed.molt"
    run("record", night, "-o", plain)
    assert not asked and not kept()
    told = run("record", night, "-o", analysed, "--analyse").stderr
    assert asked and len(kept()) == 2 and "flagged" in told, "of both recordings it is known"
    asked.clear()
    found = run("flags", analysed).stdout
    assert not asked and found == run("flags", plain).stdout


def test_a_key_is_found_by_whoever_asks_for_it(night: Path, tmp_path: Path) -> None:
    key = Key([night], [], {})
    keeping = Keeping(tmp_path)
    n = 2 * analysis.BLOCK + 7
    events, given = simulated()[:n], [Answer(values={"character.shouts": i / 7}) for i in range(n)]
    for event, answer in zip(events, given, strict=True):
        keeping.add(answer)
        keeping.take(event)
    keeping.commit(key)
    found = Kept.find(tmp_path, Key([night], [], {}))
    assert found is not None and found.n == n
    for first in (0, 1, analysis.BLOCK - 1, analysis.BLOCK, analysis.BLOCK + 1, n - 1, n):
        assert [each.values for each in found.answers(first)] == [
            each.values for each in given[first:]
        ]
        assert list(chain.from_iterable(found.events(first))) == list(events[first:])
    assert Kept.find(tmp_path, Key([night], [], {"same-text": {"accounts": 4}})) is None
