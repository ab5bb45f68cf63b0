"""What is left of a line's parts where there is no room for all: those that matter most."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def fitting(
    parts: Iterable[T], room: int, *, width: Callable[[T], int], rank: Callable[[T], int]
) -> list[T]:
    """The parts, in their order, without as many of the lowest rank as it takes for the ``width``
    of all to come to ``room`` cells at most. Of one rank the last goes first."""
    kept = list(parts)
    while kept and sum(map(width, kept)) > room:
        lowest = min(map(rank, kept))
        at = max(i for i, part in enumerate(kept) if rank(part) == lowest)
        del kept[at]
    return kept
