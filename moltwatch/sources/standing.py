"""How sources stand, in words for whoever watches them: ``polling in 12 s``, ``reconnecting in 4 s,
gap of 40 s``. And whether one works at all: reached, allowed, and how soon something came.

The wall clock's time is handed in, and is used for counting down only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing

from msgspec import Struct

from moltwatch.errors import SourceUnreachable
from moltwatch.model import AgentSeen, Event, Gap, Heartbeat, Post
from moltwatch.sources.base import Clock, Source, State, Status
from moltwatch.text import display_line
from moltwatch.times import MINUTE, SECOND, Micros, format_duration, format_time

WELL = (State.POLLING, State.LIVE, State.PAUSED, State.REPLAYING, State.ENDED)
"""Nothing is wrong, or will be."""

WORST_FIRST = (State.FAILED, State.RECONNECTING, State.CONNECTING, State.RATE_LIMITED, *WELL)

LONG_LIMIT: Micros = 30 * SECOND
"""A rate limit that holds longer is news; shorter ones are how polling works."""


Told = Callable[[Micros], str]
"""Puts a time of day into words."""


def _utc(at: Micros) -> str:
    return format_time(at)[11:16]


def words(status: Status, now: Micros, at: Told = _utc) -> str:
    """What a source does, and when it goes on: ``rate-limited until 14:03``, in UTC unless ``at``
    tells the time otherwise."""
    left = None if status.until is None or status.until <= now else status.until - now
    countdown = "" if left is None else f" in {_seconds(left)}"
    match status.state:
        case State.LIVE:
            told = "connected"
        case State.CONNECTING if left is not None:
            told = f"trying again{countdown}"
        case State.RATE_LIMITED if left is not None and left >= MINUTE:
            told = f"rate-limited until {at(now + left)}"
        case State.RATE_LIMITED if left is not None:
            told = f"rate-limited for {_seconds(left)}"
        case State.FAILED if left is not None:
            told = f"failed, trying again{countdown}"
        case State.POLLING | State.RECONNECTING:
            told = f"{status.state.value}{countdown}"
        case _:
            told = status.state.value
    if status.lost_at is not None and now - status.lost_at >= SECOND:
        told += f", gap of {_seconds(now - status.lost_at)}"
    return told


def is_ill(status: Status) -> bool:
    """Whether something is wrong that can be told; the first try of all is not."""
    return status.state not in WELL and bool(status.detail)


def sentence(status: Status, now: Micros, at: Told = _utc) -> str:
    """Who does what, and why: ``relay.example reconnecting in 4 s (connection refused)``."""
    why = f" ({status.detail})" if status.detail else ""
    return f"{status.called} {words(status, now, at)}{why}"


def worst_first(statuses: Sequence[Status]) -> list[Status]:
    """Those that need attention before those that are well; otherwise in their order."""
    return sorted(statuses, key=lambda status: WORST_FIRST.index(status.state))


def summary(statuses: Sequence[Status], now: Micros) -> str:
    """All of them on a line, the worst first; empty where there is nothing to say of recordings
    that are being played or have ended."""
    worst = worst_first(statuses)
    if all(status.state in (State.REPLAYING, State.ENDED) for status in worst):
        return ""
    if len(worst) == 1:
        return sentence(worst[0], now)
    ill = [status for status in worst if status.state not in WELL]
    well = len(worst) - len(ill)
    if not ill:
        waiting = [status for status in worst if status.state is State.POLLING]
        return ", ".join([f"{well} connected", *(sentence(one, now) for one in waiting[:1])])
    return ", ".join([*(sentence(status, now) for status in ill), f"{well} connected"])


class Lookout:
    """Notices when a source gets into trouble; said once, until it has been well in between."""

    def __init__(self, at: Told = _utc) -> None:
        """``at`` tells a time of day."""
        self._at = at
        self._told: dict[int, State] = {}

    def news(self, statuses: Sequence[Status], now: Micros) -> list[str]:
        """Sentences about those whose trouble is new."""
        said: list[str] = []
        for place, status in enumerate(statuses):
            if status.state in WELL:
                self._told.pop(place, None)
            elif self._is_news(place, status, now) and not (
                # Where there is no other, not to reach it ends the run, which says so.
                len(statuses) == 1
                and (
                    status.state is State.CONNECTING
                    or (status.state is State.FAILED and not status.until)
                )
            ):
                self._told[place] = status.state
                said.append(sentence(status, now, self._at))
        return said

    def _is_news(self, place: int, status: Status, now: Micros) -> bool:
        known = self._told.get(place)
        if status.state is State.FAILED:
            return known is not State.FAILED
        if known is not None or status.until is None:
            return False  # the first try of all is under way
        return status.state is not State.RATE_LIMITED or status.until - now >= LONG_LIMIT


def _seconds(span: Micros) -> str:
    """Whole seconds, as countdowns have them: the last one is 1 s."""
    return format_duration(-(-span // SECOND) * SECOND)


class Report(Struct, frozen=True, kw_only=True):
    """What a check found."""

    works: bool
    lines: tuple[str, ...]
    """Sentences, harmless to show."""


async def check(source: Source, clock: Clock, *, limit: float) -> Report:
    """Watch until the first event, for at most ``limit`` seconds, and say what was met."""
    began = clock.now()
    failure: SourceUnreachable | None = None
    event: Event | None = None
    try:
        async with asyncio.timeout(limit):
            event = await _first(source)
    except TimeoutError:
        pass
    except SourceUnreachable as error:
        failure = error
    finally:
        # Said before anything is closed, which would change it.
        lines = [_state(status) for status in source.statuses]
        reached = any(status.state in WELL for status in source.statuses)
        await source.close()
    works = failure is None and (reached or event is not None)
    if failure is not None and len(lines) > 1:
        lines.append(f"not usable: none of the {len(lines)} can be read")
    elif failure is not None:
        lines = [f"not usable: {display_line(str(failure), 300)}"]
    elif event is not None:
        after = format_duration(clock.now() - began)
        lines.append(f"first event after {after}: {describe(event)}")
    elif works and all(status.state is State.ENDED for status in source.statuses):
        lines.append("it ended without an event")
    else:
        within = format_duration(round(limit * SECOND))
        lines.append(f"no event within {within}" + ("; it may be quiet" if works else ""))
    lines += [f"{status.called}: {status.rejects}" for status in source.statuses if status.rejects]
    return Report(works=works, lines=tuple(lines))


async def _first(source: Source) -> Event | None:
    """The first event that tells of more than time."""
    batches: AsyncIterator[Sequence[Event]] = source.batches()
    async with aclosing(batches) as all_batches:  # type: ignore[type-var]  # all are generators
        async for batch in all_batches:
            for event in batch:
                if not isinstance(event, Heartbeat | Gap):
                    return event
    return None


def describe(event: Event) -> str:
    """An event in a few words."""
    match event:
        case Post():
            where = f" in {display_line(event.community, 40)}" if event.community else ""
            return f"a {event.kind} by {display_line(event.author, 60)}{where}"
        case AgentSeen():
            return f"the profile of {display_line(event.display or event.name, 60)}"
    return f"the {type(event).__name__.lower()} of a post"


def _state(status: Status) -> str:
    detail = f" ({status.detail})" if status.detail else ""
    name = display_line(status.called, 60)
    match status.state:
        case State.LIVE | State.POLLING:
            return f"{name}: reachable, and we are allowed to read{detail}"
        case State.REPLAYING | State.PAUSED | State.ENDED:
            return f"{name}: readable{detail}"
        case State.RATE_LIMITED:
            return f"{name}: reachable, but it asks us to wait{detail}"
        case State.CONNECTING | State.RECONNECTING:
            return f"{name}: not reached yet{detail}"
    return f"{name}: failed{detail}"
