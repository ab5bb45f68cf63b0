"""Flagged posts to a pipe beside a running screen.

Without a screen, a reader that has gone ends the run. With one, the person before it goes on
watching: the lines end, the screen does not.
"""

from __future__ import annotations

from collections.abc import Sequence

from moltwatch.model import Finding
from moltwatch.outputs.background import BackgroundStream
from moltwatch.outputs.jsonl import JsonFormat
from moltwatch.outputs.selection import Selection
from moltwatch.outputs.stdout import ByteStream, LineSink


class PipeSink(LineSink):
    """JSON lines to ``stream``, never waiting for its reader, and quiet once that has gone."""

    def __init__(self, stream: ByteStream) -> None:
        self._background = BackgroundStream(stream)
        self.gone = False
        """Nobody reads any more."""
        super().__init__(self._background, JsonFormat(), Selection())

    def say(self, findings: Sequence[Finding]) -> None:
        """Write the findings that make lines, if anybody reads them."""
        if self.gone:
            return
        try:
            super().say(findings)
        except BrokenPipeError:
            self.gone = True

    def close(self) -> None:
        """Wait until everything is out, or the reader has gone."""
        try:
            self._background.close()
        except BrokenPipeError:
            self.gone = True
