"""What was talked about, and what was made of it: the threads of a report, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from heapq import nsmallest

from msgspec import Struct, field

from moltwatch.bounded import Bounded
from moltwatch.model import Kind, Post
from moltwatch.outputs.report.quotes import MOST_EXCERPT, MOST_NAME, WITHHELD, quote
from moltwatch.outputs.report.summary import MOST_LISTED, Quote, Thread
from moltwatch.times import Micros

MOST_THREADS = 100_000
"""Threads remembered; those that were quiet longest are forgotten first."""


class _Known(Struct):
    """What is remembered of a thread. What it is called, and who began it, the root alone tells."""

    community: str
    first: Micros
    last: Micros
    title: str = ""
    author: str = ""
    posts: int = 0
    flagged: Counter[Kind] = field(default_factory=Counter)


class Threads:
    """The threads of a recording. ``called`` is asked at the end what their authors are called."""

    def __init__(self, called: Callable[[str], Quote]) -> None:
        self.n = 0
        """Threads written in; one that was forgotten and comes back counts twice."""
        self._called = called
        self._known: Bounded[str, _Known] = Bounded(MOST_THREADS)

    @property
    def forgetful(self) -> bool:
        """There are more than can be remembered."""
        return self.n > self._known.most

    def wrote(self, post: Post) -> None:
        """A post that is told of."""
        known = self.learn(post)
        if not known.posts:
            known.first = post.seen_at
            self.n += 1
        known.posts += 1
        known.last = post.seen_at

    def learn(self, post: Post) -> _Known:
        """A post that may not be told of, but its thread may."""
        known = self._known.renewed(
            post.thread, lambda: _Known(post.community or "", post.seen_at, post.seen_at)
        )
        if post.is_root:
            known.title = (post.title or post.text)[:MOST_EXCERPT]
            known.author, known.community = post.author, post.community or ""
        return known

    def flagged(self, thread: str, kinds: Collection[Kind]) -> None:
        """One of its posts was flagged for these."""
        if known := self._known.get(thread):
            known.flagged.update(kinds)

    def withhold(self, post: Post) -> None:
        """A post shows a secret; the title of a root may."""
        if post.is_root and (known := self._known.get(post.thread)):
            known.title = WITHHELD

    def busiest(self) -> tuple[Thread, ...]:
        """Those with most posts."""
        most = nsmallest(
            MOST_LISTED,
            ((id, known) for id, known in self._known.items() if known.posts),
            key=lambda one: (-one[1].posts, one[1].first, one[0]),
        )
        return tuple(
            Thread(
                title=quote(known.title, 120),
                author=self._called(known.author) if known.author else Quote(""),
                community=quote(known.community, MOST_NAME),
                posts=known.posts,
                first=known.first,
                last=known.last,
                flagged=dict(known.flagged),
            )
            for _, known in most
        )
