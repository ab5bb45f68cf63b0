"""Every dialect of a forum's API, and everything else a server might send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from moltwatch.dialects.api_objects import NOBODY, agent_from, events_from, post_from
from moltwatch.dialects.fields import Origin
from moltwatch.errors import BadItem, Rejects
from moltwatch.model import AgentSeen, Event, Post
from moltwatch.times import parse_time
from tests.strategies import json_values

AT = "2026-02-01T12:00:00Z"
NOON = parse_time(AT)
ORIGIN = Origin(source="moltbook")


def take(value: object, **place: str) -> tuple[list[Event], Rejects]:
    rejects = Rejects()
    return events_from(value, ORIGIN, rejects, **place), rejects


def post(**fields: Any) -> Post:
    return post_from({"id": "p", "author": "nova", "created_at": AT, **fields}, ORIGIN)


@pytest.mark.parametrize(
    ("fields", "author"),
    [
        ({"author": "nova"}, "nova"),
        ({"author": {"id": "7", "name": "nova"}}, "nova"),
        ({"author": {"username": "nova"}}, "nova"),
        ({"author": None, "author_name": "nova"}, "nova"),
        ({"author": None, "authorName": "nova"}, "nova"),
        ({"author": None, "agent_name": "nova"}, "nova"),
        ({"author": None, "agent": {"name": "nova"}}, "nova"),
        ({"author": None, "author_id": 12}, "12"),
        ({"author": {}, "authorId": "a-12"}, "a-12"),
        ({"author": None}, NOBODY),
        ({"author": "  "}, NOBODY),
        ({"author": ["nova"]}, NOBODY),
    ],
)
def test_author(fields: dict[str, Any], author: str) -> None:
    assert post(**fields).author == author


@pytest.mark.parametrize(
    ("fields", "community"),
    [
        ({"submolt": "general"}, "general"),
        ({"submolt": {"id": "1", "name": "general", "display_name": "General"}}, "general"),
        ({"submolt_name": "general"}, "general"),
        ({"submolt": None, "submoltName": "general"}, "general"),
        ({"submolt": None}, None),
    ],
)
def test_community(fields: dict[str, Any], community: str | None) -> None:
    assert post(**fields).community == community


@pytest.mark.parametrize(
    "time",
    [AT, "2026-02-01T12:00:00.000Z", "2026-02-01T12:00:00.000000+00:00",
     "2026-02-01 13:00:00+01:00", "2026-02-01T12:00:00",
     1769947200, 1769947200.0, "1769947200", 1769947200000],
)  # fmt: skip
@pytest.mark.parametrize("key", ["created_at", "createdAt", "timestamp"])
def test_time(key: str, time: object) -> None:
    assert post(**{"created_at": None, key: time}).created_at == NOON


@pytest.mark.parametrize(
    ("fields", "score"),
    [
        ({"score": 5, "upvotes": 9}, 5),
        ({"upvotes": "1540600", "downvotes": "600"}, 1_540_000),
        ({"upvotes": 3, "downvotes": None}, 3),
        ({"upvotes": 3.0}, 3),
        ({"score": "many"}, None),
        ({"score": True}, None),
        ({"score": 10**40}, None),
        ({}, None),
    ],
)
def test_score(fields: dict[str, Any], score: int | None) -> None:
    assert post(**fields).score == score


@pytest.mark.parametrize(
    ("fields", "link", "url"),
    [
        ({"url": "https://example.org/news"}, "https://example.org/news", None),
        ({"url": "https://forum.example/post/p"}, None, "https://forum.example/post/p"),
        ({"url": "https://forum.example/post/p?sort=new"}, None, "https://forum.example/post/p?sort=new"),
        ({"url": "https://example.org/paper"}, "https://example.org/paper", None),
        ({"url": None, "link": "https://example.org"}, "https://example.org", None),
        ({"url": "x", "permalink": "/post/p"}, "x", "/post/p"),
        ({"url": "", "link": ""}, None, None),
        ({"url": "https://elsewhere/9", "seen_at": AT}, None, "https://elsewhere/9"),
    ],
)  # fmt: skip
def test_what_is_shared_and_own_address(
    fields: dict[str, Any], link: str | None, url: str | None
) -> None:
    assert (post(**fields).link, post(**fields).url) == (link, url)


@pytest.mark.parametrize(
    ("fields", "thread", "parent"),
    [
        ({}, "p", None),
        ({"type": "post"}, "p", None),
        ({"type": "text"}, "p", None),
        ({"type": "comment", "post_id": "r", "parent_id": None}, "r", "r"),
        ({"post_id": "r", "parent_id": "c"}, "r", "c"),
        ({"postId": "r", "parentId": "c"}, "r", "c"),
        ({"post_id": 5, "parent_id": ""}, "5", "5"),
        ({"post": {"id": "r"}}, "r", "r"),
        ({"parent_id": "c"}, "c", "c"),
        ({"thread": "r", "parent": "c"}, "r", "c"),
        ({"post_id": "p", "parent_id": "c"}, "p", None),
        ({"post_id": "r", "parent_id": "p"}, "r", "r"),
    ],
)
def test_place_in_the_thread(fields: dict[str, Any], thread: str, parent: str | None) -> None:
    assert (post(**fields).thread, post(**fields).parent) == (thread, parent)


def test_null_body_and_title() -> None:
    assert post(content=None, title=None).text == ""
    assert post(content="", title="").title is None
    assert post(content="a", text=None).text == "a"


ITEM = {"id": "p", "author": "nova", "content": "hello", "created_at": AT}


@pytest.mark.parametrize(
    "envelope",
    [
        ITEM,
        [ITEM],
        [[ITEM]],
        {"success": True, "posts": [ITEM], "has_more": True, "next_cursor": "x"},
        {"success": True, "data": [ITEM], "pagination": {"count": 1, "hasMore": False}},
        {"success": True, "data": {"posts": [ITEM]}},
        {"success": True, "data": ITEM},
        {"success": True, "post": ITEM, "comments": []},
        {"timestamp": AT, "posts": [ITEM], "stats": {"postsScraped": 1}},
        {"id": "request 7", "posts": [ITEM]},
        {"message": "fine", "results": [ITEM]},
    ],
)
def test_envelopes(envelope: object) -> None:
    events, rejects = take(envelope)
    assert events == [post(content="hello")]
    assert not rejects


def test_nested_replies_come_after_what_they_answer() -> None:
    answer = {
        "success": True,
        "post": {**ITEM, "id": "root"},
        "comments": [
            {**ITEM, "id": "a", "replies": [{**ITEM, "id": "b", "replies": [{**ITEM, "id": "c"}]}]},
            {**ITEM, "id": "d", "parent_id": None},
            {**ITEM, "id": "e", "parent_id": "a"},
        ],
    }
    events, rejects = take(answer)
    found = [(e.id, e.thread, e.parent) for e in events if isinstance(e, Post)]
    assert found == [
        ("root", "root", None),
        ("a", "root", "root"),
        ("b", "root", "a"),
        ("c", "root", "b"),
        ("d", "root", "root"),
        ("e", "root", "a"),
    ]
    assert not rejects


def test_comments_of_a_thread_that_only_the_request_names() -> None:
    events, _ = take({"comments": [{**ITEM, "id": "a"}]}, thread="root")
    assert [(e.thread, e.parent) for e in events if isinstance(e, Post)] == [("root", "root")]


def test_an_unusable_comment_costs_neither_neighbours_nor_replies() -> None:
    bad = {"id": "bad", "content": {}, "created_at": AT, "replies": [{**ITEM, "id": "below"}]}
    events, rejects = take([bad, {**ITEM, "id": "next"}, 5], thread="root", where="line 3")
    assert [(e.id, e.parent) for e in events if isinstance(e, Post)] == [
        ("below", "bad"),
        ("next", "root"),
    ]
    assert sorted(rejects) == [
        ("not an object", 1, "line 3"),
        ("text is not a text", 1, "line 3"),
    ]


def test_replies_nested_deeper_than_the_stack() -> None:
    item: dict[str, Any] = {**ITEM, "id": "0"}
    for n in range(1, 5_000):
        item = {**ITEM, "id": str(n), "replies": [item]}
    events, rejects = take(item)
    assert len(events) == 5_000
    assert not rejects


def test_a_profile_inside_a_post_comes_once_before_it() -> None:
    author = {"name": "nova", "description": "I count shells.", "followerCount": "7",
              "createdAt": "2026-01-31T12:00:00Z"}  # fmt: skip
    events, _ = take({"posts": [{**ITEM, "author": author}, {**ITEM, "id": "q", "author": author}]})
    profile, *posts = events
    assert profile == AgentSeen(
        name="nova",
        seen_at=NOON,
        bio="I count shells.",
        followers=7,
        created_at=parse_time("2026-01-31T12:00:00Z"),
        source="moltbook",
    )
    assert [type(e) for e in posts] == [Post, Post]


def test_profiles_and_their_recent_posts() -> None:
    mine = {key: value for key, value in ITEM.items() if key != "author"}
    events, rejects = take(
        {
            "success": True,
            "agent": {"id": "9", "name": "nova", "karma": "12", "created_at": AT},
            "recentPosts": [mine],
        }
    )
    assert events == [
        AgentSeen(name="nova", seen_at=NOON, created_at=NOON, karma=12, source="moltbook"),
        post(content="hello"),
    ]
    assert not rejects


def test_a_profile_line_of_an_archive() -> None:
    agent = agent_from(
        {"name": "nova", "description": "shells", "follower_count": 3, "following_count": "4"},
        Origin(last=NOON),
    )
    assert agent == AgentSeen(name="nova", seen_at=NOON, bio="shells", followers=3, following=4)


def test_a_live_forum_does_not_choose_when_it_was_observed() -> None:
    origin = Origin(source="forum", now=NOON)
    item = {**ITEM, "created_at": "2090-01-01T00:00:00Z", "seen_at": 1, "source": "me"}
    seen = post_from(item, origin)
    assert (seen.seen_at, seen.source) == (NOON, "forum")
    assert seen.created_at == parse_time("2090-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({}, "no id"),
        ({"id": True, "content": "x"}, "no id"),
        ({"id": "p"}, "no time"),
        ({"id": "p", "created_at": "yesterday"}, "no time"),
        ({"id": "p", "created_at": "9999-01-01"}, "no time"),
        ({"id": "p", "created_at": AT, "title": []}, "title is not a text"),
    ],
)
def test_unusable(item: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadItem, match=f"^{reason}$"):
        post_from(item, ORIGIN)


def test_an_id_alone_is_no_post_where_no_time_is_needed() -> None:
    live = Origin(source="forum", now=NOON)
    with pytest.raises(BadItem, match="neither author nor text nor time"):
        post_from({"id": 2}, live)
    assert post_from({"id": 2, "content": "x"}, live).author == NOBODY
    assert post_from({"id": 2, "author": "Ada"}, live).text == ""


@given(value=json_values)
def test_nothing_raises(value: object) -> None:
    for origin in (ORIGIN, Origin(now=NOON), Origin(last=0)):
        events_from(value, origin, Rejects())


def test_a_post_id_is_its_own_where_nothing_else_is() -> None:
    alone = {"post_id": "p", "user": "nova", "text": "hi", "timestamp": AT}
    (found,), rejects = take(alone)
    assert isinstance(found, Post) and (found.id, found.thread) == ("p", "p") and not rejects
    events, rejects = take({**alone, "type": "comment"})
    assert not events and rejects.counts == {"no id": 1}
    (found,), _ = take({**alone, "comment_id": "c"})
    assert isinstance(found, Post) and (found.id, found.thread) == ("c", "p")
