"""What a source is: an async iterator of batches of events, and a status that people can read.

Nothing behind a source can tell whether it is live or a replay. How a stream is cut into batches
carries no meaning; a source yields as soon as it has something, and the pipeline slows it down
simply by not asking for more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct, field

from moltwatch.errors import Rejects
from moltwatch.model import Event, Gap
from moltwatch.times import Micros, format_time
from moltwatch.wording import count

_log = logging.getLogger(__name__)


class Clock(Protocol):
    """The wall clock, held at the edge: sources get one injected, heuristics never see one."""

    def now(self) -> Micros: ...
    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock. ``now`` never goes back within a process.

    Not the monotonic clock: it stands still while the machine sleeps.
    """

    def __init__(self) -> None:
        self._last: Micros = 0

    def now(self) -> Micros:
        self._last = max(self._last, time.time_ns() // 1_000)
        return self._last

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class State(StrEnum):
    """Where a source stands; :mod:`.standing` has the words for it."""

    CONNECTING = "connecting"
    LIVE = "live"
    POLLING = "polling"
    RATE_LIMITED = "rate-limited"
    RECONNECTING = "reconnecting"
    REPLAYING = "replaying"
    PAUSED = "paused"
    ENDED = "ended"
    FAILED = "failed"


class Status(Struct, kw_only=True):
    """A source's state, kept up to date by the source and read by whoever shows it."""

    name: str
    """Short: what posts carry as their ``source``."""
    nth: int = 0
    """Which one it is of several with this name; 0 where there is one."""
    state: State = State.CONNECTING
    detail: str = ""
    """Why, or what next: ``in 4 s``, ``connection refused``."""
    until: Micros | None = None
    """Wall time at which it will act again, for a countdown."""
    lost_at: Micros | None = None
    """Wall time at which it lost contact: since then a gap is open."""
    events: int = 0
    gaps: int = 0
    rejects: Rejects = field(default_factory=Rejects)

    @property
    def called(self) -> str:
        """Its name, told apart from others of that name: ``sim 2``."""
        return f"{self.name} {self.nth}" if self.nth else self.name

    def say(self, state: State, detail: str = "", until: Micros | None = None) -> None:
        """The source stands otherwise now."""
        if (state, detail) != (self.state, self.detail):
            _log.info("%s: %s%s", self.called, state.value, f" ({detail})" if detail else "")
        self.state, self.detail, self.until = state, detail, until
        if state is State.LIVE:
            self.lost_at = None

    def count(self, events: Sequence[Event]) -> None:
        """These have come."""
        self.events += len(events)
        for gap in [event for event in events if isinstance(event, Gap)]:
            self.gaps += 1
            kept = "caught up" if gap.recovered else "missing"
            since, until = format_time(gap.since), format_time(gap.until)
            _log.info("%s: gap from %s to %s, %s: %s", self.called, since, until, kept, gap.reason)

    def sum_up(self) -> None:
        """Nothing more comes in this run: tell the log how much it was."""
        refused = f"; {self.rejects}" if self.rejects else ""
        came = f"{count(self.events, 'event')}, {count(self.gaps, 'gap')}"
        _log.info("%s: %s in all%s", self.called, came, refused)


class Transport(ABC):
    """The handle of a source whose time can be steered: a replay."""

    speed: float
    """Stream seconds per second; ``inf`` for as fast as it goes."""
    paused: bool
    start: Micros
    """Time of the first event."""
    end: Micros
    """Time of the last event."""
    position: Micros
    """Stream time reached."""
    n_events: int = 0
    """Events let through so far."""

    @property
    def reached(self) -> Micros:
        """The time it has come to by its own clock, for people to look at: between two events it
        goes on with the pace, never beyond the next."""
        return self.position

    def events_before(self, at: Micros) -> int | None:
        """About how many events come before a time, as soon as that is known."""
        return None

    @abstractmethod
    def pause(self) -> None: ...
    @abstractmethod
    def resume(self) -> None: ...
    @abstractmethod
    def set_speed(self, speed: float) -> None: ...
    @abstractmethod
    def step(self) -> None:
        """While paused: let the next event through."""

    @abstractmethod
    def skip_to(self, at: Micros) -> None:
        """Rush everything up to ``at`` through without waiting, then go on at the old speed. Where
        no event lies in between, also back."""

    @abstractmethod
    def rush(self, events: int) -> None:
        """Let everything through without waiting, even while paused, up to the ``events``th event
        of the recording."""

    @abstractmethod
    def stay(self) -> None:
        """Rush no further: go on at the old speed from where it is."""


class Source(ABC):
    """One stream of events. Use once: iterate :meth:`batches`, then take what is :meth:`owed`, then
    :meth:`close`."""

    spec: str
    """The SOURCE as the user wrote it."""
    status: Status
    transport: Transport | None = None
    """Set where time can be steered."""

    @property
    def replayed(self) -> bool:
        """Its times are those of a recording; otherwise they are the wall clock's. What comes
        through a pipe can change from one to the other."""
        return False

    @property
    def catching_up(self) -> bool:
        """What it brings at first lies in the past, and is on its way: others beside it wait, or
        their present would make a crowd of it. Ends by itself, soon."""
        return False

    @property
    def statuses(self) -> Sequence[Status]:
        """One for each source behind this one; its own where there is nothing behind it."""
        return [self.status]

    @abstractmethod
    def batches(self) -> AsyncIterator[Sequence[Event]]:
        """Batches in order of arrival, ending when the source does.

        Raises :class:`~moltwatch.errors.SourceUnreachable` when it cannot be reached at all.
        """

    def owed(self) -> Sequence[Event]:
        """What is still to be said when nobody asks for more: what was held back, and the gap that
        is open. Asked once, after the last batch, however the run ends."""
        return ()

    async def may_try_again(self) -> bool:
        """After it has failed: wait until another try is worth it. False if none ever is; True if
        :meth:`batches` may be iterated once more."""
        return False

    def try_again(self) -> list[Status]:
        """Somebody wants it tried now, instead of later. Returns the sources that had been
        waiting."""
        return []

    async def close(self) -> None:  # noqa: B027  (most have nothing to close)
        """Let go of connections and files. May be called more than once."""
