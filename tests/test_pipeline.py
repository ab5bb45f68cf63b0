"""Events flow one way, none is lost, and whoever cannot keep up or cannot write is heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

import pytest

from moltwatch.errors import RecordingError, SourceUnreachable
from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.model import Event, Finding, FlaggedPost, Heartbeat, Kind, Post
from moltwatch.odds import log_odds
from moltwatch.pipeline import Pipeline
from moltwatch.sources.base import Source, Status
from moltwatch.times import SECOND


class Shouting(Heuristic):
    """Flags posts in capitals: enough to see findings come through."""

    name = "shouting"
    kind = Kind.HAZARD
    family = "test"

    def observe(self, item: Features) -> Iterable[Evidence]:
        if item.post.text.isupper():
            yield self.evidence(log_odds(0.9), "is loud")


class Canned(Source):
    """Delivers given batches."""

    spec = "canned:"

    def __init__(self, batches: Iterable[Sequence[Event]]) -> None:
        self.status = Status(name="canned")
        self.asked = 0
        self.closed = False
        self._batches = batches

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        for batch in self._batches:
            self.asked += 1
            yield batch

    async def close(self) -> None:
        self.closed = True


class Kept:
    """A sink that keeps all it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.findings: list[Finding] = []
        self.finished = False

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        self.events.append(event)
        self.findings.extend(findings)

    def finish(self, findings: Sequence[Finding]) -> None:
        self.findings.extend(findings)
        self.finished = True


class KeptWriter:
    """A recorder in memory; with ``room``, one whose disk fills."""

    def __init__(self, room: int = 10_000) -> None:
        self.events: list[Event] = []
        self.closed = False
        self._room = room

    async def write(self, events: Sequence[Event]) -> None:
        if len(self.events) + len(events) > self._room:
            raise RecordingError("cannot write night.molt: no space left on device")
        self.events.extend(events)

    async def close(self) -> None:
        self.closed = True


def post(n: int, text: str = "hello") -> Post:
    at = n * SECOND
    return Post(id=f"p{n}", thread=f"p{n}", author="ada", text=text, created_at=at, seen_at=at)


def engine(*, verdicts: bool = False) -> Engine:
    return Engine([Shouting()], GroupTracker(), verdicts=verdicts)


async def test_every_event_reaches_every_sink_with_what_it_gave_away() -> None:
    source, one, other = Canned([[post(1)], [], [post(2, "FIRE"), post(3)]]), Kept(), Kept()
    await Pipeline(source, engine(), [one, other]).run()
    assert one.events == other.events == [post(1), post(2, "FIRE"), post(3)]
    assert [f.post.id for f in one.findings if isinstance(f, FlaggedPost)] == ["p2"]
    assert one.finished
    assert source.closed


async def test_what_is_recorded_is_what_was_admitted() -> None:
    writer, sink = KeptWriter(), Kept()
    pipeline = Pipeline(Canned([[post(1), post(1), post(2)]]), engine(), [sink], writer=writer)
    await pipeline.run()
    assert writer.events == sink.events == [post(1), post(2)]
    assert writer.closed
    assert pipeline.rejects.counts == {"seen before": 1}


async def test_a_recorder_that_cannot_write_stops_the_run() -> None:
    source, writer, sink = Canned([[post(1)], [post(2)], [post(3)]]), KeptWriter(room=1), Kept()
    with pytest.raises(RecordingError, match="no space left"):
        await Pipeline(source, engine(), [sink], writer=writer).run()
    assert sink.events == [post(1)], "nothing is shown that was not recorded"
    assert source.asked == 2
    assert source.closed
    assert writer.closed


async def test_a_source_is_asked_only_when_the_last_batch_is_done() -> None:
    seen_when_asked: list[int] = []
    sink = Kept()

    def batches() -> Iterable[Sequence[Event]]:
        for n in range(1, 5):
            seen_when_asked.append(len(sink.events))
            yield [post(n)]

    await Pipeline(Canned(batches()), engine(), [sink]).run()
    assert seen_when_asked == [0, 1, 2, 3]


