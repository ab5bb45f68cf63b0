"""A fast source: ``python -m tests.bench.feed RECORDING RATE`` writes a recording to standard
output over and over, so many events a second, each round as other posts and later.

What reads more slowly slows it down; when that has gone, it tells standard error how much it wrote,
and in how long.
"""

from __future__ import annotations

import gzip
import os
import sys
import time
from pathlib import Path

import msgspec

from moltwatch.model import Event, Post
from moltwatch.times import SECOND

PORTIONS = 50
"""A second."""


def feed(recording: Path, rate: int) -> tuple[int, float]:
    """Write until nobody reads any more; events written, and seconds it took."""
    read = gzip.open if recording.suffix == ".gz" else open
    with read(recording, "rb") as lines:
        next(lines)  # the header
        events = [msgspec.json.decode(line, type=Event) for line in lines]
    span = events[-1].seen_at - events[0].seen_at + SECOND
    written, begin = 0, time.perf_counter()
    try:
        while True:
            due = int((time.perf_counter() - begin) * rate) - written
            if due <= 0:
                time.sleep(1 / PORTIONS)
                continue
            portion = b"".join(
                msgspec.json.encode(_again(events[n % len(events)], n // len(events), span)) + b"\n"
                for n in range(written, written + min(due, rate // PORTIONS + 1))
            )
            while portion:
                portion = portion[os.write(1, portion) :]
            written += min(due, rate // PORTIONS + 1)
    except BrokenPipeError:
        return written, time.perf_counter() - begin


def _again(event: Event, round: int, span: int) -> Event:
    """The event as it comes in a later round."""
    if not round:
        return event
    event = msgspec.structs.replace(event, seen_at=event.seen_at + round * span)
    if isinstance(event, Post):
        event = msgspec.structs.replace(
            event,
            id=f"{event.id}~{round}",
            thread=f"{event.thread}~{round}",
            parent=event.parent and f"{event.parent}~{round}",
            created_at=event.created_at + round * span,
        )
    return event


if __name__ == "__main__":
    written, seconds = feed(Path(sys.argv[1]), int(sys.argv[2]))
    sys.stderr.write(f"{written} {seconds}\n")
