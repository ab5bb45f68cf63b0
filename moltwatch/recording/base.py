"""What a recording is: a header and events in order of arrival, in one of two formats.

A recording keeps what was observed, in the order it arrived, gaps and heartbeats included, so that
windows close in a replay exactly when they closed live.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol, TypeAlias

from msgspec import Struct

from moltwatch.bounded import LONG_TEXT
from moltwatch.dialects.lines import Header
from moltwatch.errors import Rejects, SourceUnreachable
from moltwatch.model import Edit, Event, Post
from moltwatch.paths import bundled_recordings
from moltwatch.text import masked_address
from moltwatch.times import Micros

BATCH = 1_000
"""Events a batch holds at most."""


def is_long(event: Event) -> bool:
    """Whether an event holds a long text."""
    if isinstance(event, Post):
        return len(event.text) >= LONG_TEXT
    text = event.text if isinstance(event, Edit) else getattr(event, "bio", None)
    return text is not None and len(text) >= LONG_TEXT


STEP = 500
"""Events after which a span says when they came."""

MOST_STEPS = 4_000
"""How often it does at most; of a long recording after more of them."""


class Span(Struct, frozen=True, kw_only=True):
    """What a recording covers."""

    start: Micros
    """``seen_at`` of the first event."""
    end: Micros
    """Highest ``seen_at``."""
    events: int
    steps: Sequence[tuple[Micros, int]] = ()
    """In order: the highest ``seen_at`` so far, and how many events came up to there."""

    def before(self, at: Micros) -> int | None:
        """About how many events come before a time, if that is known."""
        if not self.steps:
            return None
        i = bisect_left(self.steps, (at, 0))
        if i == len(self.steps):
            return self.events
        (since, n), (until, more) = self.steps[i - 1] if i else (self.start, 0), self.steps[i]
        if at <= since:
            return n
        return n + (more - n) * (at - since) // (until - since)


async def span_of(batches: Iterable[Sequence[Event]]) -> Span | None:
    """What these batches cover. Others get their turn after each."""
    start: Micros | None = None
    end = count = 0
    steps: list[tuple[Micros, int]] = []
    for events in batches:
        if events:
            start = events[0].seen_at if start is None else start
        for i in range(0, len(events), STEP):
            some = events[i : i + STEP]
            end = max(end, *(event.seen_at for event in some))
            count += len(some)
            steps.append((end, count))
            if len(steps) > MOST_STEPS:
                del steps[1:-1:2]
        await asyncio.sleep(0)
    return None if start is None else Span(start=start, end=end, events=count, steps=steps)


PROFILES = ("agents.jsonl", "agents.jsonl.gz", "agents.jsonl.zst")
"""Names under which the profiles lie beside an archive."""


def files_of(path: Path) -> list[tuple[str, Path]]:
    """The files that are read where a recording is, each with what makes it out among them: it,
    what SQLite has not folded into it yet, and the profiles beside it; all of a folder, by name.
    Raises OSError."""
    if path.is_dir():
        return [(f"/{each.name}", each) for each in sorted(path.iterdir()) if each.is_file()]
    target = path.resolve()
    log = target.with_name(f"{target.name}-wal")  # beside the file itself, whatever leads to it
    found = [("", path)]
    if log.is_file() and log.stat().st_size:
        found.append(("-wal", log))
    if path.name not in PROFILES:
        found += [(name, path.with_name(name)) for name in PROFILES]
    return [(name, each) for name, each in found if each == path or each.is_file()]


FileState: TypeAlias = tuple[str, int, int, int]
"""Which file of a recording; its number, size (bytes) and time (nanoseconds)."""


def state_of(paths: Sequence[Path]) -> list[FileState] | None:
    """The state of all files that are read where recordings are: whoever writes to one, adds one or
    takes one away changes it. None if it cannot be known."""
    try:
        states = [(name, each.stat()) for path in paths for name, each in files_of(path)]
    except OSError:
        return None
    return [(name, state.st_ino, state.st_size, state.st_mtime_ns) for name, state in states]


class Reader(Protocol):
    """An open recording. :attr:`rejects` fills while reading; a bad line costs only itself."""

    header: Header
    rejects: Rejects

    @property
    def lasting(self) -> bool:
        """Another pass gives the same, whenever it is: no time was held against the wall clock."""

    def batches(
        self, start: Micros | None = None, size: int = BATCH
    ) -> AsyncIterator[Sequence[Event]]:
        """All events, or those seen at ``start`` or later, in order of arrival. May be called
        again for another pass."""

    async def span(self) -> Span | None:
        """First and last time and the number of events; None when empty. Reads the file once
        where the format has no index."""

    async def close(self) -> None: ...


class Writer(Protocol):
    """A recording being written. Raises RecordingError the moment it cannot write."""

    async def write(self, events: Sequence[Event]) -> None:
        """Append a batch; on disk (readable by another process) when it returns or within a
        second."""

    async def close(self) -> None:
        """Finish the file. May be called more than once."""


def find_recording(name: str) -> Path:
    """The file or folder that a user names; ``~`` is the home folder.

    Raises SourceUnreachable if it is not there; what looks like the name of a bundled recording,
    mistyped, is told which there are.
    """
    try:
        path = Path(name).expanduser()
        if path.exists():
            return path
    except (OSError, ValueError, RuntimeError):  # too long, a null in it, no home folder
        pass
    hint = "" if "/" in name or "." in name else _bundled(name)
    # It may have been meant for an address, with what that holds.
    raise SourceUnreachable(f"no such recording: {masked_address(name)}{hint}")


def _bundled(name: str) -> str:
    bundled = bundled_recordings()
    close = get_close_matches(name, bundled, 1)
    question = f"; did you mean {close[0]}?" if close else "."
    return f"{question} Bundled are {', '.join(bundled)}"
