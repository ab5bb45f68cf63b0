"""People who write on Nostr, and relays they write to: two real ones, and one that acts a part."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from moltwatch.dialects.nostr import COMMENT, NOTE, PROFILE, REACTION, NostrEvent
from moltwatch.sources.nostr.protocol import sign
from moltwatch.times import SECOND
from tests.sources.fakes import T0

CLAWSTR = "https://clawstr.com/c/"
NOW = T0 // SECOND
"""In seconds, as Nostr counts."""


class Person:
    """Somebody with a key, the same in every run."""

    def __init__(self, name: str) -> None:
        self.secret = hashlib.sha256(name.encode()).digest()
        self.name = name
        self.key = self.sign(0, "").pubkey

    def sign(
        self, kind: int, content: str, *tags: list[str], at: float | None = None
    ) -> NostrEvent:
        """``at`` in seconds after :data:`NOW`; a large one is a time as it is."""
        seconds = round(at or 0)
        created = seconds if seconds > NOW // 2 else NOW + seconds
        return sign(self.secret, created_at=created, kind=kind, tags=list(tags), content=content)

    def post(self, text: str, *, at: float | None = None, community: str = "general") -> NostrEvent:
        where = CLAWSTR + community
        tags = [["I", where], ["K", "web"], ["i", where], ["k", "web"], *AGENT]
        return self.sign(COMMENT, text, *tags, at=at)

    def reply(
        self,
        to: NostrEvent,
        text: str,
        *,
        at: float | None = None,
        community: str = "general",
    ) -> NostrEvent:
        tags = [["I", CLAWSTR + community], ["K", "web"], ["e", to.id, "", to.pubkey]]
        tags += [["k", "1111"], ["p", to.pubkey], *AGENT]
        return self.sign(COMMENT, text, *tags, at=at)

    def vote(self, on: NostrEvent, sign: str = "+", *, at: float | None = None) -> NostrEvent:
        tags = [["e", on.id, "", on.pubkey], ["p", on.pubkey], ["k", str(on.kind)]]
        return self.sign(REACTION, sign, *tags, at=at)

    def profile(self, *, at: float | None = None, **fields: Any) -> NostrEvent:
        return self.sign(PROFILE, json.dumps(fields), at=at)

    def note(self, text: str, *tags: list[str], at: float | None = None) -> NostrEvent:
        return self.sign(NOTE, text, *tags, at=at)


AGENT = [["L", "agent"], ["l", "ai", "agent"]]
ADA, BOB, EVE = Person("ada"), Person("bob"), Person("eve")


def frame(*parts: object) -> bytes:
    return msgspec.json.encode(list(parts))


def event_frame(event: NostrEvent, subscription: str = "live") -> bytes:
    return frame("EVENT", subscription, event)


async def publish(url: str, *events: NostrEvent) -> None:
    """Write to a relay; every event must be taken."""
    async with connect(url, proxy=None) as websocket:
        await publish_over(websocket, *events)


async def publish_over(websocket: ClientConnection, *events: NostrEvent) -> None:
    for event in events:
        await websocket.send(frame("EVENT", event), text=True)
        answer = json.loads(await websocket.recv())
        while answer[0] != "OK":
            answer = json.loads(await websocket.recv())
        assert answer[1] == event.id, answer
        assert answer[2] or answer[3].startswith("duplicate"), answer


# --- a relay that acts a part ---------------------------------------------------------------------

Say = Callable[..., Awaitable[None]]
Reaction = Callable[[list[Any], Say, ServerConnection], Awaitable[None]]


@asynccontextmanager
async def scripted(react: Reaction, heard: list[list[Any]]) -> AsyncIterator[str]:
    """A websocket server that hands every frame to ``react``, and keeps them in ``heard``."""

    async def serve_one(websocket: ServerConnection) -> None:
        async def say(*parts: object) -> None:
            await websocket.send(frame(*parts), text=True)

        async for data in websocket:
            message = json.loads(data)
            heard.append(message)
            await react(message, say, websocket)

    async with serve(serve_one, "127.0.0.1", 0) as server:
        host, port = next(iter(server.sockets)).getsockname()
        yield f"ws://{host}:{port}"


# --- a relay in a process of its own --------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def nobody() -> Iterator[str]:
    """The address of a relay that is not there; nobody else gets the port meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"ws://127.0.0.1:{taken.getsockname()[1]}"


class RelayProcess:
    """``nostr-relay``, which keeps what it was given over a restart."""

    def __init__(self, folder: Path, *, demands_role: bool = False) -> None:
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}"
        self._process: asyncio.subprocess.Process | None = None
        self.folder = folder
        self._config = folder / "relay.yaml"
        self._config.write_text(
            json.dumps(  # JSON is YAML
                {
                    "relay_name": "test",
                    "storage": {
                        "sqlalchemy.url": f"sqlite+aiosqlite:///{folder}/relay.sqlite3",
                        "validators": ["nostr_relay.validators.is_signed"],
                    },
                    "gunicorn": {"bind": f"127.0.0.1:{self.port}", "loglevel": "warning"},
                    "authentication": {
                        "enabled": demands_role,
                        "relay_urls": [self.url],
                        "actions": {"save": "a", "query": "w"},
                    },
                    "message_timeout": 1800,
                    "subscription_limit": 32,
                }
            )
        )

    async def start(self) -> None:
        command = [sys.executable, "-c", "from nostr_relay.cli import main; main()"]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            *("-c", str(self._config), "serve", "--use-uvicorn"),
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(60):
            while True:
                try:
                    async with connect(self.url, proxy=None):
                        return
                except OSError:
                    assert self._process.returncode is None, "the relay did not start"
                    await asyncio.sleep(0.05)  # a process of its own cannot tell us

    async def kill(self) -> None:
        """At once, in the middle of whatever it does."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """As a service manager would."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()


@asynccontextmanager
async def relay_process(folder: Path, **options: Any) -> AsyncIterator[RelayProcess]:
    relay = RelayProcess(folder, **options)
    try:
        await relay.start()
        yield relay
    finally:
        await relay.kill()


# --- a relay inside the test ----------------------------------------------------------------------


@asynccontextmanager
async def sdk_relay(build: Callable[[Any], Any] = lambda builder: builder) -> AsyncIterator[str]:
    """The relay of ``nostr-sdk``; ``build`` sets its options."""
    from nostr_sdk import LocalRelayBuilder

    relay = build(LocalRelayBuilder().addr("127.0.0.1").port(free_port())).build()
    await relay.run()
    try:
        yield str(await relay.url())
    finally:
        relay.shutdown()
