"""The door: what a source delivers is checked once, here, before it is recorded.

What passes is clean in the ways the rest relies on: a post's id comes once, stream time never runs
back, names and ids are there and of sane length. A refused item is counted with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from moltwatch.bounded import LONGEST_ID
from moltwatch.errors import BadItem, Rejects
from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Post, Vote
from moltwatch.times import EARLIEST, LATEST, Micros

MOST_KNOWN_IDS = 500_000
"""Ids remembered to tell duplicates; the older half is forgotten when there are more."""

_HASH = 2**60 - 1
"""Bits kept of a hash: with one more it would take half as much memory again."""

LONGEST_NAME = 256


class Intake:
    """Admits events in order of arrival."""

    def __init__(self) -> None:
        self.rejects = Rejects()
        self.now: Micros = EARLIEST
        """Stream time: the running maximum of ``seen_at``."""
        # Hash of an id to a hash of author and text, to tell a harmless repeat from an id used
        # again. Numbers, because half a million ids would weigh more than all else together.
        self._known: dict[int, int] = {}
        self._known_before: dict[int, int] = {}

    def admit(self, batch: Sequence[Event]) -> list[Event]:
        """The events that may pass, their ``seen_at`` raised to stream time where it lags."""
        admitted: list[Event] = []
        for event in batch:
            try:
                self._check(event)
            except BadItem as error:
                self.rejects.add(str(error), f"{type(event).__name__.lower()} {_id_of(event)!r}")
                continue
            if event.seen_at >= self.now:
                self.now = event.seen_at
            else:
                event = structs.replace(event, seen_at=self.now)
            if isinstance(event, Post) and (event.parent is None) != (event.id == event.thread):
                # A root answers nothing, and every comment something.
                event = structs.replace(event, parent=None if event.is_root else event.thread)
            admitted.append(event)
        return admitted

    def _check(self, event: Event) -> None:
        if not EARLIEST <= event.seen_at < LATEST:
            raise BadItem("time outside 1970 to 2100")
        if isinstance(event, Post):
            self._check_post(event)
        elif isinstance(event, AgentSeen):
            if not event.name or len(event.name) > LONGEST_NAME:
                raise BadItem("account name missing or too long")
        elif isinstance(event, Edit | Delete | Vote) and not 0 < len(event.id) <= LONGEST_ID:
            raise BadItem("id missing or too long")
        elif isinstance(event, Gap) and event.until < event.since:
            raise BadItem("a gap that ends before it begins")

    def _check_post(self, post: Post) -> None:
        if not 0 < len(post.id) <= LONGEST_ID or not 0 < len(post.thread) <= LONGEST_ID:
            raise BadItem("id missing or too long")
        if post.parent is not None and len(post.parent) > LONGEST_ID:
            raise BadItem("id missing or too long")
        if post.community is not None and len(post.community) > LONGEST_NAME:
            raise BadItem("community name too long")
        if not post.author or len(post.author) > LONGEST_NAME:
            raise BadItem("account name missing or too long")
        if not EARLIEST <= post.created_at < LATEST:
            raise BadItem("time outside 1970 to 2100")
        if post.parent == post.id:
            raise BadItem("a post that answers itself")
        id, mark = hash(post.id) & _HASH, hash((post.author, post.text, post.title)) & _HASH
        known = self._known.get(id, self._known_before.get(id))
        if known is not None:
            raise BadItem("seen before" if known == mark else "id used again for another post")
        self._known[id] = mark
        if len(self._known) > MOST_KNOWN_IDS // 2:
            self._known_before, self._known = self._known, {}


def _id_of(event: Event) -> str:
    name = event.name if isinstance(event, AgentSeen) else getattr(event, "id", "")
    return str(name)[:60]
