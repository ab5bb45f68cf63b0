"""What is asked of one relay: questions that are open, and a login. Pure.

No answer is waited for without a limit: some relays never send ``EOSE``.
"""

from __future__ import annotations

from collections.abc import Callable

from moltwatch.sources.live.failures import Refused
from moltwatch.sources.nostr.protocol import Answer, login
from moltwatch.text import display_line
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


class Login:
    """The login (NIP-42) of one connection at a time, as nobody in particular. ``url`` is the
    relay's, as it was called.

    The key is drawn when it is first needed and forgotten with the run: it proves nothing but that
    the same stranger is still there.
    """

    def __init__(self, url: str, draw_key: Callable[[], bytes]) -> None:
        self._url = url
        self._draw_key = draw_key
        self._key: bytes | None = None
        self.reset()

    def reset(self) -> None:
        """A new connection."""
        self.challenge: str | None = None
        """What the relay wants signed. Many send one to everybody and ask for nothing."""
        self.wanted = False
        """It serves us no sooner than we have logged in."""
        self.done = False
        self.sent: str | None = None
        """Id of our login that was not answered yet."""

    def frame(self, now: Micros) -> bytes:
        """What to send. There must be a challenge."""
        assert self.challenge is not None
        self._key = self._key or self._draw_key()
        self.sent, frame = login(
            self._key, relay=self._url, challenge=self.challenge, created_at=now // SECOND
        )
        return frame

    def accepted(self, answer: Answer) -> bool:
        """Whether that is the answer to our login. Raises Refused if it is no."""
        if answer.id != self.sent:
            return False
        if not answer.accepted:
            raise Refused(f"it refuses strangers: {display_line(answer.reason, 200)}")
        self.take_for_done()
        return True

    def take_for_done(self) -> None:
        """It was accepted, or we act as if: some relays do not answer."""
        self.wanted, self.done, self.sent = False, True, None
