"""Runs the pipeline beside the screen, and steers it: pause, speed, step, seek.

Seeking forwards rushes; seeking backwards opens a fresh run that rushes to the place. Until it is
there, the old session stays on the screen, so that nothing flickers.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from moltwatch.errors import MoltwatchError
from moltwatch.session import Session
from moltwatch.sources.base import Transport
from moltwatch.times import Micros
from moltwatch.tui.run import OpenRun, Run

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1_000.0, float("inf"))

AT_REST = 8
"""Frames without any progress after which a rush has arrived."""


class Player:
    """Holds the run on the screen, and while seeking backwards the one to come."""

    def __init__(self, open_run: OpenRun) -> None:
        self._open = open_run
        self._task: asyncio.Task[None] | None = None
        self._jobs: set[asyncio.Task[None]] = set()
        self.run: Run | None = None
        """What is on the screen."""
        self._coming: Run | None = None
        self.target: Micros | None = None
        """Where a seek is heading, until it is there."""
        self.failure: MoltwatchError | None = None
        """Why the run stopped, if it did not end by itself."""
        self.crash: BaseException | None = None
        """A defect that stopped the run."""
        self.done = False
        """The pipeline no longer runs."""
        self._standing = (0, 0)
        self._still = 0

    @property
    def session(self) -> Session | None:
        return self.run.session if self.run else None

    @property
    def transport(self) -> Transport | None:
        run = self._coming or self.run
        return run.source.transport if run else None

    @property
    def never_began(self) -> bool:
        """It failed before anything was seen: there is nothing to look at."""
        return self.failure is not None and (self.session is None or self.session.version == 0)

    @property
    def seeking(self) -> bool:
        return self.target is not None

    # --- life -------------------------------------------------------------------------------------

    async def start(self, at: Micros | None = None) -> None:
        """Open the first run and let it go."""
        if run := await self._try_to_open(at):
            self.run = run
            self._go(run)

    async def stop(self) -> None:
        """Cancel whatever runs; sources and recordings are closed when this returns."""
        for job in list(self._jobs):
            job.cancel()
        task, self._task = self._task, None
        if task:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for run in (self.run, self._coming):
            if run is not None:  # a pipeline that was cancelled before it began closes nothing
                await run.source.close()

    def settle(self) -> None:
        """Once a frame: see whether a seek has arrived."""
        run = self._coming or self.run
        if self.target is None or run is None:
            return
        transport = run.source.transport
        position = transport.position if transport else 0
        standing = (run.session.version, position)
        self._still = self._still + 1 if standing == self._standing and position else 0
        self._standing = standing
        # Where nothing happens for a while after the target, nothing arrives there: a rush that
        # has come to rest is over.
        if max(run.session.now, position) >= self.target or self.done or self._still > AT_REST:
            if self._coming is not None:
                self.run, self._coming = self._coming, None
            self.target = None
            self._still = 0

    async def _try_to_open(self, at: Micros | None) -> Run | None:
        try:
            return await self._open(at)
        except MoltwatchError as error:
            self.failure = error
        except Exception as error:
            self.crash = error
        self.done = True
        return None

    def _go(self, run: Run) -> None:
        self.done = False
        self._task = asyncio.create_task(self._drive(run), name="pipeline")

    async def _drive(self, run: Run) -> None:
        try:
            await run.pipeline.run()
        except MoltwatchError as error:
            self.failure = error
        except Exception as error:
            self.crash = error
        finally:
            self.done = True

    # --- steering ---------------------------------------------------------------------------------

    def toggle_pause(self) -> bool | None:
        """Pause or resume; the new state, or None where time cannot be steered."""
        if (transport := self.transport) is None:
            return None
        (transport.resume if transport.paused else transport.pause)()
        return transport.paused

    def step(self) -> None:
        """One event, while paused."""
        if (transport := self.transport) and transport.paused:
            transport.step()

    def change_speed(self, by: int) -> float | None:
        """To the next faster or slower of :data:`SPEEDS`; the new speed."""
        if (transport := self.transport) is None:
            return None
        if by > 0:
            speed = next((s for s in SPEEDS if s > transport.speed), SPEEDS[-1])
        else:
            speed = next((s for s in reversed(SPEEDS) if s < transport.speed), SPEEDS[0])
        transport.set_speed(speed)
        return speed

    def seek(self, at: Micros) -> None:
        """Go to a time; no-op where time cannot be steered."""
        transport = self.transport
        run = self._coming or self.run
        if transport is None or run is None:
            return
        at = max(transport.start, min(at, transport.end))
        if at >= run.session.now and not self.done:
            self.target = at
            transport.skip_to(at)
            return
        if not run.rewinds:
            run.session.note("recorded or piped, a session is played once: no way back in time")
            return
        job = asyncio.create_task(self._reopen(at, transport.speed, transport.paused))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def _reopen(self, at: Micros, speed: float, paused: bool) -> None:
        """Open the source again and rush to ``at``."""
        self.target = at
        task, self._task = self._task, None
        if task:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self.failure = self.crash = None
        run = await self._try_to_open(at)
        if run is None:
            self.target = None
            return
        if transport := run.source.transport:
            transport.set_speed(speed)
            if paused:
                transport.pause()
        self._coming = run
        self._go(run)
