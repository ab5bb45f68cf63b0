"""What all live sources have in common: try, listen, and come back after every broken connection.

A live source is two things. A feed knows what frames mean and what was heard before; it does no
I/O and is told the time. Round it a thin shell connects, listens and waits. :class:`LiveSource` is
the part of the shell that no protocol changes; :mod:`.failures` knows what errors mean.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from moltwatch.errors import SourceUnreachable, UsageError
from moltwatch.model import Event, Gap
from moltwatch.sources.base import Clock, Source, State, Status
from moltwatch.sources.live.backoff import Backoff
from moltwatch.sources.live.failures import Failure, Refused, Silent, TurnedAway, judge
from moltwatch.times import SECOND, Micros

STABLE = 10.0
"""Seconds a connection must last before the next delay starts from the shortest again: a server
that accepts and hangs up at once is not to be hammered."""


class Feed(Protocol):
    """The pure half of a live source: frames and the time go in, events come out."""

    ended: bool
    """Nothing more will come, and all is well."""
    notice: str
    """The last thing the server complained of; harmless to show."""
    heartbeat: float | None
    """Seconds the server promised never to be silent for longer than."""

    @property
    def begun(self) -> bool:
        """Something has come, on this or an earlier connection."""

    def opening(self) -> Sequence[bytes]:
        """What to send when a connection is there."""

    def receive(self, data: bytes, now: Micros) -> list[Event]:
        """Take a frame. Raises :class:`~.failures.Refused` when the server will never serve us."""

    def answers(self) -> Sequence[bytes]:
        """What to send now. Asked after each frame and each quiet while."""

    def quiet(self, now: Micros) -> list[Event]:
        """Nothing came for a while."""

    def lost(self, reason: str, *, skip: bool = False) -> None:
        """The connection is gone. ``skip``: what comes next cannot be taken; do not ask again."""

    def give_up(self, now: Micros) -> list[Event]:
        """The gap that will not be closed, if there is one."""


class LiveSource(Source):
    """A source over a network.

    ``tries``: how often the first connection is tried before :class:`SourceUnreachable`; None: for
    ever. Once it has been connected it is always for ever. ``heartbeat``: seconds of silence after
    which time is said to go on. ``key_hint``: what to do where the server wants a key.
    """

    def __init__(
        self,
        spec: str,
        status: Status,
        feed: Feed,
        *,
        clock: Clock,
        tries: int | None = 4,
        backoff: Backoff | None = None,
        heartbeat: float = 15.0,
        key_hint: str = "",
    ) -> None:
        self.spec = spec
        self.status = status
        self._feed = feed
        self._clock = clock
        self._tries = tries
        self._backoff = backoff or Backoff()
        self._heartbeat = heartbeat
        self._key_hint = key_hint

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        while True:
            since = self._clock.now()
            self.status.until = None
            try:
                async with aclosing(self._connection()) as connection:
                    async for events in connection:
                        yield self._counted(events)
            except self._expected() as error:
                failure = judge(error)
                self._feed.lost(failure.reason, skip=failure.too_big)
                if failure.too_big:
                    self.status.rejects.add("a frame larger than we take")
                if self._is_final(failure):
                    if last := self._feed.give_up(self._clock.now()):
                        yield self._counted(last)
                    reason = self._explain(failure)
                    self._say(State.FAILED, reason)
                    raise SourceUnreachable(f"{self.status.name}: {reason}") from error
            else:
                break
            if self._clock.now() - since > STABLE * SECOND:
                self._backoff.reset()
            await self._wait(failure)
        self._say(State.ENDED)

    @abstractmethod
    def _connection(self) -> AsyncGenerator[list[Event]]:
        """What one connection brings, to its end. Raises whatever ends it before its time."""

    @abstractmethod
    def _errors(self) -> tuple[type[Exception], ...]:
        """The errors of the library that connects. Imported only when there is one."""

    def _expected(self) -> tuple[type[Exception], ...]:
        return (OSError, Refused, TurnedAway, Silent, *self._errors())

    async def _wait(self, failure: Failure) -> None:
        delay = self._backoff.next(failure.retry_after)
        waiting = State.RECONNECTING if self._feed.begun else State.CONNECTING
        now = self._clock.now()
        if self._feed.begun and self.status.lost_at is None:
            self.status.lost_at = now
        self._say(State.RATE_LIMITED if failure.retry_after else waiting, failure.reason)
        self.status.until = now + round(delay * SECOND)
        await self._clock.sleep(delay)

    def _is_final(self, failure: Failure) -> bool:
        out_of_tries = (
            not self._feed.begun
            and self._tries is not None
            and self._backoff.tries + 1 >= self._tries
        )
        return failure.fatal or out_of_tries

    def _explain(self, failure: Failure) -> str:
        if failure.unauthorized and self._key_hint:
            return f"{failure.reason}; {self._key_hint}"
        return failure.reason

    def _say(self, state: State, detail: str = "") -> None:
        self.status.state, self.status.detail, self.status.until = state, detail, None
        if state is State.LIVE:
            self.status.lost_at = None

    def _counted(self, events: list[Event]) -> list[Event]:
        self.status.events += len(events)
        self.status.gaps += sum(isinstance(event, Gap) for event in events)
        return events


def host_name(url: str, *schemes: str) -> str:
    """Host and port of an address: short, and without what a URL may hold that is nobody's
    business. Raises UsageError if it is no address with one of ``schemes``."""
    sort = "websocket" if "wss" in schemes else "web"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"not a {sort} address: {error}") from error
    if parts.scheme not in schemes or not host:
        example = "ws://127.0.0.1:8765" if sort == "websocket" else "https://forum.example/stream"
        raise UsageError(f"not a {sort} address: try {example}")
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def is_loopback(url: str) -> bool:
    """Whether an address leads nowhere but to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def need_privacy(url: str) -> None:
    """Raise UsageError for an address that would carry words, and keys, unencrypted through the
    world."""
    if urlsplit(url).scheme in ("ws", "http") and not is_loopback(url):
        raise UsageError(
            f"{host_name(url, 'ws', 'http')}: without TLS only on this machine; "
            "use wss:// or https://"
        )
