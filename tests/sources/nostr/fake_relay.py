"""A relay for tests of the feed: it plays by ear, and keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from moltwatch.dialects.nostr import NostrEvent
from moltwatch.errors import Rejects
from moltwatch.model import Event, Post
from moltwatch.sources.nostr.book import Book
from moltwatch.sources.nostr.feed import RelayFeed
from moltwatch.sources.nostr.protocol import Scope, clawstr
from moltwatch.times import Micros
from tests.sources.fakes import T0
from tests.sources.nostr.kit import ADA, BOB, EVE, event_frame, frame

ROOT = ADA.post("root", at=1)
REPLY = BOB.reply(ROOT, "reply", at=2)
REFUSAL = frame("NOTICE", 'invalid: "#K" is not allowed')
BAD_WORDS = ["blocked: go away", "restricted: members only", "auth-required: who are you?"]


class Relay:
    """A feed, and the relay's side of the conversation."""

    def __init__(
        self, scope: Scope | None = None, book: Book | None = None, since: Micros | None = None
    ) -> None:
        self.rejects = Rejects()
        self.feed = RelayFeed(
            scope or clawstr(),
            book or Book(),
            name="relay",
            url="ws://relay",
            rejects=self.rejects,
            since=since,
            draw_key=lambda: EVE.secret,
        )
        self.now = T0
        self.asked: list[Any] = []
        self.connect()

    def connect(self) -> None:
        self.asked = list(map(json.loads, self.feed.opening()))

    def says(self, *frames: bytes) -> list[Event]:
        events: list[Event] = []
        for data in frames:
            events += self.feed.receive(data, self.now)
            self.asked += map(json.loads, self.feed.answers())
        return events

    def waits(self, span: Micros) -> list[Event]:
        """Twice: the first look at the clock is where patience begins."""
        events = self.feed.quiet(self.now)
        self.now += span
        events += self.feed.quiet(self.now)
        self.asked += map(json.loads, self.feed.answers())
        return events

    def last(self, subscription: str) -> list[dict[str, Any]]:
        """The filters of the latest question of that name."""
        found = [one for one in self.asked if one[:2] == ["REQ", subscription]]
        return found[-1][2:] if found else []


def texts(events: Sequence[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Post)]


def live(event: NostrEvent) -> bytes:
    return event_frame(event)
