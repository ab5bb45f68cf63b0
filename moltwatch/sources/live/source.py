"""What all live sources have in common: try, listen, and come back after every broken connection.

A live source is two things. A :class:`~.feed.Feed` knows what frames mean and what was heard
before; it does no I/O and is told the time. Round it a thin shell connects, listens and waits.
:class:`LiveSource` is the part of the shell that no protocol changes; :mod:`.failures` knows what
errors mean.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from moltwatch.errors import SourceUnreachable
from moltwatch.model import Event, Gap, Heartbeat
from moltwatch.sources.base import Clock, Source, State, Status
from moltwatch.sources.live.failures import Backoff, Failure, Refused, Silent, TurnedAway, judge
from moltwatch.sources.live.feed import Feed
from moltwatch.times import SECOND, Micros

STABLE = 10.0
"""Seconds a connection must last before the next delay starts from the shortest again: a server
that accepts and hangs up at once is not to be hammered."""

SETTLED_IN = 60.0
"""Seconds a connection must last for its server to have taken us in, though it brought nothing."""

REFUSED_WAIT = (300.0, 3_600.0)
"""Seconds after which a server that refused us is tried again, at first and at most."""


class Retrying(Source):
    """A source that can be tried again after it has failed: by itself after a long wait, or when
    somebody asks for it."""

    _clock: Clock

    def __init__(self) -> None:
        self._failure: Failure | None = None
        """Why it failed last."""
        self._long_waits = Backoff(*REFUSED_WAIT, draw=lambda: 1.0)
        self._wanted = asyncio.Event()
        """It is to be tried now."""
        self._waiting = False

    async def may_try_again(self) -> bool:
        # Who was never let in without the right key is not let in without it later.
        shut_out = self._failure is not None and self._failure.unauthorized
        await self._wait_long(None if shut_out else self._long_waits.next())
        return True

    def try_again(self) -> list[Status]:
        if not self._waiting:
            return []
        self._waiting = False
        self._wanted.set()
        return [self.status]

    async def _wait_long(self, delay: float | None) -> None:
        """Wait before the next try, so many seconds or until somebody wants it."""
        if delay is not None:
            self.status.until = self._clock.now() + round(delay * SECOND)
        await self._pause(delay)

    async def _pause(self, delay: float | None) -> None:
        """Sleep so many seconds, or until it is to be tried."""
        self._wanted.clear()
        waits = [asyncio.ensure_future(self._wanted.wait())]
        if delay is not None:
            waits.append(asyncio.ensure_future(self._clock.sleep(delay)))  # type: ignore[arg-type]
        self._waiting = True
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting = False
            for wait in waits:
                wait.cancel()


class LiveSource(Retrying):
    """A source over a network.

    ``tries``: how often the first connection is tried before :class:`SourceUnreachable`; None: for
    ever. Once it has brought something it is always for ever, and a refusal only makes the wait
    long. ``heartbeat``: seconds of silence after
    which time is said to go on. ``key_hint``: what to do where the server wants a key.
    """

    def __init__(
        self,
        spec: str,
        status: Status,
        feed: Feed,
        *,
        clock: Clock,
        tries: int | None = 4,
        backoff: Backoff | None = None,
        heartbeat: float = 15.0,
        key_hint: str = "",
    ) -> None:
        super().__init__()
        self.spec = spec
        self.status = status
        self._feed = feed
        self._clock = clock
        self._tries = tries
        self._backoff = backoff or Backoff()
        self._heartbeat = heartbeat
        self._key_hint = key_hint
        self._asked_for: Micros | None = None
        """When it was first to be heard."""
        self._served = False
        """It has brought something, or let us listen for long."""

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        while True:
            since = self._clock.now()
            self._asked_for = since if self._asked_for is None else self._asked_for
            self.status.until = None
            try:
                async with aclosing(self._connection()) as connection:
                    async for events in connection:
                        self._served = self._served or any(map(_tells, events))
                        yield self._counted(events)
            except self._expected() as error:
                failure = judge(error)
                self._feed.lost(failure.reason, skip=failure.too_big)
                self._feed.absent(self._asked_for, failure.reason)
                if failure.too_big:
                    self.status.rejects.add("a frame larger than we take")
                if self._clock.now() - since > SETTLED_IN * SECOND:
                    self._served = True
                if (final := self._is_final(failure)) and not self._served:
                    if self._feed.begun and (last := self.owed()):
                        yield last
                    self._failure = failure
                    self.status.say(State.FAILED, self._explain(failure))
                    raise SourceUnreachable(f"{self.status.name}: {self.status.detail}") from error
            else:
                break
            if self._clock.now() - since > STABLE * SECOND:
                self._backoff.reset()
                self._long_waits.reset()
            await (self._wait_refused(failure) if final else self._wait(failure))
        self.status.say(State.ENDED)

    async def may_try_again(self) -> bool:
        if self._failure is not None:
            self._feed.stay_away(self._failure.reason)
        return await super().may_try_again()

    def owed(self) -> list[Event]:
        return self._counted(self._feed.give_up(self._clock.now()))

    @abstractmethod
    def _connection(self) -> AsyncGenerator[list[Event]]:
        """What one connection brings, to its end. Raises whatever ends it before its time."""

    @abstractmethod
    def _errors(self) -> tuple[type[Exception], ...]:
        """The errors of the library that connects. Imported only when there is one."""

    def _expected(self) -> tuple[type[Exception], ...]:
        return (OSError, Refused, TurnedAway, Silent, *self._errors())

    async def _wait(self, failure: Failure) -> None:
        delay = self._backoff.next(failure.retry_after)
        waiting = State.RECONNECTING if self._feed.begun else State.CONNECTING
        self._note_loss()
        self.status.say(State.RATE_LIMITED if failure.retry_after else waiting, failure.reason)
        self.status.until = self._clock.now() + round(delay * SECOND)
        await self._pause(delay)

    async def _wait_refused(self, failure: Failure) -> None:
        """It has served us and now refuses: that may pass, and the gap goes on meanwhile."""
        self._note_loss()
        self.status.say(State.FAILED, self._explain(failure))
        await self._wait_long(self._long_waits.next())
        self.status.say(State.CONNECTING)

    def _note_loss(self) -> None:
        if self._feed.begun and self.status.lost_at is None:
            self.status.lost_at = self._clock.now()

    def _is_final(self, failure: Failure) -> bool:
        """Another try would soon meet the same."""
        if failure.fatal and not (failure.only_unheard and self._feed.begun):
            return True
        return not self._feed.begun and self._out_of_tries

    @property
    def _out_of_tries(self) -> bool:
        return self._tries is not None and self._backoff.tries + 1 >= self._tries

    def _explain(self, failure: Failure) -> str:
        if failure.unauthorized and self._key_hint:
            return f"{failure.reason}; {self._key_hint}"
        return failure.reason

    def _counted(self, events: list[Event]) -> list[Event]:
        self.status.count(events)
        return events


def _tells(event: Event) -> bool:
    """It tells of more than time."""
    return not isinstance(event, Gap | Heartbeat)
