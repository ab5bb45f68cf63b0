"""Characters that look like others, by Unicode's own table (UTS #39, `confusables.txt`).

Two names with the same skeleton look the same to a reader: in `paypa1` the digit stands for an l.
The table lies beside this file, where it is told which version it is; `python -m tests.confusables`
makes it anew. Reading it takes some milliseconds, so that is done when it is needed first.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise

from moltwatch.text.hidden import HIDDEN

TABLE = "confusables.txt"

_HIDDEN = re.compile(f"[{HIDDEN}]")
_SAME_LETTER = ("<font>", "<wide>", "<narrow>")
"""A letter of another style or width is the letter: Unicode's table has most of them, not all."""

_ALPHABETS = range(0x370, 0x530)
"""Greek and Cyrillic."""
_SYMBOLS = frozenset("\u03bc\u03c3")
"""Greek letters that honest texts write beside Latin ones, as units and in formulas: μ and σ."""
_LETTER = re.compile("[a-z]")


def skeleton(name: str) -> str:
    """The same for names that look the same (UTS #39, section 4). It is for comparing, not for
    reading: an I becomes an l in it, and an m becomes r and n."""
    if name.isascii():
        return name.translate(_ascii())
    letters = unicodedata.normalize("NFD", _HIDDEN.sub("", name))
    return unicodedata.normalize("NFD", "".join(map(_prototype, letters)))


def stand_ins(name: str, other: str) -> list[tuple[str, str]]:
    """What of a name stands for what of another with the same skeleton, in order; each pair once.
    What stands for nothing shows nothing. Empty where the letters cannot be told apart."""
    mine, theirs = _edges(name), _edges(other)
    shared = sorted(mine.keys() & theirs.keys())
    pairs: dict[tuple[str, str], None] = {}
    for begin, end in pairwise(shared):
        pair = name[mine[begin] : mine[end]], other[theirs[begin] : theirs[end]]
        if pair[0] != pair[1]:
            pairs[pair] = None
    return list(pairs)


@cache
def letters_that_pass() -> dict[int, str]:
    """Small Greek and Cyrillic letters that pass for a Latin one, themselves or their capital; for
    ``str.translate`` of a text whose case is folded."""
    found: dict[int, str] = {}
    for code in _ALPHABETS:
        letter = chr(code)
        if not letter.isalpha() or letter.casefold() != letter or letter in _SYMBOLS:
            continue
        for form in (letter, letter.upper()):
            latin = skeleton(form).casefold()
            if _LETTER.fullmatch(latin):
                found[code] = latin
                break
    return found


def _edges(name: str) -> dict[int, int]:
    """Where in a name stands what begins at each place of its skeleton, as far as it is made letter
    by letter; and the end."""
    places: dict[int, int] = {}
    at = 0
    for place, letter in enumerate(name):
        places.setdefault(at, place)
        at += len(skeleton(letter))
    places[at] = len(name)
    return places


@cache
def _table() -> dict[str, str]:
    """The prototype of each character that has one."""
    text = (files(__package__) / TABLE).read_text("ascii")
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        prototype, _, sources = line.partition(";")
        looks = "".join(chr(int(code, 16)) for code in prototype.split())
        for code in sources.split():
            found[chr(int(code, 16))] = looks
    return found


@cache
def _ascii() -> dict[int, str]:
    return {ord(sign): looks for sign, looks in _table().items() if sign.isascii()}


def _prototype(letter: str) -> str:
    """What a character looks like."""
    table = _table()
    if letter in table:
        return table[letter]
    if unicodedata.decomposition(letter).startswith(_SAME_LETTER):
        plain = unicodedata.normalize("NFKD", letter)
        return "".join(table.get(each, each) for each in plain)
    return letter
