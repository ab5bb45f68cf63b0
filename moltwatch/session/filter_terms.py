"""What a filter is made of: what can be asked of a post, and the terms that ask it.

Each term is a small immutable test of one post, which prints as it would be typed.
"""

from __future__ import annotations

import operator
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Protocol

from moltwatch.model import Evidence, Kind, Post, Scores
from moltwatch.text import fold
from moltwatch.text.match import MOST_CHARS
from moltwatch.times import Micros, format_time

if TYPE_CHECKING:
    pass

_fold_name = lru_cache(maxsize=16_384)(fold)
"""Names come again and again."""


# --- fields ---------------------------------------------------------------------------------------


class Subject:
    """A post as a filter sees it, with what is known of it at that moment."""

    def __init__(
        self,
        post: Post,
        scores: Scores | None = None,
        flags: tuple[Evidence, ...] = (),
        flagged: frozenset[Kind] = frozenset(),
        authors: tuple[str, ...] = (),
    ) -> None:
        self.post = post
        self.scores = scores or Scores()
        self.flags = flags
        self.flagged = flagged
        """Kinds it is flagged for."""
        self.authors = authors or (post.author,)
        """Everything its author goes by."""

    @cached_property
    def folded(self) -> str:
        """Match form of title and text."""
        return fold(self.post.body)

    def says(self, folded: str) -> bool:
        """Whether title and text, folded, have this in them."""
        if "folded" not in self.__dict__:
            # Folding is what takes the time. Of plain ASCII it changes case and blanks alone.
            body = self.post.body
            if len(body) <= MOST_CHARS and body.isascii():
                lower = body.lower()
                if " " not in folded:
                    return folded in lower
                if not all(word in lower for word in folded.split(" ")):
                    return False
        return folded in self.folded

    @property
    def groups(self) -> list[str]:
        return [flag.group for flag in self.flags if flag.group]


def _maybe(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


NAMES: dict[str, Callable[[Subject], tuple[str, ...]]] = {
    "author": lambda s: s.authors,
    "community": lambda s: _maybe(s.post.community),
    "group": lambda s: tuple(s.groups),
    "heuristic": lambda s: tuple(flag.heuristic for flag in s.flags),
    "id": lambda s: (s.post.id,),
    "parent": lambda s: _maybe(s.post.parent),
    "source": lambda s: (s.post.source,),
    "thread": lambda s: (s.post.thread,),
}
"""Fields where ``:`` asks for the whole value."""

TEXTS: dict[str, Callable[[Subject], tuple[str, ...]]] = {
    "link": lambda s: _maybe(s.post.link),
    "reason": lambda s: tuple(flag.reason for flag in s.flags),
    "text": lambda s: (s.post.body,),
    "title": lambda s: _maybe(s.post.title),
    "url": lambda s: _maybe(s.post.url),
}
"""Fields where ``:`` asks for a part of the value."""

VALUES = NAMES | TEXTS

NUMBERS: dict[str, Callable[[Subject], float]] = {
    "coordinated": lambda s: s.scores.coordinated,
    "hazard": lambda s: s.scores.hazard,
    "length": lambda s: len(s.post.text),
    "persona": lambda s: s.scores.persona,
    "score": lambda s: s.scores.highest,
}

RELATIONS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
}

CHOICES: dict[str, dict[str, Callable[[Subject], bool]]] = {
    "kind": {
        "post": lambda s: s.post.is_root,
        "comment": lambda s: not s.post.is_root,
    },
    "flagged": {
        "persona": lambda s: Kind.PERSONA in s.flagged,
        "coordinated": lambda s: Kind.COORDINATED in s.flagged,
        "hazard": lambda s: Kind.HAZARD in s.flagged,
        "any": lambda s: bool(s.flagged),
    },
    "has": {
        "link": lambda s: bool(s.post.link),
        "title": lambda s: bool(s.post.title),
        "group": lambda s: bool(s.groups),
        "reason": lambda s: bool(s.flags),
    },
}

TIMES = ("after", "before")

FIELDS = tuple(sorted((*VALUES, *NUMBERS, *CHOICES, *TIMES)))


# --- terms ----------------------------------------------------------------------------------------

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
        return subject.says(self.folded)

    @cached_property
    def folded(self) -> str:
        return fold(self.phrase)

    def __str__(self) -> str:
        plain = _WORD.fullmatch(self.phrase) and self.phrase.lower() not in ("and", "or", "not")
        return self.phrase if plain else f'"{_escape(self.phrase)}"'


@dataclass(frozen=True)
class Anywhere(Phrase):
    """The words stand in title or text, in the name of the author or in that of the community."""

    def __call__(self, subject: Subject) -> bool:
        if subject.says(self.folded):
            return True
        names = (*subject.authors, subject.post.community or "")
        return any(self.folded in _fold_name(name) for name in names)


@dataclass(frozen=True)
class Kept:
    """A filter that was kept under a name; what stands for it until that is looked up."""

    name: str
    start: int
    end: int

    def __call__(self, subject: Subject) -> bool:
        raise AssertionError("it is looked up before anything is tried")


@dataclass(frozen=True)
class Named:
    """The same, with what was kept."""

    name: str
    term: Term

    def __call__(self, subject: Subject) -> bool:
        return self.term(subject)

    def __str__(self) -> str:
        return f"is:{self.name}"


@dataclass(frozen=True)
class Pattern:
    """A regular expression is found in a field."""

    field: str
    pattern: str
    """As typed between the slashes; a slash in it is escaped, which the expression ignores."""

    def __call__(self, subject: Subject) -> bool:
        search = self.compiled.search
        return any(search(value[:MOST_SEARCHED]) for value in VALUES[self.field](subject))

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        with warnings.catch_warnings():
            # Of what a later Python may read otherwise; it is no concern of who types a filter.
            warnings.simplefilter("ignore", FutureWarning)
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
        folding = _fold_name if self.field in NAMES else fold
        values = map(folding, VALUES[self.field](subject))
        return any(self.folded == value if self.whole else self.folded in value for value in values)

    @cached_property
    def folded(self) -> str:
        return fold(self.value)

    def __str__(self) -> str:
        return f"{self.field}:{'' if self.whole else '~'}{typed(self.value)}"


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


def typed(value: str) -> str:
    """A value as it is typed after its field: in quotation marks where it needs them."""
    return value if _BARE.fullmatch(value) else f'"{_escape(value)}"'


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
