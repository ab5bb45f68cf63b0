"""Floods: an account of which so many posts are flagged that it matters, however weak each is.

There is too much of it in the forum, or in one thread within minutes. What is flagged counts, not
what is written: who writes much, and nothing that is held against it, is no flood. What was a flood
stays one, and is told with its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct, field

from moltwatch.text import repeated_words
from moltwatch.times import MINUTE, Micros

if TYPE_CHECKING:
    from moltwatch.session.charge import Charge

FEWEST = 100
"""Flagged posts from which an account may be a flood of the forum, ..."""

PART = 0.01
"""... and the part of all posts that they are at least. On a real night of 117,904 posts, of 4,258
accounts that were flagged as personas 10 are (and 5 from 0.02, 13 from 0.005)."""

AT_ONCE = 30
"""Flagged posts in one thread, within this time, from which an account is a flood of that thread.
The same night there are two, with 213 and 34; the next has 16."""
WITHIN: Micros = 5 * MINUTE

MOST_LOOKED_AT = 60
"""Flagged posts of an account that are looked at for that, the latest: it may write elsewhere."""

MOST_SAID = 200
"""Different things of an account that are counted."""


class Burst(Struct):
    """Flagged posts in one thread, each within minutes of so many others."""

    thread: str
    n: int
    since: Micros
    until: Micros

    @property
    def within(self) -> Micros:
        """How long they took."""
        return self.until - self.since


class Flood(Struct):
    """How much an account writes."""

    at: Micros
    """When it became one."""
    part: float = 0.0
    """The largest part of all posts that its flagged ones were by then; 0 where it never was too
    much for the forum."""
    burst: Burst | None = None
    """The largest, if it ever was too much for a thread."""
    said: dict[int, int] = field(default_factory=dict)
    """How often it says what; what is the same but for numbers, links and pictures is one."""
    _latest: Burst | None = None
    """It may still go on."""

    @property
    def times(self) -> int:
        """How often it says nearly the same."""
        return max(self.said.values(), default=0)

    def hear(self, charge: Charge) -> None:
        """One more post is flagged."""
        words = repeated_words(charge.excerpt)[1]
        if words and (words in self.said or len(self.said) < MOST_SAID):
            self.said[words] = self.said.get(words, 0) + 1

    def burst_on(self, burst: Burst) -> None:
        """So many came to a thread by now; they may be more of the latest burst."""
        latest = self._latest
        if latest and latest.thread == burst.thread and burst.since <= latest.until:
            burst = Burst(burst.thread, latest.n + 1, latest.since, burst.until)
        self._latest = burst
        if self.burst is None or burst.n >= self.burst.n:
            self.burst = burst


def flooded(flood: Flood | None, charges: Sequence[Charge], n: int, posts: int) -> Flood | None:
    """The flood that an account is, if it is one, now that one more of its posts is flagged.

    ``flood`` is what it was, ``charges`` the latest against it, of ``n``, and ``posts`` all that
    were seen of anybody.
    """
    part = n / posts if n >= max(FEWEST, PART * posts) else 0.0
    burst = _burst(charges)
    if flood is not None:
        flood.hear(charges[-1])
    elif part or burst:
        flood = Flood(charges[-1].at)
        for charge in charges:
            flood.hear(charge)
    if flood is not None:
        flood.part = max(flood.part, part)
        if burst is not None:
            flood.burst_on(burst)
    return flood


def _burst(charges: Sequence[Charge]) -> Burst | None:
    """The latest posts in the thread of the last one, if they are so many within so short a time:
    when they were written as well as when they were seen, which may be at once of a whole day."""
    last = charges[-1]
    begin, n = last, 0
    for charge in islice(reversed(charges), MOST_LOOKED_AT):
        if charge.thread != last.thread:
            continue
        apart = last.seen_at - charge.seen_at, last.created_at - charge.created_at
        if max(map(abs, apart)) > WITHIN:
            break
        begin, n = charge, n + 1
    return Burst(last.thread, n, begin.seen_at, last.seen_at) if n >= AT_ONCE else None
