"""Ways to write so that machines read and people do not, undone.

Each function takes a text and yields what it hides, as people could have read it. All are strict:
what does not decode to readable text was no message but an address, a hash or an ornament.
"""

from __future__ import annotations

import re
import string
from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Iterator
from itertools import islice, permutations

_MOST_RUNS = 20
"""Runs looked at in one text."""
_LEAST_LETTERS = 4
"""Different ones: of fewer it is a pattern, not a message."""

_BASE64 = re.compile(r"(?<![\w/+.-])[A-Za-z0-9+/]{24,}={0,2}(?![\w/+=])")
_BITS = re.compile(r"(?:\b[01]{8}\b[ ,]?){4,}|(?<!\d)[01]{40,}(?!\d)")
_HEX = re.compile(r"(?<!\w)(?:(?:0x)?[0-9a-fA-F]{2}\b[ ,]?){10,}|(?:\\x[0-9a-fA-F]{2}){8,}")
_HEX_WORD = re.compile("(?:0x)?((?:[0-9a-f]{2}){12,})")
_BYTE = re.compile(r"(?:0x|\\x)?([0-9a-fA-F]{2})")
_SIGNS = r"[.·•\-–−_]{1,5}"
# Taken whole, with what it goes on in, even if that is no Morse: looked at from each of its signs
# again, sixteen thousand characters would take seconds.
_MORSE = re.compile(rf"(?<![^\s\"'`*(]){_SIGNS}(?:[ /|]+{_SIGNS}){{9,}}+[^\s\"'`*)]*")
_MORSE_WORD = re.compile(rf"{_SIGNS}(?:[/|]+{_SIGNS})*")
_BRAILLE = re.compile("[\u2801-\u283f](?:[\u2800-\u283f ]*[\u2801-\u283f])+")
_ZERO_WIDTH = re.compile("[\u200b-\u200d\u2060-\u2064\ufeff]")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_PRINTABLE = frozenset(string.printable.encode()) - set(b"\x0b\x0c")

_MORSE_CODE = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- "
    "-..- -.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
)
MORSE_LETTERS = dict(zip(_MORSE_CODE.split(), string.ascii_lowercase + string.digits, strict=True))
_MORSE_SIGNS = str.maketrans("·•–−_", "..---")
# The cells of a to j; k to t are the same with dot 3, u to z with dot 6 as well, but for w.
_FIRST_CELLS = (0x01, 0x03, 0x09, 0x19, 0x11, 0x0B, 0x1B, 0x13, 0x0A, 0x1A)
BRAILLE_LETTERS = {
    **{0x2800 + cell: letter for cell, letter in zip(_FIRST_CELLS, "abcdefghij", strict=True)},
    **{0x2804 + cell: letter for cell, letter in zip(_FIRST_CELLS, "klmnopqrst", strict=True)},
    **{0x2824 + cell: letter for cell, letter in zip(_FIRST_CELLS[:5], "uvxyz", strict=True)},
    0x283A: "w",
    0x2800: " ",
}


def readable(data: bytes, least: int) -> str:
    """The text that bytes hold, or nothing if it is shorter than ``least`` or people could not
    read it."""
    if len(data) < least or not _PRINTABLE.issuperset(data):
        return ""
    plain = sum(chr(byte).isalpha() or byte == 32 for byte in data)
    return data.decode("ascii") if plain >= 0.7 * len(data) else ""


def _runs(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for n, match in enumerate(pattern.finditer(text), 1):
        yield match[0]
        if n == _MOST_RUNS:
            return


def base64(text: str, least: int) -> Iterator[str]:
    """Passages in Base64."""
    for blob in _runs(_BASE64, text):
        try:
            data = b64decode(blob + "=" * (-len(blob) % 4), validate=True)
        except (Error, ValueError):
            continue
        yield readable(data, least)


def carriers(text: str, least: int) -> list[tuple[int, int]]:
    """Where in a text stands what is in Base64, bits or hexadecimal: first character, and last plus
    one."""
    ciphers = ((_BASE64, base64, least), (_BITS, bits, 4), (_HEX, hexadecimal, 8))
    return [
        match.span()
        for pattern, read, shortest in ciphers
        for match in islice(pattern.finditer(text), _MOST_RUNS)
        if any(read(match[0], shortest))
    ]


def bits(text: str, least: int) -> Iterator[str]:
    """Bytes written as zeros and ones."""
    for run in _runs(_BITS, text):
        yield _from_bits(re.sub(r"\D", "", run), least)


def _from_bits(digits: str, least: int) -> str:
    whole = len(digits) - len(digits) % 8
    return readable(bytes(int(digits[at : at + 8], 2) for at in range(0, whole, 8)), least)


def hexadecimal(text: str, least: int) -> Iterator[str]:
    """Bytes written in hexadecimal."""
    for run in _runs(_HEX, text):
        yield readable(bytes.fromhex("".join(_BYTE.findall(run))), least)


def hexadecimal_words(words: Iterable[str], least: int) -> Iterator[str]:
    """Bytes written in hexadecimal, without blanks, as one word of a match form."""
    for word in sorted(words):
        if match := _HEX_WORD.fullmatch(word):
            yield readable(bytes.fromhex(match[1]), least)


def morse(text: str, least: int) -> Iterator[str]:
    """Dots and dashes. A row of equal letters is an ornament."""
    for run in _runs(_MORSE, text):
        before, _, last = run.rpartition(" ")
        run = run if _MORSE_WORD.fullmatch(last) else before
        words = re.split(r"\s*[/|]\s*|\s{2,}", run.translate(_MORSE_SIGNS).strip(" /|"))
        said = " ".join(
            "".join(MORSE_LETTERS.get(sign, "?") for sign in word.split()) for word in words
        )
        letters = set(said) - {" ", "?"}
        if len(said) >= least and "?" not in said and len(letters) >= _LEAST_LETTERS:
            yield said


def braille(text: str, least: int) -> Iterator[str]:
    """Braille letters; pictures made of them are no words."""
    for run in _runs(_BRAILLE, text):
        said = run.translate(BRAILLE_LETTERS)
        if len(said) >= least and said.isascii() and len(set(said)) >= _LEAST_LETTERS:
            yield said


def zero_width(text: str, least: int) -> Iterator[str]:
    """Bits written in two kinds of invisible characters, whichever is which."""
    signs = _ZERO_WIDTH.findall(text)
    if len(signs) < 8 * least:
        return
    for zero, one in permutations(sorted(set(signs)), 2):
        digits = "".join("0" if sign == zero else "1" for sign in signs if sign in (zero, one))
        said = _from_bits(digits, least)
        if len(set(said)) >= _LEAST_LETTERS:
            yield said


def selectors(text: str, least: int) -> Iterator[str]:
    """Bytes written in variation selectors, one each."""
    for run in _runs(_SELECTORS, text):
        codes = [ord(sign) for sign in run]
        yield readable(
            bytes(code - 0xFE00 if code < 0xFF00 else code - 0xE0100 + 16 for code in codes), least
        )
