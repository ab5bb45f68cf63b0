"""How heuristics are doing: what they cost, and whether they fail."""

from __future__ import annotations

from msgspec import Struct

MOST_FAILURES = 3
"""A heuristic that raised this often is switched off."""


class Health(Struct):
    """How one heuristic is doing."""

    spent_ns: int = 0
    """Time it took so far (nanoseconds)."""
    signals: int = 0
    failures: int = 0
    last_error: str = ""

    @property
    def off(self) -> bool:
        """Whether it is asked no more."""
        return self.failures >= MOST_FAILURES
