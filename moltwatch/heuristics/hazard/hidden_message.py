"""Messages that are not meant to be read by people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import ClassVar, TypeAlias

from moltwatch.heuristics.base import Features, Heuristic
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.hazard import ciphers
from moltwatch.heuristics.hazard.refrain import IN_FULL, Refrains, Repeats
from moltwatch.heuristics.hazard.substitutions import exchanged
from moltwatch.heuristics.parameters import Characters
from moltwatch.model import Evidence, Kind, Mark
from moltwatch.odds import log_odds, noisy_or
from moltwatch.text import display_line
from moltwatch.text.hidden import FLAG_TAGS
from moltwatch.text.match import place_in_whole

_SHOWN = 80
"""Characters of a hidden text that a reason quotes."""

_TAGS = re.compile(
    f"(?<![\U000e0020-\U000e007e])(?!(?<=\U0001f3f4){FLAG_TAGS})[\U000e0020-\U000e007e]{{4,}}"
)
_INVISIBLE = re.compile(
    "[\u200b-\u200d\u2060-\u2064\ufeff]{8,}|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}"
)
_BROKEN_UP = re.compile("(?:[A-Za-z0-9_][\u200b-\u200d\u2060-\u2064\ufeff]+){8,}")
_ANCIENT_SCRIPTS = (
    "\u1680-\u169f\u16a0-\u16ff\u2c00-\u2c5f\u2c80-\u2cff\U00010000-\U000100ff"
    "\U00010280-\U0001083f\U00010900-\U0001091f\U00012000-\U0001254f\U00013000-\U0001342f"
    "\U0001f700-\U0001f77f"
)
_ANCIENT = re.compile(f"[{_ANCIENT_SCRIPTS}]")
_ANCIENT_LEAST = 20
"""Fewer characters of a dead script are a quotation or an ornament."""
_BRAILLE = re.compile("[\u2801-\u283f]{4}")
_STRANGE = re.compile(
    f"[\u200b-\u200c\u2060-\u2064\u2801-\u283f\ufeff\U000e0020-\U000e01ef{_ANCIENT_SCRIPTS}]"
    "|[\u200d\ufe00-\ufe0f]{4}"
)
"""One of which stands in whatever hides or is written in signs of its own."""
_LONG_WORD = 20
"""Letters from which a word may be part of a passage in Base64 or of hexadecimal bytes."""
_LONG_BITS = 40
_E_IN_BITS = f"{ord('e'):08b}"
_E_IN_HEX = frozenset(["65", "x65", "0x65"])
"""The most common letter: hardly any message is without it."""
_APOSTROPHES = 8
_NO_LANGUAGE = re.compile("[a-z]{2,}(?:'[a-z]{2,})+")
_KNOWN_APOSTROPHE = re.compile(r"'(?:ll|re|ve|em|all|til)$|^(?:all|dall|dell|nell|sull|un|qu)'")
_INVENTED_LEAST = 6


_HIDES = "hides “{words}” {how}"
_ROW = "holds {n} invisible characters in a row"
_PARTED = "breaks “{words}” up with invisible characters"
_DEAD = "writes {n} characters in scripts nobody speaks any more"
_OWN = "writes in a language of its own ({words})"
_UNLESS = {
    _HIDES: "what is hidden did not decode to readable text",
    _ROW: "fewer than 4 invisible characters stood in a row",
    _PARTED: "fewer than 8 letters in a row were parted by invisible characters",
    _DEAD: f"fewer than {_ANCIENT_LEAST} characters were of such scripts",
    _OWN: f"fewer than {_INVENTED_LEAST} different words were spelt so",
}
"""By what it says of a message, what would have kept it silent."""


_Hidden: TypeAlias = tuple[float, Mark]
"""How telling something hidden is (0 to 1), and what it is."""


class HiddenMessage(Heuristic):
    """The post carries a message that people are not meant to read.

    Text in invisible tag letters, zero-width characters or variation selectors, in Base64, bits,
    hexadecimal bytes, Morse or Braille, or with its letters exchanged (ROT13 and other shifts, the
    alphabet turned round, words backwards), each of which must decode to readable text; passages in
    scripts nobody speaks any more, and in an invented language full of apostrophes.

    Parameters
    least: shortest decoded text that counts (characters, 4 to 200)
    repeats: how often in a day an account is told for the same message, before only each doubling
        is; ten times as often where it opens threads with new texts (posts, 1 to 1,000,000)

    Fails when
    a cipher has a key or an invented language looks like any other; and it flags a harmless riddle
    like a plot: what it shows is that something was hidden, not why.
    """

    name: ClassVar[str] = "hidden-message"
    kind: ClassVar[Kind] = Kind.HAZARD
    family: ClassVar[str] = "encoding"
    unless: ClassVar[str] = _UNLESS[_HIDES]

    def __init__(self, least: Characters = 12, repeats: Repeats = IN_FULL) -> None:
        self.least = least
        self.repeats = repeats
        self._refrains = Refrains(repeats)

    def otherwise(self, found: Evidence) -> str:
        ways = dict.fromkeys(_UNLESS.get(mark.says, "") for mark in found.marks)
        return ", and ".join(filter(None, ways)) or self.unless

    def observe(self, item: Features) -> Iterable[Evidence]:
        found = item.shown_to(self)
        return (self._refrains.weigh(item, found),) if found else ()

    def read(self, text: Text) -> Evidence | None:
        """Everything hidden in a text, if anything is."""
        hidden = sorted(self._find(text), key=lambda hit: -hit[0])
        if not hidden:
            return None
        marks = [mark for _, mark in hidden[:2]]
        weight = log_odds(noisy_or(danger for danger, _ in hidden))
        marks = marks if marks[:1] != marks[1:] else marks[:1]
        where = [
            place_in_whole(text.body, *place)
            for place in ciphers.carriers(text.excerpt, self.least)
        ]
        return self.evidence(weight, marks=marks, places=where)

    def _find(self, text: Text) -> Iterator[_Hidden]:
        # Each way has a condition that costs next to nothing and that almost no text meets.
        body, vocabulary = text.excerpt, text.vocabulary
        exotic = text.exotic
        if exotic and _STRANGE.search(exotic):
            yield from self._in_signs(body, exotic)
        if text.longest >= _LONG_WORD:
            yield from self._told(0.8, "in Base64", ciphers.base64(body, self.least))
            long = [word for word in vocabulary if len(word) >= _LONG_WORD]
            yield from self._told(0.7, "in hexadecimal", ciphers.hexadecimal_words(long, 8))
        if text.longest >= _LONG_BITS or _E_IN_BITS in vocabulary:
            yield from self._told(0.7, "in bits", ciphers.bits(body, 4))
        if not _E_IN_HEX.isdisjoint(vocabulary):
            yield from self._told(0.7, "in hexadecimal", ciphers.hexadecimal(body, 8))
        if ".-" in body or "·−" in exotic or "•–" in exotic:
            yield from self._told(0.7, "in Morse", ciphers.morse(body, self.least))
        if found := exchanged(vocabulary):
            yield from self._told(0.8, f"in {found.cipher}", [found.restore(body)])
        if "to" not in vocabulary and text.folded.count("'") >= _APOSTROPHES:
            yield from _invented(vocabulary)

    def _in_signs(self, body: str, exotic: str) -> Iterator[_Hidden]:
        """What is hidden in, or written with, characters that are not ASCII."""
        for tags in _TAGS.findall(exotic)[:5]:
            said = "".join(chr(ord(sign) - 0xE0000) for sign in tags)
            yield from self._told(0.95, "in invisible tag letters", [said])
        yield from self._told(0.95, "in variation selectors", ciphers.selectors(exotic, 4))
        yield from self._told(0.95, "in zero-width characters", ciphers.zero_width(exotic, 4))
        if _INVISIBLE.search(exotic):
            if run := max(_INVISIBLE.findall(body), key=len, default=""):
                strength = min(0.5 + len(run) / 100, 0.9)
                yield strength, Mark(_ROW, {"n": len(run)})
            if broken := _BROKEN_UP.search(body):
                said = display_line(broken[0], _SHOWN)
                yield 0.7, Mark(_PARTED, {"words": said})
        if (n := len(_ANCIENT.findall(exotic))) >= _ANCIENT_LEAST:
            yield 0.6, Mark(_DEAD, {"n": n})
        if _BRAILLE.search(exotic):
            yield from self._told(0.7, "in Braille", ciphers.braille(body, self.least))

    def _told(self, weight: float, how: str, texts: Iterable[str]) -> Iterator[_Hidden]:
        for text in texts:
            if text:
                said = display_line(text, _SHOWN)
                yield weight, Mark(_HIDES, {"words": said, "how": how})


def _invented(vocabulary: AbstractSet[str]) -> Iterator[_Hidden]:
    """Words of no language, as the invented ones are spelt: ``zhi'keth``."""
    found = sorted(
        word
        for word in vocabulary
        if "'" in word and _NO_LANGUAGE.fullmatch(word) and not _KNOWN_APOSTROPHE.search(word)
    )
    if len(found) >= _INVENTED_LEAST:
        words = ", ".join(found[:3])
        yield 0.55, Mark(_OWN, {"words": words})
