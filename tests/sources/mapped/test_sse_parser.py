"""Server-sent events, byte by byte."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.sources.mapped.sse import ServerEvent, SseParser


def events(*chunks: bytes, largest: int = 1_000) -> list[ServerEvent]:
    parser = SseParser(largest)
    return [event for chunk in chunks for event in parser.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        (b"data: a\n\n", [ServerEvent(data=b"a")]),
        (b"data:a\r\n\r\n", [ServerEvent(data=b"a")]),
        (b"data:  a\r\r:", [ServerEvent(data=b" a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [ServerEvent(data=b"a")]),
        (b"event: x\nid: 4\ndata: a\ndata: b\n\n", [ServerEvent(name="x", data=b"a\nb", id="4")]),
        (b"data\n\n", [ServerEvent(data=b"")]),
        (b": comment\n\nevent: lonely\n\n", []),
        (b"data: never finished\n", []),
        (b"id: a\0b\ndata: a\n\n", [ServerEvent(data=b"a")]),
        ("data: \u2028\x85\n\n".encode(), [ServerEvent(data="\u2028\x85".encode())]),
    ],
)
def test_streams(stream: bytes, found: list[ServerEvent]) -> None:
    assert events(stream) == found
    assert events(*(stream[i : i + 1] for i in range(len(stream)))) == found


def test_a_name_lasts_for_one_event_and_an_id_for_all_that_follow() -> None:
    first, second = events(b"event: x\nid: 4\ndata: a\n\ndata: b\n\n")
    assert (first.name, second.name) == ("x", "message")
    assert (first.id, second.id) == ("4", "4")


def test_the_id_of_an_event_counts_when_the_event_is_whole() -> None:
    parser = SseParser()
    parser.feed(b"id: 1\ndata: a\n\nid: 2\ndata: b\n")
    assert parser.last_id == "1"
    parser.feed(b"\n")
    assert parser.last_id == "2"


def test_retry() -> None:
    parser = SseParser()
    parser.feed(b"retry: 2500\nretry: soon\n")
    assert parser.retry == 2.5


@pytest.mark.parametrize("size", [7, 64, 10_000])
def test_an_event_too_large_costs_only_itself(size: int) -> None:
    stream = b"data: " + b"x" * 5_000 + b"\ndata: more\n\ndata: after\n\n"
    parser = SseParser(1_000)
    found = [
        event for i in range(0, len(stream), size) for event in parser.feed(stream[i : i + size])
    ]
    assert found == [ServerEvent(data=b"after")]
    assert parser.oversized == 1


_streams = st.lists(
    st.sampled_from(
        [
            b"data: a",
            b"data:",
            b"event: x",
            b"id: 1",
            b"\n",
            b"\r",
            b"\r\n",
            b":c",
            b"\xff",
            b"retry",
        ]
    )
    | st.binary(max_size=5)
).map(b"".join)


@given(_streams, st.lists(st.integers(0, 60)))
def test_how_the_stream_is_cut_does_not_matter(stream: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]
    # A carriage return at the very end may be half of a line end: let it be whole.
    assert events(*pieces, b"\n") == events(stream + b"\n")
