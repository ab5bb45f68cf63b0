"""A source that failed is tried again, by itself and when asked; what was missed is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from moltwatch.errors import SourceUnreachable
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.model import Event, Gap, Post
from moltwatch.pipeline import Pipeline
from moltwatch.sources.base import Source, State, Status
from moltwatch.sources.forum.source import ForumSource
from moltwatch.sources.live.source import REFUSED_WAIT
from moltwatch.sources.merge import MergedSource, merge
from moltwatch.sources.standing import words
from moltwatch.times import SECOND
from tests.sources.fakes import T0, FakeClock, HeldClock, drain, post, settle
from tests.sources.forum.kit import END, Script, frame, source, welcome
from tests.sources.servers import Handler, forum, gaps, ids, says
from tests.test_pipeline import Canned, Kept

FORBIDDEN = '{"type":"error","code":"forbidden","message":"you watched too long"}'


async def test_a_slow_reader_that_was_sent_away_comes_back() -> None:
    script = Script(
        says(welcome(), frame(post(1)), code=1008, reason="slow consumer\x1b[2J"),
        says(welcome(), frame(post(2)), END),
    )
    clock = FakeClock()
    async with forum(script) as url:
        events = await drain(source(url, clock))
    assert ids(events) == ["p1", "p2"]
    assert clock.slept == [0.5], "soon, not as one that was refused"
    reasons = [gap.reason for gap in gaps(events)]
    assert reasons == ["closed by the server (1008: slow consumer␛[2J)"]


async def test_sent_away_before_anything_was_heard_is_a_refusal_in_the_servers_words() -> None:
    script = Script(says(code=1008, reason="no strangers here"))
    async with forum(script) as url:
        with pytest.raises(SourceUnreachable, match=r"\(1008: no strangers here\)"):
            await drain(source(url))
    assert len(script.heard) == 1


async def test_refused_after_it_had_served_it_waits_long_and_tells_one_gap() -> None:
    script = Script(
        says(welcome(clock="wall"), frame(post(1))),
        says(FORBIDDEN),
        says(FORBIDDEN),
        says(welcome(clock="wall"), frame(post(2)), END),
    )
    stands: list[str] = []

    class Noting(FakeClock):
        async def sleep(self, seconds: float) -> None:
            stands.append(words(watching.status, self.now()))
            await super().sleep(seconds)

    async with forum(script) as url:
        watching = source(url, Noting())
        events = await drain(watching)
    assert stands == [
        "reconnecting in 1 s",
        "failed, trying again in 5 min",
        "failed, trying again in 10 min",
    ]
    (gap,) = gaps(events)
    assert ids(events) == ["p1", "p2"]
    assert gap.until - gap.since >= 900 * SECOND
    assert not gap.recovered
    assert watching.status.state is State.ENDED


Process = Callable[[ServerConnection, Request], Response | None]


def answering(*statuses: int) -> Process:
    """Something before a forum that answers so, one status a connection; the last is repeated."""
    tries = iter(statuses)

    def process(websocket: ServerConnection, request: Request) -> Response | None:
        status = next(tries, statuses[-1])
        return None if status == HTTPStatus.OK else websocket.respond(HTTPStatus(status), "no")

    return process


def playing(clock: str = "stream") -> Script:
    return Script(says(welcome(clock=clock), frame(post(9)), END))


class Endless(Source):
    """Beside it, others may fail and come back."""

    spec = "endless:"

    def __init__(self) -> None:
        self.status = Status(name="endless", state=State.LIVE)

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        await asyncio.Event().wait()
        yield ()


async def first_post(merged: Source) -> str:
    async with asyncio.timeout(30):
        async for batch in merged.batches():
            if found := ids(batch):
                return found[0]
    raise AssertionError("it ended")


async def test_one_of_several_that_failed_is_tried_again_by_itself() -> None:
    process = answering(404, 200)
    clock = FakeClock()
    async with forum(playing(), process_request=process) as url:
        merged = merge([source(url, clock), Endless()])
        assert await first_post(merged) == "p9"
        await merged.close()
    assert clock.slept[0] == REFUSED_WAIT[0]


async def test_the_gap_of_one_that_failed_goes_on_until_it_is_back() -> None:
    script = Script(
        says(welcome(clock="wall"), FORBIDDEN),
        says(welcome(clock="wall"), frame(post(2)), END),
    )
    clock = FakeClock()
    events: list[Event] = []
    async with forum(script) as url:
        merged = merge([source(url, clock), Endless()])
        async with asyncio.timeout(30):
            async for batch in merged.batches():
                events += batch
                if ids(events):
                    break
        await merged.close()
    assert clock.slept == [REFUSED_WAIT[0]]
    assert gaps(events)[-1].since == T0
    assert gaps(events)[-1].until == T0 + round(REFUSED_WAIT[0] * SECOND)


async def test_one_that_wants_a_key_is_tried_again_only_when_asked() -> None:
    process = answering(401, 401, 200)
    clock = HeldClock()
    async with forum(playing(), process_request=process) as url:
        shut = source(url, clock, key_hint="it wants a key")
        merged = merge([shut, Endless()])
        assert merged.try_again() == [], "nothing has been tried yet"
        found = asyncio.create_task(first_post(merged))
        for _ in range(2):
            async with asyncio.timeout(30):
                while not (tried := merged.try_again()):
                    await settle(1)
            assert tried == [shut.status]
        assert await found == "p9"
        await merged.close()
    assert clock.slept == []


async def test_what_waits_before_the_next_try_is_tried_when_asked() -> None:
    script = Script(
        says(welcome(), frame(post(1)), code=1012), says(welcome(), frame(post(2)), END)
    )
    clock = HeldClock()
    async with forum(script) as url:
        watching = source(url, clock)
        done = asyncio.create_task(drain(watching))
        async with asyncio.timeout(30):
            while not clock.waited_for:
                await settle(1)
        assert watching.try_again() == [watching.status]
        assert ids(await done) == ["p1", "p2"]
    assert watching.try_again() == []


async def test_when_all_have_failed_nobody_waits() -> None:
    process = answering(404)
    async with forum(playing(), process_request=process) as url:
        both = [source(url, HeldClock()), source(url, HeldClock())]
        with pytest.raises(SourceUnreachable, match="HTTP 404"):
            async with asyncio.timeout(30):
                await drain(merge(both))


async def test_all_relays_of_one_forum_are_tried_again_beside_another_forum() -> None:
    process = answering(404, 404, 200)
    clock = FakeClock()
    async with forum(playing(), process_request=process) as url:
        inner = MergedSource([source(url, clock), source(url, clock)])
        merged = merge([inner, Endless()])
        assert await first_post(merged) == "p9"
        await merged.close()


# --- a run that ends while something is open ------------------------------------------------------


class Recorded(Kept):
    """A sink that says when so many events have come."""

    def __init__(self, enough: int) -> None:
        super().__init__()
        self.there = asyncio.Event()
        self._enough = enough

    def take(self, event: Event, findings: Sequence[object]) -> None:
        self.events.append(event)
        if len(self.events) >= self._enough:
            self.there.set()


async def ended_while(
    handler: Handler, *beside: Source, until: State
) -> tuple[list[Event], ForumSource]:
    """What a run holds that was ended in its second state."""
    kept, clock = Recorded(1), HeldClock(T0 + 60 * SECOND)
    async with forum(handler) as url:
        watching = source(url, clock)
        run = Pipeline(merge([watching, *beside]), Engine([], GroupTracker()), [kept])
        task = asyncio.create_task(run.run())
        async with asyncio.timeout(30):
            await kept.there.wait()
            while watching.status.state is not until or not clock.waited_for:
                await settle(1)
        clock._now += 90 * SECOND
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return kept.events, watching


@pytest.mark.parametrize("beside", [0, 1])
async def test_a_run_that_ends_while_a_source_is_away_says_so(beside: int) -> None:
    script = Script(says(welcome(clock="wall"), frame(post(1)), code=1012))
    others = [Endless()] * beside
    events, watching = await ended_while(script, *others, until=State.RECONNECTING)
    assert [type(event) for event in events] == [Post, Gap]
    (gap,) = gaps(events)
    assert gap.until - gap.since == 90 * SECOND
    assert not gap.recovered
    assert watching.status.gaps == 1


async def test_a_run_that_ends_while_a_past_is_gathered_keeps_it() -> None:
    class Past(Endless):
        catching_up = True

    kept = Recorded(1)
    gathering = MergedSource([Canned([[post(1)]]), Past()])
    task = asyncio.create_task(Pipeline(gathering, Engine([], GroupTracker()), [kept]).run())
    await settle()
    assert kept.events == []
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert ids(kept.events) == ["p1"]


async def test_a_source_that_was_there_only_later_leaves_a_gap() -> None:
    process = answering(503, 503, 200)
    clock = FakeClock()
    async with forum(playing("wall"), process_request=process) as url:
        gap, *rest = await drain(source(url, clock))
    assert isinstance(gap, Gap)
    assert (gap.since, gap.until) == (T0, clock.now())
    assert gap.reason == "HTTP 503 Service Unavailable"
    assert not gap.recovered
    assert ids(rest) == ["p9"]


async def test_a_recording_that_is_played_has_missed_nothing_before_it_began() -> None:
    process = answering(503, 200)
    async with forum(playing(), process_request=process) as url:
        assert [type(event) for event in await drain(source(url))] == [Post]


async def test_a_source_that_was_never_there_is_a_gap_of_the_whole_run() -> None:
    kept, clock = Recorded(1), HeldClock()
    async with forum(says()) as url:
        pass
    away = source(url, clock, tries=None)

    class Beside(Canned):
        async def batches(self) -> AsyncIterator[Sequence[Event]]:
            yield [post(1)]
            await asyncio.Event().wait()

    merged = MergedSource([away, Beside([])])
    task = asyncio.create_task(Pipeline(merged, Engine([], GroupTracker()), [kept]).run())
    async with asyncio.timeout(30):
        await kept.there.wait()
        while not clock.waited_for:
            await settle(1)
    clock._now += 600 * SECOND
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    (gap,) = gaps(kept.events)
    assert (gap.since, gap.until, gap.reason) == (T0, T0 + 600 * SECOND, "connection refused")
