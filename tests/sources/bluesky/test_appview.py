"""Bluesky threads entered in the middle: their roots come from an AppView, if there is one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from hypothesis import given
from pytest_httpserver import HTTPServer
from websockets.asyncio.server import ServerConnection
from werkzeug import Request, Response

from moltwatch.errors import UsageError
from moltwatch.model import AgentSeen, Event, Post
from moltwatch.sources.bluesky import (
    GET_POSTS,
    GET_PROFILES,
    MOST_AT_ONCE,
    JetstreamSource,
    Missing,
    Question,
)
from moltwatch.sources.grammar import open_source
from moltwatch.sources.live.failures import Failure
from moltwatch.sources.live.thread_roots import REST, ThreadRoots
from moltwatch.sources.registry import Opening
from moltwatch.times import SECOND
from tests.dialects.test_bluesky import ANSWERS
from tests.sources.bluesky.test_feed import ADA, commit, feed, take, uri
from tests.sources.fakes import T0, FakeClock, post
from tests.sources.servers import forum, ids

BOB = "did:plc:bob"
ABOUT_POSTS = Question(path=GET_POSTS, params=())


def reply(key: str, root: str, parent: str | None = None) -> dict[str, Any]:
    """A frame in which Ada answers."""
    refers = {"root": {"uri": root}, "parent": {"uri": parent or root}}
    return commit(key, T0, reply=refers)


def view(key: str, did: str = BOB, **record: Any) -> dict[str, Any]:
    """A post as the AppView has it."""
    return {
        "uri": uri(key, did),
        "author": {"did": did, "handle": "bob.example"},
        "record": {"text": f"post {key}", "createdAt": "2023-11-14T22:00:00Z"} | record,
        "likeCount": 3,
    }


def profile(did: str) -> dict[str, Any]:
    name = did.rpartition(":")[2]
    return {"did": did, "handle": f"{name}.example", "description": f"I am {name}."}


@contextmanager
def appview(answers: Callable[[Request], Response]) -> Iterator[tuple[str, list[list[str]]]]:
    """A host, and what it was asked for."""
    asked: list[list[str]] = []

    def handle(request: Request) -> Response:
        asked.append(request.args.getlist("uris") or request.args.getlist("actors"))
        return answers(request)

    with HTTPServer("127.0.0.1", 0, threaded=True) as server:
        for path in (GET_POSTS, GET_PROFILES):
            server.expect_request(path).respond_with_handler(handle)
        yield f"127.0.0.1:{server.port}", asked


def knows(*views: dict[str, Any]) -> Callable[[Request], Response]:
    """Answers with those of these posts that are asked for, and with any profile."""

    def answer(request: Request) -> Response:
        wanted = request.args.getlist("uris")
        found: dict[str, Any] = {"posts": [one for one in views if one["uri"] in wanted]}
        if request.path == GET_PROFILES:
            found = {"profiles": [profile(did) for did in request.args.getlist("actors")]}
        return Response(json.dumps(found), content_type="application/json")

    return answer


@asynccontextmanager
async def jetstream(*frames: Any) -> AsyncIterator[str]:
    """A host that sends these, and stays."""

    async def send(websocket: ServerConnection) -> None:
        for frame in frames:
            await websocket.send(json.dumps(frame))
        await websocket.wait_closed()

    async with forum(send) as url:
        yield url.removeprefix("ws://")


async def collect(text: str, last: str) -> list[Event]:
    source = await open_source(text, Opening(clock=FakeClock(T0)))
    events: list[Event] = []
    async for batch in source.batches():
        events += batch
        if uri(last) in ids(events):
            break
    await source.close()
    assert not any(status.rejects for status in source.statuses)
    return events


async def test_root_and_parent_come_before_the_reply() -> None:
    middle = view("m", reply={"root": {"uri": uri("r", BOB)}, "parent": {"uri": uri("r", BOB)}})
    with appview(knows(view("r"), middle)) as (api, asked):
        async with jetstream(reply("a", uri("r", BOB), uri("m", BOB)), commit("z", T0)) as host:
            events = await collect(f"jetstream:?host={host}&api={api}", "z")
    posts = {event.id: event for event in events if isinstance(event, Post)}
    assert ids(events)[-2:] == [uri("a"), uri("z")]
    assert {event.thread for event in posts.values()} == {uri("r", BOB), uri("z")}
    assert posts[uri("m", BOB)].parent == uri("r", BOB)
    assert posts[uri("r", BOB)].created_at < posts[uri("r", BOB)].seen_at
    agents = {one.name: one for one in events if isinstance(one, AgentSeen)}
    assert {name: (one.display, one.bio) for name, one in agents.items()} == {
        ADA: ("ada.example", "I am ada."),
        BOB: ("bob.example", "I am bob."),
    }
    assert sorted(asked[0]) == sorted([uri("r", BOB), uri("m", BOB)])
    assert len(asked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Response("busy", 500),
        Response("", 429, {"Retry-After": "9"}),
        Response("<html>"),
        Response('{"posts": 3}', content_type="application/json"),
        Response("", 301, {"Location": "https://elsewhere.example/"}),
    ],
)
async def test_an_appview_in_trouble_leaves_placeholders_and_the_stream_goes_on(
    answer: Response,
) -> None:
    with appview(lambda _: answer) as (api, asked):
        replies = [reply(f"a{n}", uri(f"r{n}", BOB)) for n in range(5)]
        async with jetstream(*replies, commit("z", T0)) as host:
            events = await collect(f"jetstream:?host={host}&api={api}", "z")
    assert ids(events) == [*(uri(f"a{n}") for n in range(5)), uri("z")]
    if answer.status_code != 200:
        assert len(asked) == 1, "it is left alone for a while"


async def test_nobody_is_asked_unless_told_or_for_the_world() -> None:
    opened = await open_source("jetstream:", Opening(clock=FakeClock()))
    assert isinstance(opened, JetstreamSource)
    assert opened._api is not None
    for text in ("jetstream:?host=127.0.0.1:9", "jetstream:?api="):
        opened = await open_source(text, Opening(clock=FakeClock()))
        assert isinstance(opened, JetstreamSource)
        assert opened._api is None
    with pytest.raises(UsageError, match="not a web address"):
        await open_source("jetstream:?api=[::1", Opening(clock=FakeClock()))


# --- pure -----------------------------------------------------------------------------------------


def test_a_forum_in_trouble_is_left_alone_for_longer_and_longer() -> None:
    roots, now, waits = ThreadRoots(), T0, []
    for _ in range(4):
        assert roots.may_ask(now)
        roots.failed(Failure(reason="no answer in time"), now)
        began = now
        while not roots.may_ask(now):
            now += SECOND
        waits.append((now - began) / SECOND)
        roots._bucket.tokens = 10
    assert waits == [REST[0] * 2**n for n in range(4)]
    roots.answered()
    roots.failed(Failure(reason="HTTP 429", retry_after=100), now)
    assert not roots.may_ask(now + 129 * SECOND)
    assert roots.may_ask(now + 130 * SECOND)


def test_many_are_asked_for_at_once_the_latest_first_and_each_once() -> None:
    missing = Missing(ThreadRoots(per_minute=60, burst=1))
    told: list[list[Event]] = [
        [post(n, thread=uri(f"r{n}", BOB), parent=uri(f"r{n}", BOB))] for n in range(60)
    ]
    for events in told:
        missing.look(events)
    questions = [missing.ask(T0 + n * SECOND) for n in range(6)]
    asked = [(question.path, len(question.params)) for question in questions if question]
    # Seven accounts wrote sixty replies.
    assert asked == [
        (GET_POSTS, MOST_AT_ONCE),
        (GET_PROFILES, 7),
        (GET_POSTS, MOST_AT_ONCE),
        (GET_POSTS, 10),
    ]
    assert questions[0] is not None
    assert questions[0].params[0] == ("uris", uri("r59", BOB))
    for events in told:
        missing.look(events)
    assert missing.ask(T0 + 60 * SECOND) is None
    missing.changed("a1")
    missing.changed("somebody else")
    assert missing.ask(T0 + 60 * SECOND) == Question(path=GET_PROFILES, params=(("actors", "a1"),))


def test_a_new_name_is_asked_for_whole_where_that_can_be() -> None:
    identity = {"did": ADA, "time_us": T0, "kind": "identity", "identity": {"handle": "a.example"}}
    stream = feed()
    assert [type(event) for event in take(stream, identity)] == [AgentSeen]
    stream = feed()
    stream.looks_up = True
    take(stream, commit("r", T0))
    assert stream.missing.ask(T0) == Question(path=GET_PROFILES, params=(("actors", ADA),))
    assert take(stream, identity) == []
    assert stream.missing.ask(T0) == Question(path=GET_PROFILES, params=(("actors", ADA),))


def test_what_is_known_or_no_address_is_not_asked_for() -> None:
    stream = feed()
    take(stream, commit("r", T0))
    take(stream, reply("a", uri("r"), uri("r")))
    take(stream, reply("b", "at://x/../etc", "https://elsewhere.example/"))
    question = stream.missing.ask(T0)
    assert question is not None
    assert question.path == GET_PROFILES
    assert stream.missing.ask(T0) is None


@pytest.mark.parametrize(
    "bad",
    [
        None,
        {},
        view("r") | {"uri": uri("r", ADA)},
        view("r") | {"author": None},
        view("r") | {"record": []},
        view("r") | {"uri": "at://nobody"},
    ],
)
def test_a_bad_post_costs_only_itself(bad: object) -> None:
    stream = feed()
    events = stream.looked_up(ABOUT_POSTS, {"posts": [bad, view("s")]}, T0)
    assert ids(events) == [uri("s", BOB)]
    assert stream.rejects.total == 1


def test_looked_up_twice_it_comes_once() -> None:
    stream = feed()
    twice = {"posts": [view("r"), view("r")]}
    assert ids(stream.looked_up(ABOUT_POSTS, twice, T0)) == [uri("r", BOB)]
    assert stream.looked_up(ABOUT_POSTS, {"posts": [view("r")]}, T0) == []


@given(ANSWERS)
def test_no_answer_raises_anything_else(answer: object) -> None:
    for path in (GET_POSTS, GET_PROFILES):
        feed().looked_up(Question(path=path, params=()), answer, T0)
