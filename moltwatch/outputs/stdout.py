"""Findings to standard output as they happen: a sink of the pipeline.

Each event's lines are written and flushed at once, so that whoever reads the pipe sees a flag when
it is raised. A reader that is slow slows the whole run down, which is what a pipe is for; one that
has gone raises BrokenPipeError, which ends the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from moltwatch.model import Event, Finding
from moltwatch.outputs import lines
from moltwatch.outputs.selection import Selection
from moltwatch.session.names import Names


class ByteStream(Protocol):
    """Where lines go: ``sys.stdout.buffer``, or a stream that does not wait for its reader."""

    def write(self, data: bytes, /) -> object: ...
    def flush(self) -> object: ...


class FormatName(StrEnum):
    """How lines can be written."""

    JSONL = "jsonl"
    TEXT = "text"
    CSV = "csv"


class Format(Protocol):
    """Turns findings into bytes."""

    @property
    def head(self) -> bytes:
        """What stands before the first line."""

    def encode(self, finding: Finding) -> bytes:
        """All of a finding, newlines included, in UTF-8."""


class JsonFormat:
    """Findings as JSON lines."""

    head = b""

    def encode(self, finding: Finding) -> bytes:
        """The finding's line."""
        return lines.encode(finding)


def make_format(name: FormatName | None, *, terminal: bool, names: Names | None = None) -> Format:
    """A format by name; without one, readable lines for a terminal and JSON lines otherwise.

    ``names`` is what readable lines call accounts; data keep them as they are.
    """
    if name is FormatName.CSV:
        from moltwatch.outputs.csv import CsvFormat

        return CsvFormat()
    if name is FormatName.TEXT or (name is None and terminal):
        # Imported here: rich takes as long to load as everything else together.
        from moltwatch.outputs.text import TextFormat

        return TextFormat(terminal, names)
    return JsonFormat()


class LineSink:
    """Writes the findings that a selection picks to a stream of bytes."""

    def __init__(self, stream: ByteStream, form: Format, selection: Selection) -> None:
        self._stream = stream
        self._form = form
        self._selection = selection
        self._unsaid_head = form.head
        self.written = 0
        """Findings that were picked and written."""

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """Write what the event gave away."""
        self.say(findings)

    def finish(self, findings: Sequence[Finding]) -> None:
        """Write the last findings."""
        self.say(findings)

    def say(self, findings: Sequence[Finding]) -> None:
        # The head waits for the first event: a source that cannot be reached leaves no output.
        data, self._unsaid_head = self._unsaid_head, b""
        if findings:
            picked = [finding for finding in findings if self._selection.picks(finding)]
            data += b"".join(map(self._form.encode, picked))
            self.written += len(picked)
        if data:
            self._stream.write(data)
            self._stream.flush()
