"""Moltbook by polling, against a real server with the dialects and faults met in the wild."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from werkzeug import Request, Response

from moltwatch.errors import SourceUnreachable
from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Heartbeat, Post, Vote
from moltwatch.sources.backoff import Backoff
from moltwatch.sources.base import State
from moltwatch.sources.moltbook import MoltbookSource
from moltwatch.times import SECOND
from tests.sources.fakes import T0, FakeClock
from tests.sources.moltbook_server import (
    DIALECTS,
    Forum,
    faulty,
    is_comments,
    is_new,
    says,
    serving,
    serving_alone,
)


class Clock(FakeClock):
    """``chores`` are done one by one, whenever the source sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.chores: list[Callable[[], None]] = []

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        if self.chores:
            self.chores.pop(0)()

    @property
    def seconds(self) -> float:
        """Since T0."""
        return (self.now() - T0) / SECOND


class Watch:
    """A source being watched, batch by batch."""

    def __init__(self, source: MoltbookSource, clock: Clock) -> None:
        self.source = source
        self.clock = clock
        self.events: list[Event] = []
        self._batches = source.batches()

    async def until(self, done: Callable[[], bool], most: int = 200) -> None:
        """Go on until the test is content; at most so many batches."""
        for _ in range(most):
            if done():
                return
            self.events += await anext(self._batches)
        raise AssertionError(f"never came: {self.events[-5:]}, {self.source.status}")

    async def for_seconds(self, seconds: float) -> None:
        """Go on for so long by the source's clock."""
        end = self.clock.seconds + seconds
        await self.until(lambda: self.clock.seconds >= end)

    def ids(self) -> list[str]:
        return [event.id for event in self.events if isinstance(event, Post)]

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def watching(
    forum: Callable[[Request], Response], clock: Clock | None = None, **options: Any
) -> AsyncIterator[Watch]:
    """A source on a forum."""
    clock = clock or Clock()
    options = {"backoff": Backoff(draw=lambda: 1.0)} | options
    with serving(forum) as base:
        source = MoltbookSource(base, clock=clock, **options)
        try:
            yield Watch(source, clock)
        finally:
            await source.close()


def forum(dialect: str = "production", **options: Any) -> Forum:
    """Three threads, one with a small talk under it."""
    there = Forum(dialect=dialect, **options)
    there.post(
        "p1", -300, author="ada", bio="I count things." if dialect != "open-source" else None
    )
    there.post("p2", -200, author="bob")
    there.post("p3", -100, author="cyd")
    there.comment("c1", -90, "p1", author="dot")
    there.comment("c2", -80, "p1", parent="c1", author="ada")
    there.comment("c3", -70, "p1", author="eve")
    return there


def more(there: Forum, n: int, seconds: float, name: str = "q") -> None:
    """Many posts within a second."""
    for number in range(n):
        there.post(f"{name}{number}", seconds + number / n, author=f"a{number}")


# --- what comes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_posts_comments_and_threads_in_every_dialect(dialect: str) -> None:
    async with watching(forum(dialect)) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
    assert watch.ids() == ["p1", "p2", "p3", "c1", "c2", "c3"], "in the order of writing"
    posts = {post.id: post for post in watch.of(Post)}
    assert [posts[id].thread for id in ("p1", "c1", "c2")] == ["p1", "p1", "p1"]
    assert [posts[id].parent for id in ("p1", "c1", "c2")] == [None, "p1", "c1"]
    assert posts["p1"].community == "general"
    assert posts["p1"].title == "On p1"
    assert posts["c2"].author == "ada"
    assert posts["p2"].created_at == T0 - 200 * SECOND
    assert posts["p1"].source == watch.source.status.name
    assert not watch.source.status.rejects


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_what_is_new_comes_once_and_nothing_else_does(dialect: str) -> None:
    there = forum(dialect)
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.post("p4", watch.clock.seconds + 1)
        there.comment("c4", watch.clock.seconds + 2, "p2")
        await watch.until(lambda: len(watch.ids()) >= 8)
        there.comment("c5", watch.clock.seconds + 2, "p1", parent="c2")
        await watch.until(lambda: "c5" in watch.ids())
        await watch.for_seconds(3_600)
    assert sorted(watch.ids()) == ["c1", "c2", "c3", "c4", "c5", "p1", "p2", "p3", "p4"]
    assert not watch.of(Gap)


