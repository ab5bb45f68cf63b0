"""The form of a text that heuristics compare: tricks undone, taste removed, words left.

`fold` undoes what is used to make equal texts look different to a program (hidden characters,
full-width and mathematical letters, look-alikes from other alphabets, case, white space).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import groupby, islice

from moltwatch.text.confusables import letters_that_pass
from moltwatch.text.hidden import HIDDEN, beyond_ascii
from moltwatch.text.words import ascii_words, words

MOST_CHARS = 16_000
"""Only this much of a text is compared."""

_TAIL = 4_000
"""Of that, the last so many characters of a longer text: what is to be overlooked, and what is
pushed, stands at the end as often as at the beginning."""
_HEAD = MOST_CHARS - _TAIL - 1

MOST_MARKS = 30
"""Marks kept of those piled on one letter, as in Unicode's stream-safe format: to put thousands in
order takes time by their square."""

_HIDDEN = re.compile(f"[{HIDDEN}]")
_ROW = re.compile(rf"[^\w\s!-~]{{{MOST_MARKS + 1},}}")
"""Marks stand in such rows, as do emoji."""
_APOSTROPHE = "\u2019"
_LOWER = bytes(32 if chr(code).isspace() and code < 128 else code for code in range(256)).lower()
"""ASCII letters in lower case, and a blank for all that parts words."""
_WORD = re.compile(r"\w+")
_LETTERS = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+")
_LINKED = re.compile(r"!\[[^\]]{0,300}\]\([^)]{0,2000}\)|\]\([^)]{0,2000}\)|(?:https?://|www\.)\S+")
"""A picture with what is said of it, the address of a link, an address."""
_SIGNS = bytes(code for code in range(128) if not chr(code).isalnum())
_LATIN = re.compile("[a-z]")
_GREEK_OR_CYRILLIC = re.compile("[\u0370-\u052f]")
# Korean letters that join into a syllable.
_JAMO, _LAST_JAMO = "\u1100", "\u11ff"


def excerpt(text: str) -> str:
    """What of a text is compared: all of it, but of one longer than :data:`MOST_CHARS` its head and
    its tail, a line break between."""
    return text if len(text) <= MOST_CHARS else f"{text[:_HEAD]}\n{text[-_TAIL:]}"


def place_in_whole(text: str, start: int, end: int) -> tuple[int, int]:
    """Where in a text stands what is at ``start`` to ``end`` of its excerpt; of what reaches over
    the gap, the part before it."""
    if len(text) <= MOST_CHARS or end <= _HEAD:
        return start, end
    if start < _HEAD:
        return start, _HEAD
    gap = len(text) - MOST_CHARS
    return max(start, _HEAD + 1) + gap, end + gap


def fold(text: str) -> str:
    """The comparable form: equal for texts that a reader would call the same."""
    text = excerpt(text)
    utf8, _ = _fold_apart(text)
    return _fold_whole(text) if utf8 is None else utf8.decode()


def same_words(text: str) -> int:
    """A number that is the same for texts with the same words, whatever letters, signs and emoji
    they are dressed in, and for the same signs where there are no words; 0 where there is nothing.
    It holds within one run of the program."""
    return _same(fold(text))


def repeated_words(text: str) -> tuple[int, int]:
    """The same, and a number that is the same for texts of which only numbers, links and pictures
    differ: "Pepe #7" with one picture, "Pepe #8" with another."""
    folded = fold(text)
    same = _same(folded)
    linked = "//" in folded or "](" in folded or "www." in folded
    if not linked and not _NUMBER.search(folded):
        return same, same
    left = _NUMBER.sub("", _LINKED.sub(" ", folded) if linked else folded).strip()
    return same, _same(left or "a number, a link or a picture")


def _same(folded: str) -> int:
    if folded.isascii():
        letters = folded.encode().translate(None, _SIGNS)
    else:
        letters = "".join(_LETTERS.findall(folded)).encode("utf-8", "surrogatepass")
    return hash(letters or folded) if folded else 0


def fold_into_words(text: str) -> tuple[str, list[str]]:
    """A text's comparable form, and the words of that in order; at once, since that is quicker."""
    text = excerpt(text)
    utf8, letters = _fold_apart(text)
    folded = _fold_whole(text) if utf8 is None else utf8.decode()
    if utf8 is None or letters:
        return folded, words(folded)
    return folded, ascii_words(utf8)


