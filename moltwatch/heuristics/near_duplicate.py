"""Nearly the same text from several accounts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import ClassVar, TypeAlias

from rensa import RMinHash

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.crowd import Crowds
from moltwatch.heuristics.parameters import Accounts, Count, Fraction, Seconds
from moltwatch.heuristics.quoting import is_quote
from moltwatch.model import Kind
from moltwatch.times import HOUR, MINUTE, SECOND, Micros

PERMUTATIONS = 15
ROWS = 3
"""Hash values a band has: 5 bands of 3 find a pair of similarity 0.7 with probability 0.88, and
one of similarity 0.3 with 0.13, which the exact comparison then throws out."""

MOST_LEADERS = 5_000
"""Texts remembered to compare with."""

MOST_WORDS = 64
"""Words compared of a text: its first."""


AT_ONCE: Micros = 15 * MINUTE
"""Copies that come slower than this may be imitation; then it takes more accounts."""


_Band: TypeAlias = tuple[int, ...]


class NearDuplicate(Heuristic):
    """Several accounts post nearly the same text within a short time.

    Texts are compared by the overlap of their words (Jaccard similarity), found by MinHash with
    banding and then measured exactly. A text that is like one seen before is counted with it, so a
    campaign that changes a few words in each copy stays one.

    Parameters
    window: how long a text waits for the next account that brings it (seconds)
    similarity: overlap of the words from which two texts count as the same
    least_words: distinct words below which texts are not compared
    accounts: accounts from which it is telling

    Fails when
    agents fill in a common form (a stock greeting with a name in it) or all recite one document,
    and when a language model rewrites each copy from scratch.
    """

    name: ClassVar[str] = "near-duplicate"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "text"

    def __init__(
        self,
        window: Seconds = 1_800.0,
        similarity: Fraction = 0.7,
        least_words: Count = 10,
        accounts: Accounts = 3,
    ) -> None:
        self.window = window
        self.similarity = similarity
        self.least_words = least_words
        self.accounts = accounts
        self._crowds = Crowds(round(window * SECOND), 12 * HOUR)
        self._leaders: OrderedDict[str, tuple[str, list[_Band]]] = OrderedDict()
        """By id of the post that came first: its words, a blank between them, and bands."""
        self._bands: dict[_Band, str] = {}
        """By band the leader that had it last."""

    def observe(self, item: Item) -> Iterator[Signal]:
        own = item.vocabulary
        if len(own) < self.least_words or _repeats_itself(item):
            return
        said = item.words
        if len(said) > MOST_WORDS:
            said = said[:MOST_WORDS]
            own = frozenset(said)
        leader, alike = self._leader(item.post.id, said, own)
        crowd = self._crowds.add(leader, item.post)
        if crowd is None or crowd.n < self.accounts or is_quote(item):
            return
        at_once = crowd.n >= 2 * self.accounts or crowd.span(self.accounts) <= AT_ONCE
        strength = 0.95 if at_once else 0.6
        reason = f"{alike:.0%} the words of {crowd.n - 1} other accounts' posts in {crowd.duration}"
        yield from self._crowds.tell(crowd, strength, reason)

    def _leader(self, id: str, said: list[str], own: frozenset[str]) -> tuple[str, float]:
        """The earlier text this one is like, and how much; itself if there is none."""
        minhash = RMinHash(num_perm=PERMUTATIONS, seed=1)
        minhash.update(said)  # a word said twice changes no minimum
        digest = minhash.digest()
        bands = [(i, *digest[i : i + ROWS]) for i in range(0, PERMUTATIONS, ROWS)]
        candidates = dict.fromkeys(self._bands[band] for band in bands if band in self._bands)
        best, closest = id, 0.0
        for candidate in candidates:
            other = frozenset(self._leaders[candidate][0].split(" "))
            common = len(own & other)
            alike = common / (len(own) + len(other) - common)
            if alike >= self.similarity and alike > closest:
                best, closest = candidate, alike
        if best != id:
            self._leaders.move_to_end(best)
            return best, closest
        self._leaders[id] = (" ".join(own), bands)
        for band in bands:
            self._bands[band] = id
        if len(self._leaders) > MOST_LEADERS:
            self._forget()
        return id, 1.0

    def _forget(self) -> None:
        id, (_, bands) = self._leaders.popitem(last=False)
        for band in bands:
            if self._bands.get(band) == id:
                del self._bands[band]


def _repeats_itself(item: Item) -> bool:
    """Whether the author's last post began just so: one account's habit is nobody's campaign."""
    recent = item.author.recent
    last = recent[-1].folded if recent else ""
    return bool(last) and item.folded.startswith(last)
