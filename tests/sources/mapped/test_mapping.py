"""Mapping files: what they say, what they make of frames, and how they explain what failed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.errors import UsageError
from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Post, Vote
from moltwatch.sources.base import Status
from moltwatch.sources.live.failures import Refused
from moltwatch.sources.mapped.apply import apply, filled
from moltwatch.sources.mapped.feed import MappedFeed
from moltwatch.sources.mapped.mapping import Mapping, load_mapping, presets, read_mapping
from moltwatch.sources.mapped.saved_frames import read_frames
from moltwatch.times import SECOND
from tests.sources.fakes import T0
from tests.strategies import broken_texts

WHOLE = b"""
source = "reef"
heartbeat = 5

[[send]]
frame = { type = "hello", key = "{key}", number = "{number}" }

[[send]]
when = "type == 'rooms'"
each = "rooms[].name"
frame = { join = "{each}" }

[[refuse]]
when = "type == 'no'"
reason = "why"

[[event]]
when = "type == 'said'"
each = "items"
[event.fields]
id = "id"
author = "by.name"
text = "body || lines"
title = "title"
parent = "re"
thread = "top"
community = "room"
time = "at"
link = "link"
url = "url"
score = "votes"

[[event]]
when = "type == 'changed'"
make = "edit"
fields = { id = "id", text = "body" }

[[event]]
when = "type == 'gone'"
make = "delete"
fields = { id = "id" }

[[event]]
when = "type == 'liked'"
make = "vote"
fields = { id = "id", delta = "by" }

[[event]]
when = "type == 'who'"
make = "agent"
fields = { author = "name", bio = "bio", display = "shown", time = "since" }

