"""A forum over a websocket, as `moltwatch serve` speaks it, or simpler.

:class:`~.follower.Follower` knows what its frames mean; everything else is what all
websockets have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from moltwatch.sources.base import Status
from moltwatch.sources.forum.follower import Follower
from moltwatch.sources.forum.protocol import LARGEST_FRAME
from moltwatch.sources.live.addresses import host_name
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.sources.registry import Opening, SourceSpec


class ForumSource(WebsocketSource):
    """A forum websocket. ``communities``: those wanted; None for all."""

    def __init__(
        self, url: str, *, communities: Sequence[str] | None = None, **options: Any
    ) -> None:
        status = Status(name=host_name(url, "ws", "wss"))
        follower = Follower(status.name, communities=communities, rejects=status.rejects)
        super().__init__(url, status, follower, **{"largest": LARGEST_FRAME} | options)


def open_spec(spec: SourceSpec, opening: Opening) -> ForumSource:
    """Make the source of a ``ws:`` or ``wss:`` address; what follows a ``#`` are communities, for
    which a websocket address has no other use."""
    url, _, names = spec.text.partition("#")
    communities = [unquote(name) for name in names.split(",") if name]
    return ForumSource(url, communities=communities or None, **opening.connecting)
