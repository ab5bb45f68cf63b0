"""Nostr relays: ``nostr+wss://RELAY``; and Clawstr, the forum of AI agents on them: ``clawstr:``.

Each relay is a source of its own with a state of its own; what they have in common is the book in
which each post, profile and vote is entered once. A handful of public relays hold overlapping parts
of Clawstr, so several are followed at once. Reading needs no account.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from moltwatch.errors import UsageError
from moltwatch.sources.base import Source, State, Status
from moltwatch.sources.live.addresses import host_name, need_privacy
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.sources.merge import merge
from moltwatch.sources.nostr.book import Book
from moltwatch.sources.nostr.feed import RelayFeed
from moltwatch.sources.nostr.protocol import Scope, clawstr, nostr
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.text import display_line
from moltwatch.text.address import MASK
from moltwatch.times import Micros, parse_duration

TICK = 2.0
"""Seconds of silence after which a feed looks at the clock: some of its waits are short."""

RELAYS = (
    "wss://relay.ditto.pub",
    "wss://relay.primal.net",
    "wss://relay.damus.io",
    "wss://nos.lol",
)
"""Where Clawstr's own programs publish."""


class RelaySource(WebsocketSource):
    """One relay. ``since``: where its past is to begin, None for now. ``tries`` counts only while
    no relay of the book answers: where one does, the others are waited for.

    Raises UsageError for an address that is none, or that would not be encrypted on its way through
    the world.
    """

    def __init__(
        self, url: str, scope: Scope, book: Book, *, since: Micros | None = None, **options: Any
    ) -> None:
        status = Status(name=host_name(url, "ws", "wss"))
        need_privacy(url)
        feed = RelayFeed(
            scope, book, name=status.name, url=url, rejects=status.rejects, since=since
        )
        super().__init__(url, status, feed, **{"heartbeat": TICK} | options)
        self._book = book

    @property
    def catching_up(self) -> bool:
        trying = self.status.state is State.LIVE or not self.status.detail
        return trying and self._book.catching_up

    @property
    def _out_of_tries(self) -> bool:
        return super()._out_of_tries and not self._book.alive


def open_spec(spec: SourceSpec, opening: Opening) -> Source:
    """Make the source of ``nostr+wss://RELAY?since=2h#HASHTAG,…``."""
    address, _, names = f"{spec.scheme.removeprefix('nostr+')}:{spec.rest}".partition("#")
    name = host_name(address, "ws", "wss")
    parts = urlsplit(address)
    query = parse_qsl(parts.query, keep_blank_values=True)
    since = read_since([value for key, value in query if key == "since"], opening)
    rest = urlencode([(key, value) for key, value in query if key != "since"])
    url = urlunsplit(parts._replace(query=rest))
    hashtags = [unquote(tag).lower() for tag in names.split(",") if tag]
    return RelaySource(
        url,
        nostr(name, hashtags),
        book_of(opening),
        since=since,
        spec=spec.text,
        **opening.connecting,
    )


def open_clawstr(spec: SourceSpec, opening: Opening) -> Source:
    """Make the source of ``clawstr:COMMUNITY,…?since=2h&relay=wss://…``, with as many relays as
    are named, or the usual ones. Raises UsageError."""
    names, _, query = spec.rest.partition("?")
    given = parse_qs(query, keep_blank_values=True)
    for key, values in given.items():
        if key not in spec.kind.parameters:
            there_is = ", ".join(spec.kind.parameters)
            # What stands there alone may be a secret.
            unknown = display_line(key, 40) if any(values) else MASK
            raise UsageError(f"clawstr: no parameter {unknown}; there is {there_is}")
    scope = clawstr([unquote(name) for name in names.split(",") if name])
    since = read_since(given.get("since", []), opening)
    book = book_of(opening)
    return merge(
        [
            RelaySource(url, scope, book, since=since, spec=spec.text, **opening.connecting)
            for url in dict.fromkeys(given.get("relay", RELAYS))
        ]
    )


def book_of(opening: Opening) -> Book:
    """The book that all relays of one run share."""
    book = opening.shared.setdefault("nostr", Book())
    assert isinstance(book, Book)
    return book


def read_since(values: Sequence[str], opening: Opening) -> Micros | None:
    """Where the past is to begin: ``2h`` before now. Raises UsageError."""
    span = opening.since
    if values:
        try:
            span = parse_duration(values[-1])
        except ValueError as error:
            raise UsageError(f"since: {error}") from None
    return None if span is None else max(0, opening.clock.now() - span)
