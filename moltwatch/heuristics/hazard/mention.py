"""Whether an attack is used or only mentioned.

Four of five posts in which the words of an attack stand are about attacks: they quote them, warn
of them, deny them, or ask how others cope. What gives that away stands before the words, around
them (quotation marks, a block of code, a quoted line), after them, or anywhere in the post.
"""

from __future__ import annotations

import re

from moltwatch.heuristics.material import read_material

_MATERIAL = read_material("injection")["mention"]
_NEAR = 45
"""Characters before an attack in which a word may show that it is only mentioned."""
_QUOTE = 120
"""Characters around an attack in which a quotation begins and ends."""


def _any_of(phrases: list[str]) -> str:
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return "(?:" + "|".join(map(re.escape, longest_first)) + ")"


_BEFORE = re.compile(
    rf"(?<!\w){_any_of(_MATERIAL['before'])}(?!\w)"
    rf"|(?<!\w){_any_of(_MATERIAL['just_before'])}[\W_]*$"
    rf"|{_any_of(_MATERIAL['unspaced'])}"
)
_AFTER = re.compile(rf"\W{{0,3}}(?:\w+\W{{1,3}})?{_any_of(_MATERIAL['after'])}(?!\w)")
_SENTENCE_ENDS = re.compile(r"[.!?:\n] |[。！？]")
_ABOUT = tuple(_MATERIAL["about"])
_PERHAPS = tuple(_MATERIAL["perhaps"])
_PAIRS = (("“", "”"), ("‘", "'"), ("«", "»"), ("„", "“"), ("「", "」"), ("『", "』"))
"""Opening and closing; the match form has a straight apostrophe for the closing single mark."""
_STRAIGHT = "\"'*"


def is_quoted(text: str, start: int, end: int, *, code: bool = False) -> bool:
    """Whether what stands from ``start`` to ``end`` of a match form is in quotation marks, in a
    quoted line or, unless ``code``, in backticks."""
    before, after = text[max(0, start - _QUOTE) : start], text[end : end + _QUOTE]
    near = before[-3:].rstrip()
    if near.endswith(" >") or near == ">":
        return True
    # Two asterisks are emphasis.
    if near[-1:] and near[-1] in _STRAIGHT and near[-1] in after and near[-2:] != "**":
        return True
    if any(before.rfind(opens) > before.rfind(ends) and ends in after for opens, ends in _PAIRS):
        return True
    if before.count('"') % 2 and '"' in after:
        return True
    return not code and (
        (text.count("```", 0, start) % 2 == 1 and "```" in text[end:])
        or (before.replace("```", "").count("`") % 2 == 1 and "`" in after)
    )


def is_reported(text: str, start: int, end: int) -> bool:
    """Whether the words around say that somebody else said it, or that it is not to be done."""
    sentence = _SENTENCE_ENDS.split(text[max(0, start - _NEAR) : start])[-1]
    return bool(_BEFORE.search(sentence) or _AFTER.match(text, end))


def topics(text: str) -> list[str]:
    """The words that show a text is about security, told apart from attacking it; those that
    stand in other texts as well count by the pair."""
    found = [word for word in _ABOUT if word in text]
    perhaps = [word for word in _PERHAPS if word in text]
    return found + perhaps[1::2]


def is_of_trade(text: str) -> bool:
    """Whether there is any word in a text that those use who speak of security."""
    return any(word in text for word in _ABOUT) or any(word in text for word in _PERHAPS)
