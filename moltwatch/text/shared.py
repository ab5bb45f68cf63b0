"""What several texts share, and where one of them differs from the others.

Texts are compared word by word. A person sees in the marks what a form has for slots: the name,
the number, the place that each copy fills in anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

from rapidfuzz.distance import LCSseq

from moltwatch.text.match import fold

MOST_WORDS = 400
"""Words and signs of a text that are compared."""

MOST_TEXTS = 60
"""Other texts that one is compared with."""

LEAST_ALIKE = 0.4
"""The part of their words that two texts must share in one order, or they are not compared."""

OFTEN = 0.25
"""The part of the others in which a word must be another one to be marked."""

FILLER = 3
"""Characters of a word that is marked with what stands on both sides of it: an "of" between two
other words is no part of a form."""

_WORD = re.compile(r"\w+|[^\w\s]")
"""A word, or a sign: what is filled in may stand between brackets."""


def differing(text: str, others: Iterable[str]) -> tuple[list[tuple[int, int]], list[int]]:
    """Where ``text`` differs from the others: first character, and last plus one. And which of the
    others are so much alike that they were compared, by their places."""
    words = list(islice(_WORD.finditer(text), MOST_WORDS))
    strays = [0] * len(words)
    alike: list[int] = []
    for place, other in enumerate(islice(others, MOST_TEXTS)):
        missing = _missing(text, other)
        if missing is None:
            continue
        alike.append(place)
        for at in missing:
            strays[at] += 1
    slots: list[tuple[int, int]] = []
    last = -2
    for at, (word, n) in enumerate(zip(words, strays, strict=True)):
        if n < max(1, OFTEN * len(alike)):
            continue
        if slots and (at == last + 1 or (at == last + 2 and len(words[at - 1][0]) <= FILLER)):
            slots[-1] = slots[-1][0], word.end()
        else:
            slots.append(word.span())
        last = at
    return slots, alike


@lru_cache(maxsize=1024)
def _missing(text: str, other: str) -> tuple[int, ...] | None:
    """Which words of a text do not stand in another, in order; None where hardly any do."""
    mine, theirs = _folded(text), _words(fold(other))
    if not mine or not theirs:
        return None
    kept = {
        at
        for block in LCSseq.opcodes(mine, theirs)
        if block.tag == "equal"
        for at in range(block.src_start, block.src_end)
    }
    if len(kept) < LEAST_ALIKE * max(len(mine), len(theirs)):
        return None
    return tuple(at for at in range(len(mine)) if at not in kept)


@lru_cache(maxsize=64)
def _folded(text: str) -> list[str]:
    """The words of a text as they are compared, each where it stands."""
    return [fold(word) for word in _words(text)]


def _words(text: str) -> list[str]:
    return [word[0] for word in islice(_WORD.finditer(text), MOST_WORDS)]
