"""The log that all clients of the forum server read at their own pace."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from moltwatch.bounded import LARGEST_FRAME
from moltwatch.outputs.forum.log import FRAME_EVENTS, ForumLog
from tests.sources.fakes import post


@given(
    batches=st.lists(st.integers(1, 700), min_size=1, max_size=6),
    position=st.integers(0, 3000),
)
def test_the_log_gives_every_event_once_from_any_position(
    batches: list[int], position: int
) -> None:
    log = ForumLog("x", 10**9)
    number = 0
    for size in batches:
        log.append([post(i) for i in range(number, number + size)])
        number += size
    position = min(position, number)
    found: list[str] = []
    while entry := log.after(position):
        text = log.frame(entry, position)
        assert text is not None
        frame = json.loads(text)
        assert len(frame["events"]) <= FRAME_EVENTS
        found += [event["id"] for event in frame["events"]]
        position = entry.last
        assert log.locate(frame["cursor"]) == position
    assert found == [f"p{i}" for i in range(number - len(found), number)]
    assert log.head == number


def test_a_large_event_travels_alone_and_one_too_large_not_at_all() -> None:
    log = ForumLog("x", 10**9)
    sizes = (1, 600_000, 600_000, 1, 15_000_000, 1, LARGEST_FRAME, 1)
    log.append([post(i, text="x" * size) for i, size in enumerate(sizes)])
    frames: list[list[str]] = []
    position = 0
    while entry := log.after(position):
        text = log.frame(entry, position)
        assert text is not None and len(text) <= LARGEST_FRAME
        frames.append([event.get("id", "gap") for event in json.loads(text)["events"]])
        position = entry.last
    assert frames == [["p0", "p1"], ["p2", "p3"], ["p4"], ["p5", "gap", "p7"]]
    assert log.head == len(sizes)


def test_the_log_forgets_the_oldest_but_nothing_somebody_waits_for() -> None:
    log = ForumLog("x", 10_000)
    for i in range(1000):
        log.append([post(i)])
    log.evict(up_to=10)
    assert (log.tail, log.full) == (10, True)
    log.evict(up_to=log.head)
    assert not log.full
    assert log.size > 5_000
    assert log.after(log.tail) is not None
