"""Which earlier text is this one like? What near-duplicate and template both ask of a post.

A text is known by its outline: a MinHash of its pairs of neighbouring words. Texts copied from one
another share many pairs whatever was changed between them, while strangers who write of the same
thing share few; so three equal values of twenty make a candidate, which is then measured by the
words themselves. Single words would be quicker to hash, but everybody's "the" and "is" push what
is rare out of the index; runs of three words break too easily.
"""

from __future__ import annotations

from itertools import repeat
from operator import add, eq
from typing import NamedTuple

from rapidfuzz.distance import LCSseq
from rensa import RMinHash

from moltwatch.heuristics.texts import Text

PERMUTATIONS = 20
INDEXED = 8
"""Values by which a text is looked for; all of them judge what turns up."""

LEAST_EQUAL = 3
"""Values two texts must share before their words are compared."""

LEAST_ALIKE = 0.5
"""Overlap or frame from which two texts count as alike."""

MOST_WORDS = 64
"""Words compared of a text: its first."""

GENERATION = 2_500
"""Texts after which those before the last so many are forgotten."""


class Outline:
    """What of a text is compared, the same for all its copies."""

    __slots__ = ("values", "vocabulary", "words")

    def __init__(self, text: Text) -> None:
        said, vocabulary = text.words, text.vocabulary
        if len(said) > MOST_WORDS:
            said = said[:MOST_WORDS]
            vocabulary = frozenset(said)
        self.words = said
        """The first words, in order."""
        self.vocabulary = vocabulary
        """The same, each once."""
        minhash = RMinHash(num_perm=PERMUTATIONS, seed=1)
        minhash.update(list(map(add, said, said[1:])) or said)
        self.values = tuple(minhash.digest())


class Likeness(NamedTuple):
    """How much a text is like one that came before."""

    first: str
    """Id of the post that brought the earlier text; of the post itself if it is like none."""
    overlap: float
    """Words that stand in both, as a part of those that stand in either (Jaccard), 0 to 1."""
    frame: float
    """Words that stand in both in the same order, as a part of the longer text, 0 to 1."""


class _Leader:
    """A text that was like none before it."""

    __slots__ = ("_utf8", "generation", "id", "values")

    def __init__(self, id: str, outline: Outline, generation: int) -> None:
        self.id = id
        self.values = outline.values
        self.generation = generation
        """When it was last looked for, in vain or not."""
        self._utf8 = " ".join(outline.words).encode("utf-8", "surrogatepass")

    def measure(self, outline: Outline) -> Likeness:
        words = self._utf8.decode("utf-8", "surrogatepass").split(" ")
        own, other = outline.vocabulary, frozenset(words)
        common = len(own & other)
        return Likeness(
            self.id,
            common / (len(own) + len(other) - common),
            LCSseq.normalized_similarity(outline.words, words),
        )


class Leaders:
    """The latest texts that were like none before them.

    They are forgotten by generations: an index that is full becomes the old one, in which is
    looked too, and the one before it is dropped. That costs less than to forget one by one.
    """

    def __init__(self) -> None:
        self._generation = 0
        self._n = 0
        self._young: dict[int, _Leader] = {}
        """By value of its outline the leader that had it last."""
        self._old: dict[int, _Leader] = {}

    def __len__(self) -> int:
        return len({*self._young.values(), *self._old.values()})

    def find(self, id: str, text: Text) -> Likeness:
        """What a post's text is most like; if it is like none, others may be like it."""
        outline = text.once(Outline)
        values = outline.values
        keys = values[:INDEXED]
        best, closest, leader = None, 0.0, None
        for candidate in dict.fromkeys((*map(self._young.get, keys), *map(self._old.get, keys))):
            if candidate is None:
                continue
            equal = sum(map(eq, values, candidate.values))
            if equal >= LEAST_EQUAL:
                same = equal == PERMUTATIONS
                likeness = Likeness(candidate.id, 1.0, 1.0) if same else candidate.measure(outline)
                alike = max(likeness.overlap, likeness.frame)
                if alike >= LEAST_ALIKE and alike > closest:
                    best, closest, leader = likeness, alike, candidate
        if leader is None:
            leader = _Leader(id, outline, -1)
        if leader.generation != self._generation:
            self._keep(leader)
        return best or Likeness(id, 1.0, 1.0)

    def _keep(self, leader: _Leader) -> None:
        """Remember a leader for at least one generation more."""
        if self._n == GENERATION:
            self._old, self._young = self._young, {}
            self._n = 0
            self._generation += 1
        self._n += 1
        leader.generation = self._generation
        self._young.update(zip(leader.values[:INDEXED], repeat(leader)))
