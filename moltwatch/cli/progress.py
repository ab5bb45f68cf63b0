"""What a command without a screen says on standard error: a line of progress where a person is
watching, notices as they come, and a summary at the end."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from moltwatch.cli.wiring import Run
from moltwatch.errors import MoltwatchError
from moltwatch.model import Event, Finding, Gap, Kind
from moltwatch.session.counts import Counts
from moltwatch.sources.base import Clock, Source, SystemClock
from moltwatch.sources.standing import Lookout, is_ill, summary
from moltwatch.text import display_line
from moltwatch.times import format_duration, format_time

if TYPE_CHECKING:
    from moltwatch.outputs.stdout import LineSink

PERIOD = 0.25
"""Seconds between two looks at the counts."""

_log = logging.getLogger(__name__)

_MOST_SAID = 2_000
"""Characters of a notice."""


class Progress:
    """The counts of a run, shown while it goes on. A sink of the pipeline."""

    def __init__(
        self,
        *,
        live: bool,
        heuristics: bool = True,
        kinds: Collection[Kind] = tuple(Kind),
        clock: Clock | None = None,
    ) -> None:
        """``live`` draws the line; without ``heuristics`` there is no word of what was found, and
        otherwise of what was found of these ``kinds``; ``clock`` is the wall's, for countdowns."""
        self.counts = Counts(kinds)
        self._clock = clock or SystemClock()
        self._lookout = Lookout()
        self._heuristics = heuristics
        self._live = live
        self._drawn = False
        self._last: tuple[float, int] = (time.monotonic(), 0)

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """Count the event; a gap is worth a notice."""
        self.counts.take(event, findings)
        if isinstance(event, Gap):
            span = format_duration(event.until - event.since)
            what = "caught up" if event.recovered else "not caught up"
            self.note(f"gap of {span}: {event.reason}; {what}")

    def finish(self, findings: Sequence[Finding]) -> None:
        """Count the last findings."""
        self.counts.finish(findings)

    def note(self, sentence: str) -> None:
        """Say something on a line of its own, harmless whatever it quotes."""
        self._wipe()
        _log.info("said: %s", sentence)
        click.echo(f"moltwatch: {display_line(sentence, _MOST_SAID)}", err=True)

    @asynccontextmanager
    async def shown(self, source: Source) -> AsyncIterator[None]:
        """While the body runs, say what befalls its sources, and draw the line if anybody is
        watching."""
        task = asyncio.create_task(self._look(source))
        try:
            await asyncio.sleep(0)  # so that it is there before anything takes long
            yield
        finally:
            task.cancel()
            self._wipe()

    @asynccontextmanager
    async def over(self, run: Run, lines: LineSink | None = None) -> AsyncIterator[None]:
        """The body is the whole of the run: it is shown, and summed up however it ends, with the
        number of ``lines`` where not every finding is one. Raises MoltwatchError if something was
        to be read and all of it was refused."""
        try:
            async with self.shown(run.source):
                yield
        finally:
            # Whoever closed the pipe has seen enough and wants no summary either.
            if not isinstance(sys.exception(), BrokenPipeError):
                self.close(run, written=lines.written if lines else None)
        if run.rejects and not self.counts.told:
            raise MoltwatchError("nothing that was read could be used")

    def close(self, run: Run, *, written: int | None = None) -> None:
        """Say the sum of it all, and how many lines were ``written`` where not every finding is.

        Nothing is summed up of a source that could not be read at all: its error says more.
        """
        if self.counts.told or not isinstance(sys.exception(), MoltwatchError):
            self.note(self._sum() + ("" if written is None else f"; lines written: {written:,}"))
        if run.rejects:
            self.note(str(run.rejects))
        for sentence in run.failures:
            self.note(sentence)

    async def _look(self, source: Source) -> None:
        while True:
            for news in self._lookout.news(source.statuses, self._clock.now()):
                self.note(news)
            if self._live:
                width = shutil.get_terminal_size().columns - 1
                sys.stderr.write(f"\r{self._line(source)[:width]}\x1b[K")
                sys.stderr.flush()
                self._drawn = True
            await asyncio.sleep(PERIOD)

    def _line(self, source: Source) -> str:
        now, (then, before) = time.monotonic(), self._last
        rate = (self.counts.events - before) / max(now - then, PERIOD)
        self._last = (now, self.counts.events)
        parts = [self._sum(), f"{rate:,.0f} events/s"]
        if self.counts.now:
            parts.append(format_time(self.counts.now)[:19].replace("T", " "))
        if stand := summary(source.statuses, self._clock.now()):
            # What is wrong must not fall off the end of a narrow line; what is well may.
            ill = any(map(is_ill, source.statuses))
            parts.insert(0 if ill else len(parts), display_line(stand))
        return " · ".join(parts)

    def _sum(self) -> str:
        return f"{self.counts.seen}: {self.counts.found}" if self._heuristics else self.counts.seen

    def _wipe(self) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn = False