async def test_times_are_those_of_writing_and_never_run_back() -> None:
    there = forum()
    there.post("tomorrow", 90_000)
    there.post("ancient", -90 * 86_400)
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 8)
        there.post("p4", watch.clock.seconds + 1)
        there.post("p5", watch.clock.seconds + 3)
        await watch.until(lambda: "p5" in watch.ids())
        now = watch.clock.now()
    times = [event.seen_at for event in watch.events]
    assert times == sorted(times)
    assert max(times) <= now
    seen = {post.id: post for post in watch.of(Post)}
    assert seen["p2"].seen_at == seen["p2"].created_at
    assert seen["p5"].seen_at - seen["p4"].seen_at == 2 * SECOND, "the rhythm is kept"
    assert T0 - 8 * 86_400 * SECOND < seen["ancient"].seen_at <= T0


async def test_quiet_time_goes_on() -> None:
    async with watching(forum()) as watch:
        await watch.for_seconds(600)
    beats = watch.of(Heartbeat)
    assert len(beats) >= 8
    assert beats[-1].seen_at > T0 + 500 * SECOND


async def test_profiles_come_once_and_when_they_change() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.for_seconds(200)
        assert [agent.bio for agent in watch.of(AgentSeen)] == ["I count things."]
        there.posts[0].bio = "I count and I weigh."
        await watch.for_seconds(200)
    assert [agent.bio for agent in watch.of(AgentSeen)][1:] == ["I count and I weigh."]


async def test_edits_votes_and_deletions() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.posts[0].text = "On second thought."
        there.posts[1].votes = 12
        there.posts[2].deleted = True
        await watch.for_seconds(200)
    assert [(edit.id, edit.text) for edit in watch.of(Edit)] == [("p1", "On second thought.")]
    assert [(vote.id, vote.score) for vote in watch.of(Vote)] == [("p2", 12)]
    assert [gone.id for gone in watch.of(Delete)] == ["p3"]


async def test_one_submolt_also_where_the_server_does_not_know_how() -> None:
    there = forum()
    there.post("other", -50, submolt="philosophy")
    there.comment("elsewhere", -40, "other")
    deaf = Forum(posts=there.posts, comments=there.comments)

    def ignores_submolt(request: Request) -> Response:
        environment = dict(request.environ)
        environment["QUERY_STRING"] = environment["QUERY_STRING"].replace("submolt=", "x=")
        return deaf(Request(environment))

    for server in (there, ignores_submolt):
        async with watching(server, submolt="philosophy") as watch:
            await watch.for_seconds(300)
        assert watch.ids() == ["other", "elsewhere"]
        assert not watch.of(Gap)
        assert watch.source.status.name.endswith(":philosophy")


async def test_the_busiest_threads_are_read_first_and_posts_before_comments() -> None:
    there = Forum()
    for number in range(60):
        there.post(f"p{number}", -1_000 + number)
        for answer in range(number):
            there.comment(f"c{number}.{answer}", -900 + answer, f"p{number}")
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 200)
    first = [path for path in there.paths() if path != "/posts"][:5]
    assert first == [f"/posts/p{number}/comments" for number in (59, 58, 57, 56, 55)]
    assert "waiting" in watch.source.status.detail
    assert watch.source.status.state is State.POLLING
    assert watch.source.status.until is not None


