"""Archives in order of time, whatever their dates claim."""

from __future__ import annotations

import heapq

from hypothesis import given
from hypothesis import strategies as st

from moltwatch.model import Event, Post
from moltwatch.recording.imports import EARLIEST_BELIEVED, Disorder, in_time_order
from moltwatch.times import DAY, LATEST, SECOND, Micros

START = 1_770_000_000 * SECOND


def post(at: Micros, name: str = "") -> Post:
    name = name or f"{at}"
    return Post(id=name, thread=name, author="a", created_at=at, seen_at=at)


def order(
    events: list[Event], *, now: Micros | None = None, most: int | None = None
) -> tuple[list[Post], Disorder]:
    disorder = Disorder()
    found = list(in_time_order(events, disorder, now=now, most=most))
    return [e for e in found if isinstance(e, Post)], disorder


@given(
    times=st.lists(st.integers(0, LATEST - 1) | st.integers(START, START + 100)),
    now=st.none() | st.integers(START, LATEST),
    most=st.none() | st.integers(0, 5),
)
def test_nothing_is_lost_and_stream_time_never_falls(
    times: list[int], now: int | None, most: int | None
) -> None:
    events: list[Event] = [post(at, f"{n}") for n, at in enumerate(times)]
    found, disorder = order(events, now=now, most=most)
    assert sorted(p.id for p in found) == sorted(f"{n}" for n in range(len(times)))
    assert {p.id: p.created_at for p in found} == {f"{n}": at for n, at in enumerate(times)}
    if disorder.misdated < len(times):
        seen = [p.seen_at for p in found]
        assert seen == sorted(seen)
        assert all(at >= EARLIEST_BELIEVED and (now is None or at <= now) for at in seen)


@given(st.lists(st.integers(START, START + 10), max_size=30))
def test_sorted_within_the_buffer_and_stable(times: list[int]) -> None:
    events: list[Event] = [post(at, f"{n}") for n, at in enumerate(times)]
    found, disorder = order(events, most=30)
    places = sorted(range(len(times)), key=times.__getitem__)
    assert [p.id for p in found] == [f"{n}" for n in places]
    assert disorder == Disorder()


@given(
    times=st.lists(st.integers(START, START + 9), max_size=40)
    | st.lists(st.integers(0, 9), max_size=40).map(
        lambda late: [START + 3 * n - 5 * k for n, k in enumerate(late)]
    ),
    most=st.integers(0, 9),
)
def test_the_queue_beside_the_heap_changes_no_order(times: list[int], most: int) -> None:
    """The earliest of all that is held back goes first, the first of equals."""
    waiting: list[tuple[int, int]] = []
    wanted: list[int] = []
    for n, at in enumerate(times):
        heapq.heappush(waiting, (at, n))
        if len(waiting) > most:
            wanted.append(heapq.heappop(waiting)[1])
    wanted += [n for _, n in sorted(waiting)]
    found, disorder = order([post(at, f"{n}") for n, at in enumerate(times)], most=most)
    assert [int(p.id) for p in found] == wanted
    assert disorder.late == sum(p.created_at < p.seen_at for p in found)


def test_too_late_for_the_buffer_keeps_its_place() -> None:
    found, disorder = order([post(START + n) for n in (5, 6, 7, 0)], most=1)
    assert [p.created_at - START for p in found] == [5, 6, 0, 7]
    assert [p.seen_at - START for p in found] == [5, 6, 6, 7]
    assert disorder == Disorder(late=1)


def test_a_date_in_the_future_does_not_drag_time_along() -> None:
    events: list[Event] = [post(START), post(START + 300 * DAY), post(START + 1)]
    found, disorder = order(events, now=START + DAY, most=0)
    assert [(p.created_at - START, p.seen_at - START) for p in found] == [
        (0, 0),
        (300 * DAY, 0),
        (1, 1),
    ]
    assert disorder == Disorder(misdated=1)
    # Without a clock to tell, it waits at the end of the buffer.
    assert [p.seen_at - START for p in order(events, most=2)[0]] == [0, 1, 300 * DAY]


def test_dates_of_1970_take_the_time_of_what_follows() -> None:
    found, disorder = order([post(0, "zero"), post(START)])
    assert [(p.id, p.seen_at) for p in found] == [(f"{START}", START), ("zero", START)]
    assert disorder == Disorder(misdated=1)
