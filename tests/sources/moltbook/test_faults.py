"""Moltbook by polling: the faults met in the wild, and garbage."""

from __future__ import annotations

import asyncio
import threading

import pytest
from werkzeug import Request, Response

from moltwatch.model import Delete, Gap
from moltwatch.sources.base import State
from tests.sources.moltbook.kit import forum, more, watching
from tests.sources.moltbook.server import faulty, is_comments, is_new, says


async def test_no_comments_endpoint_falls_back_to_the_post() -> None:
    there = forum(faults=[faulty(says(405, error="Method not allowed"), when=is_comments)])
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.comment("c9", watch.clock.seconds, "p3")
        await watch.until(lambda: "c9" in watch.ids())
    assert sum(is_comments(request) for request in there.asked) == 2, "once more, then left alone"
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
        await watch.until(lambda: watch.source.status.detail == "front page only")
        assert "p4" in watch.ids()
        there.faults.clear()
        await watch.until(lambda: bool(watch.of(Gap)))
    (gap,) = watch.of(Gap)
    assert gap.recovered
    assert gap.reason == "the list of new posts fails"


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
        posts = [there._post(post) for post in reversed(there.posts)]
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


async def test_nothing_new_is_believed_only_where_it_was_asked() -> None:
    there = forum(tags=False)
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        more(there, 150, watch.clock.seconds)
        there.faults.append(
            faulty(Response(status=304), when=lambda request: "cursor" in request.args)
        )
        async with asyncio.timeout(30):
            await watch.until(lambda: bool(watch.of(Gap)))
    assert not watch.of(Gap)[0].recovered
