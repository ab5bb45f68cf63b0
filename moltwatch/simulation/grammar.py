"""Templates: lines written by hand, with slots and alternatives, expanded by a seeded generator.

``{a|b|}`` is one of the alternatives, the last of them empty; ``{3-40}`` a whole number;
``{name}`` a slot. Alternatives nest. A slot whose value is a text is inserted to the letter, so
that quoting a post full of braces is safe; a slot whose value is a list is one of its templates.

Not Jinja or format strings: their templates say *where* things go, these say *what may be said*,
and must be writable by someone who writes, between commas, without quoting rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import TypeAlias

Slots: TypeAlias = Mapping[str, str | Sequence[str]]

_NUMBER = re.compile(r"(\d+)-(\d+)")
_TOKEN = re.compile(r"[{}|]|[^{}|]+")
_DEEPEST = 12
"""Lists may name lists; a circle among them is a mistake of the writer."""


class _Slot(str):
    """The name between two braces."""


_Part: TypeAlias = "str | _Slot | tuple[int, int] | list[list[_Part]]"


class GrammarError(ValueError):
    """A template is malformed, or names a slot nobody fills."""


def expand(template: str, rng: Random, slots: Slots) -> str:
    """One text of the many a template stands for. Raises GrammarError."""
    return _render(_parsed(template), rng, slots, 0)


def _render(parts: list[_Part], rng: Random, slots: Slots, depth: int) -> str:
    if depth > _DEEPEST:
        raise GrammarError("templates name each other in a circle")
    out = []
    for part in parts:
        if isinstance(part, _Slot):
            value = slots.get(part)
            if value is None:
                raise GrammarError(f"no such slot: {{{part}}}")
            if not isinstance(value, str):
                value = _render(_parsed(rng.choice(value)), rng, slots, depth + 1)
            out.append(value)
        elif isinstance(part, str):
            out.append(part)
        elif isinstance(part, tuple):
            out.append(str(rng.randint(*part)))
        else:
            out.append(_render(rng.choice(part), rng, slots, depth + 1))
    return "".join(out)


@lru_cache(maxsize=8_192)
def _parsed(template: str) -> list[_Part]:
    tokens = _TOKEN.findall(template)
    alternatives, at = _alternatives(tokens, 0)
    if at < len(tokens):
        raise GrammarError(f"one brace too many: {template!r}")
    # A bar outside braces is text: it separates nothing.
    parts = alternatives[0]
    for more in alternatives[1:]:
        parts += ["|", *more]
    return parts


def _alternatives(tokens: list[str], at: int) -> tuple[list[list[_Part]], int]:
    """Parse up to the closing brace (or the end), and say where that was."""
    branches: list[list[_Part]] = [[]]
    while at < len(tokens) and tokens[at] != "}":
        if tokens[at] == "|":
            branches.append([])
        elif tokens[at] == "{":
            inner, at = _alternatives(tokens, at + 1)
            if at >= len(tokens):
                raise GrammarError(f"a brace is not closed: {''.join(tokens)!r}")
            branches[-1].append(_meant(inner))
        else:
            branches[-1].append(tokens[at])
        at += 1
    return branches, at


def _meant(inner: list[list[_Part]]) -> _Part:
    """What stands between two braces: alternatives, a number, or the name of a slot."""
    if len(inner) > 1:
        return inner
    word = inner[0][0] if len(inner[0]) == 1 else None
    if not isinstance(word, str):
        raise GrammarError("braces with neither a name nor alternatives")
    number = _NUMBER.fullmatch(word)
    return (int(number[1]), int(number[2])) if number else _Slot(word)
