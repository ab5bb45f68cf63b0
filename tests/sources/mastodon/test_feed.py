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
from moltwatch.sources.mastodon import (
    MOST_PAGES,
    MastodonFeed,
    Reading,
    stream_address,
    timeline_path,
)
from moltwatch.times import HOUR, MINUTE, SECOND, Micros, format_time
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


# --- what a timeline gives back -------------------------------------------------------------------


def at(id: int, hours: float, **fields: Any) -> dict[str, Any]:
    """A status written so many hours before T0."""
    written = format_time(T0 - round(hours * HOUR))
    return status(f"{id}", f"<p>number {id}</p>", created_at=written, **fields)


def read(stream: MastodonFeed, timeline: list[dict[str, Any]], now: Micros = T0) -> Reading:
    """The timeline read as far as it is to be, forty posts a page."""
    reading, left = stream.reading(now), sorted(timeline, key=lambda one: -int(one["id"]))
    below: str | None = ""
    while below is not None:
        below = reading.take([one for one in left if not below or int(one["id"]) < int(below)][:40])
    return reading


def broken(before: list[dict[str, Any]], *seen: dict[str, Any], **options: Any) -> MastodonFeed:
    """A stream that began with so much in the timeline, brought some posts, and broke."""
    stream = feed(**options)
    stream.begin(read(stream, before), T0)
    for one in seen:
        stream.receive(frame("update", one), T0)
    stream.lost("connection lost")
    return stream


LATER = T0 + MINUTE
OLD = [at(1, 9), at(2, 8)]


def test_the_gap_of_a_broken_connection() -> None:
    stream = broken(OLD, at(5, 0))
    assert stream.broken
    given_back = stream.missed(read(stream, [*OLD, at(5, 0), at(6, 0)], LATER), LATER)
    assert [type(event) for event in given_back] == [Gap, Post]
    assert isinstance(given_back[0], Gap)
    assert given_back[0].recovered
    assert stream.receive(frame("update", at(6, 0)), LATER + SECOND) == []
    assert stream.newest == "6"


def test_a_gap_that_is_not_given_back() -> None:
    stream = broken(OLD, at(5, 0))
    (gap,) = stream.missed(stream.reading(LATER), LATER)
    assert isinstance(gap, Gap)
    assert not gap.recovered


def test_a_post_that_another_server_sent_late_stands_below_newer_ones() -> None:
    """Its id is that of the time it was written: asked for by ``since_id`` it would not be seen."""
    stream = broken(OLD, at(50, 0))
    late = at(40, 3)
    given_back = stream.missed(read(stream, [*OLD, late, at(50, 0), at(60, 0)], LATER), LATER)
    assert [post.id for post in posts(given_back)] == ["40", "60"]
    assert isinstance(given_back[0], Gap)
    assert given_back[0].recovered


def test_how_late_they_may_be_must_be_read_or_the_gap_stays_open() -> None:
    crowd = [at(1_000 + number, 2 - number / 1_000) for number in range(1_900)]
    for local, closes in ((False, False), (True, True)):
        stream = broken(crowd, at(5_000, 0), local=local)
        reading = read(stream, [*crowd, at(5_000, 0), at(5_001, 0)], LATER)
        gap, *rest = stream.missed(reading, LATER)
        assert isinstance(gap, Gap)
        assert gap.recovered is closes
        assert ("; posts that were sent late may be missing" in gap.reason) is not closes
        assert [post.id for post in posts(rest)] == ["5001"], "what was there before is not new"


