"""The table of dialects: what has no marks is read as ever, and nothing it is given breaks it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from moltwatch.dialects.api_objects import events_from as api_events
from moltwatch.dialects.fields import Origin
from moltwatch.dialects.registry import DIALECTS, dialect_of, events_from
from moltwatch.errors import Rejects
from moltwatch.times import parse_time
from tests.strategies import json_values

NOON = parse_time("2026-02-01T12:00:00Z")
MARKS = st.dictionaries(
    st.sampled_from(
        [
            *("account", "acct", "content", "event", "payload", "stream"),
            *("id", "kind", "pubkey", "sig", "tags"),
        ]
    ),
    json_values,
)


def post(**fields: Any) -> dict[str, Any]:
    return {"id": "a", "author": "ada", "text": "hi", "created_at": NOON, **fields}


def test_names_are_told_apart() -> None:
    assert len({dialect.name for dialect in DIALECTS}) == len(DIALECTS)


def test_what_has_no_marks_is_called_after_the_forum_of_most_archives() -> None:
    for value in (post(), {}, [], None, 7, "text", [[post()]]):
        assert dialect_of(value).name == "moltbook"
    (event,) = events_from(post(), Rejects(), source=None)
    assert event.source == "moltbook"
    (event,) = events_from(post(), Rejects(), source="agora")
    assert event.source == "agora"


def test_a_list_without_marks_is_read_as_a_whole() -> None:
    """An author who stands beside each of several posts brings one profile."""
    author = {"name": "ada", "description": "I count."}
    answer = [post(author=author), post(id="b", author=author)]
    ours, theirs = Rejects(), Rejects()
    origin = Origin(source="moltbook", now=NOON)
    found = events_from([*answer, 3], ours, source=None, now=NOON, where="here")
    assert found == api_events([*answer, 3], origin, theirs, "here")
    assert len(found) == 3
    assert list(ours) == list(theirs) == [("not an object", 1, "here")]


def test_what_a_known_forum_wrote_and_somebody_damaged_is_not_read_as_another_s() -> None:
    unsigned = {"id": "0" * 64, "pubkey": "1" * 64, "kind": 1, "tags": [], "content": "hi"}
    by_nobody = {"id": "1", "content": "<p>hi</p>", "visibility": "public", "reblog": None}
    of_no_kind = {key: value for key, value in unsigned.items() if key != "kind"} | {"sig": "x"}
    rejects = Rejects()
    assert events_from([unsigned, by_nobody, of_no_kind], rejects, source=None, now=NOON) == []
    assert [(reason, n) for reason, n, _ in rejects] == [
        ("an event of the wrong shape", 2),
        ("no author", 1),
    ]
    assert dialect_of(post(pubkey="1" * 64, kind="post", tags=["a"])).name == "moltbook"


@given(json_values | MARKS | st.lists(MARKS, max_size=4), st.none() | st.just(NOON))
def test_no_value_breaks_it(value: object, now: int | None) -> None:
    for dialect in DIALECTS:  # whoever reads it, whether marked as its own or not
        if isinstance(value, dict):
            dialect.read([value], Origin(source="x", now=now), Rejects(), "here")
    events_from(value, Rejects(), source=None, now=now, last=NOON, where="here")
