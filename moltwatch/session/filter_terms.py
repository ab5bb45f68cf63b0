"""What the terms of a filter mean: each a small immutable test of one post, which prints as it
would be typed.

Parsing is in :mod:`moltwatch.session.filter`; here is no syntax but that of printing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from moltwatch.session.filter_fields import CHOICES, NUMBERS, RELATIONS, VALUES, Subject
from moltwatch.text import fold
from moltwatch.times import Micros, format_time

MOST_SEARCHED = 8_000
"""Characters of a text that a regular expression is tried on. The pattern is the user's own, the
text is a stranger's: the bound keeps a merely quadratic pattern harmless."""


class Term(Protocol):
    """A test of a post; ``str`` gives the filter that parses to it."""

    def __call__(self, subject: Subject) -> bool: ...


@dataclass(frozen=True)
class Everything:
    """The empty filter."""

    def __call__(self, subject: Subject) -> bool:
        return True

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True)
class And:
    parts: tuple[Term, ...]

    def __call__(self, subject: Subject) -> bool:
        return all(part(subject) for part in self.parts)

    def __str__(self) -> str:
        return " ".join(
            f"({part})" if isinstance(part, And | Or) else str(part) for part in self.parts
        )


@dataclass(frozen=True)
class Or:
    parts: tuple[Term, ...]

    def __call__(self, subject: Subject) -> bool:
        return any(part(subject) for part in self.parts)

    def __str__(self) -> str:
        return " or ".join(
            f"({part})" if isinstance(part, Or) else str(part) for part in self.parts
        )


@dataclass(frozen=True)
class Not:
    part: Term

    def __call__(self, subject: Subject) -> bool:
        return not self.part(subject)

    def __str__(self) -> str:
        return f"-({self.part})" if isinstance(self.part, And | Or) else f"-{self.part}"


@dataclass(frozen=True)
class Phrase:
    """The words stand in title or text, as a reader would compare them."""

    phrase: str

    def __call__(self, subject: Subject) -> bool:
        return self._folded in subject.folded

    @cached_property
    def _folded(self) -> str:
        return fold(self.phrase)

    def __str__(self) -> str:
        plain = _WORD.fullmatch(self.phrase) and self.phrase.lower() not in ("and", "or", "not")
        return self.phrase if plain else f'"{_escape(self.phrase)}"'


@dataclass(frozen=True)
class Pattern:
    """A regular expression is found in a field."""

    field: str
    pattern: str
    """As typed between the slashes; a slash in it is escaped, which the expression ignores."""

    def __call__(self, subject: Subject) -> bool:
        search = self._compiled.search
        return any(search(value[:MOST_SEARCHED]) for value in VALUES[self.field](subject))

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)

    def __str__(self) -> str:
        return f"{self.field}~/{self.pattern}/"


@dataclass(frozen=True)
class Matches:
    """A field has this value, however it is written; if not ``whole``, somewhere in it."""

    field: str
    value: str
    whole: bool

    def __call__(self, subject: Subject) -> bool:
        values = map(fold, VALUES[self.field](subject))
        return any(
            self._folded == value if self.whole else self._folded in value for value in values
        )

    @cached_property
    def _folded(self) -> str:
        return fold(self.value)

    def __str__(self) -> str:
        return f"{self.field}:{'' if self.whole else '~'}{_value(self.value)}"


@dataclass(frozen=True)
class Compares:
    """A number stands in a relation to a limit."""

    field: str
    relation: str
    limit: float

    def __call__(self, subject: Subject) -> bool:
        holds: bool = RELATIONS[self.relation](NUMBERS[self.field](subject), self.limit)
        return holds

    def __str__(self) -> str:
        return f"{self.field}{self.relation}{self.limit!r}"


@dataclass(frozen=True)
class Chosen:
    """One of the few things that a field can be."""

    field: str
    choice: str

    def __call__(self, subject: Subject) -> bool:
        return CHOICES[self.field][self.choice](subject)

    def __str__(self) -> str:
        return f"{self.field}:{self.choice}"


@dataclass(frozen=True)
class When:
    """Seen at a time or later (``after``), or earlier than it (``before``)."""

    field: str
    at: Micros

    def __call__(self, subject: Subject) -> bool:
        return (subject.post.seen_at >= self.at) == (self.field == "after")

    def __str__(self) -> str:
        return f"{self.field}:{format_time(self.at)}"


# --- printing -------------------------------------------------------------------------------------

_WORD = re.compile(r"\w+")
_BARE = re.compile(r"[\w.@#-][\w.@#/:+-]*")


def _value(value: str) -> str:
    return value if _BARE.fullmatch(value) else f'"{_escape(value)}"'


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
