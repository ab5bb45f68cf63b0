"""The pure half of a live source: frames and the time go in, events come out.

It remembers across broken connections how far stream time has come, what has been received, and the
gap that is still to be reported, so that a disconnect means the same whatever the protocol.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence

from msgspec import Struct, structs

from moltwatch.bounded import Bounded
from moltwatch.dialects import fields
from moltwatch.errors import Rejects
from moltwatch.model import AgentSeen, Event, Gap, Heartbeat, Post
from moltwatch.sources.base import Status
from moltwatch.times import Micros

MOST_KNOWN = 50_000
"""Keys remembered in order to drop what a forum sends again after a broken connection."""


class _Break(Struct):
    """A broken connection, until something is heard again."""

    reason: str
    lossless: bool = True
    missed: int = 0
    why: str = ""

    def words(self) -> str:
        missed = f"{self.missed:,} events missed" if self.missed else ""
        return "; ".join(filter(None, (self.reason, missed, self.why)))


class Continuity:
    """One stream of events over any number of connections. ``source`` names its gaps and
    heartbeats."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.reached: Micros | None = None
        """Stream time; None before the first event."""
        self.heard = False
        """Something came on this connection."""
        self._answered: Micros | None = None
        """Stream time at which the server last gave a sign of life, as far as that is told."""
        self._quiet = False
        """Nothing has come since for a while."""
        self._break: _Break | None = None
        """How the last connection ended, until a gap has been reported for it."""
        self._promised_since: Micros | None = None
        """From here on it was told that all is to come again, and it has not all come yet."""
        self._stretch = 0
        self._known: Bounded[int, int] = Bounded(MOST_KNOWN)
        """Hashes of what has been received, for a key can be as long as a stranger likes, with the
        number of the stretch it came in."""

    @property
    def begun(self) -> bool:
        """Something has come, on this or an earlier connection."""
        return self.heard or self._stretch > 0

    @property
    def broken(self) -> bool:
        """A gap is still to be reported."""
        return self._break is not None

    def absent(self, since: Micros, reason: str) -> None:
        """Nothing was ever heard, and something was to be heard from ``since`` on."""
        if self._break is None and not self.begun:
            self._break, self.reached = _Break(reason=reason), since

    def forget_absence(self) -> None:
        """What was written meanwhile is not missing after all."""
        if not self._stretch:
            self._break = self.reached = None

    def lost(self, reason: str) -> None:
        """The connection is gone."""
        if self.heard and self._break is None:
            self._break = _Break(reason=reason)
            if self._answered is not None and self.reached is not None:
                # Of what came after that, nobody knows: silence is no proof that nothing was said.
                self.reached = min(self.reached, self._answered)
            self.turn()
        self.heard = self._quiet = False

    def stay_away(self, reason: str) -> None:
        """A gap was told to its end, and it is not the end: from there on a new one is open."""
        if self.begun and self._break is None:
            self._break = _Break(reason=reason)

    def turn(self) -> None:
        """A new stretch begins: what has been received until now may come again."""
        self._stretch += 1

    def spoil(self, missed: int = 0, why: str = "") -> None:
        """What was missed since the connection broke (so many events, if known) will not come, or
        nobody can tell whether it did. ``why``: what is to be said of that."""
        if self._break:
            self._break.lossless = False
            self._break.missed += missed
            self._break.why = why or self._break.why

    def repeated(self, key: Hashable) -> bool:
        """Whether it came in an earlier stretch already; from now on it has come.

        Within one stretch nothing counts as repeated: an id that is used twice there is for the
        intake to judge.
        """
        return self._known.setdefault(hash(key), self._stretch) != self._stretch

    def came_before(self, key: Hashable) -> bool:
        """Whether it came in an earlier stretch."""
        return self._known.get(hash(key), self._stretch) != self._stretch

    def knows(self, key: Hashable) -> bool:
        """Whether it has come, in whatever stretch."""
        return hash(key) in self._known

    def advance(self, at: Micros) -> None:
        """Stream time has come to ``at``, if it had not passed it."""
        self.reached = at if self.reached is None else max(self.reached, at)

    def mend(self, at: Micros, *, recovered: bool, promised: bool = False) -> list[Event]:
        """The gap of the last broken connection, which ends at ``at``; nothing if there is none.

        ``promised``: the server has only said that it gives back what was missed. Where the
        connection breaks before it has, and the next one does not give it either, the next gap
        begins where this one did.
        """
        if self._break is None:
            return []
        broken, self._break = self._break, None
        since = at if self.reached is None else self.reached
        self.reached = max(since, at)
        if self._promised_since is not None:
            since = min(since, self._promised_since)
        self._promised_since = since if promised else None
        return [
            Gap(
                seen_at=self.reached,
                since=since,
                until=self.reached,
                reason=broken.words(),
                recovered=recovered and broken.lossless,
                source=self.source,
            )
        ]

    def answered(self, at: Micros) -> None:
        """The server gave a sign of life, be it empty. After a quiet while that says that nothing
        of what was promised is still on its way."""
        self._answered = at
        if self._quiet:
            self._quiet = False
            self.kept()

    def quiet(self) -> None:
        """Nothing came for a while: it is all there, or the connection is dead."""
        self._quiet = True

    def kept(self) -> None:
        """All that was promised has come."""
        self._promised_since = None

    def not_kept(self, reason: str) -> None:
        """What was promised has not all come, and will not: a gap is to be told from where that of
        the promise began."""
        if self._promised_since is not None and self._break is None:
            self._break = _Break(reason=reason)

    def beat(self, at: Micros) -> list[Event]:
        """A heartbeat, if time went on."""
        if self.reached is not None and at <= self.reached:
            return []
        self.reached = at
        return [Heartbeat(seen_at=at, source=self.source)]


