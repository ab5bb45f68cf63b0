"""What Bluesky's Jetstream says, and what is to be asked of the AppView. No I/O and no clock.

A cursor is the time of an event in microseconds; a new connection asks for everything from a little
before the last one. A server that no longer has it begins later without a word: noticed by the last
event not coming again.

The public AppView tells anybody, without a key, what Jetstream leaves out:
``app.bsky.feed.getPosts`` and ``app.bsky.actor.getProfiles``.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from moltwatch.dialects import fields
from moltwatch.dialects.bluesky import (
    POSTS,
    events_of,
    parts_of,
    read_post,
    read_profile,
    views_in,
)
from moltwatch.dialects.fields import AHEAD, Item, Origin, read_object
from moltwatch.errors import BadItem
from moltwatch.model import AgentSeen, Event, Post
from moltwatch.sources.base import Status
from moltwatch.sources.live.feed import ArrivalFeed
from moltwatch.sources.live.thread_roots import Lookup, ThreadRoots
from moltwatch.times import LATEST, SECOND, Micros

APPVIEW = "public.api.bsky.app"
GET_POSTS = "/xrpc/app.bsky.feed.getPosts"
GET_PROFILES = "/xrpc/app.bsky.actor.getProfiles"

MOST_AT_ONCE = 25
"""Posts or accounts in one question, by the AppView's own limit."""

OVERLAP: Micros = 5 * SECOND
"""How much of what is known is asked for again: events do not come strictly in order."""


class Question(Struct, frozen=True, kw_only=True):
    """One request."""

    path: str
    params: tuple[tuple[str, str], ...]


class Missing:
    """What posts refer to and nobody has seen: roots of threads, what is answered, who writes."""

    def __init__(self, roots: ThreadRoots) -> None:
        self._roots = roots
        self._posts = Lookup(MOST_AT_ONCE)
        self._accounts = Lookup(MOST_AT_ONCE)
        self._turn = False
        """Accounts are next, if there is room for one question only."""

    def look(self, events: Sequence[Event]) -> None:
        """Take note of what these refer to."""
        posts = [event for event in events if isinstance(event, Post)]
        for post in posts:
            self._roots.see(post)
        for post in posts:
            self._accounts.want(post.author)
            for id in (post.parent, post.thread):
                if id and not self._known(id) and parts_of(id):
                    self._posts.want(id)

    def changed(self, account: str) -> None:
        """It calls itself otherwise now; of interest if it has written something."""
        if self._accounts.asked_for(account):
            self._accounts.renew(account)

    def ask(self, now: Micros) -> Question | None:
        """What to ask for now; None where nothing is missing, or too much was asked for."""
        lookups = [lookup for lookup in (self._posts, self._accounts) if lookup.waiting]
        if not lookups or not self._roots.may_ask(now):
            return None
        lookup = lookups[-1] if self._turn else lookups[0]
        self._turn = not self._turn
        names = lookup.next(self._known)
        if not names:
            return None
        path, name = (GET_POSTS, "uris") if lookup is self._posts else (GET_PROFILES, "actors")
        return Question(path=path, params=tuple((name, one) for one in names))

    def _known(self, id: str) -> bool:
        return self._roots.thread_of(id) is not None


class JetstreamFeed(ArrivalFeed):
    """One stream. ``dids``: the accounts to follow; none for all."""

    def __init__(self, status: Status, dids: Sequence[str] = ()) -> None:
        super().__init__(status)
        self.cursor: Micros | None = None
        """Time of the newest event received, as the server counts."""
        self._dids = dids
        self.looks_up = False
        """What is missing is asked for elsewhere; what is told here of accounts is not enough."""
        self.roots = ThreadRoots()
        self.missing = Missing(self.roots)

    @property
    def resume_at(self) -> Micros | None:
        """The cursor to ask for; None at the first time, and where the next event cannot be
        taken."""
        return None if self.cursor is None else max(0, self.cursor - OVERLAP)

    def opening(self) -> Sequence[bytes]:
        """Accounts go in a frame: a thousand of them do not fit into an address."""
        if not self._dids:
            return ()
        wanted = {"wantedCollections": [POSTS], "wantedDids": list(self._dids)}
        return (msgspec.json.encode({"type": "options_update", "payload": wanted}),)

    def lost(self, reason: str, *, skip: bool = False) -> None:
        super().lost(reason)
        if skip:
            self.cursor = None

    def receive(self, data: bytes, now: Micros) -> list[Event]:
        self._heard()
        try:
            frame = read_object(data)
            gap = self._resume(frame, now)
            events = events_of(frame, Origin(source=self.source, now=now))
            if self.looks_up:
                # The whole profile is asked for, or this one would stand without what it says.
                for agent in [event for event in events if isinstance(event, AgentSeen)]:
                    events.remove(agent)
                    self.missing.changed(agent.name)
            events = self._deliver(events, now)
        except BadItem as error:
            self._reject(str(error))
            return []
        self.missing.look(events)
        return gap + events

    def looked_up(self, question: Question, answer: object, now: Micros) -> list[Event]:
        """The events of what the AppView told."""
        events: list[Event] = []
        origin = Origin(source=self.source, now=now)
        for view in views_in(answer)[:MOST_AT_ONCE]:
            try:
                if question.path == GET_PROFILES:
                    events.append(read_profile(view, origin))
                    continue
                post = read_post(view, origin)
            except BadItem as error:
                self.rejects.add(str(error), "what was looked up")
                continue
            if self.roots.thread_of(post.id) is None:
                events.append(post)
                self.missing.look([post])
        return self._deliver(events, now)

    def _resume(self, frame: Item, now: Micros) -> list[Event]:
        """The gap of a broken connection, which the first event after it closes if it is one that
        came before."""
        at = fields.number(frame, "time_us")
        if at is None or not 0 < at < LATEST:
            raise BadItem("no time")
        at = min(at, now + AHEAD)
        gap = self._past.mend(now, recovered=self.cursor is not None and at <= self.cursor)
        self.cursor = at if self.cursor is None else max(self.cursor, at)
        return gap
