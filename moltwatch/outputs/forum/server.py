"""A forum over a websocket: plays any source to any number of watchers.

It speaks the protocol of :mod:`moltwatch.sources.forum.protocol`. A player fills a bounded log from
the source, and each client reads the log at its own pace. When the log is full, the player waits
for its clients, until one of them has all there is: that one is not held up by the others, and what
is left out for it to go on is not kept for them. Who has not got it by then is sent away with the
reason, as is one that takes nothing for too long, and may come back. A recording waits for its
first watcher, so that nothing of it is missed, and it can wait when everybody has left; a live
source cannot, and what nobody took in time is lost to them.

Other machines reach it only where a token is asked for, or where somebody said that it is public.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from hmac import compare_digest
from typing import TYPE_CHECKING, Self

from moltwatch.errors import MoltwatchError, SourceUnreachable, UsageError
from moltwatch.outputs.forum.client import FAREWELL, Client, SentAway
from moltwatch.outputs.forum.log import ForumLog
from moltwatch.sources.base import Source
from moltwatch.sources.forum.protocol import TOKEN, Beat, End, Error, Frame, Subscribe, Welcome
from moltwatch.sources.live.addresses import is_loopback_host
from moltwatch.sources.replay import ReplaySource

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request, Response

KEPT = 64 * 1024 * 1024
"""Bytes of events kept for slow and returning clients."""

LARGEST_CLIENT_FRAME = 64 * 1024
"""Bytes."""


class ForumServer:
    """Serves ``source``. Use as a context manager, then :meth:`run`.

    ``port`` 0 takes a free one; see :attr:`address`. ``token``: what a client has to send to be let
    in. ``public``: whoever reaches it may read. ``kept``: bytes of the log. ``stall``: seconds
    after which a client that takes nothing is sent away. ``heartbeat``: seconds of silence after
    which a client gets a heartbeat. ``patience``: seconds to wait for a subscription. ``notice`` is
    told, a line each, who comes and goes. Who comes late and does not resume begins with the next
    event.
    """

    def __init__(
        self,
        source: Source,
        *,
        host: str = "127.0.0.1",
        port: int = 8765,
        token: str | None = None,
        public: bool = False,
        kept: int = KEPT,
        stall: float = 30.0,
        heartbeat: float = 15.0,
        patience: float = 10.0,
        notice: Callable[[str], None] = lambda _: None,
    ) -> None:
        if not (token or public or is_loopback_host(host)):
            raise UsageError(
                f"{host} can be reached from outside: set {TOKEN}, or {TOKEN}_FILE to the name of "
                "a file that holds a token, here and where it is watched; or let everybody in with "
                "--public"
            )
        self._token = token
        self._source = source
        self._host, self._port = host, port
        self._stall, self._heartbeat, self._patience = stall, heartbeat, patience
        self._notice = notice
        # A live source counts anew in each run; a recording's name comes from what it holds.
        self._log = ForumLog(f"live-{secrets.token_hex(6)}", kept)
        self._clients: set[Client] = set()
        """Who watches."""
        self._connected: set[Client] = set()
        """They, who has not said yet what it wants, and who was told to go."""
        self._over = False
        self._held = 0
        """Events the recording holds, once counted."""
        self._counting = asyncio.Lock()
        self._called = asyncio.Event()
        """Somebody has subscribed."""
        self._progress = asyncio.Event()
        """A client took something, came or went: the log may have room."""
        self._server: Server | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        assert self._server is not None
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        return f"ws://[{host}]:{port}" if ":" in host else f"ws://{host}:{port}"

    async def __aenter__(self) -> Self:
        from websockets.asyncio.server import serve

        if isinstance(self._source, ReplaySource):
            self._log.name = await self._source.fingerprint()
        try:
            self._server = await serve(
                self._attend,
                self._host,
                self._port,
                # Programs send no Origin; a page in a browser does, and has no business here.
                origins=[None],
                process_request=self._refuse_strangers,
                compression=None,
                max_size=LARGEST_CLIENT_FRAME,
                # A client busy with what it has got does not answer pings, and is not dead for it.
                ping_interval=None,
                close_timeout=FAREWELL,
            )
        except OSError as error:
            raise SourceUnreachable(
                f"cannot listen on {self._host}:{self._port}: {error.strerror or error}"
            ) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await asyncio.shield(self._server.wait_closed())
        for client in self._connected:
            client.websocket.transport.abort()  # it takes nothing, no farewell either
        await self._server.wait_closed()
        await self._source.close()

    async def run(self) -> None:
        """Play the source to its end, then stay for those who come back for the rest.

        Never returns. Raises what the source raises.
        """
        if isinstance(self._source, ReplaySource):
            await self._called.wait()
        try:
            async for events in self._source.batches():
                await self._make_room()
                self._log.append(events)
                self._wake_all()
        except MoltwatchError as error:
            await self._broadcast(Error(code="source-failed", message=str(error)))
            raise
        self._over = True
        self._wake_all()
        self._notice("the source has ended")
        await asyncio.Event().wait()

    # --- the player ---

    async def _make_room(self) -> None:
        while True:
            waits_for = [client.position for client in self._clients]
            nobody = self._log.tail if isinstance(self._source, ReplaySource) else self._log.head
            self._log.evict(min(waits_for, default=nobody))
            if not self._log.full:
                return
            if self._log.head in waits_for:  # it is held up by the others
                self._log.evict(self._log.head)
                self._leave_behind()
                return
            self._progress.clear()
            await self._progress.wait()

    def _leave_behind(self) -> None:
        """Send those away who have not got what is not kept any more."""
        tail = self._log.tail
        for client in [client for client in self._clients if client.position < tail]:
            self._clients.discard(client)
            self._notice(f"{client.name} is too slow and is sent away")
            client.left_behind.set()

    def _wake_all(self) -> None:
        for client in self._clients:
            client.news.set()

    async def _broadcast(self, frame: Frame) -> None:
        """Tell everybody; who cannot be told is about to find out by itself."""
        sends = (client.send(frame) for client in self._clients)
        await asyncio.gather(*sends, return_exceptions=True)

    # --- one client ---

    def _refuse_strangers(self, connection: ServerConnection, request: Request) -> Response | None:
        """The answer to who has no token."""
        if self._token is None:
            return None
        given = request.headers.get_all("Authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        wanted = self._token.encode()
        if scheme.lower() == "bearer" and compare_digest(
            token.strip().encode(errors="replace"), wanted
        ):
            return None
        host, port = connection.remote_address[:2]
        self._notice(f"{host}:{port} was refused: {'a wrong' if given else 'no'} token")
        response = connection.respond(401, "This server wants a token.\n")
        response.headers["WWW-Authenticate"] = 'Bearer realm="moltwatch"'
        return response

    async def _attend(self, websocket: ServerConnection) -> None:
        """Serve one connection, from its subscription to its end."""
        from websockets.exceptions import ConnectionClosed

        client = Client(websocket, self._stall)
        self._connected.add(client)
        try:
            await self._serve(client)
        except (ConnectionClosed, SentAway):
            pass
        finally:
            self._connected.discard(client)

    async def _serve(self, client: Client) -> None:
        """Raises ConnectionClosed, or SentAway."""
        subscribe = await client.subscription(self._patience)
        asked = self._log.locate(subscribe.since) if subscribe.since else None
        if asked is not None and asked > self._log.head:
            await self._count()
            asked = asked if asked <= self._held else None
        welcome = self._place(client, subscribe, asked)
        self._notice(f"{client.name} watches ({len(self._clients)} now)")
        try:
            await client.send(welcome)
            await self._converse(client)
        finally:
            self._clients.discard(client)
            self._progress.set()
            self._notice(f"{client.name} left ({len(self._clients)} now)")

    async def _count(self) -> None:
        """Learn how many events the recording holds, when somebody first asks for one to come."""
        async with self._counting:
            if not self._held and isinstance(self._source, ReplaySource):
                span = await (await self._source.open()).span()
                self._held = span.events if span else 0

    def _place(self, client: Client, subscribe: Subscribe, asked: int | None) -> Welcome:
        """Put a client where it belongs in the log, after event ``asked`` if that can be had;
        without a pause, so that the log stays put."""
        log = self._log
        client.communities = None if subscribe.communities is None else {*subscribe.communities}
        missed: int | None = None
        resumed = asked is not None and asked >= log.tail
        if asked is None:
            client.position = log.head
        elif resumed:
            client.position = asked
            if asked > log.head and isinstance(self._source, ReplaySource):
                # Served in an earlier run: the forum goes on where it was.
                self._source.transport.rush(asked)
        else:
            client.position, missed = log.tail, log.tail - asked
        client.at = log.at
        self._clients.add(client)
        self._called.set()
        self._progress.set()
        return Welcome(
            forum=self._source.status.name,
            clock="stream" if self._source.replayed else "wall",
            cursor=log.cursor(client.position),
            resumed=resumed,
            missed=missed,
            heartbeat=self._heartbeat,
        )

    async def _converse(self, client: Client) -> None:
        """Talk and listen until one of both is over, or the client is left behind."""
        tasks: list[asyncio.Future[object]] = [
            asyncio.ensure_future(self._talk(client)),
            asyncio.ensure_future(client.listen()),
            asyncio.ensure_future(client.left_behind.wait()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if client.left_behind.is_set():
            raise await client.send_away_late()

    async def _talk(self, client: Client) -> None:
        log = self._log
        while not client.left_behind.is_set():
            client.news.clear()
            if entry := log.after(client.position):
                frame = log.frame(entry, client.position, client.communities)
                # With nothing in it for this client there is nothing to send, but others to let by.
                await (client.send(frame) if frame is not None else asyncio.sleep(0))
                client.position, client.at = entry.last, entry.at
                self._progress.set()
            elif self._over:
                await client.send(End(cursor=log.cursor(client.position)))
                await client.websocket.close()
                return
            else:
                await client.wait_for_news(self._heartbeat)
            if client.silent_for() >= self._heartbeat:
                await client.send(Beat(at=client.at, cursor=log.cursor(client.position)))
