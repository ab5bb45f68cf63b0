"""Which thread a comment is in, where an archive tells only what it answers.

Without its root's id a comment is first taken to be in the thread of what it answers. If that is a
comment itself, it has a root of its own, and the thread is that one: a chain of answers is one
conversation, not as many as it has links.
"""

from __future__ import annotations

from msgspec import structs

from moltwatch.bounded import LONGEST_ID, Bounded
from moltwatch.model import Event, Post

MOST_KNOWN = 200_000
"""Posts whose thread is remembered."""


class Rooting:
    """Settles the threads of comments that come after what they answer."""

    def __init__(self) -> None:
        self._thread_of: Bounded[str, str] = Bounded(MOST_KNOWN)

    def settle(self, event: Event) -> Event:
        """The event; of a comment, in the thread of its root."""
        if not isinstance(event, Post) or max(len(event.id), len(event.thread)) > LONGEST_ID:
            return event
        if event.is_root:
            self._thread_of[event.id] = event.id
            return event
        root = self._thread_of.get(event.thread)
        if root not in (None, event.id, event.thread):
            event = structs.replace(event, thread=root)
        # Where posts and comments are numbered apart, a comment has the id of another thread's
        # root; what is said to be in that thread stays there.
        self._thread_of.setdefault(event.id, event.thread)
        return event
