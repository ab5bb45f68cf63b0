"""A live source over a websocket: connects, sends what its feed wants to say, and listens."""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from moltwatch.bounded import LARGEST_FRAME
from moltwatch.model import Event
from moltwatch.sources.base import State, Status
from moltwatch.sources.live.addresses import is_loopback
from moltwatch.sources.live.failures import NO_HOST, NO_PROXY, Refused, Silent
from moltwatch.sources.live.feed import Feed
from moltwatch.sources.live.source import LiveSource
from moltwatch.times import SECOND, format_duration

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection, connect


class WebsocketSource(LiveSource):
    """A websocket, whatever is spoken on it.

    ``patience``: seconds of silence after which a server that promised no heartbeats is asked
    whether it lives, and again as many for its answer. ``headers`` go with the request; a source
    that has a ``secret``, there or in its frames, follows no redirect: whom it meant to ask is whom
    it asks.
    """

    def __init__(
        self,
        url: str,
        status: Status,
        feed: Feed,
        *,
        spec: str | None = None,
        patience: float = 20.0,
        open_timeout: float = 10.0,
        largest: int = LARGEST_FRAME,
        headers: Mapping[str, str] | None = None,
        secret: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(url if spec is None else spec, status, feed, **options)
        self.url = url
        self._patience = patience
        self._open_timeout = open_timeout
        self._largest = largest
        self._headers = headers
        self._secret = secret
        self._websocket: ClientConnection | None = None
        self._silent_for = 0.0
        """Seconds since something came, while waiting for it."""
        self._pong: Future[float] | None = None
        """The answer to our question whether it lives."""

    async def close(self) -> None:
        if self._websocket is not None:
            await self._websocket.close()

    def _errors(self) -> tuple[type[Exception], ...]:
        from websockets.exceptions import WebSocketException

        return (WebSocketException,)

    def _address(self) -> str:
        """Where to connect to this time."""
        return self.url

    async def _connection(self) -> AsyncGenerator[list[Event]]:
        async with await self._reach() as websocket:
            self._websocket, self._silent_for, self._pong = websocket, 0.0, None
            self._feed.answered(self._clock.now())
            await _send(websocket, self._feed.opening())
            self.status.say(State.LIVE)
            if events := await self._catch_up():
                yield events
            while not self._feed.ended:
                frame = await self._listen(websocket)
                now = self._clock.now()
                if frame is None:
                    events = self._feed.quiet(now)
                else:
                    events = await self._receive(frame)
                    self._feed.answered(now)
                    self.status.detail = self._feed.notice
                # Before anything is answered: that may fail, and what has come is told only once.
                if events:
                    yield events
                await _send(websocket, self._feed.answers())

    async def _catch_up(self) -> list[Event]:
        """What was missed while nothing was connected, where a forum gives it back elsewhere."""
        return []

    async def _receive(self, frame: bytes) -> list[Event]:
        """The events of a frame."""
        return self._feed.receive(frame, self._clock.now())

    async def _reach(self) -> ClientConnection:
        """A connection, after all redirects. Raises Refused where one leads to what is no address,
        of which the library makes whatever error it meets, and for a proxy that is of no use."""
        try:
            return await self._connect()
        except ImportError:
            raise Refused(NO_PROXY) from None
        except ValueError:
            raise Refused(NO_HOST) from None

    def _connect(self) -> connect:
        from websockets.asyncio.client import connect

        class Faithful(connect):
            """Takes a redirect for a refusal."""

            def process_redirect(self, exc: Exception) -> Exception | str:
                return exc

        url = self._address()
        return (Faithful if self._secret else connect)(
            url,
            # A proxy from the environment is for the world outside, not for this machine.
            proxy=None if is_loopback(url) else True,
            open_timeout=self._open_timeout,
            close_timeout=1.0,
            max_size=self._largest,
            additional_headers=self._headers,
            # The library's own keepalive would cut us off while the pipeline takes its time: while
            # nobody listens, no pong is read. _listen asks only when it has been waiting itself.
            ping_interval=None,
        )

    async def _listen(self, websocket: ClientConnection) -> bytes | None:
        """The next frame; None after a quiet while. Raises :class:`Silent` if it lives no more."""
        promised = self._feed.heartbeat
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
            self._pong.add_done_callback(self._lives)
        return None

    def _lives(self, pong: Future[float]) -> None:
        """Our question was answered, or never will be."""
        if not pong.cancelled() and pong.exception() is None:
            self._feed.answered(self._clock.now())


async def _send(websocket: ClientConnection, frames: Sequence[bytes]) -> None:
    for frame in frames:
        await websocket.send(frame, text=True)
