"""The time line: nothing is lost when buckets widen."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.model import Kind
from moltwatch.session.timeline import MOST_BUCKETS, Timeline
from moltwatch.times import DAY, HOUR, SECOND

TIMES = st.lists(st.integers(0, 200 * DAY), min_size=1, max_size=60)


@settings(deadline=None, max_examples=50)
@given(TIMES, st.integers(1, 200))
def test_every_post_is_in_some_column(times: list[int], n: int) -> None:
    timeline = Timeline()
    for at in sorted(times):
        timeline.post(at)
        timeline.flag(at, Kind.PERSONA)
    columns = timeline.columns(n, min(times), max(times) + timeline.width)
    assert abs(sum(column.posts for column in columns) - len(times)) < 1e-6
    assert sum(column.persona for column in columns) == len(times)
    assert len(timeline._buckets) <= MOST_BUCKETS


def test_buckets_widen() -> None:
    timeline = Timeline()
    timeline.post(0)
    assert timeline.width == SECOND
    timeline.post(365 * DAY)
    assert timeline.width > HOUR
    assert sum(column.posts for column in timeline.columns(10, 0, 366 * DAY)) == 2


def test_flags_come_and_go() -> None:
    timeline = Timeline()
    timeline.flag(5 * SECOND, Kind.HAZARD)
    timeline.flag(5 * SECOND, Kind.COORDINATED)
    [column] = timeline.columns(1, 0, 10 * SECOND)
    assert column.kinds == [Kind.COORDINATED, Kind.HAZARD]
    timeline.unflag(5 * SECOND, Kind.HAZARD)
    timeline.unflag(5 * SECOND, Kind.HAZARD)
    [column] = timeline.columns(1, 0, 10 * SECOND)
    assert column.kinds == [Kind.COORDINATED]


def test_a_gap_covers_what_it_covers() -> None:
    timeline = Timeline()
    timeline.post(0)
    timeline.gap(3 * SECOND, 5 * SECOND)
    timeline.post(9 * SECOND)
    columns = timeline.columns(10, 0, 10 * SECOND)
    assert [i for i, column in enumerate(columns) if column.gap] == [3, 4, 5]


def test_a_gap_from_before_the_start() -> None:
    timeline = Timeline()
    timeline.gap(0, 10 * SECOND)
    timeline.gap(-5 * SECOND, 5 * SECOND)
    assert [c.gap for c in timeline.columns(2, 10 * SECOND, 12 * SECOND)] == [True, False]


def test_nothing_to_show() -> None:
    assert Timeline().columns(3, 0, 10) == Timeline().columns(3, 10, 10)
    assert Timeline().columns(0, 0, 10) == []
