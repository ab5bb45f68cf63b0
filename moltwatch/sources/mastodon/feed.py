"""What is remembered of a Mastodon stream: its newest post, and which thread a reply belongs to.

No I/O and no clock: :mod:`.source` connects, and asks for what this says is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from moltwatch.dialects.fields import Origin
from moltwatch.dialects.mastodon import (
    EDITS,
    Context,
    Frame,
    Trouble,
    events_of,
    events_of_status,
    read_frame,
)
from moltwatch.errors import BadItem
from moltwatch.model import Event, Post
from moltwatch.sources.base import Status
from moltwatch.sources.live.failures import Refused
from moltwatch.sources.live.feed import ArrivalFeed
from moltwatch.sources.live.thread_roots import ThreadRoots
from moltwatch.times import Micros

NOTHING = Frame("", None)


class MastodonFeed(ArrivalFeed):
    """What Mastodon's frames mean. ``hashtag``: the one watched, if one is."""

    def __init__(self, status: Status, hashtag: str | None = None) -> None:
        super().__init__(status)
        self.newest: str | None = None
        """Id of the newest post of the stream: where a gap begins."""
        self.roots = ThreadRoots()
        self._hashtag = hashtag

    def receive(self, data: bytes, now: Micros) -> list[Event]:
        return self.take(self.read(data), now)

    def read(self, data: bytes) -> Frame:
        """A frame; an empty one for what is unusable. Raises Refused where the server will not
        serve us."""
        self._heard()
        try:
            frame = read_frame(data)
        except BadItem as error:
            self._reject(str(error))
            return NOTHING
        if isinstance(frame, Trouble):
            if 400 <= frame.status < 500:
                raise Refused(f"it refuses us: {frame.words}")
            self.notice = frame.words
            self._reject("the server reported an error")
            return NOTHING
        return frame

    def take(self, frame: Frame, now: Micros) -> list[Event]:
        """The events of a frame."""
        try:
            events = events_of(frame, self._context(now), self._past.knows)
        except BadItem as error:
            self._reject(str(error))
            return self._deliver((), now)
        if frame.event == "update":
            self._remember_newest(events)
        return self._deliver(events, now)

    def entered(self, frame: Frame, now: Micros) -> str | None:
        """Id of a reply that enters a thread in the middle, if we may ask what came before it."""
        if frame.event not in {"update", *EDITS}:
            return None
        try:
            post = events_of_status(frame.payload, self._context(now))[-1]
        except BadItem:
            return None  # counted when the frame is taken
        assert isinstance(post, Post)
        if post.parent is None or self.roots.thread_of(post.parent) is not None:
            return None
        return post.id if self.roots.may_ask_for(post.parent, now) else None

    def before(self, statuses: Sequence[object], now: Micros) -> list[Event]:
        """What came before a reply, from the root on."""
        return self._deliver(self._all(statuses, now), now)

    def missed(
        self, statuses: Sequence[object], now: Micros, *, complete: bool, note: str = ""
    ) -> list[Event]:
        """What a timeline gave back after a broken connection, oldest first."""
        if not complete:
            self._past.spoil()
        events = self._all(statuses, now)
        self._remember_newest(events)
        gap = self._past.mend(now, recovered=complete)
        delivered = gap + self._deliver(events, now)
        # The stream may repeat what the timeline gave.
        self._past.turn()
        self.notice = note
        return delivered

    @property
    def broken(self) -> bool:
        """Something may have been missed."""
        return self._past.broken

    def _all(self, statuses: Sequence[object], now: Micros) -> list[Event]:
        events: list[Event] = []
        for status in statuses:
            try:
                found = events_of_status(status, self._context(now))
            except BadItem as error:
                self._reject(str(error))
                continue
            # One by one: what follows may answer it.
            self._see(found)
            events += found
        return events

    def _deliver(self, events: Sequence[Event], now: Micros) -> list[Event]:
        self._see(events)
        return super()._deliver(events, now)

    def _see(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Post):
                self.roots.see(event)

    def _remember_newest(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Post) and (
                self.newest is None or _age_key(event.id) > _age_key(self.newest)
            ):
                self.newest = event.id

    def _context(self, now: Micros) -> Context:
        origin = Origin(source=self.source, now=now)
        return Context(origin=origin, hashtag=self._hashtag, thread_of=self.roots.thread_of)


def _age_key(id: str) -> tuple[int, str]:
    """Ids are numbers of any length, as texts: the longer, the newer."""
    return (len(id), id)
