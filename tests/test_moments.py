"""A run that begins at a moment that was kept goes on as one that was there from the start."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moltwatch import packing
from moltwatch.cli.wiring import build_heuristics
from moltwatch.config import Config
from moltwatch.errors import MoltwatchError
from moltwatch.heuristics.asking import Answer
from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.intake import Intake
from moltwatch.model import SHIPPED, Event, Finding, FlaggedPost, Kind
from moltwatch.moments import KeepingMoments, Moments, name_of
from moltwatch.packing import Piece
from moltwatch.recording.opening import open_recording
from moltwatch.session import Limits, Session
from moltwatch.session.agents import Agent
from moltwatch.session.thread import Node, Thread
from tests.session.whole import whole
from tests.strategies import events

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"
THRESHOLDS = SHIPPED, SHIPPED.but({Kind.PERSONA: 0.8})


@cache
def heuristics() -> list[Heuristic]:
    return build_heuristics(Config())


class Told:
    """A recording, and what heuristics say of it."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self.answers: list[Answer] = []
        self._heuristics = heuristics()
        engine = Engine(self._heuristics, GroupTracker(), keep=[self.answers.append])
        for event in events:
            engine.feed(event)

    def engine(self, first: int = 0, *, verdicts: bool = False) -> Engine:
        """One that knows the answers from an event on."""
        return Engine(
            self._heuristics,
            GroupTracker(),
            verdicts=verdicts,
            thresholds=THRESHOLDS[0],
            higher=THRESHOLDS[1],
            answers=iter(self.answers[first:]),
        )


@cache
def told(name: str) -> Told:
    """A bundled recording."""

    async def read() -> list[Event]:
        reader = await open_recording(RECORDINGS / f"{name}.jsonl.gz")
        intake = Intake()
        events = [event async for batch in reader.batches() for event in intake.admit(batch)]
        await reader.close()
        return events

    return Told(asyncio.run(read()))


def play(
    engine: Engine, session: Session, events: Sequence[Event], first: int, until: int
) -> Iterator[list[Finding]]:
    for event in islice(events, first, until):
        findings = engine.feed(event)
        session.take(event, findings)
        yield findings


def keep(folder: Path, told: Told, spacing: int, most_bytes: int = 10**9) -> Moments:
    """Go through all of it, and keep moments."""
    session, engine = Session(), told.engine()
    keeping = KeepingMoments(folder, session, THRESHOLDS, most_bytes, spacing)
    keeping.engine = engine
    for event in told.events:
        session.take(event, engine.feed(event))
        keeping.take(event, ())
    findings = engine.finish()
    session.finish(findings)
    keeping.finish(findings)
    keeping.commit("key")
    moments = Moments.find(folder, name_of("key", THRESHOLDS))
    assert moments is not None
    return moments


