"""A recording, played: pace, steering, and that no event is changed by it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.dialects.lines import Header, encode_lines
from moltwatch.errors import RecordingError, SourceUnreachable, UsageError
from moltwatch.model import Event, Heartbeat
from moltwatch.sources.base import State
from moltwatch.sources.grammar import open_source
from moltwatch.sources.registry import Opening
from moltwatch.sources.replay import FRAME, MOST_LAG, ReplaySource, parse_speed
from moltwatch.times import HOUR, SECOND
from tests.sources.fakes import T0, FakeClock, HeldClock, MemoryReader, drain, post, replay, settle


class Player:
    """Plays a source in the background and keeps what came."""

    def __init__(self, source: ReplaySource) -> None:
        self.source = source
        self.seen: list[Event] = []
        self._task = asyncio.create_task(self._play())

    async def _play(self) -> None:
        async for batch in self.source.batches():
            self.seen += batch

    @property
    def ids(self) -> list[str]:
        return [getattr(event, "id", "heartbeat") for event in self.seen]

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.source.close()


async def arrivals(source: ReplaySource, clock: FakeClock) -> list[tuple[float, Sequence[Event]]]:
    """Batches with the seconds after T0 at which they came."""
    return [((clock.now() - T0) / SECOND, batch) async for batch in source.batches()]


async def test_paced_by_its_own_times() -> None:
    clock = FakeClock()
    events = [post(0), post(1), post(10)]
    came = await arrivals(replay(MemoryReader(events), clock, speed=2), clock)
    assert [list(batch) for _, batch in came] == [[e] for e in events]
    assert [at for at, _ in came] == pytest.approx([0, 0.5, 5], abs=1e-5)


async def test_dense_events_come_in_batches_a_frame_apart() -> None:
    clock = FakeClock()
    events = [post(i, i / 1000) for i in range(1000)]
    came = await arrivals(replay(MemoryReader(events), clock, speed=1), clock)
    times = [at for at, _ in came]
    assert [e for _, batch in came for e in batch] == events
    assert min(b - a for a, b in pairwise(times)) >= FRAME - 1e-5
    assert len(came) <= 32


async def test_at_full_speed_nobody_sleeps_and_others_get_their_turn() -> None:
    clock = FakeClock()
    source = replay(MemoryReader([post(i) for i in range(50)], size=5), clock)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    assert len(await drain(source)) == 50
    task.cancel()
    assert clock.slept == []
    assert turns >= 10


@given(
    gaps=st.lists(st.integers(-5_000_000, 30_000_000), min_size=1, max_size=60),
    speed=st.sampled_from([0.5, 1.0, 50.0, math.inf]),
    max_idle=st.sampled_from([None, 0.2, 3.0]),
    size=st.integers(1, 20),
)
def test_what_is_played_is_what_was_recorded(
    gaps: list[int], speed: float, max_idle: float | None, size: int
) -> None:
    events = [post(i, at / SECOND) for i, at in enumerate(accumulate(gaps))]
    source = replay(MemoryReader(events, size=size), FakeClock(), speed, max_idle=max_idle)
    assert asyncio.run(drain(source)) == events
    assert source.transport.position == max(event.seen_at for event in events)
    assert source.status.state is State.ENDED
    assert source.status.events == len(events)


async def test_long_silence_is_cut_and_its_times_stay() -> None:
    clock = FakeClock()
    events = [post(0, 0), post(1, 7200), post(2, 7201)]
    came = await arrivals(replay(MemoryReader(events), clock, speed=1, max_idle=3), clock)
    assert [at for at, _ in came] == pytest.approx([0, 3, 4], abs=1e-5)
    assert [e for _, batch in came for e in batch] == events


async def test_pause_holds_and_resume_goes_on_where_it_was() -> None:
    clock = HeldClock()
    player = Player(replay(MemoryReader([post(0), post(10), post(11)]), clock, speed=1))
    await settle()
    clock.advance(6)
    player.source.transport.pause()
    await settle()
    assert player.source.status.state is State.PAUSED
    clock.advance(1000)
    await settle()
    assert player.ids == ["p0"]
    player.source.transport.resume()
    await settle()
    clock.advance(3.9)
    await settle()
    assert player.ids == ["p0"]
    clock.advance(0.2)
    await settle()
    assert player.ids == ["p0", "p10"]
    await player.stop()


async def test_step_lets_one_event_through_with_the_heartbeats_before_it() -> None:
    clock = HeldClock()
    beats: list[Event] = [Heartbeat(seen_at=T0 + s * SECOND) for s in (1, 2)]
    events = [post(0), *beats, post(3), post(4), post(5)]
    source = replay(MemoryReader(events), clock, speed=1)
    source.transport.pause()
    player = Player(source)
    await settle()
    assert player.ids == []
    source.transport.step()
    await settle()
    assert player.ids == ["p0"]
    source.transport.step()
    await settle()
    assert player.ids == ["p0", "heartbeat", "heartbeat", "p3"]
    source.transport.step()
    source.transport.step()
    await settle()
    assert player.ids[-2:] == ["p4", "p5"]
    await player.stop()


async def test_stepping_on_then_resuming_waits_from_where_the_steps_led() -> None:
    clock = HeldClock()
    source = replay(MemoryReader([post(0), post(100), post(101)]), clock, speed=1)
    player = Player(source)
    await settle()
    source.transport.pause()
    source.transport.step()
    await settle()
    source.transport.resume()
    await settle()
    clock.advance(1.01)
    await settle()
    assert player.ids == ["p0", "p100", "p101"]
    await player.stop()


async def test_speed_changes_at_once() -> None:
    clock = HeldClock()
    player = Player(replay(MemoryReader([post(0), post(3600), post(7200)]), clock, speed=1))
    await settle()
    player.source.transport.set_speed(3600)
    await settle()
    clock.advance(1.01)
    await settle()
    assert player.ids == ["p0", "p3600"]
    player.source.transport.set_speed(math.inf)
    await settle()
    assert player.ids == ["p0", "p3600", "p7200"]
    await player.stop()


async def test_skip_rushes_everything_before_and_goes_on_at_the_old_speed() -> None:
    clock = HeldClock()
    player = Player(replay(MemoryReader([post(i * 10) for i in range(10)]), clock, speed=1))
    await settle()
    player.source.transport.skip_to(T0 + 45 * SECOND)
    await settle()
    assert player.ids == ["p0", "p10", "p20", "p30", "p40"]
    clock.advance(5.01)
    await settle()
    assert player.ids[-1] == "p50"
    clock.advance(5)
    await settle()
    assert player.ids[-1] == "p50"
    await player.stop()


async def test_skipping_while_paused_stays_paused() -> None:
    clock = HeldClock()
    source = replay(MemoryReader([post(i * 10) for i in range(10)]), clock, speed=1)
    player = Player(source)
    await settle()
    source.transport.pause()
    source.transport.skip_to(T0 + 30 * SECOND)
    await settle()
    assert player.ids == ["p0", "p10", "p20"]
    clock.advance(1000)
    await settle()
    assert player.ids == ["p0", "p10", "p20"]
    await player.stop()


async def test_skipping_back_does_nothing() -> None:
    clock = HeldClock()
    player = Player(replay(MemoryReader([post(0), post(10), post(20)]), clock, speed=1))
    await settle()
    clock.advance(10.1)
    await settle()
    player.source.transport.skip_to(T0)
    await settle()
    assert player.ids == ["p0", "p10"]
    await player.stop()


async def test_between_two_events_its_clock_goes_on_with_the_pace_and_not_beyond() -> None:
    clock = HeldClock()
    source = replay(MemoryReader([post(0), post(100), post(101), post(200)]), clock, speed=10)
    player, transport = Player(source), source.transport

    def reached() -> float:
        return (transport.reached - T0) / SECOND

    assert transport.reached == 0, "nothing is known yet"
    await settle()
    assert reached() == 0
    clock.advance(5)
    assert (reached(), player.ids) == (50, ["p0"])
    transport.pause()
    clock.advance(60)
    assert reached() == 50, "it stands while it is paused"
    transport.skip_to(T0 + 20 * SECOND)
    await settle()
    assert (reached(), player.ids) == (20, ["p0"]), "and may go back where nothing lies between"
    transport.resume()
    transport.set_speed(100)
    clock.advance(0.5)
    assert reached() == 70
    clock.advance(1_000)
    assert reached() == 100, "the next event is not passed yet"
    await settle()
    assert player.ids[:2] == ["p0", "p100"] and 100 <= reached() <= 101
    transport.set_speed(math.inf)
    await settle()
    assert (reached(), len(player.ids)) == (200, 4)
    await player.stop()


async def test_where_a_silence_is_cut_short_its_clock_leaps_over_the_rest() -> None:
    clock = HeldClock()
    source = replay(MemoryReader([post(0), post(7200)]), clock, speed=1, max_idle=3)
    player = Player(source)
    await settle()
    clock.advance(1)
    assert source.transport.reached == T0 + 7198 * SECOND
    await player.stop()


async def test_a_rush_can_be_given_up_and_says_how_much_of_it_there_is() -> None:
    clock = HeldClock()
    source = replay(MemoryReader([post(i * 10) for i in range(10)], size=1), clock, speed=1)
    transport = source.transport
    batches = source.batches()
    await anext(batches)
    assert transport.events_before(T0 + 50 * SECOND) is None, "not measured yet"
    transport.skip_to(T0 + 50 * SECOND)
    await anext(batches)
    await settle()
    assert (transport.n_events, transport.events_before(T0 + 49 * SECOND)) == (2, 5)
    transport.stay()
    coming = asyncio.ensure_future(anext(batches))
    await settle()
    assert not coming.done() and transport.reached == T0 + 10 * SECOND
    clock.advance(10.1)
    await settle()
    assert coming.done() and transport.n_events == 3, "at the old speed, from where it was"
    await source.close()


async def test_start_rushes_through_the_warm_up() -> None:
    clock = FakeClock()
    events = [post(0), post(3600), post(7200), post(7203)]
    source = replay(MemoryReader(events), clock, speed=1, start=T0 + 2 * HOUR)
    came = await arrivals(source, clock)
    assert [at for at, batch in came for _ in batch] == pytest.approx([0, 0, 0, 3], abs=1e-5)
    assert [e for _, batch in came for e in batch] == events


async def test_the_pace_begins_when_a_rush_arrives_however_long_it_took() -> None:
    clock = FakeClock()
    events = [post(i, i * 60) for i in range(300)]
    source = replay(MemoryReader(events, size=7), clock, speed=60, start=T0 + 6000 * SECOND)
    came: dict[int, float] = {}
    async for batch in source.batches():
        at = (clock.now() - T0) / SECOND
        came |= {event.seen_at: at for event in batch}
        minute = (source.transport.position - T0) // (60 * SECOND)
        if minute == 150:
            source.transport.skip_to(T0 + 200 * 60 * SECOND)
        if minute < 100 or 150 < minute < 200:
            clock.advance(300)  # the pipeline has much to do
    ats = [came[event.seen_at] for event in events]
    for first, last in ((100, 150), (200, 299)):
        assert ats[last] - ats[first] == pytest.approx(last - first, abs=0.1)


async def test_a_pipeline_slower_than_the_pace_is_waited_for_and_not_made_up_for() -> None:
    clock = FakeClock()
    source = replay(MemoryReader([post(i) for i in range(600)]), clock, speed=10)
    ats: list[float] = []
    async for batch in source.batches():
        ats += [(clock.now() - T0) / SECOND] * len(batch)
        if source.transport.position < T0 + 300 * SECOND:
            clock.advance(0.5 * len(batch))  # it would have to be five times as fast
    assert ats[300] == pytest.approx(150, abs=1)
    assert ats[599] - ats[300] == pytest.approx(30, abs=MOST_LAG + 0.1)


async def test_rush_by_count() -> None:
    clock = FakeClock()
    source = replay(MemoryReader([post(i * 10) for i in range(6)]), clock, speed=1)
    source.transport.rush(4)
    came = await arrivals(source, clock)
    assert [len(batch) for _, batch in came] == [4, 1, 1]
    assert [at for at, _ in came] == pytest.approx([0, 10, 20], abs=1e-5)


async def test_transport_knows_start_and_end() -> None:
    clock = HeldClock()
    player = Player(replay(MemoryReader([post(5), post(100)]), clock, speed=1))
    await settle()
    transport = player.source.transport
    assert transport.start == T0 + 5 * SECOND
    assert transport.end == T0 + 100 * SECOND
    assert transport.position == T0 + 5 * SECOND
    await player.stop()


async def test_a_recording_that_breaks_off_fails_visibly() -> None:
    reader = MemoryReader([post(0)], RecordingError("it is damaged"))
    source = replay(reader)
    with pytest.raises(RecordingError, match="damaged"):
        await drain(source)
    assert source.status.state is State.FAILED
    await source.close()
    assert reader.closed


async def test_fingerprint_tells_recordings_apart_and_survives_growth() -> None:
    events = [post(i) for i in range(300)]
    one = await replay(MemoryReader(events)).fingerprint()
    assert one == await replay(MemoryReader([*events, post(301)])).fingerprint()
    assert one == await replay(MemoryReader(events[:1])).fingerprint()
    assert one != await replay(MemoryReader(events[1:])).fingerprint()
    other = MemoryReader(events)
    other.header = Header(created_at="2026-01-31T20:00:00Z", origin="\udcff")
    assert one != await replay(other).fingerprint()


async def test_a_file_through_the_grammar(tmp_path: Path) -> None:
    path = tmp_path / "a night: first.jsonl"
    path.write_bytes(
        b'{"type":"header","format":"moltwatch","version":1}\n'
        b'{"type":"post","id":"p1","thread":"p1","author":"ada","created_at":5,"seen_at":6}\n'
        b"not a line\n"
    )
    source = await open_source(str(path), Opening(clock=FakeClock(), speed=math.inf))
    assert [event.seen_at for event in await drain(source)] == [6]
    assert source.status.name == path.name
    assert source.status.rejects.total == 1
    await source.close()


async def test_a_start_behind_the_end_is_told_before_anything_is_rushed_through(
    tmp_path: Path,
) -> None:
    path = tmp_path / "three.jsonl"
    path.write_bytes(encode_lines([post(0), post(1), post(2)]))
    for start in (T0, T0 + 2 * SECOND):
        source = await open_source(str(path), Opening(clock=FakeClock(), start=start))
        await source.close()
    with pytest.raises(UsageError, match=r"^--start .*: three\.jsonl goes from .* to .*"):
        await open_source(str(path), Opening(clock=FakeClock(), start=T0 + 2 * SECOND + 1))


async def test_a_missing_file_is_named() -> None:
    with pytest.raises(SourceUnreachable, match=r"no such recording: nowhere\.molt"):
        await open_source("nowhere.molt", Opening(clock=FakeClock()))


@pytest.mark.parametrize(
    ("text", "speed"), [("1", 1), ("0.5", 0.5), ("10x", 10), ("max", math.inf), ("MAX", math.inf)]
)
def test_speeds(text: str, speed: float) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "nan", "fast", ""])
def test_no_speeds(text: str) -> None:
    with pytest.raises(UsageError, match="not a speed"):
        parse_speed(text)
