"""Runs the pipeline beside the screen, and steers it: pause, speed, step, seek.

A seek rushes to the place. Backwards that takes a fresh run, and forwards as well where one may
begin nearer to the place. Until it is there, the old run rests and stays on the screen: the user
may stay with it after all.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from moltwatch.errors import MoltwatchError
from moltwatch.model import Kind
from moltwatch.pipeline import Pipeline
from moltwatch.session import Session
from moltwatch.sources.base import Source, State, Transport
from moltwatch.times import Micros
from moltwatch.tui.local_time import clock

_log = logging.getLogger(__name__)


class Goal(NamedTuple):
    """Where in a recording a run is to be brought: all before a time has come, or so many events,
    the last of them about then."""

    at: Micros
    n: int | None = None


class ReadsAhead(Protocol):
    """Who goes through the recording ahead of the screen, and asks the heuristics."""

    @property
    def n(self) -> int:
        """Events it has come through."""

    @property
    def running(self) -> bool:
        """It has not come to the end yet."""


@dataclass(frozen=True)
class Run:
    """One run: the pipeline feeds the session, the screen looks at it."""

    source: Source
    session: Session
    pipeline: Pipeline
    dismiss: Callable[[str, Kind], None] = lambda post, kind: None
    """Tells whoever else wants to know that the user takes back a verdict on a post."""
    recorded: bool = False
    """Whether it is being written to a file, which may be watched later."""
    rewinds: bool = True
    """Whether it may be opened again: not while it is recorded or piped, which would be twice."""
    ahead: ReadsAhead | None = None
    shortcut: Callable[[Goal], int] = lambda goal: 0
    """With how many events behind it a fresh run for a goal would begin."""
    outlook: Callable[[], Session | None] = lambda: None
    """Gives the session as it will be at the end, if that is known; to be asked for once."""


OpenRun = Callable[[Goal | None], Awaitable[Run]]
"""Opens a fresh run. With a goal, its source rushes to that time before it keeps its pace: the
screen seeks backwards by opening the source again, so that what it shows is always what was seen on
the way there."""


SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1_000.0, float("inf"))

OVER = "the recording is over; 0 plays it again, ← goes back"

ONCE = "recorded or piped, a session is played once: no way back in time"

IDLE = 1.0
"""Seconds without a key after which a moment for tidying up is not missed."""

MOST_LEFT = 6
"""Sessions that are left at most before it is done in any case."""

AT_REST = 8
"""Frames without any progress after which a rush has arrived."""


@dataclass
class Play:
    """One run, from before it is opened until it is closed, and how it ended. It belongs to the
    task that opens it, drives it and closes it."""

    run: Run | None = None
    failure: MoltwatchError | None = None
    """Why it stopped, if it did not end by itself."""
    crash: Exception | None = None
    """A defect that stopped it."""
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    """It has its run, or has failed to get it."""
    task: asyncio.Task[None] | None = None

    @property
    def done(self) -> bool:
        return self.task is not None and self.task.done()

    @property
    def error(self) -> Exception | None:
        return self.failure or self.crash

    async def go(
        self, open_run: OpenRun, goal: Goal | None, take: Callable[[Run, Goal | None], None]
    ) -> None:
        """Open it, hand it to ``take``, drive it, close it."""
        try:
            run = await open_run(goal)
            try:
                take(run, goal)
                self.run = run
                self.opened.set()
                await run.pipeline.run()
            finally:
                await run.source.close()
        except MoltwatchError as error:
            self.failure = error
        except Exception as error:
            self.crash = error


class Player:
    """Holds the run on the screen, and while seeking backwards the one to come.

    Beside the run on the screen there is at most one that comes, while the other rests: a newer one
    cancels it, and waits until it has closed. If one that comes fails, the other goes on.
    """

    def __init__(self, open_run: OpenRun) -> None:
        self._open = open_run
        self.shown: Play | None = None
        """What is on the screen, or will be first."""
        self._coming: Play | None = None
        """What will be on the screen, once it is there and open."""
        self._turn = asyncio.Lock()
        """Of those that come: a task has it from before it opens its run until it has closed it."""
        self._alive: set[asyncio.Task[None]] = set()
        """All that have not closed yet."""
        self.target: Micros | None = None
        """Where a rush is heading, until it is there."""
        self._target_n: int | None = None
        """How many events are to have come there, if that is what counts."""
        self._rushes_from = 0
        """How many events had come when it set out."""
        self._left_at: Micros = 0
        """What the clock showed then."""
        self._left_paused = False
        """Whether the run that rests was paused before it was played from the start."""
        self.setbacks: deque[str] = deque(maxlen=10)
        """Why ways back in time failed: words for whoever is on the way."""
        self._left = 0
        """Sessions that nobody looks at any more, and that take their room still."""
        self._standing = (0, 0)
        self._still = 0

    @property
    def run(self) -> Run | None:
        """What is on the screen."""
        return self.shown.run if self.shown else None

    @property
    def _newest(self) -> Play | None:
        return self._coming or self.shown

    @property
    def _newest_run(self) -> Run | None:
        """The one that comes, once it is open; until then the one on the screen."""
        return (self._coming.run if self._coming else None) or self.run

    @property
    def _opened(self) -> bool:
        """Nothing is being opened."""
        return self._newest is not None and self._newest.opened.is_set()

    @property
    def done(self) -> bool:
        """Nothing runs any more, nor is anything being opened."""
        return self._newest is not None and self._newest.done

    @property
    def failure(self) -> MoltwatchError | None:
        """Why the run on the screen stopped, if it did not end by itself."""
        return self.shown.failure if self.shown else None

    @property
    def crash(self) -> Exception | None:
        """A defect that stopped it."""
        return self.shown.crash if self.shown else None

    @property
    def session(self) -> Session | None:
        return self.run.session if self.run else None

    @property
    def transport(self) -> Transport | None:
        run = self._newest_run
        return run.source.transport if run else None

    @property
    def now(self) -> Micros:
        """What the clock shows: the time of the latest event; in a replay it goes on with the pace
        until the next."""
        if self.run is None:
            return 0
        now, transport = self.run.session.now, self.run.source.transport
        if self._coming is not None:
            return max(now, self._left_at)
        if transport is None or self.seeking or self.done:
            return now
        return max(now, transport.reached)

    @property
    def never_began(self) -> bool:
        """It failed before anything was seen: there is nothing to look at."""
        return self.failure is not None and (self.session is None or self.session.start is None)

    @property
    def seeking(self) -> bool:
        return self.target is not None

    @property
    def goes_back(self) -> bool:
        """A rush leads back in time."""
        return self._coming is not None and self.target is not None and self.target <= self._left_at

    @property
    def comes_anew(self) -> bool:
        """What is on the screen stays as it is until then."""
        return self._coming is not None

    @property
    def reads_again(self) -> bool:
        """It reads everything again, from the start."""
        return self._coming is not None and not self._rushes_from

    @property
    def progress(self) -> int | None:
        """Per cent of the events on its way that a rush has behind it, where that is known."""
        transport = self.transport
        if self.target is None or transport is None or not self._opened:
            return None
        before = self._target_n or transport.events_before(self.target)
        if before is None:
            return None
        since = self._rushes_from
        return max(0, min(99, 100 * (transport.n_events - since) // max(1, before - since)))

    @property
    def analysed(self) -> str:
        """How far somebody else has come in asking the heuristics, as long as that goes on: a way
        back is short from then on."""
        ahead, transport = self.run.ahead if self.run else None, self.transport
        if ahead is None or transport is None or not ahead.running:
            return ""
        n = transport.events_before(transport.end)
        return f"{min(99, 100 * ahead.n // max(1, n))} % analysed" if n else "being analysed"

    @property
    def posts_read(self) -> int:
        """By the run that is on its way, or else by the one on the screen."""
        run = self._newest_run
        return run.session.posts if run and self._opened else 0

    # --- life -------------------------------------------------------------------------------------

    async def start(self, at: Micros | None = None) -> None:
        """Open the first run and let it go."""
        self.shown = self._begin(Goal(at) if at is not None else None)
        await self.shown.opened.wait()
        if self.transport is not None:
            self.target = at

    async def stop(self) -> None:
        """Cancel whatever runs; sources and recordings are closed when this returns."""
        for play in (self.shown, self._coming):
            if play:
                _cancel(play)
        await asyncio.gather(*self._alive, return_exceptions=True)

    def settle(self) -> None:
        """Once a frame: see whether a seek has arrived, or cannot."""
        coming = self._coming
        if coming is not None and (error := coming.error):
            words = str(error) if coming.failure else f"{type(error).__name__}: {error}"
            self.setbacks.append(f"no way back: {words}")
            _log.info("no way back", exc_info=error)
            self._give_up()
        run = self._newest_run
        if self.target is None or run is None or not self._opened:
            return
        transport = run.source.transport
        position = transport.reached if transport else 0
        standing = (run.session.version, position)
        self._still = self._still + 1 if standing == self._standing and position else 0
        self._standing = standing
        short = self._target_n - run.session.counts.events if self._target_n is not None else 0
        if short > 0 and transport and not self.done and self._still > AT_REST:
            # Of those that came some were refused.
            transport.rush(transport.n_events + short)
            self._still = 0
        # Where nothing happens for a while after the target, nothing arrives there: a rush that
        # has come to rest is over.
        if self._is_there(run, position) or self.done or self._still > AT_REST:
            if coming is not None and self.shown is not None:
                self._drop(self.shown)
                self.shown, self._coming = coming, None
                self._turn = asyncio.Lock()  # the other goes with the one that is on the screen now
                self._left_paused = False
            self.target = self._target_n = None
            self._still = 0

    def _is_there(self, run: Run, position: Micros) -> bool:
        """The newest run has come to the target."""
        if self._target_n is not None:
            return run.session.counts.events >= self._target_n
        assert self.target is not None
        return max(run.session.now, position) >= self.target

    def tidy(self, idle: float) -> None:
        """Make room of sessions that were left, if nobody has pressed a key for so many seconds: it
        takes a fifth of a second. What is in a session holds each other, so that without it all of
        them would stay for very long."""
        if self._left and not self.seeking and (idle >= IDLE or self._left >= MOST_LEFT):
            self._left = 0
            gc.collect()

    def _begin(self, goal: Goal | None) -> Play:
        """Open a run, and drive it."""
        play = Play()
        self._rushes_from = 0
        play.task = asyncio.create_task(self._play(play, goal, self._turn), name="pipeline")
        self._alive.add(play.task)
        play.task.add_done_callback(self._alive.discard)
        # One that is cancelled before its first step does nothing of its own.
        play.task.add_done_callback(lambda _: play.opened.set())
        return play

    async def _play(self, play: Play, goal: Goal | None, turn: asyncio.Lock) -> None:
        async with turn:
            await play.go(self._open, goal, self._take)

    def _take(self, run: Run, goal: Goal | None) -> None:
        """The first run is shown at once; one that seeks is steered like the last."""
        steered, transport = self.transport, run.source.transport
        if transport:
            self._rushes_from = transport.n_events
        if self.run is None:
            self._turn = asyncio.Lock()
        elif steered and transport:
            transport.set_speed(steered.speed)
            if steered.paused:
                transport.pause()
        if goal and goal.n is not None and transport:
            transport.pause()  # there it stays
            transport.rush(goal.n)

    def _go_anew(self, run: Run, goal: Goal) -> None:
        """Begin one that comes, while the one on the screen rests where it is."""
        self._left_at = self.now
        run.pipeline.rest()
        if run.source.transport and self.seeking:
            run.source.transport.stay()
        if self._coming:
            self._hand_back(run)
            self._drop(self._coming)
        self._coming = self._begin(goal)
        self.target, self._target_n, self._still = goal.at, goal.n, 0

    def _hand_back(self, run: Run) -> None:
        """Steer the run that rests as the one that came was steered since: the next is steered like
        it."""
        steered, rests = self.transport, run.source.transport
        if steered is None or rests is None or steered is rests:
            return
        rests.set_speed(steered.speed)
        self._left_paused |= rests.paused
        (rests.pause if steered.paused else rests.resume)()

    def _drop(self, play: Play) -> None:
        """It is not wanted any more."""
        _cancel(play)
        self._left += play.run is not None

    def _give_up(self) -> None:
        """No other run comes: go on with the one on the screen, as it was left."""
        assert self._coming is not None and self.run is not None
        self._drop(self._coming)
        self._coming = self.target = self._target_n = None
        if self._left_paused and (transport := self.run.source.transport):
            transport.pause()
        self._left_paused = False
        self.run.pipeline.go_on()

    # --- steering ---------------------------------------------------------------------------------

    def try_again(self) -> str:
        """Try sources that wait or have failed again. Tell which; or why there is none."""
        if self.run is None or self.done:
            return "no source to try again: nothing runs"
        if tried := self.run.source.try_again():
            return f"trying again: {', '.join(status.called for status in tried)}"
        lost = [
            status.called for status in self.run.source.statuses if status.state is State.FAILED
        ]
        if lost:
            return f"{', '.join(lost)} cannot be tried again: start moltwatch anew"
        return "no source to try again: none waits, and none has failed"

    @property
    def paused(self) -> bool:
        """A replay stands still."""
        return not self.done and self.transport is not None and self.transport.paused

    @property
    def frozen(self) -> bool:
        """The session stands still, while what comes is still recorded and judged."""
        return self.session is not None and self.session.holding

    def toggle_pause(self) -> str:
        """Pause or resume a replay, freeze what is live or take it up again. Tell why nothing came
        of it; empty if something did."""
        session, transport = self.session, self.transport
        if session is None:
            return "nothing to pause: nothing is open yet"
        if self.frozen:
            self.take_up()
        elif self.done:
            return f"nothing to pause: {self._over}"
        elif transport is None:
            session.hold()
        else:
            (transport.resume if transport.paused else transport.pause)()
        return ""

    def take_up(self) -> None:
        """Show again what comes, what was held back first."""
        if self.session is not None:
            self.session.let_go()

    def step(self) -> str:
        """One event, while paused. Tell why there was none; empty if there was."""
        if why := self.why_not_steered("no single step"):
            return why
        assert self.transport is not None
        if self.done:
            return f"no event to come: {self._over}"
        if not self.transport.paused:
            return "one event at a time only while paused: space pauses"
        self.transport.step()
        return ""

    def step_back(self) -> str:
        """One event back, while paused or at the end. Tell why not; empty if so."""
        if why := self.why_not_steered("no single step back"):
            return why
        run, transport = self.run, self.transport
        assert run is not None and transport is not None
        if not self.done and not transport.paused:
            return "one event at a time only while paused: space pauses"
        if not run.rewinds:
            return ONCE
        counts = run.session.counts
        n = counts.before_last if self._target_n is None else self._target_n - 1
        if n < 1:
            return "this is the start"
        self._go_anew(run, Goal(min(self.target or counts.now, counts.now), n))
        return ""

    def why_not_steered(self, what: str) -> str:
        """Why time cannot be steered here; empty if it can."""
        if self.session is None:
            return f"{what}: nothing is open yet"
        return f"{what} on a live source; space freezes the screen" if not self.transport else ""

    @property
    def _over(self) -> str:
        return OVER if self.transport else "the source has ended"

    def change_speed(self, by: int) -> str:
        """To the next faster or slower of :data:`SPEEDS`. Tell what of it does not show; empty if
        it does."""
        if why := self.why_not_steered("no speed"):
            return why
        transport = self.transport
        assert transport is not None
        if by > 0:
            speed = next((s for s in SPEEDS if s > transport.speed), transport.speed)
        else:
            speed = next((s for s in reversed(SPEEDS) if s < transport.speed), transport.speed)
        if speed == transport.speed:
            return f"it gets no {'faster' if by > 0 else 'slower'} than this"
        transport.set_speed(speed)
        told = "as fast as it goes" if speed == float("inf") else f"{speed:g}×"
        return f"{told} when it plays again; {OVER}" if self.done else ""

    def restart(self) -> str:
        """Play from the start, even if it was paused. Tell why not; empty if so."""
        run, transport = self._newest_run, self.transport
        if why := self.why_not_steered("no start to go back to"):
            return why
        assert run is not None and transport is not None
        left_paused = self._left_paused
        if run.rewinds:
            for each in (self.run, run):
                if each and each.source.transport:
                    left_paused |= each is self.run and each.source.transport.paused
                    each.source.transport.resume()
        told = self.seek(transport.start)
        self._left_paused = left_paused and self._coming is not None
        return told

    def seek_by(self, part: float) -> str:
        """Go on or back by a part of the whole. Tell why not; empty if so."""
        if why := self.why_not_steered("no way through time"):
            return why
        session, transport = self.session, self.transport
        assert session is not None and transport is not None
        here = self.target if self.target is not None else self.now
        if part > 0 and (self.done or here >= transport.end):
            return f"this is the end: {OVER}"
        if part < 0 and here <= transport.start + 1:
            return "this is the start"
        step = max(1, round(abs(part) * (transport.end - transport.start)))
        return self.seek(here + step if part > 0 else here - step)

    def stay(self) -> str:
        """Give up a rush: stay with what is on the screen, or go on from where it has come to. Tell
        what was done; empty if there was none."""
        transport = self.transport
        if self.run is None or self.target is None or transport is None:
            return ""
        now = self.now
        self.target = self._target_n = None
        self._still = 0
        if self._coming is None:
            transport.stay()
            return f"stopped at {clock(now)}"
        self._give_up()
        return f"staying at {clock(now)}"

    def seek(self, at: Micros) -> str:
        """Go to a time. Tell why not; empty if so."""
        transport, run = self.transport, self._newest_run
        if transport is None or run is None or self.run is None:
            return self.why_not_steered("no way through time")
        # Where nothing had been seen yet, there would be nothing to see.
        at = max(transport.start + 1, min(at, transport.end))
        goal = Goal(at)
        # A rush cannot be called back: what lies before its target lies behind.
        reached = max(run.session.now, self.target or 0)
        ahead = self._opened and not self.done and at >= reached and self._target_n is None
        if not ahead and not run.rewinds:
            return ONCE
        if ahead and not (run.rewinds and run.shortcut(goal) > run.session.counts.events):
            self._left_at = self.now
            self._rushes_from = transport.n_events
            self.target, self._still = at, 0
            transport.skip_to(at)
        else:
            self._go_anew(self.run, goal)
        return ""


def _cancel(play: Play) -> None:
    if play.task:
        play.task.cancel()
