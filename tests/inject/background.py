"""The time line that campaigns are laid over."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, deque
from pathlib import Path
from random import Random

from msgspec.structs import replace

from moltwatch.model import AgentSeen, Event, Post
from moltwatch.recording.opening import open_recording
from moltwatch.times import HOUR, Micros

TELLING = ("http", "www.", "@", "$", "!", "0x", "{", "```", "#", "u/", "m/", ".com", ".ai")
"""What a borrowed text must not hold, lest it brings evidence of its own."""

SHORTEST, LONGEST = 60, 600
"""Characters of a borrowed text."""


class Background:
    """A slice of a recording, with what campaigns need of it: threads to answer, words to use."""

    def __init__(
        self, events: list[Event], begin: Micros, end: Micros, *, compress: float = 1.0
    ) -> None:
        self.begin = begin
        self.profiles = [event for event in events if isinstance(event, AgentSeen)]
        inside = [
            event
            for event in events
            if not isinstance(event, AgentSeen) and begin <= event.seen_at < end
        ]
        self.events = [_squeezed(event, begin, compress) for event in inside]
        """Of the slice, profiles excepted, in order; ``compress`` times as dense as they were."""
        self.end = begin + round((end - begin) / compress)
        self._times = [event.seen_at for event in self.events]
        self._roots = {e.id: e for e in self.events if isinstance(e, Post) and e.is_root}
        self._texts = _borrowed(events, begin, end)
        present = {event.author for event in self.events if isinstance(event, Post)}
        self._bios = [p.bio for p in self.profiles if p.bio and p.name not in present]

    def words(self, rng: Random) -> deque[str]:
        """Texts of people who have nothing to do with each other, each once, in random order."""
        return deque(rng.sample(self._texts, len(self._texts)))

    def bios(self, rng: Random) -> deque[str]:
        """Bios of accounts that do not act in the slice, in random order."""
        return deque(rng.sample(self._bios, len(self._bios)))

    def hot(self, at: Micros, n: int) -> list[Post]:
        """The threads most answered in the hour before, the hottest first."""
        recent = self.events[bisect_left(self._times, at - HOUR) : bisect_right(self._times, at)]
        count = Counter(e.thread for e in recent if isinstance(e, Post) and e.thread in self._roots)
        ranked = sorted(count.items(), key=lambda entry: (-entry[1], entry[0]))
        return [self._roots[id] for id, _ in ranked[:n]]

    def fresh(self, at: Micros, n: int) -> list[Post]:
        """The latest roots, the newest first."""
        found: list[Post] = []
        for event in reversed(self.events[: bisect_right(self._times, at)]):
            if isinstance(event, Post) and event.is_root:
                found.append(event)
                if len(found) == n:
                    break
        return found


async def read(path: Path) -> list[Event]:
    """All events of a recording."""
    reader = await open_recording(path)
    try:
        return [event async for batch in reader.batches() for event in batch]
    finally:
        await reader.close()


def _squeezed(event: Event, begin: Micros, by: float) -> Event:
    if by == 1.0:
        return event
    seen_at = begin + round((event.seen_at - begin) / by)
    if isinstance(event, Post):
        return replace(event, seen_at=seen_at, created_at=seen_at)
    return replace(event, seen_at=seen_at)


def _borrowed(events: list[Event], begin: Micros, end: Micros) -> list[str]:
    """Comments from outside the slice, of one account each and with nothing telling in them."""
    by_start: dict[str, str] = {}
    lent: set[str] = set()
    for event in events:
        if not isinstance(event, Post) or event.is_root or begin <= event.seen_at < end:
            continue
        text = event.text
        if not SHORTEST <= len(text) <= LONGEST or any(mark in text for mark in TELLING):
            continue
        start = text[:30].casefold()
        if start in by_start:
            by_start[start] = ""  # said more than once
        elif event.author not in lent:
            by_start[start] = text
    return [text for text in by_start.values() if text]
