"""Findings to standard output as they happen: a sink of the pipeline.

Each event's lines are written and flushed at once, so that whoever reads the pipe sees a flag when
it is raised. A reader that is slow slows the whole run down, which is what a pipe is for; one that
has gone raises BrokenPipeError, which ends the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from moltwatch.model import Event, Finding
from moltwatch.outputs.formats import Format
from moltwatch.outputs.selection import Selection


class ByteStream(Protocol):
    """Where lines go: ``sys.stdout.buffer``, or a stream that does not wait for its reader."""

    def write(self, data: bytes, /) -> object: ...
    def flush(self) -> object: ...


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
