"""Frames kept in a file, for trying a mapping on. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from moltwatch.errors import UsageError
from moltwatch.recording.json_text import read_json
from moltwatch.sources.mapped.sse import as_frame
from moltwatch.sources.mapped.sse_parser import SseParser


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
    frames = lines or list(_events(data))
    if not frames:
        raise UsageError("no frame in it: neither JSON nor server-sent events")
    return frames


def _events(data: bytes) -> Iterator[object]:
    # An empty line completes the last event, which may have been saved without.
    return (as_frame(event) for event in SseParser().feed(data + b"\n\n"))
