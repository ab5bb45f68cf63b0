"""``sim:`` a simulated forum, live and without end.

The seed fixes what is said and who says it, the clock only when: two runs of one SOURCE differ in
nothing but their times. It has no handle to steer it, because a live forum has none.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar
from urllib.parse import parse_qsl

from moltwatch.errors import UsageError
from moltwatch.model import Event
from moltwatch.recording.base import BATCH
from moltwatch.simulation.campaigns import kinds_of
from moltwatch.simulation.simulate import AGENTS, HOURS, RATE, SEEDS, Settings, Simulation
from moltwatch.simulation.stage import SOURCE
from moltwatch.sources.base import Clock, Source, State, Status
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.text import display_line
from moltwatch.text.address import MASK
from moltwatch.times import SECOND, Micros

SPEED = (0.01, 10_000.0)
_FRAME = 1 / 30
"""Seconds between two batches, at least."""

N = TypeVar("N", int, float)


class SimSource(Source):
    """A simulated forum, paced by the clock; stream time starts when its batches are asked for.

    ``spec`` is the SOURCE, such as ``sim:?agents=200&rate=20&seed=7&campaigns=clones,ring``.
    ``speed`` is used where the SOURCE names none. Raises UsageError, naming the key and its range.
    """

    def __init__(self, spec: str, clock: Clock, speed: float = 1.0) -> None:
        self.spec = spec
        self.status = Status(name=SOURCE)
        self.settings, own_speed = parse_sim(spec.partition(":")[2])
        self._speed = own_speed or speed
        self._clock = clock
        self._closed = False

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        start = self._clock.now()
        events = Simulation(self.settings.starting(start), labels=False).events()
        self.status.say(State.LIVE)
        waiting = next(events, None)
        while waiting is not None and not self._closed:
            due = self._due(start)
            batch: list[Event] = []
            while waiting is not None and waiting.seen_at <= due and len(batch) < BATCH:
                batch.append(waiting)
                waiting = next(events, None)
            if batch:
                self.status.count(batch)
                yield batch
            elif waiting is not None:
                await self._clock.sleep(max(_FRAME, self._wait(waiting.seen_at, start)))
        self.status.say(State.ENDED)

    async def close(self) -> None:
        self._closed = True

    def _due(self, start: Micros) -> float:
        """Stream time up to which everything may pass."""
        if math.isinf(self._speed):
            return math.inf
        return start + (self._clock.now() - start) * self._speed

    def _wait(self, at: Micros, start: Micros) -> float:
        """Seconds until stream time ``at``."""
        return (at - start) / self._speed / SECOND - (self._clock.now() - start) / SECOND


def parse_sim(rest: str) -> tuple[Settings, float | None]:
    """Read what stands behind ``sim:``. Returns the settings of an endless session (unless
    ``hours`` says otherwise) and the speed, None where it is not given."""
    given: dict[str, str] = {}
    for key, value in parse_qsl(rest.removeprefix("?"), keep_blank_values=True):
        if key in given:
            raise UsageError(f"sim: {display_line(key, 40)} is given twice")
        given[key] = value
    read = _Reading(given)
    settings = Settings(
        agents=read.number("agents", int, AGENTS, 200),
        rate=read.number("rate", float, RATE, 12.0),
        seed=read.number("seed", int, SEEDS, 1),
        campaigns=kinds_of(given.pop("campaigns", "all"), "sim: campaigns"),
        hours=read.number("hours", float, HOURS, 0.0) or None,
        tides=False,
    )
    speed: float | None
    if given.get("speed") == "max":
        speed = math.inf
        del given["speed"]
    else:
        speed = read.number("speed", float, SPEED, 0.0) or None
    if given:
        key, value = next(iter(given.items()))
        unknown = display_line(key, 40) if value else MASK  # alone it may be a secret
        raise UsageError(
            f"sim: no parameter {unknown}; there is agents, rate, seed, campaigns, hours, speed"
        )
    return settings, speed


def open_spec(spec: SourceSpec, opening: Opening) -> SimSource:
    """Opener for the registry. A simulated forum is live: where all speed is asked for, which
    means "do not make me wait for a recording", it keeps its own."""
    speed = opening.speed if math.isfinite(opening.speed) else 1.0
    return SimSource(spec.text, opening.clock, speed)


class _Reading:
    """Takes numbers out of what was given."""

    def __init__(self, given: dict[str, str]) -> None:
        self._given = given

    def number(self, key: str, make: Callable[[str], N], span: tuple[N, N], default: N) -> N:
        text = self._given.pop(key, None)
        if text is None:
            return default
        low, high = span
        try:
            value = make(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            shown = display_line(text, 40)
            raise UsageError(f"sim: {key} is {shown!r}, not a number from {low:g} to {high:g}")
        return value
