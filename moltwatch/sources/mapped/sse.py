"""A live source over server-sent events.

A new connection names the last event that had an id, which a server may use to give back what was
missed. Whether it did shows by what it sends, unless the mapping vouches for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from moltwatch.model import Event
from moltwatch.sources.base import State, Status
from moltwatch.sources.live.backoff import LONGEST_OBEYED
from moltwatch.sources.live.failures import Refused, Silent
from moltwatch.sources.live.source import LiveSource
from moltwatch.sources.live.web import new_client
from moltwatch.sources.mapped.feed import MappedFeed
from moltwatch.sources.mapped.sse_parser import SseParser, as_frame
from moltwatch.times import SECOND, format_duration

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
        request = self._client.build_request("GET", self.url, headers=resume, timeout=timeout)
        async with asyncio.timeout(self._open_timeout):
            response = await self._client.send(request, stream=True)
        async with aclosing(response):
            _check(response)
            self._feed.opening()
            self._feed.resumed = bool(resume) and self._feed.replays
            self.status.say(State.LIVE)
            parser = SseParser()
            async with aclosing(self._chunks(response.aiter_bytes())) as chunks:
                async for chunk in chunks:
                    if events := self._take(chunk, parser):
                        yield events
        raise httpx.RemoteProtocolError("the stream ended")

    def _resume(self) -> dict[str, str]:
        """The header that asks for what was missed, if the last id can stand in a header."""
        last = self._last_id
        return {"Last-Event-ID": last} if last and last.isascii() and last.isprintable() else {}

    def _take(self, chunk: bytes | None, parser: SseParser) -> list[Event]:
        """The events of some bytes; of None, which stands for a quiet while."""
        now = self._clock.now()
        if chunk is None:
            return self._feed.quiet(now)
        events: list[Event] = []
        skipped = parser.oversized
        for event in parser.feed(chunk):
            events += self._feed.take(as_frame(event), now)
        for _ in range(parser.oversized - skipped):
            self.status.rejects.add("an event larger than we take")
        self._last_id = parser.last_id or self._last_id
        if parser.retry is not None:
            self._backoff.first = min(max(parser.retry, 0.1), LONGEST_OBEYED)
        self.status.detail = self._feed.notice
        return events

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
