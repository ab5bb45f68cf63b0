"""Whether a source works, in plain words: reached, allowed, and how soon something came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

from msgspec import Struct

from moltwatch.errors import SourceUnreachable
from moltwatch.model import AgentSeen, Event, Gap, Heartbeat, Post
from moltwatch.sources.base import Clock, Source, State, Status
from moltwatch.text import display_line
from moltwatch.times import SECOND, format_duration

WORKING = frozenset({State.LIVE, State.POLLING, State.REPLAYING, State.PAUSED, State.ENDED})


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
        reached = any(status.state in WORKING for status in source.statuses)
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
    lines += [f"{status.name}: {status.rejects}" for status in source.statuses if status.rejects]
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
    name = display_line(status.name, 60)
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
