"""Authors and threads as they are remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct

from moltwatch.model import AgentSeen
from moltwatch.times import Micros

_T = TypeVar("_T")


class Past(Struct, frozen=True, gc=False):
    """A post as it is remembered."""

    author: str
    utf8: bytes

    @property
    def folded(self) -> str:
        """Match form of title and text, its first 400 characters."""
        return self.utf8.decode("utf-8", "surrogatepass")


class Author:
    """One account's recent past."""

    __slots__ = ("first_seen", "last_seen", "n", "name", "notes", "profile")

    def __init__(self, name: str, profile: AgentSeen | None) -> None:
        self.name = name
        self.profile = profile
        self.first_seen: Micros | None = None
        """Stream time of the first post remembered; None before it. After a silence longer than
        the fade, the author counts as new."""
        self.last_seen: Micros = 0
        self.n = 0
        """Posts since ``first_seen``."""
        self.notes: dict[str, Any] = {}
        """What heuristics note down, forgotten with the account."""

    def note(self, whose: str, make: Callable[[], _T]) -> _T:
        """What the heuristic of this name has noted down; made if there is nothing."""
        noted: _T | None = self.notes.get(whose)
        if noted is None:
            noted = self.notes[whose] = make()
        return noted

    @property
    def bio(self) -> str:
        """What its profile says; empty if that was not seen."""
        return (self.profile and self.profile.bio) or ""


class Thread:
    """One thread's root and latest posts."""

    __slots__ = ("id", "last_seen", "n", "posts")

    def __init__(self, id: str) -> None:
        self.id = id
        self.last_seen: Micros = 0
        self.n = 0
        self.posts: dict[str, Past] = {}
        """The root, if it was seen, and the latest posts, by id."""

    @property
    def root(self) -> Past | None:
        """What began it; None if that was not seen."""
        return self.posts.get(self.id)
