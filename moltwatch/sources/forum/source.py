"""A forum over a websocket, as `moltwatch serve` speaks it, or simpler.

:class:`Follower` remembers from frame to frame and from connection to connection, without I/O and
without a clock; everything else is what all websockets have in common.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Raw, structs

from moltwatch.dialects.fields import AHEAD
from moltwatch.dialects.lines import Lines
from moltwatch.errors import RecordingError, Rejects
from moltwatch.model import Event, Post
from moltwatch.sources.base import Status
from moltwatch.sources.forum.protocol import (
    FATAL_CODES,
    PROTOCOL,
    TOKEN,
    Beat,
    End,
    Error,
    Events,
    Garbage,
    Subscribe,
    Welcome,
    encode,
    read_server_frame,
)
from moltwatch.sources.live.addresses import THIS_MACHINE, Key, host_name, server_words
from moltwatch.sources.live.failures import Refused
from moltwatch.sources.live.feed import Feed, believed
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.times import Micros


class Follower(Feed):
    """Follows one forum over any number of connections.

    ``source`` names what comes without a name of its own.
    """

    def __init__(
        self, source: str, *, communities: Sequence[str] | None = None, rejects: Rejects
    ) -> None:
        super().__init__(source, rejects)
        self.cursor: str | None = None
        """Everything up to here has been received."""
        self._communities = tuple(communities) if communities is not None else None
        self._wall = True
        self._resumed = False
        self._lines = Lines("the forum", source=source, now=self._stamp, rejects=rejects)
        self._now: Micros = 0
        self._stamped = False
        """The event just read did not say when it was seen."""

    def subscribe(self) -> Subscribe:
        """What to ask for on the next connection."""
        return Subscribe(since=self.cursor, communities=self._communities)

    def opening(self) -> Sequence[bytes]:
        return (encode(self.subscribe()),)

    def lost(self, reason: str, *, skip: bool = False) -> None:
        self._past.lost(reason)
        if skip:
            self.cursor = None
        self._resumed = False
        self.heartbeat = None

    def give_up(self, now: Micros) -> list[Event]:
        return self._mend(self._present(now))

    def answered(self, now: Micros) -> None:
        if self._past.heard and self._wall:  # before the first frame nobody knows whose time counts
            super().answered(now)

    def quiet(self, now: Micros) -> list[Event]:
        """Nothing came for a while. Where the forum's time is the wall clock's, time goes on."""
        if not (self._past.heard and self._wall) or self.ended:
            return []
        return self._beat(now)

    def receive(self, data: bytes, now: Micros) -> list[Event]:
        """Take a frame. Raises :class:`Refused` when the server will never serve us."""
        self._heard()
        match read_server_frame(data):
            case Garbage() as garbage:
                self._reject(garbage.reason)
                return []
            case Welcome() as welcome:
                return self._welcome(welcome, now)
            case Events() as frame:
                events = self._take(frame, now)
            case Beat() as frame:
                at = now if self._wall else frame.at
                events = self._beat(min(at, now + AHEAD)) if at is not None else []
                self._past.kept()  # a server that beats has nothing else to send
            case End() as frame:
                self.ended = True
                events = self._mend(self._present(now))
            case Error() as error:
                return self._complain(error)
        if frame.cursor is not None:
            self.cursor = frame.cursor
        return events

    def _welcome(self, welcome: Welcome, now: Micros) -> list[Event]:
        if welcome.protocol != PROTOCOL:
            raise Refused(f"it speaks version {welcome.protocol} of the forum protocol")
        self._wall = welcome.clock == "wall"
        if not self._wall:  # what it plays began when it was asked for
            self._past.forget_absence()
        missed = max(0, welcome.missed or 0)
        self._resumed = welcome.resumed and self.cursor is not None and not missed
        if not self._resumed:
            self._past.spoil(missed)
        if welcome.heartbeat is not None and welcome.heartbeat > 0:
            self.heartbeat = welcome.heartbeat
        if not self._resumed:
            self.cursor = welcome.cursor
        return self._mend(now) if self._wall else []

    def _take(self, frame: Events, now: Micros) -> list[Event]:
        self._now = now
        events: list[Event] = []
        for raw in frame.events:
            for event in self._read(raw):
                if self._repeated(event):
                    continue
                at = now if self._wall else min(event.seen_at, now + AHEAD)
                if at != event.seen_at:
                    event = structs.replace(event, seen_at=at)
                if self._wall and isinstance(event, Post):
                    event = believed(event, now)
                events += self._mend(at)
                events.append(event)
                self._past.advance(at)
        return events

    def _read(self, raw: Raw) -> list[Event]:
        self._stamped = False
        try:
            return self._lines.read((bytes(raw),))
        except RecordingError:
            self._reject("a header of a later version")
            return []

    def _stamp(self) -> Micros:
        self._stamped = True
        return self._now

    def _repeated(self, event: Event) -> bool:
        """It came on an earlier connection already.

        A post is known by its id. Other events have none: they are told by all they say, which
        takes a time of their own, and only where the server did not resume; where it did, two that
        look alike are two.
        """
        if isinstance(event, Post):
            key: Hashable = event.id
        elif not self._stamped and not self._resumed:
            key = event
        else:
            return False
        return self._past.repeated(key)

    def _beat(self, at: Micros) -> list[Event]:
        """Time went on, if it did."""
        return [*self._mend(at), *self._past.beat(at)]

    def _mend(self, at: Micros) -> list[Event]:
        """The gap of the last broken connection, which ends at ``at``."""
        return self._past.mend(at, recovered=self._resumed, promised=self._resumed)

    def _present(self, now: Micros) -> Micros:
        """Stream time at this moment: that of a forum being played stands still between events."""
        return now if self._wall or self._past.reached is None else self._past.reached

    def _complain(self, error: Error) -> list[Event]:
        words = server_words(error.message or error.code, 200)
        if error.code in FATAL_CODES:
            raise Refused(f"it refuses us: {words}")
        self.notice = words
        self._reject("the server reported an error")
        return []


class ForumSource(WebsocketSource):
    """A forum websocket. ``communities``: those wanted; None for all."""

    def __init__(
        self, url: str, *, communities: Sequence[str] | None = None, **options: Any
    ) -> None:
        status = Status(name=host_name(url, "ws", "wss"))
        follower = Follower(status.name, communities=communities, rejects=status.rejects)
        super().__init__(url, status, follower, **options)


def open_spec(spec: SourceSpec, opening: Opening) -> ForumSource:
    """Make the source of a ``ws:`` or ``wss:`` address; what follows a ``#`` are communities, for
    which a websocket address has no other use."""
    url, _, names = spec.text.partition("#")
    communities = [unquote(name) for name in names.split(",") if name]
    options = opening.connecting | _token(url)
    return ForumSource(url, communities=communities or None, **options)


KEY = Key(TOKEN, home=THIS_MACHINE)


def _token(url: str, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Options that send the server its token, if there is one that belongs to it. Raises UsageError
    for a token that cannot be sent."""
    host_name(url, "ws", "wss")  # what is no address is told as such
    token = KEY.sent_to(url, environment)
    if "@" in urlsplit(url).netloc:
        return {}  # a name and a password go in the same header
    options: dict[str, Any] = {"key_hint": KEY.hint(url, environment)}
    if token:
        options |= {"headers": {"Authorization": f"Bearer {token}"}, "secret": True}
    return options
