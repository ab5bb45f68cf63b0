"""Moltbook by polling: nothing is missing, or it is said what is."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug import Request, Response

from moltwatch.model import Delete, Gap, Post
from moltwatch.sources.moltbook.threads import LATE
from moltwatch.times import SECOND
from tests.sources.moltbook.kit import Watch, forum, more, watching
from tests.sources.moltbook.server import (
    DIALECTS,
    Forum,
    faulty,
    is_comments,
    is_new,
    says,
)

# --- threads --------------------------------------------------------------------------------------


def is_hot(request: Request) -> bool:
    return request.args.get("sort") == "hot"


def answers(there: Forum, n: int, seconds: float, thread: str, name: str, **fields: Any) -> None:
    """Many comments within a second."""
    for number in range(n):
        there.comment(f"{name}{number}", seconds + number / n, thread, **fields)


def all_of(there: Forum, watch: Watch, name: str) -> bool:
    wanted = {comment.id for comment in there.comments if comment.id.startswith(name)}
    return bool(wanted) and wanted <= set(watch.ids())


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_thread_that_the_hot_list_is_first_to_show_is_read_from_its_first_comment_on(
    dialect: str,
) -> None:
    there = forum(dialect)
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)

        def sudden(request: Request) -> Response | None:
            if is_hot(request) and len(there.posts) == 3:
                there.post("sudden", watch.clock.seconds - 2)
                answers(there, 199, watch.clock.seconds - 1, "sudden", "x")
            return None

        there.faults.append(sudden)
        await watch.until(lambda: all_of(there, watch, "x"))
        await watch.for_seconds(600)
    assert len(watch.ids()) == 6 + 1 + 199
    assert not watch.of(Gap)


async def test_so_it_is_where_posts_do_not_say_when_they_were_written() -> None:
    there = forum()

    def timeless(request: Request) -> Response | None:
        if not request.path.endswith("/posts"):
            return None
        shown = sorted(there.posts, key=lambda post: -post.at)
        posts = [there._post(post) for post in shown]
        return says(200, posts=[{**post, "created_at": None} for post in posts])

    there.faults.append(timeless)
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)

        def sudden(request: Request) -> Response | None:
            if is_hot(request) and len(there.posts) == 3:
                there.post("sudden", watch.clock.seconds - 2)
                answers(there, 50, watch.clock.seconds - 1, "sudden", "x")
            return None

        there.faults.insert(0, sudden)
        await watch.until(lambda: all_of(there, watch, "x"))
    assert not watch.of(Gap)


async def test_replies_below_a_page_full_of_known_comments() -> None:
    """The server orders by depth: what is answered fills the page."""
    there = forum("open-source")
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.post("big", watch.clock.seconds)
        answers(there, 130, watch.clock.seconds, "big", "top")
        await watch.until(lambda: all_of(there, watch, "top"))
        answers(there, 20, watch.clock.seconds, "big", "reply", parent="top7")
        await watch.until(lambda: all_of(there, watch, "reply"))
        await watch.for_seconds(600)
    assert not watch.of(Gap)
    limits = [request.args["limit"] for request in there.asked if is_comments(request)]
    assert limits.count("500") <= 4, "only where it is needed"


async def test_what_no_answer_holds_is_a_gap_that_names_thread_and_number() -> None:
    there = forum("open-source")
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.post("big", watch.clock.seconds)
        answers(there, 500, watch.clock.seconds, "big", "top")
        await watch.until(lambda: all_of(there, watch, "top"))
        assert not watch.of(Gap)
        answers(there, 20, watch.clock.seconds, "big", "reply", parent="top7")
        await watch.until(lambda: bool(watch.of(Gap)))
        await watch.for_seconds(900)
    (gap,) = watch.of(Gap)
    assert gap.reason == (
        "20 comments of thread big not read: the server gives no more of a thread"
    )
    assert not gap.recovered
    assert gap.since < gap.until


async def test_so_is_what_was_there_before_anybody_watched() -> None:
    there = forum("open-source")
    answers(there, 600, -50, "p2", "old")
    async with watching(there) as watch:
        await watch.until(lambda: bool(watch.of(Gap)))
        await watch.for_seconds(300)
    assert [gap.reason.split(":")[0] for gap in watch.of(Gap)] == [
        "100 comments of thread p2 not read"
    ]
    assert sum(id.startswith("old") for id in watch.ids()) == 500


@pytest.mark.parametrize("refuses", [True, False])
async def test_a_server_that_gives_no_more_than_a_page(refuses: bool) -> None:
    there = forum("open-source", most_comments=100)
    if refuses:
        large = faulty(
            says(400, error="limit must be at most 100"),
            when=lambda request: is_comments(request) and int(request.args["limit"]) > 100,
        )
        there.faults.append(large)
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.post("big", watch.clock.seconds)
        answers(there, 100, watch.clock.seconds, "big", "top")
        await watch.until(lambda: all_of(there, watch, "top"))
        for number in range(3):
            answers(there, 20, watch.clock.seconds, "big", f"reply{number}-", parent="top7")
            await watch.until(lambda n=number: len(watch.of(Gap)) > n)  # type: ignore[misc]
    assert [gap.reason.split(":")[0] for gap in watch.of(Gap)] == [
        "20 comments of thread big not read"
    ] * 3
    limits = [request.args["limit"] for request in there.asked if is_comments(request)]
    assert limits.count("500") == 1, "tried once"


async def test_a_reply_to_an_old_comment_is_looked_for_on_further_pages() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.post("big", watch.clock.seconds)
        answers(there, 350, watch.clock.seconds, "big", "top")
        await watch.until(lambda: all_of(there, watch, "top"))
        there.comment("reply", watch.clock.seconds, "big", parent="top3")
        await watch.until(lambda: "reply" in watch.ids())
        await watch.for_seconds(600)
    assert not watch.of(Gap)


async def test_a_comment_that_was_deleted_before_it_was_read_is_told_of_once() -> None:
    """This server goes on counting it; what was read before, or was deleted before the watch, is
    no hole."""
    there = forum("open-source")
    answers(there, 20, -60, "p2", "old")
    answers(there, 5, -60, "p3", "gone", deleted=True)
    async with watching(there) as watch:
        await watch.until(lambda: all_of(there, watch, "old"))
        there.comments[-6].deleted = True
        there.comment("seen", watch.clock.seconds, "p2")
        await watch.until(lambda: "seen" in watch.ids())
        await watch.for_seconds(300)
        assert not watch.of(Gap)
        there.comment("brief", watch.clock.seconds, "p3", deleted=True)
        await watch.until(lambda: bool(watch.of(Gap)))
        there.comment("later", watch.clock.seconds, "p3")
        await watch.until(lambda: "later" in watch.ids())
        await watch.for_seconds(900)
    (gap,) = watch.of(Gap)
    assert gap.reason.startswith("1 comment of thread p3 not read: the server counts more than")


async def test_one_written_for_one_deleted_is_found_though_the_number_is_as_it_was() -> None:
    """On the third page, below an old comment."""
    there = forum()
    answers(there, 250, -60, "p2", "top")
    async with watching(there) as watch:
        await watch.until(lambda: all_of(there, watch, "top"))
        there.comments[-1].deleted = True
        await watch.for_seconds(120)
        there.comments[-2].deleted = True
        there.comment("hidden", watch.clock.seconds, "p2", parent="top3")
        await watch.until(lambda: "hidden" in watch.ids())
    assert not watch.of(Gap)


async def test_a_full_page_of_a_server_that_does_not_count() -> None:
    there = forum("open-source", counts=False)
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.post("small", watch.clock.seconds)
        answers(there, 40, watch.clock.seconds, "small", "few")
        there.post("big", watch.clock.seconds)
        answers(there, 510, watch.clock.seconds, "big", "many")
        await watch.until(lambda: bool(watch.of(Gap)) and all_of(there, watch, "few"))
        there.comment("late", watch.clock.seconds, "small")
        await watch.until(lambda: "late" in watch.ids())
    (gap,) = watch.of(Gap)
    assert gap.reason.startswith("comments of thread big not read: the page is full")


async def test_what_is_deleted_below_another_comment_is_told_of() -> None:
    there = forum("february")

    def marked(request: Request) -> Response | None:
        if not is_comments(request) or "p1" not in request.path:
            return None
        tree = there._tree("p1", None)
        tree[-1]["replies"][0] |= {"is_deleted": True, "content": "[deleted]"}
        return says(200, comments=tree)

    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.faults.append(marked)
        there.comment("c4", watch.clock.seconds, "p1")
        await watch.until(lambda: "c4" in watch.ids())
    assert [gone.id for gone in watch.of(Delete)] == ["c2"]


# --- new posts ------------------------------------------------------------------------------------


async def test_one_bad_answer_does_not_make_it_slower() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.faults.append(faulty(says(500, error="boom"), times=1, when=is_new))
        there.post("p4", watch.clock.seconds)
        await watch.until(lambda: "p4" in watch.ids())
        assert {request.args["limit"] for request in there.asked if is_new(request)} == {"100"}
        there.faults.append(faulty(says(500, error="boom"), times=1, when=is_hot))
        asked = sum(map(is_hot, there.asked))
        await watch.for_seconds(400)
        assert sum(map(is_hot, there.asked)) >= asked + 2, "hot threads are looked at again"
        there.faults.append(faulty(says(500, error="boom"), times=2, when=is_new))
        await watch.until(lambda: watch.source.status.detail == "15 posts at a time")
    assert not watch.of(Gap)


async def test_posts_deleted_between_two_pages_push_none_out_of_sight() -> None:
    there = forum("open-source")
    gone: list[object] = []
    burst: list[str] = []

    def tidy(request: Request) -> Response | None:
        if request.args.get("sort") == "new" and request.args.get("offset") and not gone:
            gone.extend(there.posts[-5:])
            there.posts = there.posts[:-5]
        elif is_new(request) and gone and not burst:
            burst.append("r")
            more(there, 120, watch.clock.seconds, burst[0])
        return None

    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.faults.append(tidy)
        more(there, 150, watch.clock.seconds)
        await watch.until(lambda: "r0" in watch.ids())
    assert sum(id.startswith("q") for id in watch.ids()) == 150
    assert not watch.of(Gap)


async def test_more_of_them_leave_a_gap() -> None:
    there = forum("open-source")

    def tidy(request: Request) -> Response | None:
        if request.args.get("sort") == "new" and request.args.get("offset") and not gone:
            gone.extend(there.posts[-50:])
            there.posts = there.posts[:-50]
        return None

    gone: list[object] = []
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.faults.append(tidy)
        more(there, 150, watch.clock.seconds)
        await watch.until(lambda: bool(watch.of(Gap)))
    (gap,) = watch.of(Gap)
    assert gap.reason == "posts were deleted between two pages of new ones"
    assert not gap.recovered


async def test_a_post_that_is_published_late_is_found_on_the_other_lists() -> None:
    """It stands where it was written, below a page of newer ones."""
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        written = watch.clock.seconds
        more(there, 150, written + 1)
        await watch.until(lambda: len(watch.ids()) >= 156)
        there.post("approved", written + 0.5)
        there.comment("first", watch.clock.seconds, "approved")
        await watch.until(lambda: {"approved", "first"} <= set(watch.ids()))
    assert not watch.of(Gap)


async def test_a_list_in_another_order_is_no_list_of_new_posts() -> None:
    there = forum()

    def by_heat(request: Request) -> Response | None:
        if request.args.get("sort") != "new":
            return None
        offset = int(request.args.get("cursor", 0))
        shown = [there._post(post) for post in there.posts[offset : offset + 100]]
        return says(200, posts=shown, next_cursor=str(offset + 100))

    there.faults.append(by_heat)
    more(there, 150, -9_000)
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 100)
        there.post("hidden", watch.clock.seconds)
        await watch.until(lambda: bool(watch.of(Gap)) and "hidden" in watch.ids())
        assert watch.source.status.detail.startswith("new posts out of order")
        await watch.for_seconds(120)
    (gap,) = watch.of(Gap)
    assert gap.reason == "the list of new posts is not in order of time"
    assert not gap.recovered


# --- the end --------------------------------------------------------------------------------------


async def test_what_waits_when_the_watch_ends_is_missing() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.headers |= {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "3000"}
        there.post("p4", watch.clock.seconds)
        answers(there, 7, watch.clock.seconds, "p4", "x")
        await watch.until(lambda: "p4" in watch.ids())
        last = watch.source.owed()
    (gap,) = [event for event in last if isinstance(event, Gap)]
    assert gap.reason == "7 comments of thread p4 not read: the watch ended first"
    assert gap.until - gap.since < LATE
    assert not gap.recovered


async def test_an_outage_at_the_end_of_the_watch_is_a_gap_and_what_was_held_is_not_lost() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        watch.source._hold([_post("held", watch)])
        there.faults.append(faulty(says(503, error="away")))

        def interrupt() -> None:
            if watch.clock.seconds > 200:
                raise KeyboardInterrupt

        watch.clock.chores = [interrupt] * 50
        with pytest.raises(KeyboardInterrupt):
            await watch.until(lambda: False)
        last = [*watch.events, *watch.source.owed()]
    (gap,) = [event for event in last if isinstance(event, Gap)]
    assert "503" in gap.reason
    assert not gap.recovered
    assert gap.until - gap.since > 100 * SECOND
    assert "held" in [event.id for event in last if isinstance(event, Post)]


def _post(id: str, watch: Watch) -> Post:
    now = watch.clock.now()
    return Post(id=id, thread=id, parent=None, author="ada", created_at=now, seen_at=now)