async def test_a_cancelled_run_closes_what_it_opened() -> None:
    started = asyncio.Event()

    class Endless(Canned):
        async def batches(self) -> AsyncIterator[Sequence[Event]]:
            yield [post(1)]
            started.set()
            await asyncio.Event().wait()

    source, writer = Endless([]), KeptWriter()
    task = asyncio.create_task(Pipeline(source, engine(), [], writer=writer).run())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.closed
    assert writer.closed


async def interrupted(pipeline: Pipeline, moment: asyncio.Event) -> None:
    """Run until ``moment``, then be told to stop."""
    task = asyncio.create_task(pipeline.run())
    await moment.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_interrupted_run_says_its_last_findings() -> None:
    waits = asyncio.Event()

    class Quiet(Canned):
        async def batches(self) -> AsyncIterator[Sequence[Event]]:
            yield [post(1)]
            waits.set()
            await asyncio.Event().wait()

    sink = Kept()
    await interrupted(Pipeline(Quiet([]), engine(verdicts=True), [sink]), waits)
    assert [type(finding).__name__ for finding in sink.findings] == ["Verdict"]
    assert sink.finished


async def test_what_was_recorded_is_judged_although_the_run_is_interrupted() -> None:
    written = asyncio.Event()

    class SlowWriter(KeptWriter):
        async def write(self, events: Sequence[Event]) -> None:
            written.set()
            await asyncio.sleep(0)
            await super().write(events)

    writer, sink = SlowWriter(), Kept()
    flood = [post(n) for n in range(1, 5_001)]
    await interrupted(Pipeline(Canned([flood]), engine(), [sink], writer=writer), written)
    assert writer.events == sink.events == flood
    assert sink.finished


async def test_a_failed_source_is_followed_by_the_last_findings() -> None:
    def batches() -> Iterable[Sequence[Event]]:
        yield [post(1)]
        raise SourceUnreachable("gone")

    sink = Kept()
    with pytest.raises(SourceUnreachable):
        await Pipeline(Canned(batches()), engine(verdicts=True), [sink]).run()
    assert len(sink.findings) == 1


async def test_a_sink_that_cannot_go_on_is_not_asked_for_more() -> None:
    class Broken(Kept):
        def take(self, event: Event, findings: Sequence[Finding]) -> None:
            raise BrokenPipeError

    sink = Broken()
    with pytest.raises(BrokenPipeError):
        await Pipeline(Canned([[post(1)]]), engine(), [sink]).run()
    assert not sink.finished


async def test_the_recording_is_closed_although_the_source_cannot_be() -> None:
    class Stuck(Canned):
        async def close(self) -> None:
            raise OSError("stuck")

    writer = KeptWriter()
    with pytest.raises(OSError, match="stuck"):
        await Pipeline(Stuck([]), engine(), [], writer=writer).run()
    assert writer.closed


async def test_keys_are_answered_while_a_flood_is_worked_on() -> None:
    turns = 0

    async def keys() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(keys())
    flood = [post(n) for n in range(1, 20_001)]
    await Pipeline(Canned([flood]), engine(), []).run()
    other.cancel()
    assert turns > 5


async def test_time_without_posts_closes_verdicts() -> None:
    sink = Kept()
    stream: list[Event] = [post(1), Heartbeat(seen_at=24 * 3600 * SECOND)]
    await Pipeline(Canned([stream]), engine(verdicts=True), [sink]).run()
    assert [type(finding).__name__ for finding in sink.findings] == ["Verdict"]
    assert len(sink.events) == 2


async def test_a_run_gives_way_when_somebody_waits_for_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    now = iter(range(100))
    monkeypatch.setattr("moltwatch.pipeline.perf_counter", lambda: float(next(now)))
    monkeypatch.setattr("moltwatch.pipeline.asyncio.sleep", sleep)
    pipeline = Pipeline(Canned([]), engine(), [])
    pipeline.give_way(4.0)  # at 0: until 4
    await pipeline._work([post(1), post(2)])
    assert slept == [1.0, 0.0], "from 3 on it rests until 4, and from 6 on not at all"
