"""What a relay was asked and has not answered yet, and what is still to be sent to it. Pure.

No answer is waited for without a limit: some relays never send ``EOSE``.
"""

from __future__ import annotations

from moltwatch.times import SECOND, Micros

PATIENCE: Micros = 8 * SECOND
"""How long an answer is waited for."""


class Questions:
    """Open questions by name, and frames to send."""

    def __init__(self) -> None:
        self._until: dict[str, Micros | None] = {}
        """Until when an answer is waited for; None before the time was told."""
        self._frames: list[bytes] = []

    def __contains__(self, name: str) -> bool:
        return name in self._until

    def ask(self, name: str, frame: bytes) -> None:
        """Send a question; patience begins when the time is told next."""
        self._until[name] = None
        self._frames.append(frame)

    def say(self, frame: bytes) -> None:
        """Send what asks nothing."""
        self._frames.append(frame)

    def only(self, name: str, now: Micros) -> None:
        """From now on nothing but this is waited for."""
        self._until = {name: now + PATIENCE}

    def goes_on(self, name: str) -> None:
        """The answer is on its way: patience begins anew."""
        self._until[name] = None

    def close(self, name: str) -> bool:
        """No answer is waited for any more. Returns whether one was."""
        known = name in self._until
        self._until.pop(name, None)
        return known

    def overdue(self, now: Micros) -> list[str]:
        """The questions that were not answered in time, closed now."""
        late = [name for name, until in self._until.items() if until is not None and until <= now]
        for name in late:
            del self._until[name]
        self._until = {
            name: now + PATIENCE if until is None else until for name, until in self._until.items()
        }
        return late

    def take(self) -> list[bytes]:
        """What to send now."""
        frames, self._frames = self._frames, []
        return frames

    def forget(self) -> None:
        """The connection is gone: nobody answers, and what was to be sent is of no use."""
        self._until.clear()
        self._frames.clear()