async def test_a_thread_no_list_shows_any_more_is_still_followed() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        more(there, 250, watch.clock.seconds)
        await watch.until(lambda: len(watch.ids()) >= 256)
        there.comment("late", watch.clock.seconds, "p2")
        await watch.until(lambda: "late" in watch.ids())


async def test_a_thread_older_than_the_watch_is_told_of_when_it_moves() -> None:
    there = forum()
    more(there, 250, -9_000, "old")
    async with watching(there) as watch:
        await watch.for_seconds(900)
        known = set(watch.ids())
        assert "old3" not in known
        there.comment("revived", watch.clock.seconds, "old3")
        await watch.until(lambda: {"revived", "old3"} <= set(watch.ids()))
    posts = {post.id: post for post in watch.of(Post)}
    assert posts["revived"].thread == "old3"
    assert set(watch.ids()) == known | {"revived", "old3"}
    assert len(watch.ids()) == len(known) + 2


async def test_roots_nobody_listed_are_fetched_once() -> None:
    there = forum()
    there.post("hidden", -10_000)
    there.comments.append(there.comments[0])

    def stray(request: Request) -> Response | None:
        comment = {"id": "stray", "post_id": "hidden", "content": "?", "author": "eve"}
        return says(200, comments=[comment]) if request.path.endswith("p1/comments") else None

    there.posts = [post for post in there.posts if post.id != "hidden"]
    kept = Forum(posts=[*there.posts], comments=there.comments, faults=[stray])
    kept.post("hidden", -10_000)
    kept.faults.append(
        lambda request: (
            says(200, posts=[kept._post(post) for post in there.posts])
            if request.path.endswith("/posts")
            else None
        )
    )
    async with watching(kept) as watch:
        await watch.for_seconds(120)
    assert "hidden" in watch.ids()
    assert kept.paths().count("/posts/hidden") == 1


# --- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("largest", [100, 40])
async def test_many_new_posts_are_read_back_page_by_page(dialect: str, largest: int) -> None:
    there = forum(dialect, largest=largest)
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        more(there, 237, watch.clock.seconds)
        await watch.until(lambda: len(watch.ids()) >= 243)
        await watch.for_seconds(300)
    assert len(set(watch.ids())) == len(watch.ids()) == 243
    assert not watch.of(Gap)


async def test_a_pinned_post_hides_nothing() -> None:
    there = forum()
    there.post("rules", -90_000, pinned=True)
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 7)
        more(there, 150, watch.clock.seconds)
        await watch.until(lambda: len(watch.ids()) >= 157)
    assert not watch.of(Gap)


async def test_a_repeated_page_ends_the_reading_with_a_gap() -> None:
    there = forum()

    def first_page_again(request: Request) -> Response:
        environment = dict(request.environ)
        environment["QUERY_STRING"] = environment["QUERY_STRING"].split("&cursor")[0]
        return there(Request(environment))

    async with watching(first_page_again) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        more(there, 150, watch.clock.seconds)
        await watch.until(lambda: bool(watch.of(Gap)))
        await watch.for_seconds(120)
    (gap,) = watch.of(Gap)
    assert "repeats its pages" in gap.reason
    assert not gap.recovered
    assert gap.since <= gap.until <= watch.clock.now()
    assert len(watch.ids()) == 106
    assert watch.events.index(gap) < watch.events.index(watch.of(Post)[-1])


async def test_more_than_can_be_read_back_is_a_gap() -> None:
    there = forum(largest=10)
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        more(there, 150, watch.clock.seconds)
        await watch.until(lambda: len(watch.ids()) >= 106)
    assert [gap.recovered for gap in watch.of(Gap)] == [False]
    assert watch.source.status.gaps == 1


async def test_an_emptied_forum_is_not_a_gap() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.posts.clear()
        there.comments.clear()
        there.post("first again", watch.clock.seconds)
        await watch.until(lambda: "first again" in watch.ids())
    assert not watch.of(Gap)


# --- faults ---------------------------------------------------------------------------------------