MOST_PROFILES = 20_000
"""Accounts whose profile is remembered, so that it is told again only when it changes."""


class Feed(ABC):
    """What frames mean, and what was heard before; no I/O and no clock.

    ``source`` names its gaps and heartbeats, ``rejects`` counts what is refused.
    """

    ended = False
    """Nothing more will come, and all is well."""
    notice = ""
    """The last thing the server complained of; harmless to show."""
    heartbeat: float | None = None
    """Seconds the server promised never to be silent for longer than."""

    def __init__(self, source: str, rejects: Rejects) -> None:
        self.source = source
        self.rejects = rejects
        self._past = Continuity(source)
        self._frames = 0

    @property
    def begun(self) -> bool:
        """Something has come, on this or an earlier connection."""
        return self._past.begun

    def opening(self) -> Sequence[bytes]:
        """What to send when a connection is there."""
        return ()

    def answers(self) -> Sequence[bytes]:
        """What to send now. Asked after each frame and each quiet while."""
        return ()

    def answered(self, now: Micros) -> None:
        """The server gave a sign of life: it let us in, sent something, or answered our ping."""
        self._past.answered(now)

    @abstractmethod
    def receive(self, data: bytes, now: Micros) -> list[Event]:
        """Take a frame. Raises :class:`~.failures.Refused` when the server will never serve us."""

    @abstractmethod
    def quiet(self, now: Micros) -> list[Event]:
        """Nothing came for a while."""

    @abstractmethod
    def lost(self, reason: str, *, skip: bool = False) -> None:
        """The connection is gone. ``skip``: what comes next cannot be taken; do not ask again."""

    def absent(self, since: Micros, reason: str) -> None:
        """It could not be reached, nor ever before; it was to be heard from ``since`` on."""
        self._past.absent(since, reason)

    def stay_away(self, reason: str) -> None:
        """It has failed and was given up; after a long wait it is tried once more."""
        self._past.stay_away(reason)

    @abstractmethod
    def give_up(self, now: Micros) -> list[Event]:
        """The gap that will not be closed, if there is one."""

    @property
    def _where(self) -> str:
        """The frame at hand, for what is refused in it."""
        return f"frame {self._frames:,}"

    def _heard(self) -> None:
        """A frame has come."""
        self._frames += 1
        self._past.heard = True

    def _reject(self, reason: str) -> None:
        self.rejects.add(reason, self._where)


class ArrivalFeed(Feed):
    """A feed whose time is that of arrival: what comes is observed now, whenever it was written. A
    protocol adds :meth:`receive`.

    ``status`` names what comes and counts what is refused.
    """

    def __init__(self, status: Status) -> None:
        super().__init__(status.name, status.rejects)
        self.resumed = False
        """This connection gives back what was missed, by the server's word."""
        self._last: int | None = None
        """Hash of the post that came last."""
        self._last_before: int | None = None
        """That of the one that came last before the connection broke."""
        self._profiles: Bounded[int, int] = Bounded(MOST_PROFILES)
        """Hashes of accounts, and of what they said of themselves last; both may be long."""

    def quiet(self, now: Micros) -> list[Event]:
        """Nothing came for a while; a connection that stays open is one, and time goes on."""
        self._past.heard = True
        gap = self._past.mend(now, recovered=self.resumed, promised=self.resumed)
        self._past.quiet()
        return [*gap, *self._past.beat(now)]

    def lost(self, reason: str, *, skip: bool = False) -> None:
        if not self._past.broken:
            self._last_before = self._last
        self._past.lost(reason)
        self.resumed = False

    def give_up(self, now: Micros) -> list[Event]:
        return self._past.mend(now, recovered=False)

    def _deliver(self, events: Sequence[Event], now: Micros) -> list[Event]:
        """What of them is new, after the gap of the last broken connection if one is still owed.

        The gap counts as closed if the server resumed, or if the post that had come last before it
        comes again: then what lay between has come as well. Any other post that comes again (one
        that is pinned, one that was edited) proves nothing, and decides nothing by itself.
        """
        last = self._last_before
        closed = any(isinstance(event, Post) and hash(event.id) == last for event in events)
        new = [event for event in events if self._is_new(event)]
        if events and not new and not closed:
            return []
        for event in new:
            if isinstance(event, Post):
                self._last = hash(event.id)
        promised = self.resumed and not closed
        gap = self._past.mend(now, recovered=closed or self.resumed, promised=promised)
        if new:
            self._past.advance(now)
        return gap + new

    def _is_new(self, event: Event) -> bool:
        if isinstance(event, Post):
            return not self._past.repeated(event.id)
        if isinstance(event, AgentSeen):
            return self._is_news(event)
        return True

    def _is_news(self, agent: AgentSeen) -> bool:
        """Whether a profile says something it did not say before."""
        account, says = hash(agent.name), hash((agent.display, agent.bio))
        known = self._profiles.get(account)
        self._profiles.put(account, says)
        return known != says


def believed(post: Post, now: Micros) -> Post:
    """The post, with a time of writing that can be :func:`~.fields.believed`."""
    created = fields.believed(post.created_at, now)
    return post if created == post.created_at else structs.replace(post, created_at=created)
