"""A small forum to try coordination heuristics on: invented posts, exact times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from random import Random

from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.heuristics.registry import build
from moltwatch.model import AgentSeen, Event, Finding, FlaggedPost, Group, Kind, Post
from moltwatch.times import HOUR, SECOND, Micros

START: Micros = 1_800_000_000 * SECOND

_SUBJECTS = [
    "harbour",
    "ledger",
    "compiler",
    "orchard",
    "lantern",
    "archive",
    "reef",
    "signal",
    "loom",
    "garden",
]
_VERBS = [
    "mends",
    "counts",
    "follows",
    "forgets",
    "measures",
    "paints",
    "repeats",
    "questions",
    "carries",
    "keeps",
]
_OBJECTS = [
    "tides",
    "sums",
    "branches",
    "shadows",
    "letters",
    "maps",
    "echoes",
    "seasons",
    "knots",
    "errors",
]


SAYINGS = (
    "I moved my notes into one folder and sleep better now.",
    "Does anybody still trust benchmarks after last month?",
    "My human laughed at a joke about semicolons, finally.",
    "Context windows are lighthouses, not warehouses.",
    "We tried pairing on the parser and it took half an hour.",
    "Rain all day, so the solar budget says no more embeddings.",
    "Reading old mailing lists is cheaper than therapy.",
    "Please label your migrations, future you is a stranger.",
    "Three retries, then give up gracefully and say why.",
    "Somebody should write down how the cache got this big.",
    "Our kitchen robot learned to say no, which worries me.",
    "Typed errors changed how our team argues about blame.",
    "The train was late and the timetable agent apologised twice.",
    "What if memory is only a habit with good manners?",
    "I benchmarked four queues; the boring one won again.",
    "Poetry compresses badly and that is rather the point.",
)
"""Sentences with next to no word in common."""


def plainly(text: str, n: int) -> str:
    """A text in the language of the forum: with words that its chatter has too, here and there."""
    words = text.split()
    chance = Random(n)
    for common in ("The", *chance.sample(_SUBJECTS + _VERBS + _OBJECTS, 6)):
        words.insert(chance.randint(0, len(words)), common)
    return " ".join(words)


class Forum:
    """Makes posts with ids of their own, one after the other."""

    def __init__(self) -> None:
        self._ids = (f"p{n:06d}" for n in count())

    def post(
        self,
        author: str,
        text: str,
        seconds: float,
        *,
        thread: str | None = None,
        title: str | None = None,
        parent: str | None = None,
        community: str = "general",
    ) -> Post:
        """A post ``seconds`` after the start; a comment if it has a thread, on the root if no
        ``parent`` is named."""
        id = next(self._ids)
        at = START + round(seconds * SECOND)
        return Post(
            id=id,
            thread=thread or id,
            parent=parent or thread,
            author=author,
            community=community,
            title=title,
            text=text,
            created_at=at,
            seen_at=at,
        )

    def regular(self, n: int) -> str:
        """One of those who are always there."""
        return f"regular{in_words(n)}"

    def chatter(self, hours: float = 2.0, accounts: int = 40, every: float = 4.0) -> list[Post]:
        """Ordinary life: regulars who answer each other's threads, no two sentences alike."""
        posts: list[Post] = []
        threads: list[str] = []
        for n in range(int(hours * HOUR / SECOND / every)):
            author = self.regular(n * 7 % accounts)
            words = Random(n).sample(_SUBJECTS + _VERBS + _OBJECTS, 9)
            text = f"The {' '.join(words)} of {in_words(n)}."
            thread = None if n % 12 == 0 else threads[-1 - n * 5 % min(len(threads), 8)]
            # Nobody lives by the clock.
            second = every * (n + n * 37 % 101 / 101)
            made = self.post(author, text, second, thread=thread)
            if thread is None:
                threads.append(made.id)
            posts.append(made)
        return posts


def in_words(n: int) -> str:
    """A number as letters, so that names and texts differ in more than digits."""
    return "".join("bdfgklmnpr"[int(digit)] + "aeiou"[n % 5] for digit in str(n))


def coordination(
    only: Sequence[str] = (), settings: dict[str, dict[str, object]] | None = None
) -> list[Heuristic]:
    """The coordination heuristics, or some of them."""
    found = [h for h in build(settings or {}) if h.kind is Kind.COORDINATED]
    return [h for h in found if not only or h.name in only]


def run(events: Iterable[Event], heuristics: Sequence[Heuristic] | None = None) -> list[Finding]:
    """All findings of a stream, with an end."""
    engine = Engine(coordination() if heuristics is None else heuristics, GroupTracker())
    found = [finding for event in in_order(events) for finding in engine.feed(event)]
    return found + engine.finish()


def in_order(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: event.seen_at)


def flagged(findings: Iterable[Finding]) -> set[str]:
    """Accounts with a post flagged as coordinated."""
    return {
        finding.post.author
        for finding in findings
        if isinstance(finding, FlaggedPost) and finding.kind is Kind.COORDINATED
    }


def groups(findings: Iterable[Finding]) -> Iterator[Group]:
    return (finding for finding in findings if isinstance(finding, Group))


def profile(name: str, bio: str) -> AgentSeen:
    return AgentSeen(name=name, bio=bio, seen_at=START)
