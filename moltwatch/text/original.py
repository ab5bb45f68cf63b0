"""From the match form back to the words as they were written.

A pattern finds its words in the match form; a person who checks wants to see what the author wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from moltwatch.text.match import excerpt, fold, place_in_whole

_WORD = re.compile(r"\S+")
_fold_one = lru_cache(maxsize=4096)(fold)


def as_written(body: str, folded: str, start: int, end: int) -> str:
    """What of ``body`` became ``folded[start:end]``, ``folded`` being the match form of ``body``.

    Where characters were fused or split so that they cannot be told apart any more, it is the
    match form itself.
    """
    wanted = folded[start:end]
    spaced = " ".join(excerpt(body).split())
    # As a rule every character became one other, and places are the same in both.
    if len(spaced) == len(folded) and fold(spaced[start:end]) == wanted.strip():
        return spaced[start:end]
    place = place_as_written(body, folded, start, end)
    return body[slice(*place)] if place else wanted


def place_as_written(body: str, folded: str, start: int, end: int) -> tuple[int, int] | None:
    """Where in ``body`` stands what became ``folded[start:end]``: its first character, and its last
    plus one. None where it cannot be told any more."""
    if start >= end:
        return None
    compared = excerpt(body)
    # As a rule every character became one other, and only blanks are fewer.
    first, last = _by_words(compared, start, end)
    if fold(compared[first:last]) == folded[start:end].strip():
        return place_in_whole(body, first, last)
    place = _by_characters(compared, folded, start, end)
    return place_in_whole(body, *place) if place else None


def find_as_written(body: str, folded: str) -> Iterator[tuple[int, int]]:
    """Where in ``body`` stands what becomes ``folded``, in order: first character, and last plus
    one. Of a character that becomes several all is told, and of a word all where it cannot be told
    what became of which character. However often it is found, the body is read once.
    """
    compared = excerpt(body)
    if not folded or folded not in fold(compared):
        return
    begins: Sequence[int]
    ends: Sequence[int]
    if compared.isascii() and " " not in folded:
        whole, begins, ends = compared.lower(), range(len(compared)), range(1, len(compared) + 1)
    else:
        whole, begins, ends = _by_pieces(compared)
    at = whole.find(folded)
    while at >= 0:
        after = at + len(folded)
        yield place_in_whole(body, begins[at], ends[after - 1])
        at = whole.find(folded, after)


def _by_pieces(body: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """What a body becomes, made word by word, and for each character of that where what became it
    begins and ends."""
    forms: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    for match in _WORD.finditer(body):
        start, end = match.span()
        word = match[0]
        whole = word.lower() if word.isascii() else fold(word)
        if not whole:
            continue
        if begins:
            forms.append(" ")
            begins.append(start)
            ends.append(start)
        forms.append(whole)
        sizes = [1] * len(word) if word.isascii() else [len(_fold_one(sign)) for sign in word]
        if sum(sizes) != len(whole):  # some became less or more beside others
            begins += [start] * len(whole)
            ends += [end] * len(whole)
            continue
        for place, size in enumerate(sizes, start):
            begins += [place] * size
            ends += [place + 1] * size
    return "".join(forms), begins, ends


def _by_words(body: str, start: int, end: int) -> tuple[int, int]:
    """Where it stands if nothing but blanks was left out."""
    at, first = 0, len(body)
    for word in _WORD.finditer(body):
        shift = word.start() - at
        at += len(word[0])
        if start < at:
            first = min(first, max(start + shift, word.start()))
        if end <= at + 1:
            return first, min(end, at) + shift
        at += 1
    return first, len(body)


def _by_characters(body: str, folded: str, start: int, end: int) -> tuple[int, int] | None:
    at, first, blank = 0, None, False
    for place, sign in enumerate(body):
        piece = _fold_one(sign)
        if not piece:
            blank = blank or sign.isspace()
            continue
        at += blank and at > 0
        blank = False
        if first is None and at + len(piece) > start:
            first = place
        at += len(piece)
        if at >= end:
            begin = place if first is None else first
            same = fold(body[begin : place + 1]) == folded[start:end].strip()
            return (begin, place + 1) if same else None
    return None
