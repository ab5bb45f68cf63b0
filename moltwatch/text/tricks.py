"""What a text plays tricks with, and where: characters that show nothing, and letters that pass for
others. For whoever shows a text to a person who is to see what a machine reads.
"""

from __future__ import annotations

import re
from itertools import pairwise

from moltwatch.text.hidden import hidden_places
from moltwatch.text.match import look_alike

MOST_NAMED = 3
"""Different hidden characters of one run that are named."""

_WORD = re.compile(r"\w+")
_TAG_LETTERS = range(0xE0020, 0xE007F)


def hidden_runs(text: str) -> list[tuple[int, int, str]]:
    """Where dishonest hidden characters stand in a row, each row with what it holds in words:
    ``U+200B``, ``U+200B ×24``, or the letters that it spells."""
    places = hidden_places(text)
    if not places:
        return []
    begins = [places[0], *(after for before, after in pairwise(places) if after > before + 1)]
    ends = [before + 1 for before, after in pairwise(places) if after > before + 1]
    runs = zip(begins, [*ends, places[-1] + 1], strict=True)
    return [(begin, end, _named(text[begin:end])) for begin, end in runs]


def look_alikes(text: str) -> list[tuple[int, str]]:
    """Where a Greek or Cyrillic letter stands in a word that has Latin ones, and the Latin letter
    that it passes for."""
    if text.isascii():
        return []
    found: list[tuple[int, str]] = []
    for word in _WORD.finditer(text):
        for at, letter in look_alike(word[0]):
            found.append((word.start() + at, letter))
    return found


def _named(run: str) -> str:
    spelt = "".join(chr(ord(sign) - 0xE0000) for sign in run if ord(sign) in _TAG_LETTERS)
    if len(spelt) > 1:
        return f"invisible “{spelt}”"
    different = list(dict.fromkeys(run))
    if len(different) == 1:
        times = f" ×{len(run):,}" if len(run) > 1 else ""
        return f"U+{ord(run[0]):04X}{times}"
    names = " ".join(f"U+{ord(sign):04X}" for sign in different[:MOST_NAMED])
    more = " …" if len(different) > MOST_NAMED else ""
    return f"{len(run):,} invisible: {names}{more}"
