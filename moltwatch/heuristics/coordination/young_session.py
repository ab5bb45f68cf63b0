"""Whether a session is too young to know a thread.

What was there before the session began is not seen: a thread that seems new may be at the top of
everybody's list, and then many meet on it. Once an hour has passed, what everybody answers shows.
"""

from __future__ import annotations

from moltwatch.heuristics.base import Features
from moltwatch.times import HOUR, Micros

YOUNG: Micros = HOUR
"""How long a session is young."""


class YoungSession:
    """When the stream began."""

    def __init__(self) -> None:
        self._begun: Micros | None = None

    def knows(self, item: Features) -> bool:
        """Whether a post's thread began in this session, or would be known if it were crowded."""
        now = item.post.seen_at
        if self._begun is None:
            self._begun = now
        return now - self._begun >= YOUNG or item.thread.root is not None
