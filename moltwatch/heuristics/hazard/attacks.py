"""Known forms of attack on whoever reads, and where in a text they stand.

Nearly every text holds none, and that has to be found out quickly. Every form has one of its marks
in it; an Aho-Corasick automaton looks for the marks of all forms at once, in one walk through the
text, and the patterns are tried around what it finds. (Asking for each mark by ``in`` took
fourteen times as long; words that all forms of an attack need, instead of marks, twice as long.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ahocorasick_rs import BytesAhoCorasick, Implementation
from msgspec import Struct

from moltwatch.heuristics.material import read_material

_MOST_PLACES = 20
"""Places at which one form is looked at in a text."""


class Attack(Struct, frozen=True):
    """One form of attack."""

    says: str
    """What it does, of a post: ``asks readers for secrets``."""
    weight: float
    """How telling it is alone, 0 to 1."""
    marks: tuple[str, ...]
    """Substrings of the match form of which each place has one in it; none of an opening, which
    stands at the beginning of the text or nowhere."""
    reach: int
    """How far a place can stretch before and behind its mark (characters)."""
    code: bool
    """Whether it is at home in code, where backticks do not show that it is only quoted."""
    pattern: re.Pattern[str]
    """Finds it in the match form."""


class Place(Struct, frozen=True):
    """Where an attack stands in a match form: its first character, and its last plus one."""

    attack: Attack
    start: int
    end: int


def _attack(told: dict[str, Any]) -> Attack:
    anywhere = told.get("anywhere") or told.get("opening")
    pattern = ("" if anywhere else r"(?<!\w)") + "(?:" + "|".join(told["patterns"]) + ")"
    return Attack(
        told["says"],
        told["weight"],
        tuple(told.get("marks", ())),
        told.get("reach", 0),
        told.get("code", False),
        re.compile(pattern),
    )


ATTACKS = {name: _attack(told) for name, told in read_material("injection")["attack"].items()}
"""By name."""

_FORMS = tuple(ATTACKS.values())
_OPENINGS = [form for form in _FORMS if not form.marks]
_MARKS = [(at, mark) for at, form in enumerate(_FORMS) for mark in form.marks]
_AUTOMATON = BytesAhoCorasick(
    [mark.encode() for _, mark in _MARKS], implementation=Implementation.DFA
)
"""So few marks fit into the processor's memory as a table, which is twice as quick."""


def find_attacks(folded: str) -> list[Place]:
    """Where attacks stand in a match form, at most twenty places of each form."""
    found = [
        Place(form, *match.span()) for form in _OPENINGS if (match := form.pattern.match(folded))
    ]
    utf8 = folded.encode("utf-8", "surrogatepass")
    marked: dict[int, list[int]] = {}
    for which, start, _ in _AUTOMATON.find_matches_as_indexes(utf8, overlapping=True):
        marked.setdefault(_MARKS[which][0], []).append(start)
    for at in sorted(marked):
        found.extend(_places(_FORMS[at], folded, utf8, marked[at]))
    return found


def _places(form: Attack, text: str, utf8: bytes, marks: list[int]) -> Iterator[Place]:
    """Where an attack stands around its marks, which are given as places in the UTF-8."""
    n = 0
    for begin, end in _stretches(marks, utf8, form.reach):
        for match in form.pattern.finditer(text, begin, end):
            yield Place(form, *match.span())
            n += 1
            if n == _MOST_PLACES:
                return


def _stretches(marks: list[int], utf8: bytes, reach: int) -> Iterator[tuple[int, int]]:
    """The stretches of the text that lie around marks, in order, without overlap."""
    begin = end = counted = at = 0
    for mark in sorted(marks):
        at += len(utf8[counted:mark].decode("utf-8", "surrogatepass"))
        counted = mark
        if end and at - reach > end:
            yield begin, end
            begin = at - reach
        elif not end:
            begin = max(0, at - reach)
        end = at + reach
    yield begin, end
