"""Server-sent events, as WHATWG HTML 9.2.6 has them, and the frames they are to mappings. Pure.

Our own few lines, because the libraries there are keep a line without end in memory without end;
here an event that is too large is skipped, counted, and costs no more than its limit.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from moltwatch.dialects.fields import read_json
from moltwatch.errors import UsageError

LARGEST_EVENT = 16 * 1024 * 1024
"""Bytes."""

_LINE_END = re.compile(rb"\r\n|\r|\n")


class ServerEvent(Struct, frozen=True, kw_only=True):
    """One event of a stream."""

    name: str = "message"
    data: bytes
    id: str | None = None
    """The last id that the stream gave so far."""


class SseParser:
    """Takes the bytes of one response, in whatever pieces they come."""

    def __init__(self, largest: int = LARGEST_EVENT) -> None:
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
