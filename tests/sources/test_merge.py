"""Several sources as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.errors import MoltwatchError, RecordingError, SourceUnreachable
from moltwatch.evaluation.measurement import BlindSource
from moltwatch.model import Event
from moltwatch.recording.pseudonymise import Blinder
from moltwatch.sources import merge as merge_module
from moltwatch.sources.base import Source, State, Status
from moltwatch.sources.merge import MergedReplay, MergedSource, merge
from moltwatch.sources.stdin import StdinSource
from moltwatch.times import SECOND
from tests.sources.fakes import FakeClock, MemoryReader, drain, post, replay, settle


class Live(Source):
    """A live source that a test feeds."""

    def __init__(self, name: str) -> None:
        self.spec = f"test:{name}"
        self.status = Status(name=name, state=State.LIVE)
        self.feed: asyncio.Queue[Sequence[Event] | Exception | None] = asyncio.Queue()
        self.closed = False
        self.late = False

    @property
    def catching_up(self) -> bool:
        return self.late

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        while (item := await self.feed.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item

    async def close(self) -> None:
        self.closed = True


async def test_recordings_together_know_how_many_events_come_when() -> None:
    apart = [replay(MemoryReader([post(n) for n in range(first, 100, 2)])) for first in (0, 1)]
    merged = merge(apart)
    assert isinstance(merged, MergedReplay)
    span = await (await merged.open()).span()
    assert span is not None and span.events == 100
    for n in (0, 10, 55, 99):
        assert span.before(post(n).seen_at) == pytest.approx(n, abs=1)
    await merged.close()


async def test_the_past_of_one_comes_before_the_present_of_all() -> None:
    pushed, polled = Live("a"), Live("b")
    polled.late = True
    merged = merge([pushed, polled])
    pushed.feed.put_nowait([post(90), post(91)])
    task = asyncio.create_task(_first(merged))
    await settle()
    polled.feed.put_nowait([post(10), post(20)])
    await settle()
    assert not task.done(), "more of its past is on its way"
    polled.late = False
    polled.feed.put_nowait([post(30), post(92)])
    assert await task == [post(n) for n in (10, 20, 30, 90, 91, 92)]


@pytest.mark.parametrize("how", ["it fails", "it ends", "there is too much"])
async def test_the_past_is_not_waited_for_in_vain(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed, polled = Live("a"), Live("b")
    polled.late = True
    merged = merge([pushed, polled])
    pushed.feed.put_nowait([post(90), post(91)])
    task = asyncio.create_task(_first(merged))
    await settle()
    if how == "there is too much":
        monkeypatch.setattr(merge_module, "MOST_HELD", 2)
        pushed.feed.put_nowait([post(92)])
    else:
        polled.late = False
        polled.feed.put_nowait(SourceUnreachable("gone") if how == "it fails" else None)
    assert list(await task)[:2] == [post(90), post(91)]


async def _first(source: Source) -> Sequence[Event]:
    return await anext(source.batches())


def test_one_source_is_itself() -> None:
    alone = Live("a")
    assert merge([alone]) is alone


@given(st.lists(st.lists(st.integers(-3_000_000, 9_000_000), max_size=30), min_size=2, max_size=4))
def test_recordings_merge_by_stream_time(gaps: list[list[int]]) -> None:
    recordings = [
        [post(100 * r + i, at / SECOND) for i, at in enumerate(accumulate(steps))]
        for r, steps in enumerate(gaps)
    ]
    merged = merge(
        [replay(MemoryReader(events, size=7), name=str(len(events))) for events in recordings]
    )
    found = asyncio.run(drain(merged))
    # Each recording keeps its own order, however its times jump about.
    for events in recordings:
        assert [event for event in found if event in events] == events
    assert len(found) == sum(map(len, recordings))
    # And at any moment the one goes on whose stream time is least.
    reached = {id(events): 0 for events in recordings}
    times = []
    for event in found:
        owner = next(events for events in recordings if event in events)
        reached[id(owner)] = max(reached[id(owner)], event.seen_at)
        times.append(reached[id(owner)])
    assert times == sorted(times)


async def test_merged_recordings_share_one_time_line() -> None:
    clock = FakeClock()
    merged = merge(
        [
            replay(MemoryReader([post(0), post(20)]), clock, 10, name="a"),
            replay(MemoryReader([post(10), post(30)]), clock, 10, name="b"),
        ]
    )
    assert isinstance(merged, MergedReplay)
    came = [(clock.now(), batch) async for batch in merged.batches()]
    assert [round((at - came[0][0]) / SECOND, 3) for at, _ in came] == [0, 1, 2, 3]
    assert merged.transport.end == post(30).seen_at
    assert [(status.name, status.events) for status in merged.statuses] == [("a", 2), ("b", 2)]
    assert {status.state for status in merged.statuses} == {State.ENDED}
    await merged.close()


async def test_a_broken_recording_does_not_end_the_others() -> None:
    merged = merge(
        [
            replay(MemoryReader([post(0)], RecordingError("damaged")), name="a"),
            replay(MemoryReader([post(1), post(2)]), name="b"),
        ]
    )
    assert await drain(merged) == [post(0), post(1), post(2)]
    assert [status.state for status in merged.statuses] == [State.FAILED, State.ENDED]
    assert merged.statuses[0].detail == "damaged"


async def test_live_sources_merge_by_arrival() -> None:
    a, b = Live("a"), Live("b")
    merged = merge([a, b])
    assert isinstance(merged, MergedSource)
    batches = merged.batches()
    b.feed.put_nowait([post(5)])
    assert await anext(batches) == [post(5)]
    a.feed.put_nowait([post(1)])
    assert await anext(batches) == [post(1)]
    b.feed.put_nowait(None)
    a.feed.put_nowait([post(6)])
    assert await anext(batches) == [post(6)]
    a.feed.put_nowait(None)
    with pytest.raises(StopAsyncIteration):
        await anext(batches)
    assert [status.name for status in merged.statuses] == ["a", "b"]
    await merged.close()
    assert a.closed
    assert b.closed


def test_whose_times_count_is_asked_anew_each_time() -> None:
    piped = StdinSource(clock=FakeClock())
    recorded = replay(MemoryReader([]))
    merged = merge([piped, recorded])
    blind = BlindSource(merged, Blinder([]))
    assert (merged.replayed, blind.replayed) == (False, False)
    piped.replayed = True  # its first line turned out to be one of a recording
    assert (merged.replayed, blind.replayed) == (True, True)


async def test_one_that_fails_does_not_end_the_others() -> None:
    a, b = Live("a"), Live("b")
    merged = merge([a, b])
    a.feed.put_nowait(SourceUnreachable("a: connection refused"))
    b.feed.put_nowait([post(1)])
    b.feed.put_nowait(None)
    assert await drain(merged) == [post(1)]
    assert a.status.state is State.FAILED


async def test_one_that_cannot_be_closed_keeps_no_other_open() -> None:
    class Stuck(Live):
        async def close(self) -> None:
            raise OSError("stuck")

    live = Live("b")
    with pytest.raises(OSError, match="stuck"):
        await merge([Stuck("a"), live, Stuck("c")]).close()
    assert live.closed


async def test_when_all_fail_so_does_the_whole() -> None:
    a, b = Live("a"), Live("b")
    for live in (a, b):
        live.feed.put_nowait(SourceUnreachable(f"{live.status.name}: connection refused"))
    with pytest.raises(SourceUnreachable):
        await drain(merge([a, b]))


async def test_a_mistake_of_ours_is_not_hidden() -> None:
    a, b = Live("a"), Live("b")
    a.feed.put_nowait(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await drain(merge([a, b]))


async def test_a_fast_source_waits_for_the_pipeline() -> None:
    a, b = Live("a"), Live("b")
    for i in range(100):
        a.feed.put_nowait([post(i)])
    batches = merge([a, b]).batches()
    await anext(batches)
    for _ in range(50):
        await asyncio.sleep(0)
    assert a.feed.qsize() >= 95


async def test_recordings_that_cannot_be_opened() -> None:
    async def broken() -> MemoryReader:
        raise RecordingError("not a recording")

    good, bad = replay(MemoryReader([post(1)]), name="good"), replay(MemoryReader([]), name="bad")
    bad.open_reader = broken
    merged = merge([good, bad])
    assert await drain(merged) == [post(1)]
    assert merged.statuses[1].state is State.FAILED
    with pytest.raises(MoltwatchError, match="not a recording"):
        await drain(merge([bad, bad]))
