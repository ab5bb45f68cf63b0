"""Time order for archives, which carry only what their forum says of when things were written."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from moltwatch.model import Event, Post
from moltwatch.times import DAY, Micros

EARLIEST_BELIEVED: Micros = 10_957 * DAY
"""2000-01-01: no forum of agents is older, so an earlier time is a missing one."""


class Disorder(Struct):
    """What did not fit into time order. All of it is kept, at the stream time of its neighbours."""

    misdated: int = 0
    """Before :data:`EARLIEST_BELIEVED`, or later than now."""
    late: int = 0
    """Too far behind its place for the buffer."""


def in_time_order(
    events: Iterable[Event], disorder: Disorder, *, now: Micros | None, most: int | None
) -> Iterator[Event]:
    """Events by time of writing, each with the running maximum of it as ``seen_at``.

    ``most`` events are held back for sorting (None: all of them), so an archive that is sorted, or
    nearly so, streams through in bounded memory, and a single date far in the future waits at the
    end of the buffer instead of dragging stream time along. A time later than ``now`` (the clock,
    where the caller has one) is not believed: ``created_at`` stays as the forum gave it, and
    ``seen_at`` is that of the neighbours. Equal times keep their order.
    """
    heap: list[tuple[Micros, int, Event]] = []
    undated: list[Event] = []
    at: Micros | None = None

    def emit(event: Event, key: Micros) -> Event:
        nonlocal at
        if at is not None and key < at:
            disorder.late += 1
        at = key if at is None else max(at, key)
        return _seen(event, at)

    for count, event in enumerate(events):
        key = event.created_at if isinstance(event, Post) else event.seen_at
        if key < EARLIEST_BELIEVED or (now is not None and key > now):
            disorder.misdated += 1
            undated.append(event)
        else:
            heapq.heappush(heap, (key, count, event))
            if most is not None and len(heap) > most:
                key, _, earliest = heapq.heappop(heap)
                yield emit(earliest, key)
        if undated and at is not None:
            yield from (_seen(event, at) for event in undated)
            undated.clear()
    while heap:
        key, _, earliest = heapq.heappop(heap)
        yield emit(earliest, key)
        if undated and at is not None:
            yield from (_seen(event, at) for event in undated)
            undated.clear()
    yield from undated  # nothing believable in the whole archive: all as they are


def _seen(event: Event, at: Micros) -> Event:
    return event if event.seen_at == at else msgspec.structs.replace(event, seen_at=at)
