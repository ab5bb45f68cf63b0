"""Logging in at a relay that demands it (NIP-42), as nobody in particular.

The key is drawn when it is first needed and forgotten with the run: it proves nothing but that the
same stranger is still there.
"""

from __future__ import annotations

from collections.abc import Callable

from moltwatch.sources.live.failures import Refused
from moltwatch.sources.nostr.protocol import Answer, login
from moltwatch.text import display_line
from moltwatch.times import SECOND, Micros


class Login:
    """The login of one connection at a time. ``url`` is the relay's, as it was called."""

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
