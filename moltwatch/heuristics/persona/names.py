"""How an account may call itself in a text: by its name, or by telling parts of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from msgspec import Struct, convert

from moltwatch.heuristics.material import read_material
from moltwatch.text import fold

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
_KEY = re.compile(r"[0-9a-f]{64}")
"""An account that is a public key: no name, though ``ace`` or ``fade`` may stand in it."""


_HEAD = 120
"""Who introduces himself does so within this many words."""


class _Known(Struct, frozen=True):
    """``material/names.toml``."""

    commonplace: frozenset[str]
    before: frozenset[str]
    after: frozenset[str]


@cache
def _known() -> _Known:
    return convert(read_material("names"), _Known)


@lru_cache(maxsize=8192)
def names(account: str) -> frozenset[str]:
    """The words by which an account may call itself, in match form."""
    whole = fold(account)
    if _KEY.fullmatch(account):
        return frozenset({whole})
    parts = {fold(part) for part in _PARTS.findall(account)}
    return frozenset({whole} | {part for part in parts - _known().commonplace if len(part) > 2})


def introduces(text: Sequence[str], own: frozenset[str]) -> str | None:
    """The own name by which the first words of a text introduce their author, if they do."""
    head, known = text[:_HEAD], _known()
    for name in sorted(own.intersection(head)):
        at = head.index(name)
        before = head[at - 1] if at else ""
        after = head[at + 1] if at + 1 < len(head) else ""
        if before in known.before or after in known.after:
            return name
    return None
