"""Rates, pulses and rhythms."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.session.pace import Pulse, Rate, burstiness, rhythm
from moltwatch.times import MINUTE, SECOND


def test_a_steady_stream_reads_as_its_rate() -> None:
    rate = Rate()
    for i in range(600):
        rate.add(i * 6 * SECOND)
    assert rate.per_minute(600 * 6 * SECOND) == pytest.approx(10, rel=0.05)


def test_a_rate_fades() -> None:
    rate = Rate(fade=MINUTE)
    rate.add(0, 5)
    assert rate.per_minute(0) == 5
    assert rate.per_minute(MINUTE) == pytest.approx(5 / math.e)
    assert rate.per_minute(-MINUTE) == 5, "time does not run back"


def test_a_pulse_shows_the_latest_minutes() -> None:
    pulse = Pulse()
    for at in (0, 10, 70, 71, 72):
        pulse.add(at * SECOND)
    assert pulse.bars(75 * SECOND) == [0, 0, 0, 0, 0, 0, 2, 3]
    assert pulse.bars(3 * MINUTE) == [0, 0, 0, 0, 2, 3, 0, 0]
    assert pulse.bars(10**15) == [0] * 8


@given(st.lists(st.integers(0, 10**10), max_size=50))
def test_a_pulse_never_shows_more_than_there_was(times: list[int]) -> None:
    pulse = Pulse()
    for at in sorted(times):
        pulse.add(at)
    assert sum(pulse.bars(max(times, default=0))) <= len(times)


def test_a_metronome_a_crowd_and_bursts() -> None:
    chance = random.Random(4)
    poisson = [0]
    for _ in range(400):
        poisson.append(poisson[-1] + round(chance.expovariate(1) * MINUTE))
    bursts = [i * SECOND + (i // 8) * 60 * MINUTE for i in range(80)]
    assert burstiness([i * MINUTE for i in range(20)]) == pytest.approx(-1)
    assert abs(burstiness(poisson) or 9) < 0.1
    assert (burstiness(bursts) or 0) > 0.4
    assert rhythm([i * MINUTE for i in range(20)]) == "metronome"
    assert rhythm(poisson) == "irregular"
    assert rhythm(bursts) == "bursts"


def test_the_correction_for_short_series() -> None:
    # Kim and Jo, equation 22: for n intervals of which all but one are 0, exactly 1.
    assert burstiness([0, 0, 0, 0, 0, 0, MINUTE]) == pytest.approx(1)


def test_too_few_say_nothing() -> None:
    assert burstiness([0, 1, 2, 3, 4]) is None
    assert burstiness([7] * 20) is None
    assert rhythm([]) == "too few to tell"


@given(st.lists(st.integers(0, 10**15)))
def test_burstiness_is_bounded(times: list[int]) -> None:
    b = burstiness(sorted(times))
    assert b is None or -1 <= b <= 1


def test_a_young_rate_is_what_a_longer_watch_would_read() -> None:
    rate = Rate()
    for i in range(300):
        rate.add(i * SECOND // 10)
    now = 30 * SECOND
    assert rate.per_minute(now) < 200
    assert abs(rate.per_minute(now, since=0) - 600) < 10
    lone = Rate()
    lone.add(0)
    assert lone.per_minute(0, since=0) < 7, "one post makes no rate of its first instant"
