"""``sim:`` as a source: paced by the clock, said by the seed, refused with a reason."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from moltwatch.errors import UsageError
from moltwatch.model import Event, Post
from moltwatch.simulation.campaigns import CAMPAIGNS
from moltwatch.simulation.simulate import Simulation
from moltwatch.sources.base import Source, State
from moltwatch.sources.grammar import open_source
from moltwatch.sources.registry import FAST, Opening
from moltwatch.sources.sim import SimSource, parse_sim
from moltwatch.times import HOUR, MINUTE, SECOND, Micros
from tests.sources.fakes import T0, FakeClock


async def take(source: Source, n: int) -> list[Event]:
    """The first ``n`` events, or all there are."""
    events: list[Event] = []
    async for batch in source.batches():
        events += batch
        if len(events) >= n:
            break
    await source.close()
    return events[:n]


class Late(SimSource):
    """Notes how far the clock is behind each event that is given."""

    def check(self, batch: Sequence[Event], now: Micros, speed: float, start: Micros) -> None:
        for event in batch:
            due = start + (event.seen_at - start) / speed
            assert due <= now + 1, "never before its time"
            assert now - due < 0.2 * SECOND, "and soon after it"


@pytest.mark.parametrize("speed", [1.0, 20.0])
async def test_events_come_when_they_are_due(speed: float) -> None:
    clock = FakeClock()
    source = Late(f"sim:?rate=60&seed=2&speed={speed:g}", clock)
    seen = 0
    async for batch in source.batches():
        source.check(batch, clock.now(), speed, T0)
        seen += len(batch)
        if seen > 500:
            break
    assert source.status.state is State.LIVE
    assert source.status.events == seen
    assert source.transport is None


async def test_the_seed_says_what_the_clock_says_when() -> None:
    async def posts(start: Micros, seed: int) -> list[tuple[str, str, str, Micros]]:
        source = SimSource(f"sim:?rate=40&seed={seed}", FakeClock(start))
        events = await take(source, 400)
        return [(e.id, e.author, e.text, e.seen_at - start) for e in events if isinstance(e, Post)]

    assert await posts(T0, 7) == await posts(T0 + 11 * HOUR + 13, 7)
    assert await posts(T0, 7) != await posts(T0, 8)


async def test_a_slow_reader_gets_everything_in_order() -> None:
    clock = FakeClock()
    source = SimSource("sim:?rate=200&seed=3", clock)
    events: list[Event] = []
    async for batch in source.batches():
        assert len(batch) <= 1_000
        events += batch
        clock.advance(90)
        if len(events) > 2_500:
            break
    assert [e.seen_at for e in events] == sorted(e.seen_at for e in events)
    assert events == await take(SimSource("sim:?rate=200&seed=3", FakeClock()), len(events))


async def test_it_ends_after_the_hours_it_was_given() -> None:
    source = SimSource("sim:?hours=0.1&campaigns=none&rate=6", FakeClock())
    events = await take(source, 10**6)
    assert source.status.state is State.ENDED
    assert events[-1].seen_at >= T0 + 0.1 * HOUR


async def test_as_fast_as_it_goes() -> None:
    clock = FakeClock()
    await take(SimSource("sim:?hours=2&speed=max", clock), 10**6)
    assert not clock.slept


async def test_the_grammar_opens_it() -> None:
    source = await open_source("sim:?agents=50", Opening(clock=FakeClock(), speed=FAST))
    assert isinstance(source, SimSource)
    assert source.settings.agents == 50
    assert source._speed == 1.0, "all speed is for recordings; a forum keeps its own"


def test_defaults() -> None:
    settings, speed = parse_sim("")
    assert (settings.agents, settings.rate, settings.seed) == (200, 12.0, 1)
    assert settings.campaigns == tuple(CAMPAIGNS)
    assert settings.hours is None
    assert speed is None


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("?agents=5", "sim: agents is '5', not a number from 12 to 5000"),
        ("?agents=many", "sim: agents is 'many', not a number from 12 to 5000"),
        ("?rate=0", "sim: rate is '0', not a number from 0.01 to 5000"),
        ("?rate=nan", "sim: rate is 'nan', not a number from 0.01 to 5000"),
        ("?seed=-1", "sim: seed is '-1', not a number from 0 to "),
        ("?speed=0", "sim: speed is '0', not a number from 0.01 to 10000"),
        ("?hours=", "sim: hours is '', not a number from 0.01 to 336"),
        ("?campaigns=swarm", "sim: campaigns: no 'swarm'; there is all, none, clones"),
        ("?agents=20&agents=30", "sim: agents is given twice"),
        ("?colour=red", "sim: no parameter colour; there is agents, rate, seed"),
        ("agents", "sim: no parameter"),
    ],
)
def test_what_makes_no_sense_is_refused_with_key_and_range(rest: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_sim(rest)
    assert message in str(caught.value) or rest == "agents"


def test_a_live_forum_is_in_full_swing_when_it_is_entered() -> None:
    settings, _ = parse_sim("?rate=600&seed=7")
    until = settings.start + MINUTE
    posts = 0
    for event in Simulation(settings, labels=False).events():
        if event.seen_at >= until:
            break
        posts += isinstance(event, Post)
    assert posts == pytest.approx(600, rel=0.1)
