"""What is read in one step is what the general reader makes of it, or is left to it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.dialects.fields import read_json
from moltwatch.dialects.lines import Lines, Threading, encode, read_own
from moltwatch.dialects.registry import MOLTBOOK, dialect_of, events_from
from moltwatch.dialects.usual import read_usual
from moltwatch.errors import Rejects
from moltwatch.model import Event
from moltwatch.times import parse_time
from tests.strategies import events, json_values, texts

AT = "2026-02-01T12:00:00.25+00:00"
NOON = parse_time(AT)

_ids = st.sampled_from(["a", "b", "c"]) | texts.filter(str.strip)
_counts = st.integers(-5, 500)
_usual = st.fixed_dictionaries(
    {
        "id": _ids,
        "author": _ids,
        "created_at": st.sampled_from([AT, "2026-02-01 12:00", "1769947200.5"]),
    },
    optional={
        "type": st.sampled_from(["post", "comment", None]),
        "post_id": st.none() | _ids,
        "parent_id": st.none() | _ids,
        "submolt": st.none() | _ids,
        "title": st.none() | texts,
        "content": st.none() | texts,
        "url": st.none()
        | texts
        | st.sampled_from(["https://a.example/a", "https://a.example/?p=b#c"]),
        "upvotes": st.none() | _counts,
        "downvotes": st.none() | _counts,
    },
)
_seldom = st.sampled_from(
    ["id", "author", "created_at", "type", "post_id", "parent_id", "submolt", "title", "content",
     "url", "upvotes", "downvotes", "seen_at", "score", "source", "thread", "uuid", "text", "link",
     "post", "replies", "data", "username", "account", "visibility", "reblog", "pubkey", "sig",
     "tags", "kind", "success"]
)  # fmt: skip
_odd = json_values | st.sampled_from(
    ["", " ", "\u2003", "agent", "header", "soon", "1769947200", "1960-01-01", 1_769_947_200, "4",
     10**18 - 1, 10**18, 3.0, 0.5, True]
)  # fmt: skip
objects = st.builds(
    lambda usual, odd: usual | odd,
    _usual,
    st.just({}) | st.dictionaries(_seldom, _odd, max_size=2),
)
"""Usual objects, and some with a key too many or a value of another sort."""


def line_of(item: object) -> bytes:
    return json.dumps(item).encode()


def patiently(line: bytes, source: str | None, now: int | None, rejects: Rejects) -> list[Event]:
    """What the general reader makes of a line."""
    return events_from(read_json(line), rejects, source=source, now=now)


@given(item=objects, now=st.none() | st.just(NOON + 1))
def test_the_same_as_the_general_reader_or_nothing(item: dict[str, Any], now: int | None) -> None:
    line, rejects = line_of(item), Rejects()
    post = read_usual(line, "here", None if now is None else lambda: now)
    if post is not None:
        assert [post] == patiently(line, "here", now, rejects)
        assert not rejects
        assert dialect_of(item) is MOLTBOOK
        assert read_own(line) is None


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"type": "post", "submolt": "general", "title": "x", "url": None, "upvotes": 3,
         "downvotes": 1},
        {"type": "post", "title": "x", "content": None, "url": "https://forum.example/a"},
        {"type": "post", "title": "x", "url": "https://example.org/", "upvotes": None},
        {"type": "comment", "post_id": "r", "parent_id": None, "upvotes": 0, "downvotes": 0},
        {"type": "comment", "post_id": "r", "parent_id": "b"},
        {"parent_id": "b"},
        {"post_id": "a"},
    ],
)  # fmt: skip
def test_usual_lines_are_read_at_once(more: dict[str, Any]) -> None:
    line = line_of({"id": "a", "author": "x", "content": "y", "created_at": AT, **more})
    post = read_usual(line, MOLTBOOK.name)
    assert [post] == patiently(line, None, None, Rejects())


@pytest.mark.parametrize(
    "more",
    [
        {"id": " "},
        {"id": 7},
        {"author": {"name": "x"}},
        {"author": ""},
        {"submolt": "\n"},
        {"created_at": "soon"},
        {"created_at": "1960-01-01T00:00:00Z"},
        {"type": "comment"},
        {"type": "agent"},
        {"upvotes": 10**18},
        {"replies": []},
        {"seen_at": AT},
    ],
)
def test_all_else_is_left_to_the_general_reader(more: dict[str, Any]) -> None:
    def now() -> int:
        raise AssertionError("what asks for the time takes the line")

    item = {"id": "a", "author": "x", "content": "y", "created_at": AT, **more}
    assert read_usual(line_of(item), "here", now) is None


@given(
    written=st.lists(
        objects.map(line_of) | events.map(lambda event: encode(event).encode())
        | json_values.map(line_of) | st.binary(max_size=9).filter(lambda line: b"\n" not in line)
    ),
    source=st.none() | st.just("here"),
)  # fmt: skip
def test_lines_of_all_sorts_one_behind_the_other(written: list[bytes], source: str | None) -> None:
    """Which way read the last line changes nothing about the next one."""
    together = Lines("test", source=source)
    found = together.read(written)
    settle, last = Threading().settle, None
    apart: list[Event] = []
    rejects = Rejects()
    for number, line in enumerate(written, start=1):
        one = Lines("test", source=source)
        one.number, one.last = number - 1, last
        of_one = one.read([line])
        rejects.update(one.rejects)
        # A line of our own says which thread it is in.
        apart += of_one if read_own(line) else map(settle, of_one)
        last = one.last
    assert found == apart
    assert list(together.rejects) == list(rejects)
