"""The one way data flows: source, intake, recorder, heuristics, and whoever wants to know.

    source → intake → writer → engine → sinks (session, stdout lines, …)

Nothing here knows of a screen, and nothing behind the source knows whether it is live. The pace is
set by the slowest part: a batch is taken from the source only when the last one is done with.

What was recorded is what was judged, however a run ends. A batch once begun is therefore worked off
even if the run is cancelled meanwhile, and the last findings follow, as at the end of a replay.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from time import perf_counter
from typing import Protocol

from moltwatch.errors import Rejects
from moltwatch.heuristics.engine import Engine
from moltwatch.intake import Intake
from moltwatch.model import Event, Finding
from moltwatch.recording.base import Writer
from moltwatch.sources.base import Source

_log = logging.getLogger(__name__)

SLICE = 0.002
"""Seconds of work before the event loop gets a turn, so that keys are answered under load."""


class Sink(Protocol):
    """Wants to know each event and what it gave away, in order."""

    def take(self, event: Event, findings: Sequence[Finding]) -> None: ...

    def finish(self, findings: Sequence[Finding]) -> None:
        """The stream ended; these are the last findings."""


class Pipeline:
    """One run of one source through everything.

    A writer or a sink that raises stops the run: an observer that silently does not record is
    worse than none.
    """

    def __init__(
        self,
        source: Source,
        engine: Engine,
        sinks: Sequence[Sink],
        *,
        writer: Writer | None = None,
    ) -> None:
        self.source = source
        self.engine = engine
        self._sinks = list(sinks)
        self._writer = writer
        self._intake = Intake()
        self._rests_until = 0.0
        self._goes_on = asyncio.Event()
        self._goes_on.set()
        self._level = True
        """The sinks know all that was recorded."""

    @property
    def rejects(self) -> Rejects:
        """What the intake refused; the source counts its own in its status."""
        return self._intake.rejects

    def give_way(self, seconds: float) -> None:
        """Leave the processor to others for a moment: somebody waits for an answer."""
        self._rests_until = perf_counter() + seconds

    def rest(self) -> None:
        """Take nothing more from the source, until :meth:`go_on`."""
        self._goes_on.clear()

    def go_on(self) -> None:
        """Go on after a rest."""
        self._goes_on.set()

    async def run(self) -> None:
        """Go on until the source ends. Closes source and writer whatever happens."""
        async with AsyncExitStack() as opened:
            if self._writer:
                opened.push_async_callback(self._writer.close)
            opened.push_async_callback(self.source.close)
            opened.callback(self._sum_up)
            try:
                async for batch in self.source.batches():
                    await self._goes_on.wait()
                    await _to_its_end(self._take(batch))
            finally:
                # Where nothing ever came, there is nothing of which a part could be missing.
                came = self.source.status.events
                if self._level and came and (owed := self.source.owed()):
                    await _to_its_end(self._take(owed))
                if self._level:
                    self._finish()

    async def _take(self, batch: Sequence[Event]) -> None:
        events = self._intake.admit(batch)
        self._level = False
        if self._writer and events:
            await self._writer.write(events)
        await self._work(events)
        self._level = True

    async def _work(self, events: Sequence[Event]) -> None:
        turn = perf_counter()
        for event in events:
            findings = self.engine.feed(event)
            for sink in self._sinks:
                sink.take(event, findings)
            if perf_counter() - turn > SLICE:
                await asyncio.sleep(max(0.0, self._rests_until - perf_counter()))
                turn = perf_counter()

    def _sum_up(self) -> None:
        for status in self.source.statuses:
            status.sum_up()
        if self.rejects:
            _log.info("refused after that: %s", self.rejects)

    def _finish(self) -> None:
        findings = self.engine.finish()
        for sink in self._sinks:
            sink.finish(findings)


async def _to_its_end(work: Coroutine[None, None, None]) -> None:
    """Do all of the work. A cancellation is raised after it; only a second one cuts it short."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
