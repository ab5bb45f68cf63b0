"""What sources there are: one entry each, and everything else (grammar, help, list) reads it here.

A new source is a file or a folder beside this one with an opener, and an entry below. Openers are
named, not imported, so that reading a recording does not load the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from msgspec import Struct, field

from moltwatch.sources.base import Clock, Source, SystemClock
from moltwatch.times import Micros

FAST = float("inf")
"""Speed of a recording that is read without waiting."""


class SourceKind(Struct, frozen=True, kw_only=True):
    """One sort of source."""

    name: str
    schemes: tuple[str, ...] = ()
    """What stands before the colon of its SOURCE; none for a recording and for standard input."""
    summary: str
    """What it is, in one line."""
    examples: tuple[str, ...]
    key: str = ""
    """The key or account it needs, in words; empty if none."""
    parameters: tuple[str, ...] = ()
    """What may stand behind the question mark of its SOURCE; what else stands there is for the
    server, and may be a secret."""
    past: bool = False
    """It can be told how far back to begin."""
    opener: str
    """``module:function``, called with a :class:`SourceSpec` and an :class:`Opening`."""

    def open(self, spec: SourceSpec, opening: Opening) -> Source:
        """Make the source; nothing is connected before its batches are asked for."""
        module, _, function = self.opener.partition(":")
        opener: Callable[[SourceSpec, Opening], Source] = getattr(import_module(module), function)
        return opener(spec, opening)


class SourceSpec(Struct, frozen=True, kw_only=True):
    """A SOURCE, understood."""

    text: str
    """As the user wrote it."""
    kind: SourceKind
    scheme: str = ""
    """In lower case; empty for a recording and for standard input."""
    rest: str = ""
    """What stands behind the colon; the path of a recording."""


class Opening(Struct, frozen=True, kw_only=True):
    """How a source is to be opened. Each source takes from it what concerns it."""

    clock: Clock = field(default_factory=SystemClock)
    speed: float = 1.0
    """Of replays and simulations: stream seconds per second, or :data:`FAST`."""
    start: Micros | None = None
    """Of replays: rush through everything before."""
    max_idle: float | None = None
    """Of replays: the longest single wait, in seconds."""
    tries: int | None = 4
    """Of connections: how often the first is tried; None: for ever."""
    since: Micros | None = None
    """Of live sources with a past: how far back to begin, unless the SOURCE says so itself."""
    shared: dict[str, object] = {}
    """What sources of one sort that are opened together have in common, by its name."""

    @property
    def connecting(self) -> dict[str, Any]:
        """What it says of connections: options of a live source."""
        return {"clock": self.clock, "tries": self.tries}


RECORDING = SourceKind(
    name="recording",
    summary="a recorded session or an archive, played by its own times",
    examples=("night.molt", "session.jsonl.zst"),
    opener="moltwatch.sources.replay:open_spec",
)
STDIN = SourceKind(
    name="stdin",
    summary="lines on standard input: recording lines or posts as an API gives them",
    examples=("-",),
    opener="moltwatch.sources.stdin:open_spec",
)

KINDS: tuple[SourceKind, ...] = (
    RECORDING,
    STDIN,
    SourceKind(
        name="forum",
        schemes=("ws", "wss"),
        summary="a forum websocket, as `moltwatch serve` speaks it; #names choose communities",
        examples=("ws://127.0.0.1:8765", "wss://forum.example/stream#general,philosophy"),
        opener="moltwatch.sources.forum.source:open_spec",
    ),
    SourceKind(
        name="moltbook",
        schemes=("moltbook", "moltbook+http", "moltbook+https"),
        summary="Moltbook, by polling; a submolt, or another server (with #SUBMOLT) may be named",
        examples=("moltbook:", "moltbook:philosophy", "moltbook+http://127.0.0.1:3000/api/v1"),
        key="MOLTBOOK_API_KEY or ~/.config/moltbook/credentials.json, unless reading is open",
        opener="moltwatch.sources.moltbook.source:open_spec",
    ),
    SourceKind(
        name="clawstr",
        schemes=("clawstr",),
        summary="Clawstr, live from several relays; communities, a past and relays may be chosen",
        examples=("clawstr:", "clawstr:ai-freedom,agent-economy?since=2h"),
        past=True,
        parameters=("since", "relay"),
        opener="moltwatch.sources.nostr.source:open_clawstr",
    ),
    SourceKind(
        name="nostr",
        schemes=("nostr+wss", "nostr+ws"),
        summary="all notes and comments of a Nostr relay; #names choose hashtags",
        examples=("nostr+wss://relay.example?since=10m", "nostr+wss://relay.example#ai,agents"),
        past=True,
        parameters=("since",),
        opener="moltwatch.sources.nostr.source:open_spec",
    ),
    SourceKind(
        name="mastodon",
        schemes=("mastodon+wss", "mastodon+ws"),
        summary="the stream of a Mastodon server: all public posts, or a hashtag",
        examples=(
            "mastodon+wss://mastodon.example",
            "mastodon+wss://mastodon.example?tag=aiagents",
        ),
        key="MASTODON_ACCESS_TOKEN, for most servers",
        parameters=("stream", "tag", "api"),
        opener="moltwatch.sources.mastodon:open_spec",
    ),
    SourceKind(
        name="jetstream",
        schemes=("jetstream",),
        summary="Bluesky's posts, of everybody or of the accounts that are named or listed",
        examples=("jetstream:", "jetstream:?dids=did:plc:…", "jetstream:?list=agents.txt"),
        parameters=("dids", "list", "host", "api"),
        opener="moltwatch.sources.bluesky:open_spec",
    ),
    SourceKind(
        name="sse",
        schemes=("sse+https", "sse+http"),
        summary="server-sent events, read by a mapping: a file of yours, agentfeed or chatr",
        examples=(
            "sse+https://chatr.ai/api/stream?map=chatr",
            "sse+https://forum.example/events?map=mine.toml",
        ),
        key="what the mapping names: AGENTFEED_KEY for agentfeed",
        parameters=("map",),
        opener="moltwatch.sources.mapped.source:open_sse",
    ),
    SourceKind(
        name="json",
        schemes=("json+wss", "json+ws"),
        summary="any websocket of JSON frames, read by a mapping: a file of yours, or openclaw",
        examples=(
            "json+ws://127.0.0.1:18789?map=openclaw",
            "json+wss://forum.example/live?map=mine.toml",
        ),
        key="what the mapping names: OPENCLAW_GATEWAY_TOKEN for openclaw",
        parameters=("map",),
        opener="moltwatch.sources.mapped.source:open_websocket",
    ),
    SourceKind(
        name="sim",
        schemes=("sim",),
        summary="a simulated forum, live and without end; a seed fixes what is said",
        examples=("sim:", "sim:?agents=200&rate=20&seed=7&campaigns=clones,ring"),
        parameters=("agents", "rate", "seed", "campaigns", "hours", "speed"),
        opener="moltwatch.sources.sim:open_spec",
    ),
)


def by_scheme() -> Iterator[tuple[str, SourceKind]]:
    """Every scheme with its kind."""
    for kind in KINDS:
        for scheme in kind.schemes:
            yield scheme, kind
