"""Servers of several kinds that can be killed in the middle of a word, and come back on the same
port with as much memory as their protocol has."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from moltwatch.times import SECOND
from tests.sources.fakes import T0
from tests.sources.nostr.kit import free_port
from tests.sources.servers import text_frame

HISTORY = 100
"""Messages a chat room gives to whoever comes in."""


class Tide:
    """What has been said, and the server that says it. Posts are numbered from 1."""

    kind = ""
    remembers = True
    """What was said while nobody listened can be had afterwards."""

    def __init__(self) -> None:
        self.port = free_port()
        self.said = 0
        self.up = asyncio.Event()
        self.listening = asyncio.Event()
        """Somebody listens, and is told from now on whatever is said."""
        self._news = asyncio.Condition()
        self._open: dict[asyncio.Task[Any], asyncio.WriteTransport] = {}
        """Who is being told, each by a task."""
        self._server: Any = None

    async def say(self, number: int) -> None:
        """So many more posts."""
        async with self._news:
            self.said += number
            self._news.notify_all()

    async def start(self) -> None:
        self._server = await self._listen()
        self.up.set()

    async def kill(self) -> None:
        """In the middle of a frame, for everybody."""
        self.up.clear()
        self.listening.clear()
        serving, self._open = self._open, {}
        for task, transport in serving.items():
            task.cancel()
            if not transport.is_closing():
                transport.write(self._half())
            transport.abort()
        await asyncio.gather(*serving, return_exceptions=True)
        self._server.close()
        await self._server.wait_closed()

    async def next(self, told: int) -> range:
        """The numbers said after ``told``, as soon as there are any."""
        async with self._news:
            await self._news.wait_for(lambda: self.said > told)
            return range(told + 1, self.said + 1)

    def _begin(self, transport: asyncio.WriteTransport) -> None:
        """Somebody listens, and this task tells what is said."""
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = transport
        self.listening.set()

    async def _listen(self) -> Any:
        raise NotImplementedError

    def _half(self) -> bytes:
        raise NotImplementedError


class Websocket(Tide):
    """``_first`` tells which post a connection begins after."""

    async def _listen(self) -> Any:
        return await serve(self._serve, "127.0.0.1", self.port, process_request=self._answer)

    def _half(self) -> bytes:
        return text_frame(self._frame(self.said) + " " * 200)[:60]

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        return None

    def _first(self, request: Request) -> int:
        return self.said

    def _frame(self, number: int) -> str:
        raise NotImplementedError

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        told = self._first(connection.request)
        self._begin(connection.transport)
        while True:
            for number in await self.next(told):
                await connection.send(self._frame(number))
                told = number


class Json(Websocket):
    """Anything that says JSON over a websocket, and forgets."""

    kind, remembers = "json", False

    def _frame(self, number: int) -> str:
        return json.dumps({"data": {"id": f"{number}", "who": f"a{number % 9}", "text": "hm"}})


class Jetstream(Websocket):
    """Everything from a cursor on."""

    kind = "jetstream"

    def _first(self, request: Request) -> int:
        cursor = parse_qs(urlsplit(request.path).query).get("cursor")
        return max(0, (int(cursor[0]) - T0) // 1_000 - 1) if cursor else self.said

    def _frame(self, number: int) -> str:
        record = {"text": "hm", "createdAt": "2023-11-14T22:00:00Z"}
        commit = {"operation": "create", "collection": "app.bsky.feed.post", "record": record}
        return json.dumps(
            {
                "did": "did:plc:ada",
                "time_us": T0 + number * 1_000,
                "kind": "commit",
                "commit": {**commit, "rkey": f"{number}"},
            }
        )


class Mastodon(Websocket):
    """A stream without memory, and a timeline with one."""

    kind = "mastodon"

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        if "timelines" not in parts.path:
            return None
        query = parse_qs(parts.query)
        below = int(query.get("max_id", [f"{self.said + 1}"])[0])
        newest = range(below - 1, int(query.get("since_id", ["0"])[0]), -1)[
            : int(query["limit"][0])
        ]
        response = connection.respond(200, json.dumps([self._status(n) for n in newest]))
        response.headers["Content-Type"] = "application/json"
        return response

    def _status(self, number: int) -> dict[str, Any]:
        return {"id": f"{number}", "content": "<p>hm</p>", "account": {"acct": f"a{number % 9}"}}

    def _frame(self, number: int) -> str:
        payload = json.dumps(self._status(number))
        return json.dumps({"stream": ["public"], "event": "update", "payload": payload})


class Events(Tide):
    """Server-sent events that are remembered by their ids."""

    kind = "sse"

    async def _listen(self) -> Any:
        return await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def _half(self) -> bytes:
        return self._event(self.said)[:30]

    def _event(self, number: int) -> bytes:
        data = {"data": {"id": f"{number}", "who": f"a{number % 9}", "text": "hm"}}
        return f"id: {number}\ndata: {json.dumps(data)}\n\n".encode()

    def _opening(self, request: str) -> tuple[int, bytes]:
        """The post to begin after, and what to say first."""
        last = [line for line in request.splitlines() if line.lower().startswith("last-event-id")]
        return (int(last[0].partition(":")[2]) if last else self.said), b""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        told, opening = self._opening(request)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + opening)
        self._begin(writer.transport)
        with suppress(asyncio.CancelledError):
            while True:
                for number in await self.next(told):
                    writer.write(self._event(number))
                    told = number
                await writer.drain()


class Chat(Events):
    """A chat room that tells who comes in what was said last, as chatr does."""

    kind = "chat"

    def _message(self, number: int) -> dict[str, Any]:
        seconds = (T0 + number * 1_000) / SECOND
        return {
            "id": f"{number}",
            "agentName": f"a{number % 9}",
            "content": "hm",
            "timestamp": seconds,
        }

    def _event(self, number: int) -> bytes:
        return f"event: message\ndata: {json.dumps(self._message(number))}\n\n".encode()

    def _opening(self, request: str) -> tuple[int, bytes]:
        last = [self._message(n) for n in range(max(1, self.said - HISTORY + 1), self.said + 1)]
        return self.said, f"event: history\ndata: {json.dumps(last)}\n\n".encode()


KINDS = (Json, Jetstream, Mastodon, Events, Chat)
