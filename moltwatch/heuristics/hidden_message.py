"""Messages that are not meant to be read by people."""

from __future__ import annotations

import re
import string
from base64 import b64decode
from binascii import Error
from codecs import decode
from collections.abc import Iterable, Iterator
from typing import ClassVar

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.parameters import Count
from moltwatch.heuristics.texts import Text
from moltwatch.heuristics.verdict import noisy_or
from moltwatch.model import Kind
from moltwatch.text import count_hidden, display_line

_TAGS = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007e]{4,}")
_INVISIBLE = re.compile(
    "[\u200b-\u200d\u2060-\u2064\ufeff]{8,}|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}"
)
_BASE64 = re.compile(r"(?<![\w/+.:-])[A-Za-z0-9+/]{24,}={0,2}(?![\w/+=])")
_BITS = re.compile(r"(?:\b[01]{8}\b[ ,]?){4,}|(?<!\d)[01]{40,}(?!\d)")
_BITS_BEGIN = re.compile(r"[01]{8}")
_HEX_BEGIN = re.compile("[24-7][0-9a-fA-F][ ,][0-9]")
"""The byte of a letter or blank, and the beginning of the next."""
_HEX_PAIRS = 5
"""Distinct words of two letters or digits from which they may be bytes in hexadecimal."""
_LONG_WORD = 20
"""Letters from which a word may be part of a Base64 passage."""
_HEX = re.compile(r"(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}\b[ ,]?){10,}|(?:\\x[0-9a-fA-F]{2}){8,}")
_ROT13_WORDS = frozenset(
    [
        "gur",
        "naq",
        "lbh",
        "sbe",
        "vf",
        "gung",
        "guvf",
        "ner",
        "jvgu",
        "abg",
        "lbhe",
        "vg",
        "jr",
        "va",
        "bs",
        "gb",
        "ba",
        "or",
        "jung",
        "unir",
        "nyy",
        "ntragf",
        "uhzna",
    ]
)
_ANCIENT = re.compile(
    "[\u16a0-\u16ff\U00010000-\U000100ff\U00010280-\U0001083f\U00010900-\U0001091f\U00012000-\U0001254f\U00013000-\U0001342f]"
)
_ANCIENT_LEAST = 20
"""Fewer characters of a dead script are a quotation or an ornament."""
_MOST_CHARS = 20_000
_PRINTABLE = frozenset(string.printable.encode()) - set(b"\x0b\x0c")


class HiddenMessage(Heuristic):
    """The post carries a message that people are not meant to read.

    Text in invisible tag letters or zero-width characters, in Base64, bits, hexadecimal bytes or
    ROT13, each of which must decode to readable text; and passages in scripts nobody speaks any
    more.

    Parameters
    least: shortest decoded text that counts (characters, 4 to 200)

    Fails when
    a cipher has a key or a language is invented; and it flags a harmless riddle like a plot: what
    it shows is that something was hidden, not why.
    """

    name: ClassVar[str] = "hidden-message"
    kind: ClassVar[Kind] = Kind.HAZARD
    family: ClassVar[str] = "encoding"

    def __init__(self, least: Count = 12) -> None:
        self.least = least

    def observe(self, item: Item) -> Iterable[Signal]:
        found = item.text.once(self._found)
        if not found:
            return ()
        reason = "; ".join(dict.fromkeys(says for _, says in found[:2]))
        strength = noisy_or(weight for weight, _ in found)
        return (
            Signal(post=item.post.id, author=item.post.author, strength=strength, reason=reason),
        )

    def _found(self, text: Text) -> list[tuple[float, str]]:
        """What is hidden in a text, and how telling it is: the most telling first."""
        return sorted(self._find(text), key=lambda hit: -hit[0])

    def _find(self, about: Text) -> Iterator[tuple[float, str]]:
        body = about.body[:_MOST_CHARS]
        exotic = about.exotic(_MOST_CHARS)
        if exotic and count_hidden(about.body):
            yield from self._invisible(body)
        if len(exotic) >= _ANCIENT_LEAST and (n := len(_ANCIENT.findall(exotic))) >= _ANCIENT_LEAST:
            yield 0.6, f"writes {n} characters in scripts nobody speaks any more"
        if about.longest >= _LONG_WORD:
            for blob in _BASE64.findall(body)[:20]:
                if text := self._readable(_unbase64(blob)):
                    yield 0.8, f"hides “{text}” in Base64"
        if "01" in body and _BITS_BEGIN.search(body):
            for bits in _BITS.findall(body)[:20]:
                digits = re.sub(r"\D", "", bits)
                data = bytes(int(digits[at : at + 8], 2) for at in range(0, len(digits) - 7, 8))
                if text := self._readable(data, 4):
                    yield 0.7, f"hides “{text}” in bits"
        if "\\x" in body or _may_be_hex(about):
            for run in _HEX.findall(body)[:20]:
                data = bytes.fromhex("".join(re.findall(r"(?:0x|\\x)?([0-9a-fA-F]{2})", run)))
                if text := self._readable(data, 8):
                    yield 0.7, f"hides “{text}” in hexadecimal"
        turned = _ROT13_WORDS.intersection(about.vocabulary)
        if len(turned) >= 4:
            text = display_line(decode(about.folded[:200], "rot13"), 80)
            yield 0.8, f"hides “{text}” in ROT13"

    def _invisible(self, body: str) -> Iterator[tuple[float, str]]:
        for tags in _TAGS.findall(body)[:5]:
            text = "".join(chr(ord(sign) - 0xE0000) for sign in tags)
            yield 0.95, f"hides “{display_line(text, 80)}” in invisible tag letters"
        if run := max(_INVISIBLE.findall(body), key=len, default=""):
            yield min(0.5 + len(run) / 100, 0.9), f"holds {len(run)} invisible characters in a row"

    def _readable(self, data: bytes, least: int | None = None) -> str:
        """The text that bytes hold, made harmless, or nothing if people could not read it."""
        if len(data) < (self.least if least is None else least):
            return ""
        letters = sum(byte in _PRINTABLE for byte in data)
        plain = sum(chr(byte).isalpha() or byte == 32 for byte in data if byte < 128)
        if letters < len(data) or plain < 0.7 * len(data):
            return ""
        return display_line(data.decode("ascii", "replace"), 80)


def _may_be_hex(text: Text) -> bool:
    """Whether there are hexadecimal bytes, and enough words that may be such."""
    return (
        _HEX_BEGIN.search(text.body) is not None
        and sum([len(word) == 2 for word in text.vocabulary]) >= _HEX_PAIRS
    )


def _unbase64(blob: str) -> bytes:
    try:
        return b64decode(blob + "=" * (-len(blob) % 4), validate=True)
    except (Error, ValueError):
        return b""
