"""What waits while a session is held: it is taken in later, in order, and nothing of it is lost.

Whoever reads the session meanwhile sees it stand still, while sources, heuristics and recording go
on. What waits is bounded; when there is no room for more, holding is over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from moltwatch.model import AgentSeen, Edit, Event, Finding, Post

MOST_WAITING = 100_000
"""Events that wait, at most."""

MOST_CHARS = 60_000_000
"""Characters of their texts."""


class Held:
    """Events with what each gave away. ``holding`` says that they are to wait; otherwise they are
    on their way into the session."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self.holding = True
        self.posts = 0
        """Of what waits, how many are posts."""
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
        self.posts += isinstance(event, Post)
        self._chars += _chars(event)

    def pop(self) -> tuple[Event | None, Sequence[Finding]]:
        """The oldest that waits."""
        event, findings = self._waiting.popleft()
        self.posts -= isinstance(event, Post)
        self._chars -= _chars(event)
        return event, findings


def _chars(event: Event | None) -> int:
    if isinstance(event, Post | Edit):
        return len(event.text or "") + len(event.title or "")
    return len(event.bio or "") if isinstance(event, AgentSeen) else 0
