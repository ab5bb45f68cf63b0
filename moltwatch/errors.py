"""What can go wrong, sorted by what the caller can do about it, and the count of what was refused.

Every error a user can meet is a :class:`MoltwatchError`: its message names the file, line or key
and what to do, and its class carries the exit code, which is part of the interface.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator


class MoltwatchError(Exception):
    """The work failed. Exit code 1."""

    exit_code = 1


class UsageError(MoltwatchError):
    """The command, a SOURCE, a filter or the configuration is wrong. Exit code 2."""

    exit_code = 2


class SourceUnreachable(MoltwatchError):
    """A source cannot be reached, or refuses us for good. Exit code 3."""

    exit_code = 3


class RecordingError(MoltwatchError):
    """A recording cannot be read or written. Exit code 1."""


class BadItem(ValueError):
    """One item is unusable; the message is a short reason, the same for all items of its sort.

    Never leaves the reader that met it: it is counted in :class:`Rejects`.
    """


class Rejects:
    """Items refused, counted by reason, with the first place each reason was met.

    >>> rejects = Rejects()
    >>> rejects.add("no author", "line 7")
    >>> str(rejects)
    '1 rejected: no author (1, first at line 7)'
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    def add(self, reason: str, where: str = "") -> None:
        # Reasons are ours and few; the cap only guards against one that quotes the input.
        reason = reason if reason in self.counts or len(self.counts) < 100 else "other"
        self.counts[reason] += 1
        if reason not in self.first:
            self.first[reason] = where
            from logging import getLogger  # which whoever refuses nothing need not wait for

            getLogger(__name__).info("rejected, for the first time: %s (%s)", reason, where)

    def clear(self) -> None:
        """Count anew."""
        self.counts.clear()
        self.first.clear()

    def update(self, other: Rejects) -> None:
        """Add the counts of another reader."""
        for reason, count in other.counts.items():
            self.counts[reason] += count
            self.first.setdefault(reason, other.first[reason])

    @property
    def total(self) -> int:
        return self.counts.total()

    def __bool__(self) -> bool:
        return bool(self.counts)

    def __iter__(self) -> Iterator[tuple[str, int, str]]:
        """Each reason with its count and first place, most frequent first."""
        for reason, count in self.counts.most_common():
            yield reason, count, self.first[reason]

    def __str__(self) -> str:
        reasons = (
            f"{reason} ({count:,}{f', first at {where}' if where else ''})"
            for reason, count, where in self
        )
        return f"{self.total:,} rejected: " + "; ".join(reasons)
