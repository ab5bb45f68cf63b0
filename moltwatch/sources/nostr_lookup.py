"""What is still to be asked of a relay by name: accounts for profiles, posts for their text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MOST_AT_ONCE = 100
"""Names in one question."""

MOST_WANTED = 5_000
"""Names that wait; of a flood the oldest are given up."""

MOST_ASKED = 50_000
"""Names remembered as asked for."""


class Lookup:
    """Names to ask for, each once."""

    def __init__(self) -> None:
        self._wanted: OrderedDict[str, None] = OrderedDict()
        self._asked: OrderedDict[str, None] = OrderedDict()

    def want(self, name: str) -> None:
        """Ask for it some time, unless it has been asked for."""
        if name not in self._asked:
            self._wanted[name] = None
            if len(self._wanted) > MOST_WANTED:
                self._wanted.popitem(last=False)

    def asked_for(self, name: str) -> bool:
        return name in self._asked

    def next(self, known: Callable[[str], bool]) -> list[str]:
        """The next question: names that are still not known."""
        batch: list[str] = []
        while self._wanted and len(batch) < MOST_AT_ONCE:
            name, _ = self._wanted.popitem(last=False)
            if not known(name):
                batch.append(name)
                self._asked[name] = None
        while len(self._asked) > MOST_ASKED:
            self._asked.popitem(last=False)
        return batch
