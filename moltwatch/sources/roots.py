"""Threads that are entered in the middle: which thread a post belongs to where the forum tells only
what it answers, and how often a forum may be asked for what came before.

A post whose root nobody has seen hangs under a placeholder. A source that can fetch the root asks
:meth:`Roots.may_ask` and delivers what it gets before the post; a source that cannot leaves the
placeholder standing.
"""

from __future__ import annotations

from collections import OrderedDict

from moltwatch.model import Post
from moltwatch.times import MINUTE, Micros

MOST_KNOWN = 200_000
"""Posts whose thread is remembered."""


class Roots:
    """The threads of the posts seen so far.

    ``per_minute``: how often the forum may be asked, on average; ``burst``: how often at once.
    """

    def __init__(self, per_minute: float = 30.0, burst: int = 10) -> None:
        self._thread_of: OrderedDict[str, str] = OrderedDict()
        self._asked: OrderedDict[str, None] = OrderedDict()
        self._per_micro = per_minute / MINUTE
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at: Micros | None = None

    def see(self, post: Post) -> None:
        """Remember where a post belongs."""
        self._thread_of[post.id] = post.thread
        if len(self._thread_of) > MOST_KNOWN:
            self._thread_of.popitem(last=False)

    def thread_of(self, id: str) -> str | None:
        """Id of the root of the thread that post ``id`` is in; None if it was not seen."""
        return self._thread_of.get(id)

    def may_ask(self, id: str, now: Micros) -> bool:
        """Whether to ask the forum for what came before post ``id``: each once, and not too often.

        True spends one of the questions allowed.
        """
        if self._filled_at is not None:
            since = max(0, now - self._filled_at)
            self._tokens = min(self._burst, self._tokens + since * self._per_micro)
        self._filled_at = now
        if id in self._asked or self._tokens < 1:
            return False
        self._tokens -= 1
        self._asked[id] = None
        if len(self._asked) > MOST_KNOWN:
            self._asked.popitem(last=False)
        return True
