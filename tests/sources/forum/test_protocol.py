"""The codec of the forum websocket: both directions, and nothing it is fed makes it raise."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from moltwatch.sources.forum.protocol import (
    LONGEST_CURSOR,
    Beat,
    End,
    Error,
    Events,
    Garbage,
    ServerFrame,
    Subscribe,
    Welcome,
    encode,
    read_client_frame,
    read_server_frame,
)
from moltwatch.times import EARLIEST, LATEST

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
cursors = st.none() | words
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def is_json(value: object) -> bool:
    """Python's idea of JSON includes NaN and Infinity, which is not everybody's."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


server_frames: st.SearchStrategy[ServerFrame] = st.one_of(
    st.builds(
        Welcome,
        forum=words,
        clock=st.sampled_from(["wall", "stream"]),
        cursor=cursors,
        resumed=st.booleans(),
        missed=st.none() | st.integers(0, 10**9),
        heartbeat=st.none() | st.floats(0, 1e6),
    ),
    st.builds(Beat, at=st.none() | st.integers(EARLIEST, LATEST - 1), cursor=cursors),
    st.builds(End, cursor=cursors),
    st.builds(Error, code=words, message=words),
)


@given(server_frames)
def test_server_frames_survive(frame: ServerFrame) -> None:
    # An empty cursor of a heartbeat is no cursor.
    if isinstance(frame, Beat) and frame.cursor == "":
        return
    assert read_server_frame(encode(frame)) == frame


@given(cursors, st.none() | st.lists(words, max_size=5).map(tuple))
def test_subscriptions_survive(since: str | None, communities: tuple[str, ...] | None) -> None:
    frame = Subscribe(since=since, communities=communities)
    assert read_client_frame(encode(frame)) == frame


@given(st.lists(json_values.filter(is_json), max_size=5))
def test_events_are_passed_on_as_they_are(values: list[object]) -> None:
    raws = tuple(Raw(json.dumps(value).encode()) for value in values)
    frame = read_server_frame(encode(Events(cursor="c", events=raws)))
    assert isinstance(frame, Events)
    assert [json.loads(bytes(raw)) for raw in frame.events] == values


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_frame_or_garbage(data: bytes) -> None:
    assert isinstance(read_server_frame(data), ServerFrame | Garbage)
    assert isinstance(read_client_frame(data), Subscribe | Garbage)


@given(st.sampled_from(["welcome", "events", "heartbeat", "end", "error", "subscribe"]), st.data())
def test_garbage_in_known_frames_is_one_or_the_other(kind: str, data: st.DataObject) -> None:
    keys = ("protocol", "cursor", "events", "at", "clock", "since", "communities", "heartbeat")
    frame = {"type": kind} | data.draw(st.dictionaries(st.sampled_from(keys), json_values))
    sent = json.dumps(frame).encode()
    assert isinstance(read_server_frame(sent), ServerFrame | Garbage)
    assert isinstance(read_client_frame(sent), Subscribe | Garbage)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "a frame that is not JSON"),
        (b"hello", "a frame that is not JSON"),
        (b"[1, 2]", "a frame of the wrong shape"),
        (b'{"type": "events", "events": 7}', "a frame of the wrong shape"),
        (b'{"type": "welcome", "clock": "sundial"}', "a frame of the wrong shape"),
        (b'{"type": "heartbeat", "at": "teatime"}', "a heartbeat without a readable time"),
        pytest.param(b'{"a":' * 100_000, "a frame that is not JSON", id="deep"),
    ],
)
def test_garbage_has_a_reason(data: bytes, reason: str) -> None:
    assert read_server_frame(data) == Garbage(reason=reason)


@pytest.mark.parametrize(
    "data",
    [
        b'{"type": "post", "id": "1", "author": "ada"}',
        b'{"id": 1, "author": {"name": "ada"}, "content": "hello"}',
        b'{"type": null, "id": 1}',
        b'{"type": ["events"]}',
    ],
)
def test_a_bare_event_is_a_frame(data: bytes) -> None:
    frame = read_server_frame(data)
    assert isinstance(frame, Events)
    assert [bytes(raw) for raw in frame.events] == [data]
    assert frame.cursor is None


def test_a_bare_recorded_heartbeat_is_a_heartbeat() -> None:
    assert read_server_frame(b'{"type": "heartbeat", "seen_at": 7}') == Beat(at=7)
    assert read_server_frame(b'{"type": "heartbeat", "at": "1970-01-01T00:00:01Z"}') == Beat(
        at=1_000_000
    )


def test_a_lone_surrogate_costs_no_neighbour() -> None:
    texts = (rb"\ud800 \\ud800 \ud83d\ude00", rb"fine \udfff")
    data = b'{"type":"events","events":[{"text":"%b"},{"text":"%b"}]}' % texts
    frame = read_server_frame(data)
    assert isinstance(frame, Events)
    found = [json.loads(bytes(raw))["text"] for raw in frame.events]
    assert found == ["� \\ud800 😀", "fine �"]


def test_bytes_that_are_not_utf_8_cost_only_themselves() -> None:
    frame = read_server_frame(b'{"type":"events","events":[{"text":"\xff"},2]}')
    assert isinstance(frame, Events)
    assert [bytes(raw) for raw in frame.events][1:] == [b"2"]


def test_an_absurd_cursor_is_not_kept() -> None:
    long = "x" * (LONGEST_CURSOR + 1)
    frame = read_server_frame(encode(Events(cursor=long, events=(Raw(b"1"),))))
    assert isinstance(frame, Events)
    assert frame.cursor is None
    assert len(frame.events) == 1