def _fold_apart(text: str) -> tuple[bytes | None, bool]:
    """The comparable form as UTF-8, made character by character, and whether there are letters
    beyond ASCII in it. None where characters change each other: marks, mixed alphabets."""
    letters = False
    if not text.isascii():
        for sign in set(beyond_ascii(text)):
            form = _form(sign)
            if form is None:
                return None, True
            letters = letters or _is_word(form)
            if form != sign:
                text = text.replace(sign, form)
        text = excerpt(text)  # one sign may become eighteen letters
    # In bytes, and without cutting it into words: that takes a third of the time.
    utf8 = text.encode().translate(_LOWER)
    while b"  " in utf8:
        utf8 = utf8.replace(b"  ", b" ")
    return utf8.strip(b" "), letters


def _fold_whole(text: str) -> str:
    """The comparable form of a text in which characters change each other: marks, mixed
    alphabets."""
    text = _ROW.sub(_few_marks, _HIDDEN.sub("", text))
    text = excerpt(_normal(text))
    if _GREEK_OR_CYRILLIC.search(text):
        text = _WORD.sub(_one_alphabet, text)
    return " ".join(text.replace(_APOSTROPHE, "'").split())


@lru_cache(maxsize=8192)
def _form(sign: str) -> str | None:
    """What a character beyond ASCII becomes, whatever stands beside it; None where that counts."""
    if sign == _APOSTROPHE:
        return "'"
    if _HIDDEN.match(sign):
        return ""
    form = _normal(sign)
    stands_alone = all(each.isascii() or _is_plain(each) for each in form)
    return form if stands_alone and _category(sign) in "LNPSZ" else None


def _is_plain(sign: str) -> bool:
    """Whether a character beyond ASCII is its own form. Marks, which join what they follow, are
    not plain, nor are letters that look like others, or make one syllable."""
    return (
        _category(sign) in "LNPS"
        and not _GREEK_OR_CYRILLIC.match(sign)
        and not _JAMO <= sign <= _LAST_JAMO
        and _normal(sign) == sign
    )


@lru_cache(maxsize=8192)
def _is_word(form: str) -> bool:
    """Whether there is a letter or digit beyond ASCII in it."""
    return any(each.isalnum() and not each.isascii() for each in form)


def _category(sign: str) -> str:
    return unicodedata.category(sign)[0]


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _few_marks(match: re.Match[str]) -> str:
    """A row of signs, only so many marks left of any that follow each other."""
    runs = groupby(match[0], key=lambda sign: unicodedata.combining(sign) > 0)
    return "".join("".join(islice(run, MOST_MARKS) if marks else run) for marks, run in runs)


def look_alike(word: str) -> list[tuple[int, str]]:
    """Where in a word that mixes alphabets a letter passes for a Latin one, and for which."""
    if word.isascii() or not _mixes_alphabets(word.casefold()):
        return []
    return [
        (at, latin)
        for at, sign in enumerate(word)
        if (latin := letters_that_pass().get(ord(sign.casefold()[:1])))
    ]


def _mixes_alphabets(word: str) -> bool:
    return bool(_LATIN.search(word) and _GREEK_OR_CYRILLIC.search(word))


def _one_alphabet(match: re.Match[str]) -> str:
    """A word, its look-alikes replaced if it mixes alphabets, so that Russian stays Russian."""
    word = match[0]
    return word.translate(letters_that_pass()) if _mixes_alphabets(word) else word
