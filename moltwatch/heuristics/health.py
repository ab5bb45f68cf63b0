"""How heuristics are doing: what they cost, and whether they fail."""

from __future__ import annotations

from msgspec import Struct

MOST_FAILURES = 3
"""A heuristic that raised this often is switched off."""


class Health(Struct):
    """How one heuristic is doing."""

    spent_ns: int = 0
    """Time it took so far (nanoseconds)."""
    found: int = 0
    """Pieces of evidence it gave."""
    failures: int = 0
    last_error: str = ""
    off: bool = False
    """Whether it is asked no more."""

    def failed(self, error: Exception) -> None:
        """It raised; what too often does is switched off."""
        self.failures += 1
        self.last_error = f"{type(error).__name__}: {error}"[:200]
        self.off = self.failures >= MOST_FAILURES
