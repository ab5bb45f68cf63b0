"""What all live sources have in common: try, listen, and come back after every broken connection.

A live source is two things. A :class:`~.feed.Feed` knows what frames mean and what was heard
before; it does no I/O and is told the time. Round it a thin shell connects, listens and waits.
:class:`LiveSource` is the part of the shell that no protocol changes; :mod:`.failures` knows what
errors mean.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from moltwatch.errors import SourceUnreachable
from moltwatch.model import Event
from moltwatch.sources.base import Clock, Source, State, Status
from moltwatch.sources.live.failures import Backoff, Failure, Refused, Silent, TurnedAway, judge
from moltwatch.sources.live.feed import Feed
from moltwatch.times import SECOND

STABLE = 10.0
"""Seconds a connection must last before the next delay starts from the shortest again: a server
that accepts and hangs up at once is not to be hammered."""


class LiveSource(Source):
    """A source over a network.

    ``tries``: how often the first connection is tried before :class:`SourceUnreachable`; None: for
    ever. Once it has been connected it is always for ever. ``heartbeat``: seconds of silence after
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
        self.spec = spec
        self.status = status
        self._feed = feed
        self._clock = clock
        self._tries = tries
        self._backoff = backoff or Backoff()
        self._heartbeat = heartbeat
        self._key_hint = key_hint

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        while True:
            since = self._clock.now()
            self.status.until = None
            try:
                async with aclosing(self._connection()) as connection:
                    async for events in connection:
                        yield self._counted(events)
            except self._expected() as error:
                failure = judge(error)
                self._feed.lost(failure.reason, skip=failure.too_big)
                if failure.too_big:
                    self.status.rejects.add("a frame larger than we take")
                if self._is_final(failure):
                    if last := self._feed.give_up(self._clock.now()):
                        yield self._counted(last)
                    reason = self._explain(failure)
                    self.status.say(State.FAILED, reason)
                    raise SourceUnreachable(f"{self.status.name}: {reason}") from error
            else:
                break
            if self._clock.now() - since > STABLE * SECOND:
                self._backoff.reset()
            await self._wait(failure)
        self.status.say(State.ENDED)

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
        now = self._clock.now()
        if self._feed.begun and self.status.lost_at is None:
            self.status.lost_at = now
        self.status.say(State.RATE_LIMITED if failure.retry_after else waiting, failure.reason)
        self.status.until = now + round(delay * SECOND)
        await self._clock.sleep(delay)

    def _is_final(self, failure: Failure) -> bool:
        out_of_tries = (
            not self._feed.begun
            and self._tries is not None
            and self._backoff.tries + 1 >= self._tries
        )
        return failure.fatal or out_of_tries

    def _explain(self, failure: Failure) -> str:
        if failure.unauthorized and self._key_hint:
            return f"{failure.reason}; {self._key_hint}"
        return failure.reason

    def _counted(self, events: list[Event]) -> list[Event]:
        self.status.count(events)
        return events
