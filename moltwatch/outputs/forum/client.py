"""One watcher of the forum server: where it stands in the log, and how it is talked to.

Whoever takes nothing for too long, or talks without sense, is sent away; it may come back.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from moltwatch.sources.forum.protocol import (
    PROTOCOL,
    Error,
    Frame,
    Garbage,
    Subscribe,
    encode,
    read_client_frame,
)
from moltwatch.times import Micros

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

MOST_BAD_FRAMES = 20
"""Frames without sense after which a client is sent away."""

FAREWELL = 1.0
"""Seconds to take leave of a client in."""

LINGER = 5.0
"""Seconds that one who was left behind has to take what is on its way, and then the reason."""

TRY_AGAIN_LATER, POLICY = 1013, 1008
"""WebSocket close codes (RFC 6455, 7.4.1; 1013 from the IANA registry)."""

SPOKEN = f"this server speaks version {PROTOCOL} of the protocol"


class SentAway(Exception):
    """The client was told to go."""


class Client:
    """One connection and where it stands."""

    def __init__(self, websocket: ServerConnection, stall: float) -> None:
        self.websocket = websocket
        host, port = websocket.remote_address[:2]
        self.name = f"{host}:{port}"
        self.position = 0
        """Ordinal of the latest event sent or left out."""
        self.at: Micros | None = None
        """Stream time at ``position``: what a heartbeat may say."""
        self.communities: set[str] | None = None
        self.news = asyncio.Event()
        self.left_behind = asyncio.Event()
        """It was too slow: what it is to get next is not kept any more."""
        self._stall = stall
        self._bad_frames = 0
        self._sent_at = 0.0

    async def send(self, frame: Frame | bytes) -> None:
        """Send; or send the client away, if it takes nothing any more."""
        text = frame if isinstance(frame, bytes) else encode(frame)
        try:
            async with asyncio.timeout(self._stall):
                await self.websocket.send(text, text=True)
        except TimeoutError:
            raise await self._send_away(TRY_AGAIN_LATER, "took nothing for too long") from None
        self._sent_at = asyncio.get_running_loop().time()

    def silent_for(self) -> float:
        """Seconds since something was sent."""
        return asyncio.get_running_loop().time() - self._sent_at

    async def wait_for_news(self, most: float) -> None:
        """Until the log has more, or nothing has been sent for ``most`` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._sent_at + most):
                await self.news.wait()

    async def send_away_late(self) -> SentAway:
        """Tell one that was left behind why it has to go, after what is on its way to it."""
        self.websocket.close_timeout = LINGER
        return await self._send_away(TRY_AGAIN_LATER, "too slow", LINGER)

    async def subscription(self, patience: float) -> Subscribe:
        """What the client wants. It is sent away if it does not say so within ``patience``."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while True:
                    frame = read_client_frame(_bytes(await self.websocket.recv()))
                    if isinstance(frame, Garbage):
                        await self._complain("bad-frame", frame.reason)
                    elif frame.protocol != PROTOCOL:
                        await self.send(Error(code="unsupported-protocol", message=SPOKEN))
                        raise await self._send_away(POLICY, "unsupported protocol")
                    else:
                        return frame
        await self.send(Error(code="no-subscription", message="subscribe first"))
        raise await self._send_away(POLICY, "no subscription")

    async def listen(self) -> None:
        """Answer whatever else the client says, until it goes."""
        async for data in self.websocket:
            frame = read_client_frame(_bytes(data))
            reason = frame.reason if isinstance(frame, Garbage) else "subscribed already"
            await self._complain("bad-frame", reason)

    async def _complain(self, code: str, message: str) -> None:
        self._bad_frames += 1
        await self.send(Error(code=code, message=message))
        if self._bad_frames >= MOST_BAD_FRAMES:
            raise await self._send_away(POLICY, "too many bad frames")

    async def _send_away(self, code: int, reason: str, within: float = FAREWELL) -> SentAway:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self.websocket.close(code, reason)
        # Who takes nothing does not take a farewell either, and close() waits for it without end.
        self.websocket.transport.abort()
        return SentAway()


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data
