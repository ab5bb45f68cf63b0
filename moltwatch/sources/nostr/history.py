"""Reading a relay's past page by page.

A relay gives the newest events first, and never more at once than a limit of its own, which it does
not tell. So the next page always ends where the last one began, until a page brings nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence

from moltwatch.dialects.nostr import NostrEvent
from moltwatch.sources.nostr.protocol import Filter

PAGE = 500
"""Events asked for at once."""

MOST_PAGES = 100
"""Pages after which a past counts as too long to read."""


class History:
    """Everything that matches one filter after another, back to ``since`` (seconds)."""

    def __init__(self, since: int, filters: Sequence[Filter]) -> None:
        self.since = since
        self.complete = True
        """Everything was read, as far as one can know."""
        self._filters = list(filters)
        self._pages = 0
        self._begin()

    def _begin(self) -> None:
        self._until: int | None = None
        self._ids: set[str] = set()
        self._fresh = False

    def page(self) -> Filter:
        """What to ask for next."""
        until = {} if self._until is None else {"until": self._until}
        return {**self._filters[0], "since": self.since, "limit": PAGE, **until}

    def saw(self, event: NostrEvent) -> bool:
        """An event of the page that was asked for. Returns whether it brings us on."""
        if event.id in self._ids or event.created_at < self.since:
            return False
        self._ids.add(event.id)
        self._fresh = True
        # Some relays take `until` for inclusive, some do not: a second more suits both.
        until = event.created_at + 1
        self._until = until if self._until is None else min(self._until, until)
        return len(self._ids) < PAGE * MOST_PAGES

    def turn(self) -> bool:
        """The page has ended. Returns whether there is another one to ask for."""
        self._pages += 1
        if self._fresh and self._pages < MOST_PAGES:
            self._fresh = False
            return True
        self.complete = self.complete and not self._fresh
        self._filters.pop(0)
        self._begin()
        return bool(self._filters)
