"""A forum over a websocket: connects, listens, and comes back after every broken connection.

The thin shell round :class:`~.forum_follower.Follower`, which knows what frames mean, and
:mod:`.failures`, which knows what errors mean.
"""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from moltwatch.errors import SourceUnreachable, UsageError
from moltwatch.model import Event, Gap
from moltwatch.sources.backoff import Backoff
from moltwatch.sources.base import Clock, Source, State, Status
from moltwatch.sources.failures import Failure, Refused, Silent, judge
from moltwatch.sources.forum_follower import Follower
from moltwatch.sources.forum_protocol import LARGEST_FRAME, encode
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.times import SECOND, format_duration

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

STABLE = 10.0
"""Seconds a connection must last before the next delay starts from the shortest again: a server
that accepts and hangs up at once is not to be hammered."""


class ForumSource(Source):
    """A forum websocket.

    ``tries``: how often the first connection is tried before :class:`SourceUnreachable`; None: for
    ever. Once it has been connected it is always for ever. ``heartbeat``: seconds of silence after
    which time is said to go on, for a forum whose time is the wall clock's. ``patience``: seconds
    of silence after which a server that promised no heartbeats is asked whether it lives, and again
    as many for its answer.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        communities: Sequence[str] | None = None,
        tries: int | None = 4,
        backoff: Backoff | None = None,
        heartbeat: float = 15.0,
        patience: float = 20.0,
        open_timeout: float = 10.0,
        largest: int = LARGEST_FRAME,
    ) -> None:
        self.spec = self.url = url
        self.status = Status(name=_name(url))
        self._clock = clock
        self._tries = tries
        self._backoff = backoff or Backoff()
        self._heartbeat = heartbeat
        self._patience = patience
        self._open_timeout = open_timeout
        self._largest = largest
        self._websocket: ClientConnection | None = None
        self._silent_for = 0.0
        """Seconds since something came, while waiting for it."""
        self._pong: Future[float] | None = None
        """The answer to our question whether it lives."""
        self._follower = Follower(
            self.status.name, communities=communities, rejects=self.status.rejects
        )

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        from websockets.exceptions import WebSocketException

        while True:
            since = self._clock.now()
            try:
                async with aclosing(self._connection()) as connection:
                    async for events in connection:
                        yield self._counted(events)
            except (OSError, WebSocketException, Refused, Silent) as error:
                failure = judge(error)
                self._follower.lost(failure.reason, skip=failure.too_big)
                if failure.too_big:
                    self.status.rejects.add("a frame larger than we take")
                if self._is_final(failure):
                    if last := self._follower.give_up(self._clock.now()):
                        yield self._counted(last)
                    self._say(State.FAILED, failure.reason)
                    raise SourceUnreachable(f"{self.status.name}: {failure.reason}") from error
            else:
                break
            if self._clock.now() - since > STABLE * SECOND:
                self._backoff.reset()
            await self._wait(failure)
        self._say(State.ENDED)

    async def close(self) -> None:
        if self._websocket is not None:
            await self._websocket.close()

    async def _connection(self) -> AsyncGenerator[list[Event]]:
        """What one connection brings, to its end. Raises whatever ends it before its time."""
        from websockets.asyncio.client import connect

        self.status.until = None
        async with connect(
            self.url,
            # A proxy from the environment is for the world outside, not for this machine.
            proxy=None if _is_loopback(self.url) else True,
            open_timeout=self._open_timeout,
            close_timeout=1.0,
            max_size=self._largest,
            # The library's own keepalive would cut us off while the pipeline takes its time: while
            # nobody listens, no pong is read. _listen asks only when it has been waiting itself.
            ping_interval=None,
        ) as websocket:
            self._websocket, self._silent_for, self._pong = websocket, 0.0, None
            await websocket.send(encode(self._follower.subscribe()), text=True)
            self._say(State.LIVE)
            while not self._follower.ended:
                frame = await self._listen(websocket)
                now = self._clock.now()
                if frame is None:
                    events = self._follower.quiet(now)
                else:
                    events = self._follower.receive(frame, now)
                    self.status.detail = self._follower.notice
                if events:
                    yield events

    async def _listen(self, websocket: ClientConnection) -> bytes | None:
        """The next frame; None after a quiet while. Raises :class:`Silent` if it lives no more."""
        promised = self._follower.heartbeat
        limit = self._patience if promised is None else 3 * promised
        wait = max(0.0, min(self._heartbeat, limit - self._silent_for))
        try:
            async with asyncio.timeout(wait):
                frame = await websocket.recv(decode=False)
        except TimeoutError:
            self._silent_for += wait
        else:
            self._silent_for, self._pong = 0.0, None
            return frame
        if self._silent_for >= limit:
            if promised is not None or (self._pong is not None and not self._pong.done()):
                raise Silent(f"not a sign of life for {format_duration(round(limit * SECOND))}")
            self._silent_for = 0.0
            self._pong = asyncio.ensure_future(await websocket.ping())
        return None

    async def _wait(self, failure: Failure) -> None:
        delay = self._backoff.next(failure.retry_after)
        state = State.RATE_LIMITED if failure.retry_after else State.RECONNECTING
        self._say(state if self._follower.begun else State.CONNECTING, failure.reason)
        self.status.until = self._clock.now() + round(delay * SECOND)
        await self._clock.sleep(delay)

    def _is_final(self, failure: Failure) -> bool:
        out_of_tries = (
            not self._follower.begun
            and self._tries is not None
            and self._backoff.tries + 1 >= self._tries
        )
        return failure.fatal or out_of_tries

    def _say(self, state: State, detail: str = "") -> None:
        self.status.state, self.status.detail, self.status.until = state, detail, None

    def _counted(self, events: list[Event]) -> list[Event]:
        self.status.events += len(events)
        self.status.gaps += sum(isinstance(event, Gap) for event in events)
        return events


def open_spec(spec: SourceSpec, opening: Opening) -> ForumSource:
    """Make the source of a ``ws:`` or ``wss:`` address; what follows a ``#`` are communities, for
    which a websocket address has no other use."""
    url, _, names = spec.text.partition("#")
    communities = [unquote(name) for name in names.split(",") if name]
    return ForumSource(
        url, clock=opening.clock, communities=communities or None, tries=opening.tries
    )


def _name(url: str) -> str:
    """Host and port: short, and without what a URL may hold that is nobody's business."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"not a websocket address: {error}") from error
    if parts.scheme not in ("ws", "wss") or not host:
        raise UsageError("not a websocket address: try ws://127.0.0.1:8765")
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
