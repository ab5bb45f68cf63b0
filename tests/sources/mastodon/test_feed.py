"""Mastodon's frames and its addresses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.errors import UsageError
from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Heartbeat, Post
from moltwatch.sources.base import Status
from moltwatch.sources.live.failures import Refused
from moltwatch.sources.mastodon import MastodonFeed, stream_address, timeline_path
from moltwatch.times import SECOND
from tests.sources.fakes import T0
from tests.strategies import broken_texts


def status(id: str, text: str = "<p>hello</p>", **fields: Any) -> dict[str, Any]:
    return {
        "id": id,
        "created_at": "2023-11-14T22:13:00.000Z",
        "in_reply_to_id": None,
        "content": text,
        "url": f"https://tide.example/@ada/{id}",
        "account": {"id": "1", "acct": "ada", "display_name": "Ada", "note": "<p>I am Ada</p>"},
        **fields,
    }


def frame(event: str, payload: Any) -> bytes:
    inner = payload if isinstance(payload, str) else json.dumps(payload)
    return json.dumps({"stream": ["public"], "event": event, "payload": inner}).encode()


def feed(**options: Any) -> MastodonFeed:
    return MastodonFeed(Status(name="tide.example"), **options)


def posts(events: list[Event]) -> list[Post]:
    return [event for event in events if isinstance(event, Post)]


def test_a_status_and_its_author() -> None:
    agent, post = feed().receive(frame("update", status("7", spoiler_text="cw")), T0)
    assert agent == AgentSeen(
        name="ada", seen_at=T0, display="Ada", bio="I am Ada", source="tide.example"
    )
    assert isinstance(post, Post)
    assert (post.id, post.thread, post.parent, post.author) == ("7", "7", None, "ada")
    assert (post.title, post.text, post.seen_at) == ("cw", "hello", T0)
    assert post.created_at == T0 - 20 * SECOND
    assert post.url == "https://tide.example/@ada/7"


def test_a_profile_is_told_once_until_it_changes() -> None:
    stream = feed()
    changed = status("3", account={"acct": "ada", "note": "something else"})
    found = [
        [type(event) for event in stream.receive(frame("update", each), T0)]
        for each in (status("1"), status("2"), changed)
    ]
    assert found == [[AgentSeen, Post], [Post], [AgentSeen, Post]]


@pytest.mark.parametrize("name", ["status.update", "status_update"])
def test_an_edit_of_something_known_and_of_something_new(name: str) -> None:
    stream = feed()
    stream.receive(frame("update", status("7")), T0)
    (edit,) = stream.receive(frame(name, status("7", "<p>changed</p>")), T0)
    assert edit == Edit(id="7", seen_at=T0, text="changed", source="tide.example")
    (new,) = stream.receive(frame(name, status("8", "<p>late</p>")), T0)
    assert isinstance(new, Post)
    assert new.text == "late"


def test_a_delete_is_a_bare_id() -> None:
    gone = feed().receive(frame("delete", "109"), T0)
    assert gone == [Delete(id="109", seen_at=T0, source="tide.example")]


def test_a_reply_finds_its_thread() -> None:
    stream = feed()
    stream.receive(frame("update", status("1")), T0)
    stream.receive(frame("update", status("2", in_reply_to_id="1")), T0)
    (deep,) = posts(stream.receive(frame("update", status("3", in_reply_to_id="2")), T0))
    assert (deep.thread, deep.parent) == ("1", "2")
    (lost,) = posts(stream.receive(frame("update", status("9", in_reply_to_id="8")), T0))
    assert (lost.thread, lost.parent) == ("8", "8"), "a placeholder, until more is known"


def test_what_came_before_a_reply_is_asked_for_once() -> None:
    stream = feed()
    reply = stream.read(frame("update", status("9", in_reply_to_id="8")))
    assert stream.entered(reply, T0) == "9"
    assert stream.entered(reply, T0) is None
    before = stream.before([status("5"), status("8", in_reply_to_id="5")], T0)
    assert [post.thread for post in posts(before)] == ["5", "5"]
    (post,) = posts(stream.take(reply, T0))
    assert (post.thread, post.parent) == ("5", "8")


def test_a_time_yet_to_come_is_not_believed() -> None:
    (post,) = posts(
        feed().receive(frame("update", status("1", created_at="2099-01-01T00:00:00Z")), T0)
    )
    assert post.created_at == T0


def test_the_gap_of_a_broken_connection() -> None:
    stream = feed()
    stream.receive(frame("update", status("1")), T0)
    stream.lost("connection lost")
    assert stream.broken
    given_back = stream.missed([status("1"), status("2")], T0 + SECOND, complete=True)
    assert [type(event) for event in given_back] == [Gap, Post]
    assert isinstance(given_back[0], Gap)
    assert given_back[0].recovered
    assert stream.receive(frame("update", status("2")), T0 + 2 * SECOND) == []
    assert stream.newest == "2"


def test_a_gap_that_is_not_given_back() -> None:
    stream = feed()
    stream.receive(frame("update", status("1")), T0)
    stream.lost("connection lost")
    (gap,) = stream.missed([], T0 + SECOND, complete=False)
    assert isinstance(gap, Gap)
    assert not gap.recovered


def test_ids_count_by_length_first() -> None:
    stream = feed()
    for id in ("9", "10", "8"):
        stream.receive(frame("update", status(id)), T0)
    assert stream.newest == "10"


def test_quiet_is_a_heartbeat() -> None:
    assert feed().quiet(T0) == [Heartbeat(seen_at=T0, source="tide.example")]


def test_refused_in_a_frame() -> None:
    with pytest.raises(Refused, match="Unknown stream type"):
        feed().receive(b'{"error":"Unknown stream type","status":400}', T0)


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"[1]",
        b"{}",
        b'{"event":"update","payload":"{"}',
        b'{"event":"update","payload":"[]"}',
        frame("update", {"id": "1"}),
        frame("update", status("1", account=None)),
        frame("update", status("1", reblog={"id": "2"})),
        frame("update", status("", content=4)),
        b'{"event":"delete","payload":null}',
    ],
)
def test_garbage_is_counted_and_costs_nothing_else(data: bytes) -> None:
    stream = feed()
    assert stream.receive(data, T0) == []
    assert stream.rejects.total == 1
    assert posts(stream.receive(frame("update", status("2")), T0))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | broken_texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(broken_texts, inner, max_size=4),
    max_leaves=10,
)
_status = st.fixed_dictionaries(
    {},
    optional={
        key: _json | st.text()
        for key in ("id", "content", "created_at", "in_reply_to_id", "tags", "card", "reblog")
    }
    | {"account": st.fixed_dictionaries({}, optional={"acct": _json, "note": _json}) | _json},
)


@given(st.sampled_from(["update", "status.update", "delete", "filters_changed"]), _status | _json)
def test_no_frame_costs_the_next(event: str, payload: Any) -> None:
    stream = feed()
    stream.receive(frame(event, payload), T0)
    (post,) = posts(stream.receive(frame("update", status("next")), T0))
    assert post.id == "next"


@given(st.binary())
def test_no_bytes_break_the_feed(data: bytes) -> None:
    assert feed().receive(data, T0) == []


@pytest.mark.parametrize(
    ("text", "url", "path"),
    [
        (
            "wss://tide.example",
            "wss://tide.example/api/v1/streaming?stream=public",
            ("/api/v1/timelines/public", {}),
        ),
        (
            "wss://tide.example?tag=ai%20x",
            "wss://tide.example/api/v1/streaming?tag=ai+x&stream=hashtag",
            ("/api/v1/timelines/tag/ai%20x", {}),
        ),
        (
            "ws://127.0.0.1:3000/s?stream=public:local",
            "ws://127.0.0.1:3000/s?stream=public%3Alocal",
            ("/api/v1/timelines/public", {"local": "true"}),
        ),
    ],
)
def test_addresses(text: str, url: str, path: tuple[str, dict[str, str]]) -> None:
    address = stream_address(text)
    assert address.url == url
    assert timeline_path(address.query) == path


def test_rest_on_another_host() -> None:
    assert stream_address("wss://tide.example").api == "https://tide.example"
    address = stream_address("wss://streaming.tide.example?api=tide.example")
    assert address.api == "https://tide.example"
    assert "api=" not in address.url


@pytest.mark.parametrize(
    "text",
    [
        "wss://",
        "ws://tide.example",
        "wss://tide.example?stream=user",
        "wss://tide.example?stream=hashtag",
        "wss://tide.example?access_token=x",
        "wss://ada:word@tide.example",
        "wss://tide.example?stream=public:moon",
    ],
)
def test_no_addresses(text: str) -> None:
    with pytest.raises(UsageError):
        stream_address(text)


def test_real_statuses(shared: Path) -> None:
    streams = json.loads((shared / "wire" / "mastodon" / "sse_streams.json").read_text())
    found: list[Event] = []
    stream = feed()
    for body in (each["body"] for each in streams):
        for block in body.split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "event" in lines and "data" in lines:
                found += stream.receive(frame(lines["event"], lines["data"]), T0)
    assert posts(found)
    assert not stream.rejects
    assert not any("<p>" in post.text for post in posts(found))
