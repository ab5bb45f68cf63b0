"""A forum for tests: its frames, and a server that acts them out."""

from __future__ import annotations

import json
from typing import Any

from websockets.asyncio.server import ServerConnection

from moltwatch.dialects.lines import encode as line
from moltwatch.model import Event
from moltwatch.sources.forum.source import ForumSource
from moltwatch.sources.live.failures import Backoff
from tests.sources.fakes import FakeClock
from tests.sources.servers import Handler


def source(url: str, clock: FakeClock | None = None, **options: Any) -> ForumSource:
    options = {"backoff": Backoff(draw=lambda: 1.0)} | options
    return ForumSource(url, clock=clock or FakeClock(), **options)


def welcome(**fields: Any) -> str:
    return json.dumps({"type": "welcome", "protocol": 1, "clock": "stream", **fields})


def frame(*of: Event, cursor: str | None = None) -> str:
    return json.dumps(
        {"type": "events", "cursor": cursor, "events": [json.loads(line(e)) for e in of]}
    )


END = '{"type":"end"}'


class Script:
    """A server that acts out one scene a connection, and repeats the last. Keeps what it heard."""

    def __init__(self, *scenes: Handler) -> None:
        self.scenes = scenes
        self.heard: list[dict[str, Any]] = []

    async def __call__(self, websocket: ServerConnection) -> None:
        number = len(self.heard)
        self.heard.append(json.loads(await websocket.recv()))
        await self.scenes[min(number, len(self.scenes) - 1)](websocket)
