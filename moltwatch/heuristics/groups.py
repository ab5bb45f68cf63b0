"""Groups: accounts that shared evidence shows to act as one."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from moltwatch.heuristics.base import Signal
from moltwatch.model import Group
from moltwatch.times import Micros


class Standing(Struct, frozen=True):
    """What the groups say of one post."""

    post: str
    score: float
    """Coordinated score, 0 to 1."""
    group: str | None


class GroupBook(Protocol):
    """Turns coordination signals into groups, and groups into scores of posts."""

    def add(self, heuristic: str, family: str, signal: Signal, now: Micros) -> None:
        """Take in one signal."""

    def advance(self, now: Micros) -> None:
        """Stream time moved on: end groups that have gone quiet, forget what has faded."""

    def drain(self) -> tuple[list[Group], list[Standing]]:
        """What changed since the last call: group events in order, and each post whose score
        changed in a way worth knowing (crossed the threshold, got a group)."""
