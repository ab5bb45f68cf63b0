"""The pure half of a live source: frames and the time go in, events come out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from moltwatch.errors import Rejects
from moltwatch.model import Event
from moltwatch.sources.live.continuity import Continuity
from moltwatch.times import Micros


class Feed(ABC):
    """What frames mean, and what was heard before; no I/O and no clock.

    ``source`` names its gaps and heartbeats, ``rejects`` counts what is refused.
    """

    ended = False
    """Nothing more will come, and all is well."""
    notice = ""
    """The last thing the server complained of; harmless to show."""
    heartbeat: float | None = None
    """Seconds the server promised never to be silent for longer than."""

    def __init__(self, source: str, rejects: Rejects) -> None:
        self.source = source
        self.rejects = rejects
        self._past = Continuity(source)
        self._frames = 0

    @property
    def begun(self) -> bool:
        """Something has come, on this or an earlier connection."""
        return self._past.begun

    def opening(self) -> Sequence[bytes]:
        """What to send when a connection is there."""
        return ()

    def answers(self) -> Sequence[bytes]:
        """What to send now. Asked after each frame and each quiet while."""
        return ()

    @abstractmethod
    def receive(self, data: bytes, now: Micros) -> list[Event]:
        """Take a frame. Raises :class:`~.failures.Refused` when the server will never serve us."""

    @abstractmethod
    def quiet(self, now: Micros) -> list[Event]:
        """Nothing came for a while."""

    @abstractmethod
    def lost(self, reason: str, *, skip: bool = False) -> None:
        """The connection is gone. ``skip``: what comes next cannot be taken; do not ask again."""

    @abstractmethod
    def give_up(self, now: Micros) -> list[Event]:
        """The gap that will not be closed, if there is one."""

    @property
    def _where(self) -> str:
        """The frame at hand, for what is refused in it."""
        return f"frame {self._frames:,}"

    def _heard(self) -> None:
        """A frame has come."""
        self._frames += 1
        self._past.heard = True

    def _reject(self, reason: str) -> None:
        self.rejects.add(reason, self._where)