def test_a_watch_that_could_not_look_at_its_beginning_closes_no_gap_soon() -> None:
    stream = feed()
    stream.begin(stream.reading(T0), T0)
    stream.receive(frame("update", at(5, 0)), T0)
    stream.lost("connection lost")
    timeline = [*OLD, at(4, 1), at(5, 0), at(6, 0)]
    gap, *rest = stream.missed(read(stream, timeline, LATER), LATER)
    assert isinstance(gap, Gap)
    assert not gap.recovered
    assert [post.id for post in posts(rest)] == ["6"]
    much_later = T0 + 7 * HOUR
    stream.receive(frame("update", at(7, -7)), much_later)
    stream.lost("connection lost")
    gap, *_ = stream.missed(read(stream, [*timeline, at(7, -7)], much_later), much_later)
    assert isinstance(gap, Gap)
    assert gap.recovered


def test_what_stood_in_the_timeline_because_it_had_just_been_written_is_not_older() -> None:
    """The stream was there first, and broke before it had told all of it."""
    stream = broken([*OLD, at(5, 0), at(6, 0), at(7, 0)], at(5, 0))
    timeline = [*OLD, at(5, 0), at(6, 0), at(7, 0), at(8, 0)]
    given_back = stream.missed(read(stream, timeline, LATER), LATER)
    assert [post.id for post in posts(given_back)] == ["6", "7", "8"]


def test_where_nothing_was_heard_the_watch_begins_anew() -> None:
    stream = broken([*OLD, at(5, 0)])
    assert stream.begins
    assert not stream.broken


@pytest.mark.parametrize("timeline", [[], [at(60, 0), at(70, 0)]])
def test_a_timeline_without_what_is_known_proves_nothing(timeline: list[dict[str, Any]]) -> None:
    stream = broken([], at(50, 0))
    gap, *rest = stream.missed(read(stream, timeline, LATER), LATER)
    assert isinstance(gap, Gap)
    assert not gap.recovered
    assert gap.reason == "connection lost; not all of it could be read back"
    assert len(posts(rest)) == len(timeline)


def test_more_than_can_be_read_back_is_a_gap() -> None:
    stream = broken(OLD, at(5, 0))
    crowd = [at(1_000 + number, 0) for number in range(40 * MOST_PAGES + 1)]
    gap, *rest = stream.missed(read(stream, [*OLD, at(5, 0), *crowd], LATER), LATER)
    assert isinstance(gap, Gap)
    assert not gap.recovered
    assert len(posts(rest)) == 40 * MOST_PAGES


def test_a_page_that_comes_again_ends_the_reading() -> None:
    stream = broken(OLD, at(5, 0))
    reading = stream.reading(LATER)
    page = [at(number, 0) for number in range(90, 50, -1)]
    assert reading.take(page) == "51"
    assert reading.take(page) is None
    gap, *rest = stream.missed(reading, LATER)
    assert isinstance(gap, Gap)
    assert not gap.recovered
    assert len(posts(rest)) == 40


def test_a_page_of_rubbish_closes_nothing() -> None:
    stream = broken(OLD, at(5, 0))
    reading = stream.reading(LATER)
    rubbish: list[Any] = [None, 7, {}, {"id": 5}, {"id": "x" * 9_000}, at(6, 0) | {"account": 1}]
    assert reading.take(rubbish) == "6"
    assert reading.take([None]) is None
    (gap,) = stream.missed(reading, LATER)
    assert isinstance(gap, Gap)
    assert not gap.recovered
    assert stream.rejects.counts == {"no author": 1}


def test_what_was_changed_and_deleted_meanwhile() -> None:
    stream = broken(OLD, at(5, 1), at(6, 0.5), at(7, 0), at(8, 0))
    changed = at(6, 0.5) | {"content": "<p>other words</p>", "edited_at": format_time(T0)}
    once = at(5, 1) | {"edited_at": format_time(T0 - HOUR)}
    reading = read(stream, [*OLD, once, changed, at(8, 0)], LATER)
    assert stream.gone(reading) == ["7"]
    assert stream.gone(reading) == [], "asked once"
    given_back = stream.missed(reading, LATER, deleted=["7"])
    assert [(type(event), getattr(event, "id", "")) for event in given_back] == [
        (Gap, ""),
        (Edit, "6"),
        (Delete, "7"),
    ]


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
