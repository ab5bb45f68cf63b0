"""What several Nostr relays have told between them: each post once, in its thread, voted on once.

Relays hold overlapping parts of one forum. All feeds of a run share one book, which drops what
came by another relay, finds the threads of replies, counts one vote for each account, and keeps
the newest of each profile. Pure; the time is handed in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from msgspec import Struct, structs

from moltwatch.bounded import Bounded
from moltwatch.dialects.nostr import Deletion, Note, Profile, Reaction, Reading
from moltwatch.model import Delete, Event, Gap, Heartbeat, Post, Vote
from moltwatch.times import SECOND, Micros

MOST_KNOWN = 200_000
"""Ids, posts, votes and profiles remembered, of each so many; the oldest are forgotten first."""

MOST_ORPHANS = 10_000
"""Replies kept back until their thread is known."""

ORPHAN_WAIT: Micros = 10 * SECOND
"""How long a reply waits for what it answers; then that counts as its thread's unseen root."""

HISTORY_WAIT: Micros = 12 * SECOND
"""How long the first relay's history waits for that of the last, so that they come in one order."""


class _Placed(Struct, frozen=True):
    thread: str
    author: str


class _Orphan(Struct, frozen=True):
    note: Note
    source: str
    until: Micros


class Book:
    """What has been seen, whatever relay it came by."""

    def __init__(self) -> None:
        self.reached: Micros = 0
        """Stream time: of the latest event given out."""
        self.alive = False
        """Some relay has said something."""
        self._seen: Bounded[str, None] = Bounded(MOST_KNOWN)
        self._posts: Bounded[str, _Placed] = Bounded(MOST_KNOWN)
        self._votes: Bounded[tuple[str, str], int] = Bounded(MOST_KNOWN)
        self._profiles: Bounded[str, Micros] = Bounded(MOST_KNOWN)
        self._orphans: OrderedDict[str, list[_Orphan]] = OrderedDict()
        """Replies of unknown thread, by the id of what they answer."""
        self._n_orphans = 0
        self._histories: set[object] = set()
        """Feeds whose history is still to come."""
        self._gathered: dict[str, tuple[Reading, str]] = {}
        self._gaps: list[Gap] = []
        """What of the histories could not be read."""
        self._begin: Micros | None = None
        """Where the histories begin."""
        self._give_up_at: Micros | None = None

    # --- history, in one order --------------------------------------------------------------------

    def expect_history(self, feed: object, since: Micros) -> None:
        """That feed will bring what was written from ``since`` on; nothing is given out until it
        has, or :data:`HISTORY_WAIT` is over."""
        self._histories.add(feed)
        self._begin = since if self._begin is None else min(self._begin, since)

    def history_done(self, feed: object) -> None:
        """That feed has brought what there is, or never will."""
        self._histories.discard(feed)

    @property
    def catching_up(self) -> bool:
        """Histories are being waited for."""
        return bool(self._histories)

    def open(self, now: Micros) -> list[Event]:
        """What was gathered, once no history is waited for.

        It counts as seen when it was written: a past that came all at once must not look like a
        crowd. What is older than the histories (a profile, the root of a thread) stands at their
        beginning.
        """
        if self._give_up_at is None:
            self._give_up_at = now + HISTORY_WAIT
        if self._histories and now < self._give_up_at:
            return []
        self._histories.clear()
        gathered, self._gathered = self._gathered, {}
        gaps, self._gaps = self._gaps, []
        events: list[Event] = []
        for reading, source in _by_time(gathered.values()):
            seen = min(max(reading.created_at, self._begin or 0), now)
            events += self._take(reading, source, seen, now)
        placed = [structs.replace(gap, seen_at=min(gap.until, now)) for gap in gaps]
        return sorted([*placed, *events], key=lambda event: event.seen_at) if placed else events

    def note(self, gaps: Iterable[Gap]) -> list[Event]:
        """What of a history could not be read: told where it lies in the past, as long as histories
        are gathered, and else now."""
        if not self._histories:
            return list(gaps)
        self._gaps += gaps
        return []

    # --- events -----------------------------------------------------------------------------------

    def knows(self, id: str) -> bool:
        """Whether that event has been taken, or lies ready."""
        return id in self._seen or id in self._gathered

    def has_post(self, id: str) -> bool:
        """Whether that post was seen."""
        return id in self._posts

    def may_concern(self, posts: Iterable[str]) -> bool:
        """Whether a vote or deletion of those posts may be about one of ours."""
        return any(id in self._posts or id in self._gathered for id in posts)

    def has_profile(self, author: str) -> bool:
        """Whether that account's profile was seen."""
        return author in self._profiles

    def take(self, readings: Iterable[Reading], source: str, now: Micros) -> list[Event]:
        """The events of what one relay brought, by time of writing; repeats are dropped."""
        if self._histories:
            for reading in readings:
                self._gathered.setdefault(reading.id, (reading, source))
            return self.open(now)
        return [
            event
            for reading, _ in _by_time((reading, source) for reading in readings)
            for event in self._take(reading, source, now, now)
        ]

    def release(self, now: Micros, *, all: bool = False) -> list[Event]:
        """Replies that have waited long enough; ``all`` of them where nobody waits any more."""
        overdue = [
            parent for parent, orphans in self._orphans.items() if all or orphans[0].until <= now
        ]
        return [event for parent in overdue for event in self._adopt(parent, parent, now)]

    def beat(self, every: Micros, source: str, now: Micros) -> list[Event]:
        """A heartbeat, if nothing has been given out for so long."""
        if now - self.reached < every or self._histories:
            return []
        self.reached = now
        return [Heartbeat(seen_at=now, source=source)]

    # --- one by one -------------------------------------------------------------------------------

    def _take(self, reading: Reading, source: str, seen: Micros, now: Micros) -> list[Event]:
        if reading.id in self._seen:
            return []
        self._seen.put(reading.id, None)
        self.reached = max(self.reached, seen)
        if isinstance(reading, Note):
            return self._note(reading, source, seen, now)
        if isinstance(reading, Profile):
            return self._profile(reading, source, seen)
        if isinstance(reading, Reaction):
            return self._vote(reading, source, seen)
        return self._delete(reading, source, seen)

    def _note(self, note: Note, source: str, seen: Micros, now: Micros) -> list[Event]:
        if note.root is not None:
            return self._place(note, note.root, source, seen)
        assert note.parent is not None
        if parent := self._posts.get(note.parent):
            return self._place(note, parent.thread, source, seen)
        events: list[Event] = []
        if self._n_orphans >= MOST_ORPHANS:
            oldest = next(iter(self._orphans))
            events = self._adopt(oldest, oldest, now)
        orphan = _Orphan(note, source, now + ORPHAN_WAIT)
        self._orphans.setdefault(note.parent, []).append(orphan)
        self._n_orphans += 1
        return events

    def _place(self, note: Note, thread: str, source: str, seen: Micros) -> list[Event]:
        """The post, and all replies that waited for it."""
        return [self._post(note, thread, source, seen), *self._adopt(note.id, thread, seen)]

    def _adopt(self, parent: str, thread: str, seen: Micros) -> list[Event]:
        """The replies that waited for ``parent``, and those that waited for them."""
        events: list[Event] = []
        waiting = [parent]
        # A stack of our own: a thousand replies to each other may come in reverse.
        while waiting:
            orphans = self._orphans.pop(waiting.pop(), [])
            self._n_orphans -= len(orphans)
            for orphan in orphans:
                events.append(self._post(orphan.note, thread, orphan.source, seen))
                waiting.append(orphan.note.id)
        return events

    def _post(self, note: Note, thread: str, source: str, seen: Micros) -> Post:
        self._posts.put(note.id, _Placed(thread, note.author))
        return note.post(thread, seen, source)

    def _profile(self, profile: Profile, source: str, seen: Micros) -> list[Event]:
        if self._profiles.get(profile.author, -1) >= profile.created_at:
            return []
        self._profiles.put(profile.author, profile.created_at)
        return [profile.agent(seen, source)]

    def _vote(self, vote: Reaction, source: str, seen: Micros) -> list[Event]:
        key = (vote.post, vote.author)
        before = self._votes.get(key, 0)
        if vote.post not in self._posts or not vote.sign or vote.sign == before:
            return []
        self._votes.put(key, vote.sign)
        return [Vote(id=vote.post, seen_at=seen, delta=vote.sign - before, source=source)]

    def _delete(self, deletion: Deletion, source: str, seen: Micros) -> list[Event]:
        return [
            Delete(id=id, seen_at=seen, source=source)
            for id in dict.fromkeys(deletion.posts)
            if (post := self._posts.get(id)) and post.author == deletion.author
        ]


def _by_time(readings: Iterable[tuple[Reading, str]]) -> list[tuple[Reading, str]]:
    """Oldest first; the id decides between those of one second, so that two runs agree."""
    return sorted(readings, key=lambda item: (item[0].created_at, item[0].id))
