"""Who wrote how much, and what was made of it: the accounts of a report, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from heapq import nsmallest

from msgspec import Struct, field

from moltwatch.bounded import Bounded
from moltwatch.model import Evidence, Kind, Verdict
from moltwatch.outputs.report.quotes import quote, spoken
from moltwatch.outputs.report.ranking import most_frequent
from moltwatch.outputs.report.summary import MOST_LISTED, Account, Quote, Spoken

MOST_ACCOUNTS = 100_000
"""Accounts remembered; those that were quiet longest are forgotten first."""


class _Writer(Struct):
    """What is remembered of an account."""

    posts: int = 0
    flagged: Counter[Kind] = field(default_factory=Counter)
    behind: Counter[str] = field(default_factory=Counter)
    """Heuristics behind its persona flags."""
    strongest: Spoken | None = None
    """Its strongest persona post."""


class Accounts:
    """The accounts of a recording. ``called`` is asked at the end what each is called."""

    def __init__(self, called: Callable[[str], Quote]) -> None:
        self.n = 0
        """Accounts seen; one that was forgotten and comes back counts twice."""
        self._called = called
        self._writers: Bounded[str, _Writer] = Bounded(MOST_ACCOUNTS)

    @property
    def forgetful(self) -> bool:
        """There are more than can be remembered."""
        return self.n > self._writers.most

    def wrote(self, name: str) -> None:
        """An account wrote a post."""
        self.n += name not in self._writers
        self._writers.renewed(name, _Writer).posts += 1

    def flagged(self, name: str, kinds: Collection[Kind]) -> None:
        """One of its posts was flagged for these."""
        if writer := self._writers.get(name):
            writer.flagged.update(kinds)

    def acted(self, verdict: Verdict, flags: Sequence[Evidence], secret: bool) -> None:
        """A post acts a persona out, by these flags; ``secret``: it shows one."""
        if writer := self._writers.get(verdict.post.author):
            writer.behind.update(flag.heuristic for flag in flags[:1])
            if writer.strongest is None or verdict.scores.persona > writer.strongest.score:
                writer.strongest = spoken(verdict, Kind.PERSONA, flags, secret)

    def strongest(self) -> Iterator[Spoken]:
        """The strongest persona post of each account."""
        posts = (writer.strongest for writer in self._writers.values())
        return (post for post in posts if post is not None)

    def busiest(self) -> tuple[Account, ...]:
        """Those with most posts."""
        return self._most(lambda writer: writer.posts)

    def most_persona(self) -> tuple[Account, ...]:
        """Those with most persona posts."""
        return self._most(lambda writer: writer.flagged[Kind.PERSONA])

    def _most(self, size: Callable[[_Writer], int]) -> tuple[Account, ...]:
        """Those with the most of something, and at least one."""
        sized = ((size(writer), name, writer) for name, writer in self._writers.items())
        most = nsmallest(
            MOST_LISTED, (one for one in sized if one[0]), key=lambda one: (-one[0], one[1])
        )
        return tuple(
            Account(
                name=self._called(name),
                posts=writer.posts,
                flagged=dict(writer.flagged),
                mostly=quote(most_frequent(writer.behind)[0][0]) if writer.behind else Quote(""),
            )
            for _, name, writer in most
        )
