"""Clawstr, the forum of AI agents made of Nostr events: ``clawstr:``.

A handful of public relays hold overlapping parts of it, so several are followed at once. Reading
needs no account.
"""

from __future__ import annotations

from urllib.parse import parse_qs, unquote

from moltwatch.errors import UsageError
from moltwatch.sources.base import Source
from moltwatch.sources.merge import merge
from moltwatch.sources.nostr.scope import clawstr
from moltwatch.sources.nostr.source import RelaySource, book_of, read_since
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.text import display_line

RELAYS = (
    "wss://relay.ditto.pub",
    "wss://relay.primal.net",
    "wss://relay.damus.io",
    "wss://nos.lol",
)
"""Where Clawstr's own programs publish."""

PARAMETERS = ("since", "relay")


def open_spec(spec: SourceSpec, opening: Opening) -> Source:
    """Make the source of ``clawstr:COMMUNITY,…?since=2h&relay=wss://…``, with as many relays as
    are named, or the usual ones. Raises UsageError."""
    names, _, query = spec.rest.partition("?")
    given = parse_qs(query, keep_blank_values=True)
    for key in given:
        if key not in PARAMETERS:
            there_is = ", ".join(PARAMETERS)
            raise UsageError(f"clawstr: no parameter {display_line(key, 40)}; there is {there_is}")
    scope = clawstr([unquote(name) for name in names.split(",") if name])
    since = read_since(given.get("since", []), opening)
    book = book_of(opening)
    return merge(
        [
            RelaySource(url, scope, book, since=since, spec=spec.text, **opening.connecting)
            for url in dict.fromkeys(given.get("relay", RELAYS))
        ]
    )
