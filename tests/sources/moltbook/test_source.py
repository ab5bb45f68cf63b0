"""Moltbook by polling, in the dialects met in the wild: what comes, when, and page by page."""

from __future__ import annotations

import pytest
from werkzeug import Request, Response

from moltwatch.model import AgentSeen, Delete, Edit, Gap, Heartbeat, Post, Vote
from moltwatch.sources.base import State
from moltwatch.times import SECOND
from tests.sources.fakes import T0
from tests.sources.moltbook.kit import forum, more, watching
from tests.sources.moltbook.server import DIALECTS, Forum, says


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
    assert max(post.created_at for post in seen.values()) <= now
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
    assert len(set(watch.ids())) == 156, "the rest was on the front page"
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