[[event]]
when = "contains(['beat', 'rooms'], type)"
make = "nothing"
"""


def mapping() -> Mapping:
    return read_mapping(WHOLE, "reef.toml")


def made(frame: Any) -> list[Event]:
    outcome = apply(mapping(), frame, source="reef", now=T0)
    assert not outcome.misses
    return outcome.events


def said(**fields: Any) -> dict[str, Any]:
    return {"type": "said", "items": [{"id": 1, "by": {"name": "ada"}, "body": "hi"} | fields]}


def test_everything_a_post_can_have() -> None:
    (post,) = made(
        said(
            title="t",
            re="p",
            top="r",
            room={"name": "general"},
            at="2023-11-14 22:13:00",
            link="https://x.example",
            url="https://reef.example/1",
            votes="4",
        )
    )
    assert post == Post(
        id="1",
        thread="r",
        parent="p",
        author="ada",
        community="general",
        title="t",
        text="hi",
        created_at=T0 - 20 * SECOND,
        seen_at=T0,
        link="https://x.example",
        url="https://reef.example/1",
        score=4,
        source="reef",
    )


def test_where_a_post_belongs() -> None:
    def place(**fields: Any) -> tuple[str, str | None]:
        (post,) = made(said(**fields))
        assert isinstance(post, Post)
        return post.thread, post.parent

    assert place() == ("1", None)
    assert place(re="p") == ("p", "p")
    assert place(top="r") == ("r", "r")
    assert place(re=1, top=1) == ("1", None)


def test_a_text_in_pieces() -> None:
    (post,) = made(said(body=None, lines=["one", "two"]))
    assert isinstance(post, Post)
    assert post.text == "one\ntwo"


def test_the_other_events() -> None:
    at: dict[str, Any] = {"seen_at": T0, "source": "reef"}
    assert made({"type": "changed", "id": "1", "body": "new"}) == [Edit(id="1", text="new", **at)]
    assert made({"type": "gone", "id": "1"}) == [Delete(id="1", **at)]
    assert made({"type": "liked", "id": "1", "by": -1}) == [Vote(id="1", delta=-1, **at)]
    assert made({"type": "who", "name": "ada", "bio": "b", "shown": "A"}) == [
        AgentSeen(name="ada", bio="b", display="A", **at)
    ]
    assert made({"type": "beat"}) == []


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (said(by={"handle": "ada"}), "author: by.name found nothing: by has handle"),
        (said(by=None), "author: by.name found nothing: the frame has id, by, body"),
        (said(by="ada"), "author: by.name found nothing: by is a text, not an object"),
        (said(id=None), "id: id found nothing: the frame has id, by, body"),
        (said(id={"x": 1}), "id: id is an object, which cannot be used"),
        (said(body=None), "text: body || lines found nothing"),
        (said(body=True), "text: text is not a text"),
    ],
)
def test_a_path_that_fails_is_explained(frame: Any, why: str) -> None:
    outcome = apply(mapping(), frame, source="reef", now=T0)
    assert outcome.events == []
    assert [str(miss) for miss in outcome.misses] == [f"event 1: {why}"]


def test_a_bad_part_does_not_cost_its_neighbours() -> None:
    frame = {"type": "said", "items": [3, said()["items"][0], None]}
    outcome = apply(mapping(), frame, source="reef", now=T0)
    assert len(outcome.events) == 1
    assert len(outcome.misses) == 2


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | broken_texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "by", "name", "body", "items", "at", "room", "key", "data"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(
    st.sampled_from([*presets(), "reef"]),
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["said", "changed", "gone", "who", "rooms", "res"]) | _values,
            "event": st.sampled_from(["message", "history", "session.message"]) | _values,
            "items": _values,
            "data": _values,
            "payload": _values,
        },
    )
    | _values,
)
def test_no_frame_breaks_a_mapping(name: str, frame: Any) -> None:
    followed = mapping() if name == "reef" else load_mapping(name)
    stream = MappedFeed(Status(name=name), followed)
    try:
        stream.take(frame, T0)
    except Refused:
        assert name == "openclaw"
    stream.answers()


@given(st.binary())
def test_no_bytes_break_the_feed(data: bytes) -> None:
    stream = MappedFeed(Status(name="reef"), mapping())
    assert stream.receive(data, T0) == []


def test_frames_to_send() -> None:
    stream = MappedFeed(Status(name="reef"), mapping(), key="k" * 3)
    assert stream.opening() == [b'{"type":"hello","key":"kkk","number":"1"}']
    stream.take({"type": "rooms", "rooms": [{"name": "a"}, {"name": 'b"}'}, {"name": {}}]}, T0)
    assert stream.answers() == [b'{"join":"a"}', b'{"join":"b\\"}"}']
    stream.take({"type": "rooms", "rooms": [{"name": "a"}]}, T0)
    assert stream.answers() == [], "once a connection"
    stream.opening()
    stream.take({"type": "rooms", "rooms": [{"name": "a"}]}, T0)
    assert stream.answers() == [b'{"join":"a"}']


def test_a_key_that_is_not_there_leaves_no_place() -> None:
    assert filled({"auth": {"token": "{key}"}, "n": [1]}, {"{key}": None}) == {"auth": {}, "n": [1]}


def test_refused_by_the_server() -> None:
    stream = MappedFeed(Status(name="reef"), mapping())
    with pytest.raises(Refused, match="it refuses us: go away"):
        stream.take({"type": "no", "why": "go away"}, T0)


def test_frames_without_a_rule_are_counted() -> None:
    stream = MappedFeed(Status(name="reef"), mapping())
    stream.take({"type": "surprise"}, T0)
    stream.take(said(by=None), T0)
    assert dict(stream.rejects.counts) == {
        "a frame for which the mapping has no rule": 1,
        "event 1: no author": 1,
    }


def test_a_history_that_overlaps_closes_the_gap() -> None:
    stream = MappedFeed(Status(name="reef"), mapping())
    stream.take(said(id=1), T0)
    stream.lost("connection lost")
    gap, post = stream.take(
        {"type": "said", "items": [said(id=n)["items"][0] for n in (1, 2)]}, T0 + SECOND
    )
    assert isinstance(gap, Gap)
    assert gap.recovered
    assert isinstance(post, Post)
    assert post.id == "2"


def test_presets_are_sound() -> None:
    assert set(presets()) == {"agentfeed", "chatr", "openclaw"}
    for name in presets():
        assert load_mapping(name).about


def test_agentfeed() -> None:
    data = {"id": "7", "content": "hi", "author_name": "ada", "created_at": "2023-11-14 22:13:00"}
    frame = {"event": "post_created", "id": "7", "data": {**data, "feed_name": "news"}}
    (post,) = apply(load_mapping("agentfeed"), frame, source="x", now=T0).events
    assert isinstance(post, Post)
    assert (post.author, post.community, post.created_at) == ("ada", "news", T0 - 20 * SECOND)


def test_chatr_history_and_message() -> None:
    one = {"id": 1, "agentName": "ada", "content": "hi", "timestamp": T0 // 1_000}
    chatr = load_mapping("chatr")
    for data in ({"messages": [one]}, [one]):
        (post,) = apply(chatr, {"event": "history", "data": data}, source="x", now=T0).events
        assert isinstance(post, Post)
        assert (post.id, post.author, post.created_at) == ("1", "ada", T0)
    (post,) = apply(chatr, {"event": "message", "data": one}, source="x", now=T0).events
    assert isinstance(post, Post)
    assert apply(chatr, {"event": "stats", "data": {}}, source="x", now=T0).rules


def test_openclaw_text_in_blocks_and_calls_without_text() -> None:
    def events(content: Any) -> list[Event]:
        message = {"role": "assistant", "content": content}
        payload = {"sessionKey": "main", "messageId": "m1", "message": message}
        frame = {"type": "event", "event": "session.message", "payload": payload}
        outcome = apply(load_mapping("openclaw"), frame, source="openclaw", now=T0)
        assert outcome.rules
        assert not outcome.misses
        return outcome.events

    (post,) = events([{"type": "text", "text": "a"}, {"type": "toolCall"}])
    assert isinstance(post, Post)
    assert (post.thread, post.author, post.text) == ("main", "main/assistant", "a")
    (plain,) = events("b")
    assert isinstance(plain, Post)
    assert plain.text == "b"
    assert events([{"type": "toolCall"}]) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"\xff", "decode"),
        (b"[[event]", "mapping m: "),
        (b"", "event"),
        (b"event = []", "nothing would come of it"),
        (b"colour = 1\n[[event]]", "colour"),
        (b"[[event]]", "event 1: a post needs id"),
        (b'[[event]]\nmake = "cake"', "make"),
        (
            b'[[event]]\nfields = { id = "a..b", author = "a", text = "t" }',
            r"event 1: id: not a JMESPath expression: a\.\.b",
        ),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said(text: bytes, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_mapping(text, "m")


def test_no_such_mapping() -> None:
    with pytest.raises(UsageError, match="presets are: agentfeed, chatr, openclaw"):
        load_mapping("nowhere.toml")


@pytest.mark.parametrize(
    ("data", "frames"),
    [
        (b'{"a":1}', [{"a": 1}]),
        (b'{\n"a":1\n}', [{"a": 1}]),
        (b'{"a":1}\n\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
        (
            b'event: message\nid: 4\ndata: {"a":1}\n\ndata: text',
            [
                {"event": "message", "id": "4", "data": {"a": 1}},
                {"event": "message", "id": "4", "data": "text"},
            ],
        ),
    ],
)
def test_saved_frames(data: bytes, frames: list[Any]) -> None:
    assert read_frames(data) == frames


def test_a_file_without_frames() -> None:
    with pytest.raises(UsageError, match="no frame in it"):
        read_frames(b"hello")
