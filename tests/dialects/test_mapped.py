"""Mappings: what they say, what they make of frames, and how they explain what failed."""

from __future__ import annotations

from typing import Any

import pytest

from moltwatch.dialects.mapped import Mapping, apply, parts, read_mapping
from moltwatch.errors import UsageError
from moltwatch.model import AgentSeen, Delete, Edit, Event, Post, Vote
from moltwatch.times import SECOND
from tests.sources.fakes import T0

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
        (
            b'[[event]]\nmake = "nothing"\n[history]\nall = "["\neach = "a"\nanswers = "a"\n'
            b'whole = "a"\nframe = {}',
            r"history: all: not a JMESPath expression",
        ),
        (b'sequence = "!"\n[[event]]\nmake = "nothing"', "sequence: not a JMESPath"),
        (b'[[event]]\nmake = "nothing"\n[history]\nall = "a"', "each"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said(text: bytes, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_mapping(text, "m")


def test_parts_have_what_their_frame_shares() -> None:
    frame = {"room": "a", "items": [{"id": 1}, {"id": 2, "room": "b"}, 3]}
    assert parts("items", frame, "{room: room}") == [
        {"room": "a", "id": 1},
        {"room": "b", "id": 2},
        3,
    ]
    assert parts("items", frame, "items") == frame["items"], "no object, nothing shared"