def check(folder: Path, recording: Told, spacing: int, compared: int) -> None:
    """Compare runs that were brought to ``compared`` moments with one that was there all along, and
    go on with one of them."""
    events = recording.events
    moments = keep(folder, recording, spacing)
    assert [moment.n for moment in moments.moments] == list(
        range(spacing, len(events) + 1, spacing)
    )
    session, engine = Session(), recording.engine()
    findings: list[list[Finding]] = []
    there = 0
    chosen = moments.moments[:: max(1, len(moments.moments) // compared)]
    for moment in chosen:
        findings += play(engine, session, events, there, moment.n)
        there = moment.n
        again = recording.engine(there)
        brought = moments.read(moment, again)
        assert moment.at == session.now
        assert whole(brought) == whole(session)
        assert whole(again) == whole(engine)
    findings += play(engine, session, events, there, len(events))
    session.finish(engine.finish())
    everything = whole(session)
    last = moments.outlook()
    assert whole(last) == everything if last else not events
    for moment in chosen[len(chosen) // 2 :][:1]:
        again = recording.engine(moment.n)
        brought = moments.read(moment, again)
        late = list(play(again, brought, events, moment.n, len(events)))
        assert late == findings[moment.n :], "from there it found the same"
        brought.finish(again.finish())
        assert whole(brought) == everything


@pytest.mark.parametrize(
    ("name", "spacing"),
    [
        ("first-look", 150),
        ("quiet-day", 500),
        pytest.param("night", 1_000, marks=pytest.mark.slow),
    ],
)
def test_from_any_moment_on_it_is_the_same(tmp_path: Path, name: str, spacing: int) -> None:
    check(tmp_path, told(name), spacing, compared=2)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(events, max_size=40))
def test_whatever_comes_it_is_the_same(coming: list[Event]) -> None:
    admitted = Intake().admit(sorted(coming, key=lambda event: event.seen_at))
    with TemporaryDirectory() as folder:
        check(Path(folder), Told(admitted), spacing=5, compared=8)


def test_an_engine_brought_back_answers_and_judges_as_the_one_it_was() -> None:
    recording = told("first-look")
    events = recording.events
    alone = recording.engine(verdicts=True)
    found = [alone.feed(event) for event in events]
    last = alone.finish()
    engine = recording.engine(verdicts=True)
    flags: list[FlaggedPost] = []
    for n, event in enumerate(events):
        if n % 97 == 0:
            pieces: list[Piece] = []
            packed = engine.pack(pieces)
            again = recording.engine(n, verdicts=True)
            again.unpack(packed, pieces)
            for flag in flags:
                assert again.verdict(flag.post.id) == engine.verdict(flag.post.id)
                assert again.held(flag.post.id) == engine.held(flag.post.id)
            assert [again.feed(each) for each in events[n:]] == found[n:]
            assert again.finish() == last
        new = engine.feed(event)
        assert new == found[n], "to be packed changes nothing"
        flags += [each for each in new if isinstance(each, FlaggedPost)]
    assert flags
    assert engine.finish() == last


def test_a_verdict_taken_back_before_or_after_a_moment_is_not_taken_back_again() -> None:
    recording = told("first-look")
    engine = recording.engine()
    found = [each for event in recording.events for each in engine.feed(event)]
    first, second, *_ = [each for each in found if isinstance(each, FlaggedPost)]
    assert engine.dismiss(first.post.id, first.kind)
    pieces: list[Piece] = []
    packed = engine.pack(pieces)
    again = recording.engine(len(recording.events))
    again.unpack(packed, pieces)
    assert not again.dismiss(first.post.id, first.kind)
    taken_back = again.dismiss(second.post.id, second.kind)
    assert taken_back == engine.dismiss(second.post.id, second.kind) != []
    assert again.finish() == engine.finish()


def test_part_of_an_engine_is_refused_and_changes_none() -> None:
    recording = told("first-look")
    engine = recording.engine()
    for event in recording.events:
        engine.feed(event)
    pieces: list[Piece] = []
    packed = engine.pack(pieces)
    fresh = recording.engine()
    before = whole(fresh)
    for n in range(0, len(packed), max(1, len(packed) // 50)):
        with pytest.raises(ValueError):
            fresh.unpack(packed[:n], pieces)
    assert pieces
    with pytest.raises(ValueError):
        fresh.unpack(packed, pieces[:-1])
    assert whole(fresh) == before


@pytest.mark.parametrize(
    "limits",
    [
        Limits(charges=8, posts=90, agents=9, groups=1),
        Limits(posts_per_thread=12, characters=20_000),
    ],
)
def test_where_much_is_let_go_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: Limits
) -> None:
    monkeypatch.setattr("moltwatch.session.store.Limits", lambda: limits)
    check(tmp_path, told("first-look"), spacing=60, compared=2)


def test_what_is_at_rest_wakes_little_by_little(tmp_path: Path) -> None:
    recording = told("first-look")
    moments = keep(tmp_path, recording, 150)
    moment = moments.moments[-1]
    session, other = (moments.read(moment, recording.engine(moment.n)) for _ in range(2))
    session.wake(0)
    assert any(not isinstance(thread, Thread) for thread in session.threads._threads.values())
    for _ in range(10_000):
        session.wake(0.001)
    assert all(isinstance(thread, Thread) for thread in session.threads._threads.values())
    assert all(isinstance(node, Node) for node in session.threads._posts.values())
    assert all(isinstance(agent, Agent) for agent in session.agents._agents.values())
    other.wake(10)
    assert whole(session) == whole(other)


def test_what_is_damaged_says_so_once_and_is_gone(tmp_path: Path) -> None:
    recording = told("first-look")
    moments = keep(tmp_path, recording, 150)
    path = moments.path
    whole_file = path.read_bytes()
    moment = moments.moments[-1]
    begin, size = divmod(moment.place, 1 << 32)
    path.write_bytes(whole_file[:begin] + bytes(size) + whole_file[begin + size :])
    damaged = Moments.find(tmp_path, path.stem)
    assert damaged is not None
    with pytest.raises(MoltwatchError, match="start again"):
        damaged.read(moment, recording.engine(moment.n))
    assert not path.exists()
    path.write_bytes(whole_file[:-1])
    assert Moments.find(tmp_path, path.stem) is None


@pytest.mark.parametrize(
    "bad",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"cmoltwatch.session.store\nperf_counter\n(tR.",
        b"cmoltwatch.session.store\nlogging.os.system\n(S'true'\ntR.",
        b"",
        b"\x80\x05]",
        b"\x80\x05\x97.",
    ],
)
def test_nothing_but_our_data_comes_of_bytes(bad: bytes) -> None:
    with pytest.raises(ValueError):
        packing.loads(bad, ())


def test_where_room_is_short_they_lie_further_apart(tmp_path: Path) -> None:
    recording = told("quiet-day")
    near = [moment.n for moment in keep(tmp_path / "near", recording, 50).moments]
    size = next((tmp_path / "near").iterdir()).stat().st_size
    far = [moment.n for moment in keep(tmp_path / "far", recording, 50, size * 9 // 10).moments]
    apart = [later - earlier for earlier, later in pairwise(far)]
    assert apart == sorted(apart) and apart[0] == 50 and apart[-1] >= 100
    assert len(far) < len(near) and far[-1] > near[-1] // 2


def test_what_cannot_be_kept_is_no_harm(tmp_path: Path) -> None:
    session = Session()
    keeping = KeepingMoments(tmp_path, session, THRESHOLDS, most_bytes=10, spacing=1)
    keeping.engine = Engine([], GroupTracker())
    post = told("first-look").events[0]
    session.take(post, [])
    keeping.take(post, [])
    keeping.finish([])
    keeping.commit("key")
    assert list(tmp_path.iterdir()) == []


def test_moments_that_can_only_be_read_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(30, "read-only file system")

    KeepingMoments(tmp_path, Session(), THRESHOLDS, 1_000_000).commit("night")
    monkeypatch.setattr(os, "utime", refused)
    monkeypatch.setattr(Path, "touch", refused)
    assert Moments.find(tmp_path, name_of("night", THRESHOLDS)) is not None
