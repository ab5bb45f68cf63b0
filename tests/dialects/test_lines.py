"""Lines as people and programs write them, and lines that are broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.dialects.lines import Lines, decode, encode, encode_lines, is_sane
from moltwatch.errors import RecordingError
from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Heartbeat, Post, Vote
from moltwatch.times import SECOND, parse_time
from tests.recording.files import lines, read
from tests.strategies import json_values, streams

GOOD = b'{"type":"heartbeat","seen_at":1700000000000000}'
BEAT = Heartbeat(seen_at=1_700_000_000_000_000)
NOON = parse_time("2026-02-01T12:00:00Z")


def taken(*written: object, now: int | None = None) -> tuple[list[Event], Lines]:
    reader = Lines("test", source="here", now=None if now is None else lambda: now)
    return reader.read(json.dumps(value).encode() for value in written), reader


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            {"type": "post", "id": 7, "author": "a", "created_at": "2026-02-01T12:00:00Z"},
            Post(id="7", thread="7", author="a", created_at=NOON, seen_at=NOON, source="here"),
        ),
        (
            {"type": "post", "id": "c", "thread": "r", "author": "a", "created_at": 1769947200,
             "seen_at": "1769947201.5", "source": "there"},
            Post(id="c", thread="r", parent="r", author="a", created_at=NOON,
                 seen_at=NOON + 3 * SECOND // 2, source="there"),
        ),
        (
            {"type": "comment", "id": "c", "post_id": "r", "parent_id": None, "author": "a",
             "content": None, "created_at": "2026-02-01 12:00:00+00:00"},
            Post(id="c", thread="r", parent="r", author="a", created_at=NOON, seen_at=NOON,
                 source="here"),
        ),
        ({"type": "edit", "id": "a", "seen_at": "2026-02-01T12:00:00Z", "content": "new"},
         Edit(id="a", seen_at=NOON, text="new", source="here")),
        ({"type": "delete", "id": 3, "seen_at": 1769947200000},
         Delete(id="3", seen_at=NOON, source="here")),
        ({"type": "vote", "id": "a", "seen_at": "2026-02-01T12:00:00Z", "delta": "-1"},
         Vote(id="a", seen_at=NOON, delta=-1, source="here")),
        ({"type": "agent", "name": "a", "seen_at": "2026-02-01T12:00:00Z", "description": "b"},
         AgentSeen(name="a", seen_at=NOON, bio="b", source="here")),
        ({"type": "gap", "seen_at": "2026-02-01T12:00:00Z", "since": 1769947100,
          "until": 1769947200, "reason": "closed"},
         Gap(seen_at=NOON, since=NOON - 100 * SECOND, until=NOON, reason="closed", source="here")),
        ({"type": "heartbeat", "seen_at": "2026-02-01T12:00:00Z"},
         Heartbeat(seen_at=NOON, source="here")),
    ],
)  # fmt: skip
def test_lines_written_by_hand(written: object, read: Event) -> None:
    events, reader = taken(written)
    assert not reader.rejects
    assert events == [read]


def test_what_has_no_time_takes_that_of_the_stream() -> None:
    events, _ = taken(
        {"type": "heartbeat", "seen_at": NOON},
        {"type": "delete", "id": "a"},
        {"type": "post", "id": "b", "author": "x", "created_at": "not a time"},
        {"type": "post", "id": "c", "thread": "c", "author": "x", "created_at": -1, "seen_at": -1},
        {"type": "heartbeat", "seen_at": 10**22},
    )
    assert [event.seen_at for event in events] == [NOON] * 5
    events, reader = taken({"type": "heartbeat"}, {"id": "b", "author": "x", "text": "y"})
    assert not events
    assert dict(reader.rejects.counts) == {"no time": 2}


def test_answers_to_answers_are_in_the_thread_of_the_first() -> None:
    lines = Lines("standard input", now=lambda: NOON)
    events = lines.read(
        json.dumps({"id": id, "parent_id": parent, "author": "nova"}).encode()
        for id, parent in (("a", None), ("b", "a"), ("c", "b"), ("d", "c"), ("e", "e"))
    )
    assert [(p.thread, p.parent) for p in events if isinstance(p, Post)] == [
        ("a", None), ("a", "a"), ("a", "b"), ("a", "c"), ("e", None),
    ]  # fmt: skip


def test_a_comment_numbered_like_a_post_takes_nothing_into_its_thread() -> None:
    events, _ = taken(
        {"id": 3, "author": "x", "content": "one thread"},
        {"id": 5, "author": "x", "content": "another"},
        {"id": 5, "post_id": 3, "author": "x", "content": "the fifth comment"},
        {"id": 9, "post_id": 5, "author": "x", "content": "on the other thread"},
        now=NOON,
    )
    assert [post.thread for post in events if isinstance(post, Post)] == ["3", "5", "3", "5"]


def test_an_id_as_long_as_a_book_is_not_remembered() -> None:
    long = "b" * 1_000
    events, _ = taken(
        {"id": long, "parent_id": "a", "author": "x"},
        {"id": "c", "parent_id": long, "author": "x"},
        now=NOON,
    )
    assert [post.thread for post in events if isinstance(post, Post)] == ["a", long]


def test_observed_now_unless_it_says_otherwise() -> None:
    events, _ = taken(
        {"id": "a", "author": "x", "created_at": "2020-01-01T00:00:00Z"},
        {"id": "b", "author": "x", "created_at": 1, "seen_at": "2026-02-01T11:00:00Z"},
        now=NOON,
    )
    assert [event.seen_at for event in events] == [NOON, NOON - 3600 * SECOND]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"42", "not an object"),
        (b"null", "not an object"),
        (b'{"type":"post"}', "no id"),
        (b'{"type":"comment","id":"a","author":"x","created_at":1}', "comment without its post"),
        (b'{"type":"edit","seen_at":1700000000000000}', "no id"),
        (b'{"type":"gap","seen_at":1700000000000000}', "gap without since and until"),
        (b'{"success":false,"error":"x"}', "an error answer, not data"),
        (b'{"id":"a","created_at":1,"text":{}}', "text is not a text"),
        (b'{"id":"a","name":"x","description":"y","subscriber_count":3}',
         "a community, not a post"),
        (b'{"type":"header","format":"other"}', "a header of something else"),
        (b'{"type":"header","title":7}', "damaged header"),
        (b'{"type":"header","simulated":"\\ud800"}', "damaged header"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"x":' * 200_000, "nested too deeply"),
    ],
)  # fmt: skip
async def test_a_bad_line_costs_only_itself(tmp_path: Path, line: bytes, reason: str) -> None:
    events, rejects = await read(lines(tmp_path / "a.jsonl", GOOD, line, GOOD))
    assert list(rejects) == [(reason, 1, "line 2")]
    assert events == [BEAT, BEAT]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b'{"id":"a","author":"x","created_at":1,"text":"\\ud800!"}', "\ufffd!"),
        (b'{"id":"a","author":"x","created_at":1,"text":"\xff!"}', "\ufffd!"),
        (b'{"id":"a","author":"x","created_at":1,"text":"\x00\x1b\t!"}', "\x00\x1b\t!"),
        (b'{"id":"a","author":"x","created_at":1,"text":"\\u0000"}', "\x00"),
        (b'{"id":"a","author":"x","created_at":1,"text":17}', "17"),
        (b'{"id":"a","author":"x","created_at":1,"text":NaN}', "nan"),
        (b'{"id":"a","author":"x","created_at":1,"score":1e999}', ""),
        (b'{"id":"a","author":"x","created_at":1,"text":"' + b"x" * 3_000_000 + b'"}',
         "x" * 3_000_000),
    ],
    ids=str,
)  # fmt: skip
def test_a_strange_text_is_no_reason_to_lose_a_post(line: bytes, text: str) -> None:
    reader = Lines("test")
    (post,) = reader.read([line])
    assert isinstance(post, Post)
    assert post.text == text
    decode(encode(post))


def test_absurd_numbers_do_not_stop_the_reader() -> None:
    reader = Lines("test")
    digits = b"9" * 5_000
    events = reader.read(
        [
            b'{"id":%s,"created_at":1}' % digits,
            b'{"id":"a","created_at":1,"score":%s}' % digits,
            GOOD,
        ]
    )
    assert events[-1:] == [BEAT]
    assert len(events) + reader.rejects.total == 3


async def test_marks_and_line_ends_of_other_systems(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD + b"\r\n\r\n  \r\n" + GOOD + b"\r\n")
    events, rejects = await read(path)
    assert events == [BEAT, BEAT]
    assert not rejects


def test_version_of_the_future() -> None:
    with pytest.raises(RecordingError, match=r"test was written by a later .*update moltwatch"):
        taken({"type": "header", "format": "moltwatch", "version": 2})


def test_recordings_can_be_put_one_behind_the_other() -> None:
    head = {"type": "header", "title": "first"}
    events, reader = taken(head, json.loads(GOOD), {**head, "title": "second"}, json.loads(GOOD))
    assert events == [BEAT, BEAT]
    assert reader.header is not None
    assert reader.header.title == "first"
    assert not reader.rejects


@given(values=st.lists(json_values, max_size=6), now=st.none() | st.just(NOON))
def test_any_json_at_all(values: list[object], now: int | None) -> None:
    """Nothing raises but a version of the future, and everything that comes out can be written."""
    events, reader = taken(*values, now=now)
    for event in events:
        assert is_sane(event)
        assert decode(encode(event)) == event
        if isinstance(event, Post):
            assert event.is_root == (event.parent is None)
            assert event.parent != event.id
    assert reader.number == len(values)


@given(garbage=st.lists(st.binary(max_size=40).filter(lambda b: b"\n" not in b)), stream=streams)
def test_garbage_before_good_lines(garbage: list[bytes], stream: list[Event]) -> None:
    good = encode_lines(stream).split(b"\n")[:-1]
    events = Lines("test").read([*garbage, *good])
    assert events[len(events) - len(stream) :] == stream
