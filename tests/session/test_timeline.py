"""The time line: nothing is lost when buckets widen."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.model import Kind
from moltwatch.session.timeline import MOST_BUCKETS, STEPS, Spans, Timeline
from moltwatch.times import DAY, HOUR, MINUTE, SECOND

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


def test_buckets_widen_when_they_would_be_too_many() -> None:
    timeline = Timeline()
    for n in range(2 * MOST_BUCKETS):
        timeline.post(n * HOUR)
    assert timeline.width > SECOND and len(timeline._buckets) <= MOST_BUCKETS
    columns = timeline.columns(10, 0, 2 * MOST_BUCKETS * HOUR)
    assert sum(column.posts for column in columns) == pytest.approx(2 * MOST_BUCKETS)


def test_few_posts_far_apart_stay_where_they_are() -> None:
    timeline = Timeline()
    timeline.post(0)
    timeline.post(365 * DAY)
    assert [column.posts for column in timeline.columns(3, 0, 366 * DAY)] == [1, 0, 1]


def test_steps_lie_on_the_clock_whatever_the_span() -> None:
    assert all(later % earlier == 0 for earlier, later in pairwise(STEPS))
    rng = Random(3)
    for span in (SECOND, MINUTE, HOUR, DAY, 400 * DAY):
        timeline = Timeline()
        for _ in range(300):
            timeline.post(400 * DAY + rng.randrange(span))
        for most in (24, 120):
            steps = timeline.steps(most)
            assert len(steps) <= most
            assert sum(step.posts for step in steps) == 300
            widths = {b.at - a.at for a, b in pairwise(steps)}
            assert len(widths) <= 1 and all(step.at % max(widths, default=1) == 0 for step in steps)
            assert steps[0].posts and steps[-1].posts


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=30))
def test_spans_together_are_as_long_as_what_is_in_them(spans: list[tuple[int, int]]) -> None:
    together = Spans()
    for span in spans:
        together.add(min(span), max(span))
    assert together.length == len({at for span in spans for at in range(min(span), max(span))})


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


def test_where_cases_begin_is_kept_when_buckets_widen() -> None:
    timeline = Timeline()
    timeline.begin(5 * SECOND, Kind.HAZARD, 60)
    timeline.begin(5 * SECOND, Kind.PERSONA, 80)
    timeline.begin(7 * SECOND, Kind.PERSONA, 93)
    timeline.begin(8 * SECOND, Kind.PERSONA, 80)
    [column] = timeline.columns(1, 0, 10 * SECOND)
    assert column.cases == {(Kind.HAZARD, 60): 1, (Kind.PERSONA, 80): 2, (Kind.PERSONA, 93): 1}
    assert [column.begin(kind) for kind in Kind] == [3, 0, 1]
    assert (column.begin(Kind.PERSONA, 81), column.strongest(Kind.PERSONA)) == (1, 93)
    assert column.strongest(Kind.COORDINATED) == -1
    for n in range(2 * MOST_BUCKETS):
        timeline.post(n * HOUR)
    for _ in range(2):
        timeline.unbegin(5 * SECOND, Kind.HAZARD, 60)
    timeline.unbegin(8 * SECOND, Kind.PERSONA, 80)
    columns = timeline.columns(10, 0, 2 * MOST_BUCKETS * HOUR)
    left = {(Kind.PERSONA, 80): 1, (Kind.PERSONA, 93): 1}
    assert [column.cases for column in columns] == [left] + [{}] * 9


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
