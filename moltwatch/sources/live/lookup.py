"""What is still to be asked of a server by name: accounts for profiles, posts for their text.

The latest are asked for first: they are what somebody is looking at.
"""

from __future__ import annotations

from collections.abc import Callable

from moltwatch.bounded import LONGEST_ID, Bounded

MOST_WANTED = 5_000
"""Names that wait; of a flood the oldest are given up."""

MOST_ASKED = 50_000
"""Names remembered as asked for."""


class Lookup:
    """Names to ask for, each once, ``at_once`` in a question."""

    def __init__(self, at_once: int = 100) -> None:
        self._at_once = at_once
        self._wanted: Bounded[str, None] = Bounded(MOST_WANTED)
        self._asked: Bounded[str, None] = Bounded(MOST_ASKED)

    def want(self, name: str) -> None:
        """Ask for it some time, unless it has been asked for."""
        if len(name) <= LONGEST_ID and name not in self._asked:
            self._wanted.put(name, None)

    def renew(self, name: str) -> None:
        """Ask for it once more: the answer has changed."""
        self._asked.pop(name, None)
        self.want(name)

    def asked_for(self, name: str) -> bool:
        return name in self._asked

    @property
    def waiting(self) -> bool:
        """There is something to ask for."""
        return bool(self._wanted)

    def next(self, known: Callable[[str], bool]) -> list[str]:
        """The next question: names that are still not known."""
        batch: list[str] = []
        while self._wanted and len(batch) < self._at_once:
            name, _ = self._wanted.popitem()
            if not known(name):
                batch.append(name)
                self._asked[name] = None
        return batch
