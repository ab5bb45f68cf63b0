"""Servers that act out a scene: websockets, and TCP servers without manners."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from moltwatch.model import Event, Gap, Post

Handler = Callable[[ServerConnection], Awaitable[None]]


def says(*frames: str | bytes, code: int = 1000, reason: str = "") -> Handler:
    async def scene(websocket: ServerConnection) -> None:
        for text in frames:
            await websocket.send(text)
        await websocket.close(code, reason)

    return scene


@asynccontextmanager
async def forum(handler: Handler, **options: Any) -> AsyncIterator[str]:
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        host, port = next(iter(server.sockets)).getsockname()
        yield f"ws://{host}:{port}"


@asynccontextmanager
async def raw_server(
    *scenes: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A TCP server without manners, one scene a connection."""
    count = 0

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        scene = scenes[min(count, len(scenes) - 1)]
        count += 1
        try:
            await scene(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(act, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"ws://{host}:{port}"
    finally:
        server.close()


async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer an opening handshake by hand."""
    request = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = next(
        text.split(": ")[1]
        for text in request.split("\r\n")
        if text.startswith("Sec-WebSocket-Key")
    )
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )
    await writer.drain()


def text_frame(text: str) -> bytes:
    data = text.encode()
    assert 126 <= len(data) < 1 << 16
    return b"\x81\x7e" + len(data).to_bytes(2) + data


def ids(events: Sequence[Event]) -> list[str]:
    return [event.id for event in events if isinstance(event, Post)]


def gaps(events: Sequence[Event]) -> list[Gap]:
    return [event for event in events if isinstance(event, Gap)]