async def test_no_comments_endpoint_falls_back_to_the_post() -> None:
    there = forum(faults=[faulty(says(405, error="Method not allowed"), when=is_comments)])
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.comment("c9", watch.clock.seconds, "p3")
        await watch.until(lambda: "c9" in watch.ids())
    assert sum(is_comments(request) for request in there.asked) == 1, "asked once, then left alone"
    assert not watch.of(Gap)


async def test_sort_new_with_a_large_limit_fails_for_a_while() -> None:
    def large(request: Request) -> bool:
        return request.path.endswith("/posts") and int(request.args["limit"]) > 15

    raw = 'column "posts.hot" does not exist\x1b[31m'
    there = forum(faults=[faulty(says(500, error=raw), when=large)])
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        assert watch.source.status.detail == "15 posts at a time"
        more(there, 50, watch.clock.seconds)
        await watch.until(lambda: len(watch.ids()) >= 56)
        there.faults.clear()
        await watch.for_seconds(900)
    assert watch.source.status.detail == ""
    assert not watch.of(Gap)


async def test_no_sort_new_at_all_is_a_gap_that_closes() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.faults.append(faulty(says(500, error="boom"), when=is_new))
        there.post("p4", watch.clock.seconds)
        await watch.until(lambda: "p4" in watch.ids())
        assert watch.source.status.detail == "front page only"
        there.faults.clear()
        await watch.until(lambda: bool(watch.of(Gap)))
    (gap,) = watch.of(Gap)
    assert gap.recovered
    assert gap.reason == "the list of new posts fails"


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
    assert "comments in" in gap.reason
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
    assert gap.reason.startswith("20 comments in 1 thread not read")


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
        assert watch.source.planner.interval == 60 * SECOND
        for wave in range(12):
            more(there, 60, watch.clock.seconds, f"wave{wave}-")
            await watch.until(lambda n=wave: f"wave{n}-0" in watch.ids())  # type: ignore[misc]
        assert watch.source.planner.interval < 20 * SECOND


async def test_a_deleted_thread_is_told_of() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.posts = [post for post in there.posts if post.id != "p1"]
        await watch.until(lambda: bool(watch.of(Delete)))
    assert [gone.id for gone in watch.of(Delete)] == ["p1"]


async def test_a_web_page_that_says_404_deletes_nothing() -> None:
    there = forum()
    page = Response("<html>Not found", 404, content_type="text/html")
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.faults.append(faulty(page, when=lambda request: "p1" in request.path))
        there.comment("c4", watch.clock.seconds, "p1")
        await watch.until(lambda: bool(watch.of(Gap)))
        there.faults.clear()
        await watch.until(lambda: "c4" in watch.ids())
    assert not watch.of(Delete)


