"""Words, links and mentions of a text.

Scripts without blanks between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) and Korean,
which glues particles to words, are cut into overlapping pairs of characters: no dictionary, the
same for every text, and good enough to compare by.
"""

from __future__ import annotations

import re

from moltwatch.text.hidden import beyond_ascii

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])\w)+(?:'(?:(?![{_UNSPACED}])\w)+)*")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")

# What parts words is made blank, and the text split: many times faster than to search for words.
_PARTING = bytes(
    code if code > 127 or chr(code).isalnum() or chr(code) in "_'" else 32 for code in range(256)
)
_ASCII_PARTING = _PARTING[:128].ljust(256)
_NO_APOSTROPHE = re.compile(r"'(?:(?<!\w')|(?!\w))")

_LINK = re.compile(r"https?://[^\s<>\"'`\])}|]+|\bwww\.[^\s<>\"'`\])}|]+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w@/.])@([A-Za-z0-9_][\w.-]{1,62})")


def words(folded: str) -> list[str]:
    """The words of a folded text, in order."""
    exotic = set() if folded.isascii() else set(beyond_ascii(folded))
    if not any(map(str.isalnum, exotic)):
        return ascii_words(folded.encode("utf-8", "surrogatepass"))
    if not any(map(_IS_UNSPACED.match, exotic)):
        for character in exotic:
            if not character.isalnum():
                folded = folded.replace(character, " ")
        return _split(folded.encode("utf-8", "surrogatepass").translate(_PARTING))
    found: list[str] = []
    for word in _WORD.findall(folded):
        if len(word) > 1 and _IS_UNSPACED.match(word):
            found.extend(word[i : i + 2] for i in range(len(word) - 1))
        else:
            found.append(word)
    return found


def ascii_words(utf8: bytes) -> list[str]:
    """The same of a folded text as UTF-8, in which nothing that is not ASCII is a letter."""
    return _split(utf8.translate(_ASCII_PARTING))


def _split(utf8: bytes) -> list[str]:
    text = utf8.decode()
    if "'" in text:
        text = _NO_APOSTROPHE.sub(" ", text)
    return text.split()


def links(text: str) -> list[str]:
    """Web addresses in an unfolded text, without trailing punctuation, in order."""
    if "://" not in text and "www." not in text.lower():
        return []
    return [match.rstrip(".,;:!?*_~") for match in _LINK.findall(text)]


def mentions(text: str) -> list[str]:
    """Accounts addressed with ``@`` in an unfolded text, without the sign, in order."""
    if "@" not in text:
        return []
    return [match.rstrip(".-") for match in _MENTION.findall(text)]
