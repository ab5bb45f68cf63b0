"""What waits while a session is held: it is taken in later, in order, and nothing of it is lost.

Whoever reads the session meanwhile sees it stand still, while sources, heuristics and recording go
on. What waits is bounded; when there is no room for more, holding is over.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from moltwatch.model import Event, Finding, FlaggedPost, Kind, Post

MOST_WAITING = 100_000
"""Events that wait, at most."""

MOST_CHARS = 60_000_000
"""Characters of their posts."""


class Held:
    """Events with what each gave away. ``holding`` says that they are to wait; otherwise they are
    on their way into the session."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self.holding = True
        self.posts = 0
        """Posts that came while it was held."""
        self.flags: Counter[Kind] = Counter()
        """Posts flagged meanwhile."""
        self._most = most
        self._chars = 0
        self._waiting: deque[tuple[Event | None, Sequence[Finding]]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def full(self) -> bool:
        return len(self._waiting) >= self._most or self._chars > MOST_CHARS

    def add(self, event: Event | None, findings: Sequence[Finding]) -> None:
        """One event; None for the end of the stream."""
        self._waiting.append((event, findings))
        if isinstance(event, Post):
            self.posts += 1
            self._chars += _chars(event)
        for finding in findings:
            if isinstance(finding, FlaggedPost):
                self.flags[finding.kind] += 1

    def pop(self) -> tuple[Event | None, Sequence[Finding]]:
        """The oldest that waits."""
        event, findings = self._waiting.popleft()
        if isinstance(event, Post):
            self._chars -= _chars(event)
        return event, findings


def _chars(post: Post) -> int:
    return len(post.text) + len(post.title or "")
