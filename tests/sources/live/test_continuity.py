"""What is remembered across connections, and the threads that are entered in the middle."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.model import AgentSeen, Event, Gap, Heartbeat, Post
from moltwatch.sources.base import Status, SystemClock
from moltwatch.sources.live.feed import MOST_KNOWN, ArrivalFeed, Continuity
from moltwatch.sources.live.thread_roots import Lookup, ThreadRoots
from moltwatch.times import MINUTE, SECOND
from tests.sources.fakes import T0, post


def test_a_break_before_anything_was_heard_is_none() -> None:
    past = Continuity("reef")
    past.lost("connection refused")
    assert not past.begun
    assert past.mend(T0, recovered=False) == []


def test_a_gap_lasts_from_the_last_event_to_the_next() -> None:
    past = Continuity("reef")
    past.heard = True
    past.advance(T0)
    past.lost("connection lost")
    past.lost("connection refused")
    assert past.broken
    assert past.mend(T0 + SECOND, recovered=True) == [
        Gap(
            seen_at=T0 + SECOND,
            since=T0,
            until=T0 + SECOND,
            reason="connection lost",
            recovered=True,
            source="reef",
        )
    ]
    assert past.mend(T0 + SECOND, recovered=True) == []


def test_what_was_missed_once_stays_missed() -> None:
    past = Continuity("reef")
    past.heard = True
    past.lost("connection lost")
    past.spoil(3)
    past.spoil(4)
    (gap,) = past.mend(T0, recovered=True)
    assert isinstance(gap, Gap)
    assert (gap.recovered, gap.reason) == (False, "connection lost; 7 events missed")


def test_our_clock_follows_the_wall_and_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = iter([5_000_000, 3_000_000, 9_000_000_000_000])  # set back, then the machine slept
    monkeypatch.setattr("time.time_ns", lambda: next(wall))
    clock = SystemClock()
    assert [clock.now() for _ in range(3)] == [5_000, 5_000, 9_000_000_000]


class Profiles(ArrivalFeed):
    """One profile a frame."""

    def receive(self, data: bytes, now: int) -> list[Event]:
        said = data.decode()
        return self._deliver([AgentSeen(name=said[:100_000], bio=said, seen_at=now)], now)


def test_however_long_what_came_is_little_of_it_is_remembered() -> None:
    past, feed = Continuity("reef"), Profiles(Status(name="reef"))
    tracemalloc.start()
    try:
        for i in range(100):
            past.repeated(f"{i}" * 100_000)
            assert len(feed.receive(f"{i:03}".encode() * 100_000, T0)) == 1
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1_000_000
    assert past.knows("7" * 100_000)
    assert feed.receive(b"007" * 100_000, T0) == []


def test_known_in_an_earlier_stretch_only() -> None:
    past = Continuity("reef")
    assert [past.repeated("a"), past.repeated("a")] == [False, False]
    past.turn()
    assert [past.repeated("a"), past.repeated("b"), past.repeated("b")] == [True, False, False]
    assert past.knows("b")


def test_memory_is_bounded() -> None:
    past = Continuity("reef")
    for number in range(MOST_KNOWN + 1):
        past.repeated(number)
    assert not past.knows(0)
    assert past.knows(MOST_KNOWN)


def test_time_goes_on_and_never_back() -> None:
    past = Continuity("reef")
    assert past.beat(T0) == [Heartbeat(seen_at=T0, source="reef")]
    assert past.beat(T0) == []
    past.advance(T0 - SECOND)
    assert past.reached == T0


def test_threads_are_remembered() -> None:
    roots = ThreadRoots()
    assert roots.thread_of("p1") is None
    roots.see(post(1))
    roots.see(Post(id="c", thread="p1", parent="p1", author="a", created_at=T0, seen_at=T0))
    assert roots.thread_of("c") == "p1"


def test_each_is_asked_for_once() -> None:
    roots = ThreadRoots()
    assert roots.may_ask_for("a", T0)
    assert not roots.may_ask_for("a", T0 + MINUTE)


@given(st.lists(st.integers(-10, 200).map(lambda tenths: tenths * SECOND // 10), max_size=300))
def test_however_they_come_no_more_is_asked_than_allowed(steps: list[int]) -> None:
    roots = ThreadRoots(per_minute=30, burst=10)
    now = highest = T0
    asked = 0
    gained = 0.0
    for number, step in enumerate(steps):
        before, now = now, now + step
        gained += max(0, now - before)
        highest = max(highest, now)
        asked += roots.may_ask_for(f"p{number}", now)
    assert asked <= 10 + gained * 30 / MINUTE + 1


def test_an_id_as_long_as_a_book_is_neither_remembered_nor_asked_for() -> None:
    long = "x" * 10_000
    roots, lookup = ThreadRoots(), Lookup()
    roots.see(Post(id=long, thread=long, author="ada", text="", created_at=T0, seen_at=T0))
    assert roots.thread_of(long) is None
    assert not roots.may_ask_for(long, T0)
    lookup.want(long)
    assert not lookup.waiting


def test_silence_proves_nothing_until_the_server_answers() -> None:
    feed = Profiles(Status(name="reef"))
    feed.answered(T0)
    feed.receive(b"ada", T0)
    feed.quiet(T0 + MINUTE)
    feed.lost("not a sign of life")
    (gap,) = feed.receive(b"bob", T0 + 2 * MINUTE)[:1]
    assert isinstance(gap, Gap)
    assert gap.since == T0
    feed.quiet(T0 + 3 * MINUTE)
    feed.answered(T0 + 3 * MINUTE)
    feed.quiet(T0 + 4 * MINUTE)
    feed.lost("not a sign of life")
    (gap,) = feed.give_up(T0 + 5 * MINUTE)
    assert isinstance(gap, Gap)
    assert gap.since == T0 + 3 * MINUTE


@pytest.mark.parametrize("answers", [False, True])
def test_a_promise_is_kept_by_a_server_that_answers_and_says_nothing(answers: bool) -> None:
    feed = Profiles(Status(name="reef"))
    feed.answered(T0)
    feed.quiet(T0)
    feed.lost("connection lost")
    feed.answered(T0 + MINUTE)
    feed.resumed = True
    (promise,) = feed.quiet(T0 + 2 * MINUTE)
    assert isinstance(promise, Gap)
    assert promise.recovered
    if answers:
        feed.answered(T0 + 2 * MINUTE)
    feed.lost("not a sign of life")
    (gap,) = feed.give_up(T0 + 3 * MINUTE)
    assert isinstance(gap, Gap)
    assert gap.since == T0 + (2 * MINUTE if answers else 0)
