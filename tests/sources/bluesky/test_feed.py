"""Jetstream: frames, cursors, and a server that forgets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection

from moltwatch.dialects.bluesky import POSTS
from moltwatch.dialects.fields import AHEAD
from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Post
from moltwatch.sources.base import Status
from moltwatch.sources.bluesky import OVERLAP, JetstreamFeed, JetstreamSource
from moltwatch.sources.grammar import open_source
from moltwatch.sources.live.failures import Backoff
from moltwatch.sources.registry import Opening
from moltwatch.times import LATEST, SECOND
from tests.sources.fakes import T0, FakeClock
from tests.sources.servers import Handler, forum, gaps, ids, says
from tests.strategies import broken_texts

ADA = "did:plc:ada"


def uri(key: str, did: str = ADA) -> str:
    return f"at://{did}/{POSTS}/{key}"


def commit(key: str, at: int, operation: str = "create", **record: Any) -> dict[str, Any]:
    record = {"text": f"post {key}", "createdAt": "2023-11-14T22:13:00Z"} | record
    return {
        "did": ADA,
        "time_us": at,
        "kind": "commit",
        "commit": {
            "operation": operation,
            "collection": POSTS,
            "rkey": key,
            **({} if operation == "delete" else {"record": record}),
        },
    }


def feed(*dids: str) -> JetstreamFeed:
    return JetstreamFeed(Status(name="bluesky"), dids)


def take(stream: JetstreamFeed, frame: Any, seconds: float = 10) -> list[Event]:
    return stream.receive(json.dumps(frame).encode(), T0 + round(seconds * SECOND))


def test_a_root_and_a_reply() -> None:
    card = {"$type": "app.bsky.embed.external", "external": {"uri": "https://x.example/"}}
    (root,) = take(feed(), commit("a", T0, embed=card))
    assert root == Post(
        id=uri("a"),
        thread=uri("a"),
        author=ADA,
        text="post a",
        created_at=T0 - 20 * SECOND,
        seen_at=T0 + 10 * SECOND,
        link="https://x.example/",
        url=f"https://bsky.app/profile/{ADA}/post/a",
        source="bluesky",
    )
    reply = {"root": {"uri": uri("a")}, "parent": {"uri": uri("b")}}
    (answer,) = take(feed(), commit("c", T0, reply=reply))
    assert isinstance(answer, Post)
    assert (answer.thread, answer.parent) == (uri("a"), uri("b"))


def test_edits_deletes_and_names() -> None:
    at = T0 + 10 * SECOND
    assert take(feed(), commit("a", T0, "update", text="new")) == [
        Edit(id=uri("a"), seen_at=at, text="new", source="bluesky")
    ]
    assert take(feed(), commit("a", T0, "delete")) == [
        Delete(id=uri("a"), seen_at=at, source="bluesky")
    ]
    identity = {
        "did": ADA,
        "time_us": T0,
        "kind": "identity",
        "identity": {"handle": "ada.example"},
    }
    assert take(feed(), identity) == [
        AgentSeen(name=ADA, seen_at=at, display="ada.example", source="bluesky")
    ]


def test_what_is_not_about_posts_is_no_event_and_no_reject() -> None:
    stream = feed()
    account = {"did": ADA, "time_us": T0, "kind": "account", "account": {"active": False}}
    like = commit("a", T0)
    like["commit"]["collection"] = "app.bsky.feed.like"
    assert take(stream, account) + take(stream, like) == []
    assert not stream.rejects
    assert stream.cursor == T0


def test_the_last_event_coming_again_closes_the_gap() -> None:
    stream = feed()
    take(stream, commit("a", T0))
    stream.lost("connection lost")
    assert stream.resume_at == T0, "before its first event nothing is known"
    (gap,) = take(stream, commit("a", T0), 20)
    assert isinstance(gap, Gap)
    assert gap.recovered
    assert ids(take(stream, commit("b", T0 + 9 * SECOND), 20)) == [uri("b")]
    stream.lost("connection lost")
    assert stream.resume_at == T0 + 9 * SECOND - OVERLAP


def test_events_of_one_moment_are_told_apart() -> None:
    """The connection broke between two events of the same microsecond."""
    stream = feed()
    take(stream, commit("a", T0))
    take(stream, commit("b", T0 + 9 * SECOND))
    stream.lost("connection lost")
    again = [commit("b", T0 + 9 * SECOND), commit("c", T0 + 9 * SECOND)]
    gap, post = [event for frame in again for event in take(stream, frame, 20)]
    assert isinstance(gap, Gap)
    assert gap.recovered
    assert ids([post]) == [uri("c")]


@pytest.mark.parametrize(
    "first",
    [
        commit("z", T0 + 9 * SECOND),  # at the very moment of the last event
        commit("z", T0 + 5 * SECOND),  # another server, whose clock is behind
        {"did": ADA, "time_us": T0 + 8 * SECOND, "kind": "identity", "identity": {"handle": "x"}},
    ],
)
def test_a_time_proves_nothing(first: dict[str, Any]) -> None:
    """An early event that did not come before says only that the clocks differ."""
    stream = feed()
    take(stream, commit("a", T0))
    take(stream, commit("b", T0 + 9 * SECOND))
    stream.lost("connection lost")
    gap, _ = take(stream, first, 20)
    assert isinstance(gap, Gap)
    assert not gap.recovered
    assert gap.reason == "connection lost; it does not begin where it was asked to"


def test_a_cursor_that_was_pushed_ahead_closes_nothing() -> None:
    """One event dated tomorrow, and the server drops the cursor: what comes is the present."""
    stream = feed()
    take(stream, commit("a", T0))
    take(stream, commit("lie", LATEST - 1))
    stream.lost("connection lost")
    gap, _ = take(stream, commit("z", T0 + 30 * SECOND), 30)
    assert isinstance(gap, Gap)
    assert not gap.recovered


def test_another_server_with_other_times_that_has_it_all_closes_the_gap() -> None:
    stream = feed()
    take(stream, commit("a", T0))
    take(stream, commit("b", T0 + 9 * SECOND))
    stream.lost("connection lost")
    (gap,) = take(stream, commit("a", T0 + 12 * SECOND), 20)
    assert isinstance(gap, Gap)
    assert gap.recovered


def test_what_is_coming_again_has_not_come_yet() -> None:
    """The watch ends, or the server forgets, while what was missed is on its way: it is missing
    from where the gap began."""

    def resumed() -> JetstreamFeed:
        stream = feed()
        take(stream, commit("a", T0))
        stream.lost("connection lost")
        (gap,) = take(stream, commit("a", T0), 60)
        assert isinstance(gap, Gap)
        assert (gap.recovered, gap.since) == (True, T0 + 10 * SECOND)
        take(stream, commit("b", T0 + 20 * SECOND), 61)
        return stream

    stream = resumed()
    (gap,) = stream.give_up(T0 + 62 * SECOND)
    assert isinstance(gap, Gap)
    assert (gap.recovered, gap.since) == (False, T0 + 10 * SECOND)
    stream = resumed()
    stream.lost("connection lost")
    gap, _ = take(stream, commit("z", T0 + 90 * SECOND), 90)
    assert isinstance(gap, Gap)
    assert (gap.recovered, gap.since) == (False, T0 + 10 * SECOND)
    stream = resumed()
    take(stream, commit("c", T0 + 61 * SECOND), 62)
    assert stream.give_up(T0 + 63 * SECOND) == []
    stream = resumed()
    stream.quiet(T0 + 80 * SECOND)
    assert stream.give_up(T0 + 81 * SECOND) == []


def test_a_name_that_comes_again_closes_the_gap_as_well() -> None:
    stream = feed()
    named = {"did": ADA, "time_us": T0, "kind": "identity", "identity": {"handle": "x"}}
    take(stream, named)
    stream.lost("connection lost")
    (gap, *_) = take(stream, named, 20)
    assert isinstance(gap, Gap)
    assert gap.recovered


def test_a_cursor_that_was_not_honoured_is_a_gap() -> None:
    stream = feed()
    take(stream, commit("a", T0))
    stream.lost("connection lost")
    gap, post = take(stream, commit("z", T0 + 9 * SECOND), 20)
    assert isinstance(gap, Gap)
    assert not gap.recovered
    assert isinstance(post, Post)


def test_a_cursor_does_not_run_ahead_of_the_clock() -> None:
    stream = feed()
    take(stream, commit("a", LATEST - 1))
    assert stream.cursor is not None
    assert stream.cursor == T0 + 10 * SECOND + AHEAD


@pytest.mark.parametrize(
    "frame",
    [
        [1],
        {},
        {"did": ADA},
        {"did": ADA, "time_us": -1, "kind": "commit"},
        {"did": ADA, "time_us": T0, "kind": "commit", "commit": None},
        {"did": ADA, "time_us": T0, "kind": "identity"},
        commit("a", T0, "burn"),
        commit("a", T0, text=["x"]),
    ],
)
def test_garbage_is_counted(frame: Any) -> None:
    stream = feed()
    assert take(stream, frame) == []
    assert stream.rejects.total == 1


_any = st.none() | st.integers() | broken_texts | st.lists(broken_texts, max_size=2)
_record = st.dictionaries(st.sampled_from(["text", "createdAt", "reply", "embed"]), _any)
_frame = st.fixed_dictionaries(
    {},
    optional={
        "did": _any,
        "time_us": _any | st.just(T0),
        "kind": st.sampled_from(["commit", "identity", "account"]) | _any,
        "identity": _any | st.dictionaries(st.just("handle"), _any),
        "commit": _any
        | st.fixed_dictionaries(
            {"collection": st.just(POSTS), "rkey": _any, "record": _record | _any},
            optional={"operation": st.sampled_from(["create", "update", "delete"]) | _any},
        ),
    },
)


@given(_frame | _any)
def test_no_frame_costs_the_next(frame: Any) -> None:
    stream = feed()
    take(stream, frame)
    assert uri("next") in ids(take(stream, commit("next", T0)))


@given(st.binary())
def test_no_bytes_break_the_feed(data: bytes) -> None:
    assert feed().receive(data, T0) == []


class Relay:
    """Keeps a log, gives back what lies after the cursor; one scene a connection."""

    def __init__(self, *scenes: tuple[list[dict[str, Any]], int]) -> None:
        self.scenes = scenes
        self.asked: list[dict[str, list[str]]] = []
        self.heard: list[Any] = []

    async def __call__(self, websocket: ServerConnection) -> None:
        assert websocket.request is not None
        query = parse_qs(urlsplit(websocket.request.path).query)
        self.asked.append(query)
        if "requireHello" in query:
            self.heard.append(json.loads(await websocket.recv()))
        frames, code = self.scenes[min(len(self.asked), len(self.scenes)) - 1]
        scene: Handler = says(*(json.dumps(frame) for frame in frames), code=code)
        await scene(websocket)


async def watch(url: str, until: str, **options: Any) -> list[Event]:
    clock = FakeClock(T0 + 60 * SECOND)
    source = JetstreamSource(
        f"{url}/subscribe", clock=clock, backoff=Backoff(draw=lambda: 1.0), **options
    )
    events: list[Event] = []
    async for batch in source.batches():
        events += batch
        if until in ids(events):
            break
    await source.close()
    return events


async def test_comes_back_with_a_cursor_and_nothing_comes_twice() -> None:
    log = [commit(key, T0 + index * SECOND) for index, key in enumerate("abcd")]
    relay = Relay((log[:2], 1012), (log[1:], 1000))
    async with forum(relay) as url:
        events = await watch(url, uri("d"))
    assert ids(events) == [uri(key) for key in "abcd"]
    assert [gap.recovered for gap in gaps(events)] == [True]
    assert relay.asked[0] == {"wantedCollections": [POSTS]}
    assert relay.asked[1]["cursor"] == [str(T0)]


async def test_accounts_go_in_a_frame() -> None:
    relay = Relay(([commit("a", T0)], 1000))
    async with forum(relay) as url:
        await watch(url, uri("a"), dids=[ADA, "did:web:bob.example"])
    (options,) = relay.heard
    assert options["payload"]["wantedDids"] == [ADA, "did:web:bob.example"]


async def test_addresses(tmp_path: Path) -> None:
    names = tmp_path / "agents.txt"
    names.write_text(f"# known agents\n{ADA}  # Ada\n\n")
    source = await open_source(
        f"jetstream:?list={names}&host=127.0.0.1:9", Opening(clock=FakeClock())
    )
    assert isinstance(source, JetstreamSource)
    assert source.url == "ws://127.0.0.1:9/subscribe"
    public = await open_source("jetstream:", Opening(clock=FakeClock()))
    assert isinstance(public, JetstreamSource)
    assert public.url.startswith("wss://")
    assert public.status.name == "bluesky"


def test_real_frames(shared: Path) -> None:
    stream = feed()
    events: list[Event] = []
    for name in ("jetstream_v1_152.jsonl", "jetstream_v1_golden.jsonl"):
        for line in (shared / "wire" / "jetstream" / name).read_bytes().splitlines():
            events += stream.receive(line, LATEST - 1)
    assert sum(isinstance(event, Post) for event in events) > 10
    assert any(isinstance(event, Post) and not event.is_root for event in events)
    assert not stream.rejects


def test_a_gap_is_told_though_the_first_event_after_it_is_unusable() -> None:
    stream = feed()
    take(stream, commit("a", T0), 1)
    stream.lost("connection lost")
    (gap,) = take(stream, commit("b", T0 + 5 * SECOND, "melt"), 20)
    assert isinstance(gap, Gap)
    assert (gap.since, gap.until) == (T0 + SECOND, T0 + 20 * SECOND)
    assert stream.rejects.counts["an operation we do not know"] == 1
