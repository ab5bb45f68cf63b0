"""The form of a text that a terminal may be given.

No control character, no escape sequence, nothing that turns the direction of the rest of the
screen, no tower of accents, no body of three megabytes. What was taken out leaves a mark where a
person should know of it. The result is plain text: never parse it as markup.
"""

from __future__ import annotations

import re

from moltwatch.text.hidden import BIDI, strip_hidden
from moltwatch.wording import cut

MOST_CHARS = 20_000
"""Longer bodies are cut; the mark says how much there was."""

_NEWLINES = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ACCENTS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_TOWER = re.compile(f"([{_ACCENTS}]{{2}})[{_ACCENTS}]+")
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_NEEDS_WORK = re.compile("[\x00-\x09\x0b-\x1f\x7f-\uffff\U00010000-\U0010ffff]")


def display(text: str, most: int = MOST_CHARS) -> str:
    """A harmless form of ``text`` with its line breaks, at most ``most`` characters and a mark."""
    left_out = len(text) - most
    if left_out > 0:
        text = cut(text, most)
    if _NEEDS_WORK.search(text):
        text = _NEWLINES.sub("\n", text).replace("\t", "    ")
        text = BIDI.sub("", strip_hidden(text))
        text = _CONTROL.sub(_picture, text)
        text = _TOWER.sub(r"\1", text)
    text = _BLANK_LINES.sub("\n\n", text)
    return f"{text}… [{left_out:,} more characters]" if left_out > 0 else text


def display_line(text: str, most: int = 500) -> str:
    """A harmless form on one line: breaks and runs of blanks become one blank."""
    return cut(" ".join(display(cut(text, most + 1)).split()), most)


def _picture(match: re.Match[str]) -> str:
    """The visible picture of a control character (``␛`` for escape)."""
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"
