"""Which earlier text is this one like? What near-duplicate and template both ask of a post.

Looked for are texts that share pairs of neighbouring words, by MinHash and banding; what turns up
is measured by the words themselves. Texts copied from one another share many pairs whatever was
changed between them, while strangers who write of the same thing share few. Single words would be
quicker to hash, but everybody's "the" and "is" would make candidates of all texts; runs of three
words break too easily.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import add
from typing import NamedTuple

from rapidfuzz.distance import LCSseq
from rensa import RMinHash, RMinHashLSH

from moltwatch.model import Act

BANDS = 16
ROWS = 2
"""Values of a MinHash in each band: two texts that share a third of their pairs have a band in
common with probability 0.85, two that share half with 0.99."""

LEAST_PAIRS = 0.13
"""Estimated part of their pairs that two texts must share to be measured."""

MOST_CANDIDATES = 8
"""Texts measured, the latest first."""

LEAST_ALIKE = 0.5
"""Overlap or frame from which two texts count as alike."""

LEAST_WORDS = 7
"""Distinct words from which texts are worth comparing: any few words are like some longer text,
which would be kept under their name instead of its own."""

MOST_WORDS = 40
"""Words compared of a text: of a longer one the first and the last, half each."""

GENERATION = 2_500
"""Texts after which those before the last so many are forgotten."""


class Likeness(NamedTuple):
    """How much a text is like one that came before."""

    first: Act
    """The post that brought the earlier text; the post itself if it is like none."""
    overlap: float = 0.0
    """Words that stand in both, as a part of those that stand in either (Jaccard), 0 to 1."""
    frame: float = 0.0
    """Words that stand in both in the same order, as a part of the longer text, 0 to 1."""
    texts: tuple[Sequence[str], Sequence[str]] = ((), ())
    """The words of both, unless they are the same."""

    def piece(self) -> float:
        """The longest piece that stands unbroken in both, as a part of the longer text, 0 to 1."""
        own, other = self.texts
        if own == other:
            return self.frame
        steps = LCSseq.opcodes(own, other)
        piece = max(step.src_end - step.src_start for step in steps if step.tag == "equal")
        return piece / max(len(own), len(other))


class Outline:
    """What of a text is compared, the same for all its copies."""

    __slots__ = ("minhash", "utf8")

    def __init__(self, said: list[str]) -> None:
        if len(said) > MOST_WORDS:
            said = said[: MOST_WORDS // 2] + said[-MOST_WORDS // 2 :]
        self.utf8 = " ".join(said).encode("utf-8", "surrogatepass")
        """The words compared, in order, a blank between them."""
        self.minhash = RMinHash(num_perm=BANDS * ROWS, seed=1)
        self.minhash.update(list(map(add, said, said[1:])) or said)


def _words(utf8: bytes) -> list[str]:
    return utf8.decode("utf-8", "surrogatepass").split(" ")


class _Leader(NamedTuple):
    """A text that was like none before it."""

    first: Act
    utf8: bytes

    def measure(self, outline: Outline) -> Likeness:
        """How much a text is like this one."""
        if self.utf8 == outline.utf8:
            return Likeness(self.first, 1.0, 1.0)
        own, other = _words(outline.utf8), _words(self.utf8)
        vocabulary, words = frozenset(own), frozenset(other)
        common = len(vocabulary & words)
        overlap = common / (len(vocabulary) + len(words) - common)
        frame = LCSseq.normalized_similarity(own, other)
        return Likeness(self.first, overlap, frame, (own, other))


class _Generation:
    """So many leaders, and an index of them."""

    def __init__(self) -> None:
        self.leaders: list[_Leader] = []
        self._minhashes: list[RMinHash] = []
        self._index = RMinHashLSH(threshold=LEAST_ALIKE, num_perm=BANDS * ROWS, num_bands=BANDS)

    def find(self, outline: Outline) -> Likeness | None:
        """How much a text is like the one it is most like, the latest of several, if it is like
        any."""
        minhash = outline.minhash
        latest = self._index.query(minhash)
        if len(latest) > 1:
            latest = sorted(latest, reverse=True)[:MOST_CANDIDATES]
        best, most = None, 0.0
        for n in latest:
            if self._minhashes[n].jaccard(minhash) < LEAST_PAIRS:
                continue
            likeness = self.leaders[n].measure(outline)
            alike = max(likeness.overlap, likeness.frame)
            if alike > most:
                best, most = likeness, alike
                if alike == 1.0:
                    break
        return best if most >= LEAST_ALIKE else None

    def keep(self, first: Act, outline: Outline) -> None:
        self._index.insert(len(self.leaders), outline.minhash)
        self.leaders.append(_Leader(first, outline.utf8))
        self._minhashes.append(outline.minhash)


class Leaders:
    """The latest texts that were like none before them.

    They are forgotten by generations, all of one at once: that costs less than one by one.
    """

    def __init__(self) -> None:
        self._young = _Generation()
        self._old = _Generation()

    def __len__(self) -> int:
        return len(self._young.leaders) + len(self._old.leaders)

    def find(self, first: Act, outline: Outline) -> Likeness:
        """What a post's text is most like; if it is like none, others may be like it."""
        likeness = self._young.find(outline)
        if likeness is None:
            likeness = self._old.find(outline) or Likeness(first)
            if len(self._young.leaders) == GENERATION:
                self._old, self._young = self._young, _Generation()
            # Under the name of the first, so that a form in use is not forgotten.
            self._young.keep(likeness.first, outline)
        return likeness
