"""A live source over server-sent events, as WHATWG HTML 9.2.6 has them.

A new connection names the last event that had an id, which a server may use to give back what was
missed. Whether it did shows by what it sends, unless the mapping vouches for it.

The parser is our own few lines, because the libraries there are keep a line without end in memory
without end; here an event that is too large is skipped, counted, and costs no more than its limit.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from typing import Any

from msgspec import Struct

from moltwatch.bounded import LARGEST_FRAME, LONGEST_ID
from moltwatch.dialects.fields import read_json
from moltwatch.errors import UsageError
from moltwatch.model import Event
from moltwatch.sources.base import State, Status
from moltwatch.sources.live.failures import LONGEST_OBEYED, NO_HOST, Refused, Silent
from moltwatch.sources.live.source import LiveSource
from moltwatch.sources.live.web import new_client
from moltwatch.sources.mapped.feed import MappedFeed
from moltwatch.times import SECOND, format_duration

_LINE_END = re.compile(rb"\r\n|\r|\n")


class ServerEvent(Struct, frozen=True, kw_only=True):
    """One event of a stream."""

    name: str = "message"
    data: bytes
    id: str | None = None
    """The last id that the stream gave so far."""


class SseParser:
    """Takes the bytes of one response, in whatever pieces they come."""

    def __init__(self, largest: int = LARGEST_FRAME) -> None:
        self.last_id: str | None = None
        """The latest id of a whole event: everything up to it has been received."""
        self.retry: float | None = None
        """Seconds the server wants us to wait before we come back."""
        self.oversized = 0
        """Events skipped because they were too large."""
        self._largest = largest
        self._parts: list[bytes] = []
        """The line at hand, so far."""
        self._length = 0
        self._held = b""
        self._data: list[bytes] = []
        self._name = ""
        self._id: str | None = None
        self._size = 0
        self._skip = False
        """The event at hand is too large."""
        self._first = True

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """The events that ``chunk`` completes."""
        chunk, self._held = self._held + chunk, b""
        if chunk.endswith(b"\r"):
            # Perhaps half of a line end: it waits for the other half.
            chunk, self._held = chunk[:-1], b"\r"
        *lines, rest = _LINE_END.split(chunk)
        if lines:
            lines[0] = b"".join([*self._parts, lines[0]])
            self._parts, self._length = [], 0
        events = [event for line in lines if (event := self._take(line)) is not None]
        self._length += len(rest)
        if self._length + self._size > self._largest:
            # A comment, from here to the end of the line.
            self._skip, self._parts, self._length = True, [b":"], 0
        else:
            self._parts.append(rest)
        return events

    def _take(self, line: bytes) -> ServerEvent | None:
        if self._first:
            self._first, line = False, line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            return self._complete()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._size += len(value) + 1
            self._skip = self._skip or self._size > self._largest
            if not self._skip:
                self._data.append(value)
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        elif field == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        elif field == b"retry" and value.isdigit():
            self.retry = int(value[:9]) / 1_000
        return None

    def _complete(self) -> ServerEvent | None:
        name, data, skip = self._name or "message", self._data, self._skip
        self._name, self._data, self._size, self._skip = "", [], 0, False
        self.last_id = self._id
        if skip:
            self.oversized += 1
            return None
        return ServerEvent(name=name, data=b"\n".join(data), id=self.last_id) if data else None


def as_frame(event: ServerEvent) -> dict[str, Any]:
    """An event as mappings see it; data that is no JSON stays a text."""
    try:
        data = read_json(event.data)
    except ValueError:
        data = event.data.decode("utf-8", "replace")
    return {"event": event.name, "id": event.id, "data": data}


def read_frames(data: bytes) -> list[object]:
    """The frames in a file: one JSON value, one a line, or a stream of server-sent events as it
    came. Raises UsageError if it is neither."""
    try:
        return [read_json(data)]
    except ValueError:
        pass
    try:
        lines = [read_json(line) for line in data.splitlines() if line.strip()]
    except ValueError:
        lines = []
    # An empty line completes the last event, which may have been saved without.
    frames = lines or [as_frame(event) for event in SseParser().feed(data + b"\n\n")]
    if not frames:
        raise UsageError("no frame in it: neither JSON nor server-sent events")
    return frames


CONTENT_TYPE = "text/event-stream"


class SseSource(LiveSource):
    """A stream of server-sent events. ``headers`` go with the request, to that server alone.

    ``patience``: seconds of silence after which a server that promised nothing is left.
    """

    _feed: MappedFeed

    def __init__(
        self,
        url: str,
        status: Status,
        feed: MappedFeed,
        *,
        spec: str | None = None,
        headers: Mapping[str, str] | None = None,
        secret: bool = False,
        patience: float = 120.0,
        open_timeout: float = 10.0,
        **options: Any,
    ) -> None:
        super().__init__(url if spec is None else spec, status, feed, **options)
        self.url = url
        self._patience = patience
        self._open_timeout = open_timeout
        self._last_id: str | None = None
        self._client = new_client(url, {"Accept": CONTENT_TYPE, **(headers or {})})

    async def close(self) -> None:
        await self._client.aclose()

    def _errors(self) -> tuple[type[Exception], ...]:
        import httpx

        return (httpx.HTTPError, httpx.StreamError)

    async def _connection(self) -> AsyncGenerator[list[Event]]:
        import httpx

        # Silence after the head of the answer is judged by _chunks, which knows what was promised.
        timeout = httpx.Timeout(self._open_timeout, read=None)
        resume = self._resume()
        try:
            request = self._client.build_request("GET", self.url, headers=resume, timeout=timeout)
            async with asyncio.timeout(self._open_timeout):
                response = await self._client.send(request, stream=True)
        except UnicodeError:
            raise Refused(NO_HOST) from None
        async with aclosing(response):
            _check(response)
            self._feed.answered(self._clock.now())
            self._feed.opening()
            self._feed.resumed = bool(resume) and self._feed.replays
            self.status.say(State.LIVE)
            parser = SseParser()
            async with aclosing(self._chunks(response.aiter_bytes())) as chunks:
                async for chunk in chunks:
                    # One by one: where the next ends all, what came before it has been told.
                    for events in self._take(chunk, parser):
                        if events:
                            yield events
        raise httpx.RemoteProtocolError("the stream ended")

    def _resume(self) -> dict[str, str]:
        """The header that asks for what was missed, if the last id can stand in a header."""
        last = self._last_id or ""
        fits = 0 < len(last) <= LONGEST_ID and last.isascii() and last.isprintable()
        return {"Last-Event-ID": last} if fits else {}

    def _take(self, chunk: bytes | None, parser: SseParser) -> Iterator[list[Event]]:
        """The events of some bytes; of None, which stands for a quiet while."""
        now = self._clock.now()
        if chunk is None:
            yield self._feed.quiet(now)
            return
        self._feed.answered(now)
        skipped = parser.oversized
        came = parser.feed(chunk)
        for _ in range(parser.oversized - skipped):
            self.status.rejects.add("an event larger than we take")
        if parser.retry is not None:
            self._backoff.first = min(max(parser.retry, 0.1), LONGEST_OBEYED)
        for event in came:
            events = self._feed.take(as_frame(event), now)
            self._last_id = event.id or self._last_id
            self.status.detail = self._feed.notice
            yield events
        self._last_id = parser.last_id or self._last_id

    async def _chunks(self, body: AsyncIterator[bytes]) -> AsyncGenerator[bytes | None]:
        """Pieces of the stream, and None for every quiet while. Raises :class:`Silent`."""
        promised = self._feed.heartbeat
        limit = self._patience if promised is None else 3 * promised
        silent_for = 0.0
        # A read that is given up would take the connection with it: it goes on while we wait.
        reading = asyncio.ensure_future(anext(body, b""))
        try:
            while True:
                wait = min(self._heartbeat, limit - silent_for)
                done, _ = await asyncio.wait({reading}, timeout=max(0.0, wait))
                if done:
                    if not (chunk := reading.result()):
                        return
                    silent_for = 0.0
                    yield chunk
                    reading = asyncio.ensure_future(anext(body, b""))
                    continue
                silent_for += wait
                if silent_for >= limit:
                    span = format_duration(round(limit * SECOND))
                    raise Silent(f"not a sign of life for {span}")
                yield None
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


def _check(response: Any) -> None:
    """Raise for an answer that is no stream of events."""
    import httpx

    if response.status_code != httpx.codes.OK:
        raise httpx.HTTPStatusError("", request=response.request, response=response)
    sort = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if sort != CONTENT_TYPE:
        raise Refused("it does not send server-sent events there")
