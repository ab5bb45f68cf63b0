"""Moltbook by polling: how often it is asked, and what the limit keeps back."""

from __future__ import annotations

from moltwatch.model import Gap
from moltwatch.sources.base import State
from moltwatch.times import SECOND
from tests.sources.moltbook.kit import forum, more, watching
from tests.sources.moltbook.server import faulty, is_comments, is_new, says


async def test_rate_limited_by_header_and_by_body() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        said: list[State] = []
        for number, (answer, wait) in enumerate(
            (
                (says(429, {"Retry-After": "40"}, code="RATE_LIMITED", retryAfter=30), 40),
                (says(429, statusCode=429, message="slow down", retry_after_seconds=50), 50),
            )
        ):
            there.faults[:] = [faulty(answer, times=1, when=is_new)]
            before = len(watch.clock.slept)
            watch.clock.chores += [lambda: said.append(watch.source.status.state)] * 3
            await watch.until(lambda n=number: len(watch.of(Gap)) > n)  # type: ignore[misc]
            assert any(wait <= slept <= wait + 2 for slept in watch.clock.slept[before:])
            assert said.count(State.RATE_LIMITED) == number + 1
    assert [(gap.recovered, gap.reason) for gap in watch.of(Gap)] == [(True, "rate-limited")] * 2


async def test_a_limit_that_is_used_up_is_waited_for() -> None:
    there = forum(headers={"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "0"})
    there.headers["X-RateLimit-Reset"] = "33"
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.clock.slept) >= 2)
    assert [round(slept) for slept in watch.clock.slept[:2]] == [15, 18]


async def test_never_more_often_than_allowed() -> None:
    there = forum()
    more(there, 90, -50)
    for number in range(90):
        there.comment(f"x{number}", -10, f"q{number}")
    times: list[float] = []
    async with watching(there) as watch:
        there.faults.append(lambda _: times.append(watch.clock.seconds))
        await watch.until(lambda: len(watch.ids()) >= 186)
    assert all(sum(at <= other < at + 60 for other in times) <= 60 + 20 for at in times)
    late = [at for at in times if at >= 30]
    assert all(sum(at <= other < at + 60 for other in late) <= 60 for at in late)


async def test_comments_the_limit_keeps_back_are_a_gap() -> None:
    there = forum()
    slow = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "4"}
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.headers.update(slow)
        more(there, 40, watch.clock.seconds)
        await watch.until(lambda: len(watch.ids()) >= 46)
        for number in range(40):
            there.comment(f"x{number}", watch.clock.seconds, f"q{number}")
        await watch.until(lambda: bool(watch.of(Gap)))
    (gap, *_) = watch.of(Gap)
    assert gap.reason.startswith(
        "40 comments of 40 threads (q0: 1, q1: 1, q10: 1, …) not read: the"
    )
    assert not gap.recovered


async def test_comments_the_server_keeps_back_are_a_gap() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.post("big", watch.clock.seconds)
        await watch.until(lambda: "big" in watch.ids())
        for number in range(30):
            there.comment(f"x{number}", watch.clock.seconds, "big")
        some = [there._item(comment) for comment in there.comments[-10:]]
        there.faults.append(faulty(says(200, comments=some), when=is_comments))
        await watch.until(lambda: bool(watch.of(Gap)))
    (gap,) = watch.of(Gap)
    assert gap.reason.startswith("20 comments of thread big not read: the server counts more")
    assert not gap.recovered


async def test_etags_are_used_and_counted() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.for_seconds(300)
        there.post("p4", watch.clock.seconds)
        await watch.until(lambda: "p4" in watch.ids())
    asked = [request for request in there.asked if is_new(request)]
    assert "If-None-Match" not in asked[0].headers
    assert all("If-None-Match" in request.headers for request in asked[1:])


async def test_a_forum_where_nothing_happens_costs_little() -> None:
    there = forum()
    more(there, 90, -9_000)
    async with watching(there) as watch:
        await watch.for_seconds(3_600)
    assert sum(path.endswith("/comments") for path in there.paths()) < 10
    assert len(there.asked) < 150


async def test_a_quiet_forum_is_asked_less_often_and_a_busy_one_more() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.for_seconds(1_200)
        assert watch.source.planner.newest.interval == 60 * SECOND
        for wave in range(12):
            more(there, 60, watch.clock.seconds, f"wave{wave}-")
            await watch.until(lambda n=wave: f"wave{n}-0" in watch.ids())  # type: ignore[misc]
        assert watch.source.planner.newest.interval < 20 * SECOND