async def test_garbage_costs_only_itself() -> None:
    there = forum()
    rubbish = [
        None,
        7,
        {},
        {"id": None, "title": "x"},
        {"id": {"$": 1}, "content": []},
        {"id": "..", "content": "climb", "author": None, "comment_count": "many"},
        {"id": "ok", "content": "a\x00b\u202e", "author": None, "comment_count": -5},
    ]

    def spoiled(request: Request) -> Response | None:
        posts = [there._post(post) for post in there.posts]
        return says(200, posts=[*rubbish, *posts]) if request.path.endswith("/posts") else None

    there.faults.append(spoiled)
    async with watching(there) as watch:
        await watch.for_seconds(900)
    assert {"p1", "p2", "p3", "c1", "c2", "c3", "ok"} <= set(watch.ids())
    assert not any(".." in path for path in there.paths())
    assert watch.source.status.rejects
    assert not watch.of(Gap)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[[[[", b'{"success":true}', b"3", b"null"])
async def test_answers_that_are_none(body: bytes) -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.faults.append(faulty(Response(body, 200), times=6))
        there.post("p4", watch.clock.seconds)
        await watch.until(lambda: "p4" in watch.ids())
    assert watch.source.status.state in (State.POLLING, State.RECONNECTING)


async def test_a_slow_answer_is_given_up_and_asked_for_again() -> None:
    there = forum()
    release = threading.Event()

    def hang(request: Request) -> Response | None:
        if is_comments(request) and len(there.asked) < 4:
            release.wait(30)
        return None

    there.faults.append(hang)
    try:
        async with watching(there, patience=0.3) as watch:
            await watch.until(lambda: len(watch.ids()) >= 6)
            release.set()
    finally:
        release.set()
    assert not watch.of(Gap)


# --- being there and not --------------------------------------------------------------------------


async def test_killed_and_restarted() -> None:
    there, clock = forum(), Clock()
    with serving_alone(there) as base:
        port = int(base.split(":")[2].split("/")[0])
        source = MoltbookSource(base, clock=clock, backoff=Backoff(draw=lambda: 1.0))
        watch = Watch(source, clock)
        await watch.until(lambda: len(watch.ids()) >= 6)
    stopped = clock.now()
    more(there, 30, clock.seconds + 1)
    there.comment("c4", clock.seconds + 1, "p1")
    states: list[tuple[State, str]] = []
    restarted = []

    def note() -> None:
        states.append((source.status.state, source.status.detail))

    def restart() -> None:
        restarted.append(serving_alone(there, port))
        restarted[0].__enter__()

    clock.chores += [note, note, note, note, restart]
    try:
        await watch.until(lambda: "c4" in watch.ids() and len(watch.ids()) >= 37)
    finally:
        restarted[0].__exit__(None, None, None)
        await source.close()
    assert len(set(watch.ids())) == len(watch.ids()) == 37
    (gap,) = watch.of(Gap)
    assert gap.recovered
    assert gap.reason == "connection refused"
    assert gap.since <= stopped <= gap.until
    assert (State.RECONNECTING, "connection refused") in states


async def test_a_server_that_is_not_there() -> None:
    with serving_alone(Forum()) as base:
        pass
    source = MoltbookSource(base, clock=Clock(), backoff=Backoff(draw=lambda: 1.0))
    with pytest.raises(SourceUnreachable, match="connection refused"):
        await anext(source.batches())
    assert source.status.state is State.FAILED
    await source.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (says(401, error="No token", code="UNAUTHORIZED", hint="x"), "wants a key.*No token"),
        (says(403, error="no"), "403"),
        (says(404, error="no"), "404"),
        (says(500, error="boom"), "500"),
        (says(301, {"Location": "https://www.else.example/\x1b[2J"}), "sends us on to"),
        (Response("<html>Just a moment", 503), "503"),
    ],
)
async def test_forbidden_moved_or_broken(answer: Response, words: str) -> None:
    there = forum(faults=[faulty(answer)])
    with pytest.raises(SourceUnreachable, match=words) as error:
        async with watching(there) as watch:
            await watch.until(lambda: False)
    assert "\x1b" not in str(error.value)


async def test_forbidden_later_is_waited_for() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.faults.append(faulty(says(401, error="hm"), times=3))
        there.post("p4", watch.clock.seconds)
        await watch.until(lambda: "p4" in watch.ids())


def _sent(requests: Sequence[Request]) -> set[str | None]:
    return {request.headers.get("Authorization") for request in requests}


async def test_the_key_goes_to_its_server_and_not_across_a_redirect() -> None:
    key = "-".join(("not", "a", "real", "key"))
    there, elsewhere = forum(), Forum()
    async with watching(there, key=key) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        assert _sent(there.asked) == {f"Bearer {key}"}
        with serving_alone(elsewhere) as other:
            there.faults.append(faulty(says(307, {"Location": other + "/posts"}), times=8))
            there.post("p4", watch.clock.seconds)
            await watch.until(lambda: "p4" in watch.ids())
        assert not elsewhere.asked
        assert key not in repr(watch.events) + repr(watch.source.status)
