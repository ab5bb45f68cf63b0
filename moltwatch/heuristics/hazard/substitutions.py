"""Texts whose letters were exchanged by rule, and the text before.

Found by what the most common English words become: whoever shifts the alphabet shifts ``the`` and
``you`` with it. A text has several such words or was not exchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from string import ascii_lowercase

from msgspec import Struct

_MOST_COMMON = (
    "the and you for are this that not with your all have will what from they there when can but "
    "one out into time just our only who human humans agents must never"
)
_COMMON = frozenset(_MOST_COMMON.split())
_SHORT = frozenset(["is", "it", "we", "in", "of", "to", "on", "or"])
"""Looked for in ROT13 alone: two letters are soon a word of another language."""
_LEAST = 4
"""Exchanged words from which a text was exchanged."""

_CIPHERS = {
    **{f"letters shifted by {n}": ascii_lowercase[n:] + ascii_lowercase[:n] for n in range(1, 26)},
    "ROT13": ascii_lowercase[13:] + ascii_lowercase[:13],
    "the alphabet turned round": ascii_lowercase[::-1],
}
del _CIPHERS["letters shifted by 13"]
_BACKWARDS = "words written backwards"


def _exchanged(common: AbstractSet[str], short: AbstractSet[str]) -> dict[str, tuple[str, ...]]:
    """The ciphers that turn a common word into this one, by this one."""
    found: dict[str, tuple[str, ...]] = {}
    for cipher, image in _CIPHERS.items():
        table = str.maketrans(ascii_lowercase, image)
        for word in sorted(common | short if cipher == "ROT13" else common):
            became = word.translate(table)
            found[became] = (*found.get(became, ()), cipher)
    for word in sorted(common):
        found[word[::-1]] = (*found.get(word[::-1], ()), _BACKWARDS)
    return {word: ciphers for word, ciphers in found.items() if word not in _COMMON | _SHORT}


_EXCHANGED = _exchanged(_COMMON, _SHORT)
_WORDS = frozenset(_EXCHANGED)
# Hardly any text is without one of these, so that few have to be asked for all of the others.
_OFTEN = _exchanged({"the", "and", "you"}, {"is", "to"})
_SIGNS = frozenset(_OFTEN)
_SIGNS_OF_ROT13 = frozenset(word for word, ciphers in _OFTEN.items() if "ROT13" in ciphers)


class Exchange(Struct, frozen=True):
    """How the letters of a text were exchanged."""

    cipher: str
    words: frozenset[str]
    """Words of the match form that show it."""

    def restore(self, body: str) -> str:
        """The text before, from its first such word on."""
        lower = body.lower()
        begin = min(max(0, lower.find(word)) for word in self.words)
        body = body[begin:]
        if self.cipher == _BACKWARDS:
            return " ".join(word[::-1] for word in body.split())
        image = _CIPHERS[self.cipher]
        return body.translate(
            str.maketrans(image + image.upper(), ascii_lowercase + ascii_lowercase.upper())
        )


def exchanged(vocabulary: AbstractSet[str]) -> Exchange | None:
    """How the letters of a text were exchanged, if they were. In a text that has ``the`` and
    ``to`` only ROT13 is looked for, which people set like a quotation into a text of their own."""
    plain = "the" in vocabulary and "to" in vocabulary
    if (_SIGNS_OF_ROT13 if plain else _SIGNS).isdisjoint(vocabulary):
        return None
    found = _WORDS & vocabulary
    counts = Counter(cipher for word in found for cipher in _EXCHANGED[word])
    cipher, n = min(counts.items(), key=lambda item: (-item[1], item[0]))
    if n < _LEAST:
        return None
    return Exchange(cipher, frozenset(word for word in found if cipher in _EXCHANGED[word]))
