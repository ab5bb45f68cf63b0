"""Recordings as lines of JSON, also packed (``.gz``, ``.zst``): for pipes, eyes and programs.

The first line is the header, every other line an event. Files without a header are read as well,
and so is what others write a line (see :mod:`moltwatch.dialects.lines`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from moltwatch.dialects.framing import LineSplitter
from moltwatch.dialects.lines import Header, Lines, encode_lines
from moltwatch.errors import RecordingError, Rejects
from moltwatch.model import Event
from moltwatch.recording.base import BATCH, Span, span_of
from moltwatch.recording.place import Place
from moltwatch.recording.streams import Damaged, Sink, chunks, open_sink
from moltwatch.times import Micros


class JsonlReader:
    """An open ``.jsonl``. Each pass reads the file anew, so a growing file is read to its end."""

    lasting = True
    """See :class:`~moltwatch.recording.base.Reader`: all its times were recorded."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rejects = Rejects()
        self.header = _read_header(path)
        self._span: Span | None = None

    async def batches(
        self, start: Micros | None = None, size: int = BATCH
    ) -> AsyncIterator[Sequence[Event]]:
        """See :class:`~moltwatch.recording.base.Reader`. Counts of rejects start anew."""
        self.rejects.clear()
        for events in read_pieces(self.path, Lines(str(self.path), rejects=self.rejects)):
            if start is not None:
                begin = next((i for i, e in enumerate(events) if e.seen_at >= start), None)
                if begin is None:
                    continue
                events, start = events[begin:], None
            for i in range(0, len(events), size):
                yield events[i : i + size]
            await asyncio.sleep(0)  # reading at full speed must not starve a screen

    async def span(self) -> Span | None:
        """See :class:`~moltwatch.recording.base.Reader`. Reads the file once."""
        if self._span is None:
            self._span = await span_of(read_pieces(self.path, Lines(str(self.path))))
        return self._span

    async def close(self) -> None:
        """Nothing is held open between passes."""


class JsonlWriter:
    """A ``.jsonl`` being written; each :meth:`write` is readable by others when it returns."""

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self._broken: RecordingError | None = None
        try:
            self._sink: Sink | None = open_sink(path)
            self._place = Place(path)
            self._sink.write(msgspec.json.encode(header) + b"\n")
            self._sink.flush()
        except OSError as error:
            raise RecordingError(f"cannot make {path}: {error.strerror or error}") from error

    async def write(self, events: Sequence[Event]) -> None:
        if self._broken or self._sink is None:
            raise self._broken or RecordingError(f"{self.path} is closed")
        try:
            self._place.check(self._sink.tell())
            self._sink.write(encode_lines(events))
            self._sink.flush()
        except RecordingError as error:
            self._broken = error
            raise
        except OSError as error:
            self._broken = _cannot_write(self.path, error)
            raise self._broken from error

    async def close(self) -> None:
        """See :class:`~moltwatch.recording.base.Writer`."""
        sink, self._sink = self._sink, None
        if sink is None:
            return
        try:
            with closing(sink):
                if not self._broken:
                    self._place.check(sink.tell())
        except OSError as error:
            if not self._broken:  # else it was said already
                raise _cannot_write(self.path, error) from error
        if not self._broken:
            self._place.check()


def read_pieces(path: Path, lines: Lines) -> Iterator[list[Event]]:
    """The events of a file, a megabyte of lines at a time.

    Raises RecordingError if the file cannot be read or is of a later version; all smaller damage
    is counted in ``lines.rejects``.
    """
    splitter = LineSplitter()
    damage = None
    try:
        for piece in chunks(path):
            if whole := splitter.feed(piece):
                yield lines.read(whole)
    except Damaged as reason:
        damage = str(reason)
    *whole, rest = splitter.end()
    yield lines.read(whole) + lines.finish(rest)
    if damage:
        lines.reject(damage)


def _read_header(path: Path) -> Header:
    lines = Lines(str(path))
    for _ in read_pieces(path, lines):
        break
    return lines.header or Header()


def _cannot_write(path: Path, error: OSError) -> RecordingError:
    return RecordingError(
        f"cannot write {path}: {error.strerror or error}. What was written before is kept."
    )
