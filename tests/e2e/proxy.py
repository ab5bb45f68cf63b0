"""What lies between a client and a websocket server, and does harm when it is told to."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

from tests.sources.nostr.kit import free_port
from tests.sources.servers import text_frame


class Proxy:
    """Passes on what the server at ``port`` says, frame by frame, so that harm can be done between
    two frames or within one. It can do it only while somebody is ``connected``."""

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self.connected = asyncio.Event()
        self._server_port = port
        self._clients: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        serving = list(self._clients)
        self.cut()
        await asyncio.gather(*serving, return_exceptions=True)
        await self._server.wait_closed()

    # --- harm -------------------------------------------------------------------------------------

    def cut(self, last: bytes = b"") -> None:
        """No closing frame, ``last`` before it."""
        clients, self._clients = self._clients, {}
        self.connected.clear()
        for task, client in clients.items():
            if not client.is_closing():
                client.write(last)
            client.transport.abort()
            task.cancel()
        self._flows.set()

    def cut_in_a_frame(self) -> None:
        """The connection ends before the frame does."""
        self.cut(text_frame('["EVENT","live",' + " " * 200)[:60])

    def hold(self) -> None:
        """Nothing of what the server says passes, and the connection stays."""
        self._flows.clear()

    def flow(self) -> None:
        """Everything passes again, and what was held first."""
        self._flows.set()

    def say(self, data: bytes) -> None:
        """These bytes come between two frames of the server."""
        for client in self._clients.values():
            client.write(data)

    def garble(self, rng: Random) -> None:
        """What comes is no websocket frame: no kind of frame has this first byte."""
        self.say(b"\xff" + rng.randbytes(rng.randint(1, 400)))

    # --- what passes ------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            from_server, server = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            client.transport.abort()
            return
        up = asyncio.create_task(_pass(reader, server))
        # Whoever stops this task by a cut has aborted the client already.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            client.write(await from_server.readuntil(b"\r\n\r\n"))
            self._clients[task] = client
            self.connected.set()
            while True:
                frame = await _frame(from_server)
                await self._flows.wait()
                client.write(frame)
                await client.drain()
        self._clients.pop(task, None)
        if not self._clients:
            self.connected.clear()
        up.cancel()
        await asyncio.gather(up, return_exceptions=True)
        for writer in (client, server):
            writer.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """A frame of a server, which are not masked (RFC 6455, 5.2)."""
    head = await reader.readexactly(2)
    length = head[1] & 0x7F
    if length >= 126:
        more = await reader.readexactly(2 if length == 126 else 8)
        head, length = head + more, int.from_bytes(more)
    return head + await reader.readexactly(length)
