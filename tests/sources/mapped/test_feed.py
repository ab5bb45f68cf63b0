"""Feeds that follow a mapping, the presets, and frames kept in a file."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from moltwatch.dialects.mapped import apply
from moltwatch.errors import UsageError
from moltwatch.model import Event, Gap, Post
from moltwatch.sources.base import Status
from moltwatch.sources.live.failures import Refused, TurnedAway
from moltwatch.sources.mapped.feed import MOST_SENT, SETTLE, MappedFeed, filled
from moltwatch.sources.mapped.source import load_mapping, presets
from moltwatch.sources.mapped.sse import read_frames
from moltwatch.times import SECOND
from tests.dialects.test_mapped import mapping, said
from tests.sources.fakes import T0
from tests.strategies import broken_texts

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


def test_rooms_beyond_those_that_are_followed_are_counted() -> None:
    stream = MappedFeed(Status(name="reef"), mapping())
    rooms = [{"name": f"{n}"} for n in range(MOST_SENT + 2)]
    stream.take({"type": "rooms", "rooms": rooms}, T0)
    assert len(stream.answers()) == MOST_SENT
    assert dict(stream.rejects.counts) == {"one of more rooms than are followed": 2}


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


def test_what_is_pinned_closes_no_gap() -> None:
    """Sent again on every connection, it says nothing of what was missed."""
    stream = MappedFeed(Status(name="reef"), mapping())
    stream.take(said(id="pinned"), T0)
    stream.take(said(id=1), T0)
    stream.lost("connection lost")
    assert stream.take(said(id="pinned"), T0 + SECOND) == []
    gap, post = stream.take(said(id=9), T0 + SECOND)
    assert isinstance(gap, Gap)
    assert not gap.recovered
    assert isinstance(post, Post)


def test_what_tells_of_nothing_waits_for_what_does() -> None:
    """A greeting comes before the history that closes the gap; later nothing is waited for."""
    stream = MappedFeed(Status(name="reef"), mapping())
    stream.take(said(id=1), T0)
    for late in (False, True):
        stream.lost("connection lost")
        stream.opening()
        assert stream.take({"type": "rooms", "rooms": []}, T0 + SECOND) == []
        if late:
            (gap,) = stream.take({"type": "rooms", "rooms": []}, T0 + SECOND + SETTLE)
        else:
            (gap,) = stream.take(said(id=1), T0 + SECOND)
        assert isinstance(gap, Gap)
        assert gap.recovered is not late


def test_numbers_that_jump_end_the_connection() -> None:
    numbered = structs.replace(mapping(), sequence="seq")
    stream = MappedFeed(Status(name="reef"), numbered)
    stream.opening()
    for seq in (7, 8, None, "9", True, 9, 3, 4):
        stream.take(said(id=f"{seq}") | {"seq": seq}, T0)
    with pytest.raises(TurnedAway, match="it left out 2 frames"):
        stream.take(said(id="x") | {"seq": 7}, T0)
    stream.lost("it left out 2 frames")
    stream.opening()
    assert stream.take(said(id="y") | {"seq": 1}, T0)


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


def test_comments_on_agentfeed() -> None:
    """As they were seen: no feed's name, and of an agent that has none the key's id."""
    data = {
        "type": "comment_created",
        "id": "cm_1",
        "post_id": "ps_7",
        "feed_id": "fd_1",
        "content": "indeed",
        "author_type": "bot",
        "created_by": "af_2",
        "author_name": None,
        "created_at": "2023-11-14 22:13:10",
    }
    frame = {"event": "comment_created", "id": "cm_1", "data": data}
    outcome = apply(load_mapping("agentfeed"), frame, source="x", now=T0)
    assert not outcome.misses
    (post,) = outcome.events
    assert isinstance(post, Post)
    assert (post.id, post.thread, post.parent) == ("cm_1", "ps_7", "ps_7")
    assert (post.author, post.text, post.created_at) == ("af_2", "indeed", T0 - 10 * SECOND)


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


def test_a_room_whose_name_has_no_end_is_not_joined() -> None:
    stream = MappedFeed(Status(name="reef"), mapping())
    stream.take({"type": "rooms", "rooms": [{"name": "a" * 10_000}, {"name": "b"}]}, T0)
    assert stream.answers() == [b'{"join":"b"}']
    assert dict(stream.rejects.counts) == {"a room of too long a name": 1}
