"""Bytes in any pieces become lines and items, and what is too long becomes nothing but a mark."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.dialects.framing import ItemSplitter, LineSplitter

Cuts = list[int]
cuts = st.lists(st.integers(0, 600))


def cut_up(data: bytes, cuts: Cuts, splitter: LineSplitter | ItemSplitter) -> list[bytes | None]:
    """What comes of the data in such pieces."""
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    found: list[bytes | None] = []
    for begin, end in pairwise(edges):
        found += splitter.feed(data[begin:end])
    return found + splitter.end()


@given(st.lists(st.binary(max_size=30)), cuts)
def test_lines_do_not_depend_on_where_pieces_end(parts: list[bytes], cuts: Cuts) -> None:
    data = b"\n".join(parts)
    assert cut_up(data, cuts, LineSplitter()) == data.split(b"\n")


@given(st.lists(st.integers(0, 40), max_size=20), st.integers(1, 50))
def test_a_line_too_long_leaves_only_a_mark(lengths: list[int], size: int) -> None:
    data = b"\n".join(b"x" * length for length in lengths)
    lines = cut_up(data, list(range(0, len(data), size)), LineSplitter(longest=20))
    assert lines == [line if len(line) <= 20 else None for line in data.split(b"\n")]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab"\\{}[],:\n\u00e9🦞', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text('ab"\\{[', max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
objects = st.dictionaries(st.text('ab"\\{[', max_size=4), values, max_size=3)


@given(
    items=st.lists(objects, max_size=5),
    around=st.sampled_from(["%s", '{"success": true, "posts": %s, "n": 3}', '{"a":{"data":%s}}']),
    indent=st.sampled_from([None, 1]),
    cuts=cuts,
)
def test_the_items_of_a_document_come_one_by_one(
    items: list[dict[str, Any]], around: str, indent: int | None, cuts: Cuts
) -> None:
    document = around % json.dumps(items, indent=indent, ensure_ascii=False)
    *found, last = cut_up(document.encode(), cuts, ItemSplitter())
    assert [json.loads(item or b"") for item in found] == items
    assert last is not None and json.loads(last) == json.loads(around % "[]")


@given(document=values, cuts=cuts)
def test_what_has_no_such_list_stays_whole(document: object, cuts: Cuts) -> None:
    if not isinstance(document, list):
        data = json.dumps(document).encode()
        assert cut_up(data, cuts, ItemSplitter()) == [data]


@pytest.mark.parametrize(
    "document",
    [
        '{"id": "p1", "content": "x", "replies": [{"id": "c1"}]}',
        '{"post": {"id": "p1"}, "comments": [{"id": "c1"}]}',
        '{"a": {"b": {"c": {"d": {"posts": [{"id": "p1"}]}}}}}',
        '{"a": "posts", "b": [{"id": "p1"}]}',
    ],
)
def test_a_list_that_needs_what_is_around_it_stays_in_it(document: str) -> None:
    for size in range(1, len(document)):
        edges = list(range(0, len(document), size))
        assert cut_up(document.encode(), edges, ItemSplitter()) == [document.encode()]


@given(st.lists(st.integers(0, 60), max_size=9), st.integers(1, 90))
def test_an_item_too_long_leaves_only_a_mark(lengths: list[int], size: int) -> None:
    items = [json.dumps({"a": "\\" * length}).encode() for length in lengths]
    document = b"[" + b", ".join(items) + b"]"
    found = cut_up(document, list(range(0, len(document), size)), ItemSplitter(longest=50))
    assert found == [*(item if len(item) <= 50 else None for item in items), b"[]"]


@pytest.mark.parametrize(
    ("document", "left"),
    [
        ('[{"a": 1}, 5, {"b"', [b'{"a": 1}', b", 5, ", b'{"b"']),
        ('[{"a": 1}, {"b": "c', [b'{"a": 1}', b'{"b": "c']),
        ('[{"a": 1}', [b'{"a": 1}', b"["]),
        ('{"posts": [', [b'{"posts": [']),
        ('{"pos', [b'{"pos']),
        ("]]}{", [b"]]}{"]),
    ],
)
def test_what_is_broken_comes_as_it_is(document: str, left: list[bytes]) -> None:
    for size in range(1, len(document) + 1):
        edges = list(range(0, len(document), size))
        assert cut_up(document.encode(), edges, ItemSplitter()) == left


def test_a_dump_on_one_line_gives_its_items_in_their_order() -> None:
    items = [{"id": str(n), "text": "x" * 9} for n in range(9)]
    data = b"one\n" + json.dumps(items).encode() + b"\ntwo"
    first, *found, around, last = cut_up(data, [30, 60, 90], LineSplitter(longest=100))
    assert [json.loads(item or b"") for item in found] == items
    assert (first, around, last) == (b"one", b"[]", b"two")


@given(st.binary(max_size=60), cuts)
def test_no_bytes_surprise_it(data: bytes, cuts: Cuts) -> None:
    mixed = data.translate(bytes(b'{}[]",:\\ \nposts1'[code % 16] for code in range(256)))
    for one in (data, mixed):
        kept = _kept(cut_up(one, cuts, ItemSplitter(longest=20)))
        assert all(len(part) <= 20 for part in kept)
        assert cut_up(one, cuts, ItemSplitter(longest=20)) == cut_up(one, [], ItemSplitter(20))


def _kept(parts: list[bytes | None]) -> Iterator[bytes]:
    return (part for part in parts if part is not None)
