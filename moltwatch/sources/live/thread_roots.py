"""Threads that are entered in the middle: which thread a post belongs to where the forum tells only
what it answers, and how often a forum may be asked for what came before.

A post whose root nobody has seen hangs under a placeholder. A source that can fetch the root asks
:meth:`ThreadRoots.may_ask`, or :meth:`ThreadRoots.may_ask_for` one post, and delivers what it gets
before the post; a source that cannot leaves the placeholder standing. Where much can be asked for
at once, :class:`Lookup` says what is next.
"""

from __future__ import annotations

from collections.abc import Callable

from moltwatch.bounded import LONGEST_ID, Bounded
from moltwatch.model import Post
from moltwatch.sources.live.failures import Backoff, Bucket, Failure
from moltwatch.times import SECOND, Micros

MOST_KNOWN = 200_000
"""Posts whose thread is remembered."""

MOST_WANTED = 5_000
"""Names that wait; of a flood the oldest are given up."""

MOST_ASKED = 50_000
"""Names remembered as asked for."""

REST = (30.0, 1_800.0)
"""Seconds a forum that does not answer is left alone for, at first and at most."""


class ThreadRoots:
    """The threads of the posts seen so far.

    ``per_minute``: how often the forum may be asked, on average; ``burst``: how often at once.
    """

    def __init__(self, per_minute: float = 30.0, burst: int = 10) -> None:
        self._thread_of: Bounded[str, str] = Bounded(MOST_KNOWN)
        self._asked: Bounded[str, None] = Bounded(MOST_KNOWN)
        self._bucket = Bucket(burst, per_minute)
        self._backoff = Backoff(*REST, draw=lambda: 1.0)
        self._rests_until: Micros = 0

    def see(self, post: Post) -> None:
        """Remember where a post belongs."""
        if max(len(post.id), len(post.thread)) <= LONGEST_ID:
            self._thread_of[post.id] = post.thread

    def thread_of(self, id: str) -> str | None:
        """Id of the root of the thread that post ``id`` is in; None if it was not seen."""
        return self._thread_of.get(id)

    def may_ask_for(self, id: str, now: Micros) -> bool:
        """Whether to ask for what came before post ``id``: each once, and not too often."""
        if len(id) > LONGEST_ID or id in self._asked or not self.may_ask(now):
            return False
        self._asked[id] = None
        return True

    def may_ask(self, now: Micros) -> bool:
        """Whether the forum may be asked at all. True spends one of the questions allowed."""
        if self._bucket.fill(now) < 1 or now < self._rests_until:
            return False
        self._bucket.spend(now)
        return True

    def failed(self, failure: Failure, now: Micros) -> None:
        """The forum did not answer a question: ask no more for a while, every time for longer.
        While it is waited for, nothing else is heard."""
        self._rests_until = now + round(self._backoff.next(failure.retry_after) * SECOND)

    def answered(self) -> None:
        """It did."""
        self._backoff.reset()


class Lookup:
    """What is still to be asked for by name (accounts for profiles, posts for their text), each
    once, ``at_once`` in a question.

    The latest are asked for first: they are what somebody is looking at.
    """

    def __init__(self, at_once: int = 100) -> None:
        self._at_once = at_once
        self._wanted: Bounded[str, None] = Bounded(MOST_WANTED)
        self._asked: Bounded[str, None] = Bounded(MOST_ASKED)

    def want(self, name: str) -> None:
        """Ask for it some time, unless it has been asked for."""
        if len(name) <= LONGEST_ID and name not in self._asked:
            self._wanted.put(name, None)

    def renew(self, name: str) -> None:
        """Ask for it once more: the answer has changed."""
        self._asked.pop(name, None)
        self.want(name)

    def asked_for(self, name: str) -> bool:
        return name in self._asked

    @property
    def waiting(self) -> bool:
        """There is something to ask for."""
        return bool(self._wanted)

    def next(self, known: Callable[[str], bool]) -> list[str]:
        """The next question: names that are still not known."""
        batch: list[str] = []
        while self._wanted and len(batch) < self._at_once:
            name, _ = self._wanted.popitem()
            if not known(name):
                batch.append(name)
                self._asked[name] = None
        return batch
