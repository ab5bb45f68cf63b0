"""What a filter can ask about: the fields of a post, by the kind of question they answer."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cached_property

from moltwatch.model import Evidence, Kind, Post, Scores
from moltwatch.text import fold


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
