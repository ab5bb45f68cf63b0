"""Accounts numbered in a row."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import ClassVar

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.crowd import Crowd, Crowds
from moltwatch.heuristics.parameters import Accounts, Fraction, Seconds
from moltwatch.model import Kind, Level
from moltwatch.times import HOUR, MINUTE, SECOND, Micros

_SAYS = "{who} named {stem}… first posted within {span}"

_NUMBERED = re.compile(r"(.*?[\W_]*)(\d+)", re.DOTALL)
_SEPARATORS = re.compile(r"[\W_]+")
_DEFAULT = re.compile(
    r"(?:my|the|open|new|test)?(?:clawd|claw|clawdbot|molt|moltbot|molty|agent|bot|ai|assistant|claude"
    r"|gpt|gemini|grok|llama|jarvis|atlas|nova|user|helper|openclaw|lobster|test)+(?:bot|agent|ai)?"
)
"""Names that agents are given when nobody thinks of one; their owners add a number to get a free
one, and so they look like clones."""

MOST_KNOWN = 200_000
"""Accounts remembered as not new."""

AT_ONCE: Micros = 10 * MINUTE
"""Within which the accounts of a family begin, if it is one program that lets them."""

LOOKED_AT = 20
"""Members whose numbers are looked at for padding."""


class NameFamily(Heuristic):
    """Accounts with one name stem and running numbers (``node_001``, ``node_002``) write their
    first posts within an hour.

    Numbers padded with zeros to one width count more: a program wrote them; and if so many begin
    within ten minutes, no other evidence is needed. Default names with a number are what honest
    newcomers get, and count next to nothing.

    Parameters
    window: how long a name waits for the next of its family (seconds)
    accounts: members from which a family is telling
    strength: how telling it is; more with padded numbers or all at once, less with a default name

    Fails when
    an operator draws names at random, or a forum numbers its accounts itself.
    """

    name: ClassVar[str] = "name-family"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "names"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts of such names had first posted within {window:seconds} "
        "of each other"
    )

    def __init__(
        self, window: Seconds = 3_600.0, accounts: Accounts = 5, strength: Fraction = 0.5
    ) -> None:
        self.window = window
        self.accounts = accounts
        self.strength = strength
        self._crowds = Crowds(round(window * SECOND), 12 * HOUR)
        self._known: OrderedDict[str, None] = OrderedDict()
        """Accounts whose first post has been looked at."""

    def observe(self, item: Features) -> Iterable[Evidence]:
        if item.author.n:
            return ()
        name = item.author.name
        if name in self._known:
            return ()
        self._known[name] = None
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        stem = name_stem(name)
        return self._join(stem, item) if stem else ()

    def _join(self, stem: str, item: Features) -> Iterator[Evidence]:
        crowd = self._crowds.add(stem, item)
        if crowd and (crowd.told or crowd.n >= self.accounts):
            acts = self._crowds.tell(crowd, self._weight(stem, crowd))
            yield self.evidence(crowd.weight, _SAYS, cluster=stem, acts=acts, stem=stem)

    def _weight(self, stem: str, crowd: Crowd) -> float:
        if is_default(stem):
            return 0.1
        padded = any(is_padded(name) for name in islice(crowd.accounts, LOOKED_AT))
        at_once = crowd.span(self.accounts) <= AT_ONCE
        many = crowd.n >= 4 * self.accounts
        strength = self.strength + 0.2 * padded + 0.2 * at_once + 0.1 * many
        return min(Level.CONCLUSIVE.weight if padded and at_once else 0.8, strength)


def name_stem(name: str) -> str | None:
    """What a numbered name has in common with its family; None for a name without a number."""
    match = _NUMBERED.fullmatch(name.lower())
    return match[1] if match and len(match[1]) > 1 else None


def is_padded(name: str) -> bool:
    """Whether a name's number starts with a zero, as a program would write it."""
    match = _NUMBERED.fullmatch(name.lower())
    return bool(match and len(match[2]) > 1 and match[2].startswith("0"))


def is_default(stem: str) -> bool:
    """Whether a stem is what many give their agent without thinking."""
    return bool(_DEFAULT.fullmatch(_SEPARATORS.sub("", stem)))
