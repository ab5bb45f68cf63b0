"""Bluesky, as Jetstream relays it: ``jetstream:``, everybody, or ``jetstream:?dids=…``.

Reading needs no account. A list file holds the accounts of known AI agents, one DID a line. Where a
thread is entered in the middle, its root and what is answered are asked of the public AppView, and
so are the profiles of those who write; within bounds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from moltwatch.dialects.bluesky import POSTS
from moltwatch.errors import UsageError
from moltwatch.model import Event
from moltwatch.sources.base import Status
from moltwatch.sources.bluesky.feed import APPVIEW, JetstreamFeed, Question
from moltwatch.sources.live.addresses import host_name, is_loopback
from moltwatch.sources.live.web import NoAnswer, Web
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.text import display_line

HOST = "jetstream2.us-east.bsky.network"
MOST_DIDS = 10_000
"""Accounts the server follows at most."""

API_PATIENCE = 5.0
"""Seconds an answer of the AppView may take; the stream waits meanwhile."""

_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,200}")


class JetstreamSource(WebsocketSource):
    """One Jetstream server. ``dids``: the accounts to follow; none for all. ``api``: address of the
    AppView, None to leave threads as they are met."""

    _feed: JetstreamFeed

    def __init__(
        self, url: str, *, dids: Sequence[str] = (), api: str | None = None, **options: Any
    ) -> None:
        status = Status(name="bluesky" if HOST in url else host_name(url, "ws", "wss"))
        self._waits_for_hello = bool(dids)
        self._api = Web(api, patience=API_PATIENCE) if api is not None else None
        super().__init__(url, status, JetstreamFeed(status, dids), **options)
        self._feed.looks_up = self._api is not None

    async def close(self) -> None:
        await super().close()
        if self._api is not None:
            await self._api.close()

    def _address(self) -> str:
        query = {"wantedCollections": POSTS}
        if self._waits_for_hello:
            query["requireHello"] = "true"
        if (cursor := self._feed.resume_at) is not None:
            query["cursor"] = str(cursor)
        return f"{self.url}?{urlencode(query)}"

    async def _receive(self, frame: bytes) -> list[Event]:
        events = self._feed.receive(frame, self._clock.now())
        if self._api is not None and (question := self._feed.missing.ask(self._clock.now())):
            return await self._look_up(self._api, question) + events
        return events

    async def _look_up(self, api: Web, question: Question) -> list[Event]:
        """Posts and profiles; posts that are not to be had stay under a placeholder."""
        try:
            answer = await api.get_json(question.path, question.params)
        except NoAnswer as error:
            self._feed.roots.failed(error.failure, self._clock.now())
            return []
        self._feed.roots.answered()
        return self._feed.looked_up(question, answer, self._clock.now())


def open_spec(spec: SourceSpec, opening: Opening) -> JetstreamSource:
    """Make the source of ``jetstream:?dids=…&list=FILE&host=HOST&api=HOST``.

    A Jetstream on this machine asks no AppView but one that is named: what is tried out here is
    nobody else's business. An empty ``api=`` asks none either.
    """
    unknown = spec.rest.removeprefix("?")
    query = parse_qs(unknown, keep_blank_values=True)
    if (unknown and not query) or (query.keys() - {"dids", "list", "host", "api"}):
        raise UsageError(
            "jetstream: takes dids=DID,…, list=FILE, host=HOST and api=HOST, joined by &"
        )
    dids = [did for value in query.get("dids", ()) for did in value.split(",") if did]
    for name in query.get("list", ()):
        dids += read_list(Path(name))
    if "dids" in query or "list" in query:
        check_dids(dids)
    url = address(query.get("host", [HOST])[-1])
    api = query.get("api", [None if is_loopback(url) else APPVIEW])[-1]
    return JetstreamSource(
        url,
        dids=list(dict.fromkeys(dids)),
        api=api_address(api) if api else None,
        spec=spec.text,
        **opening.connecting,
    )


def address(host: str) -> str:
    """Where a host listens: without TLS on this machine, with it anywhere else."""
    secure = f"wss://{host}/subscribe"
    host_name(secure, "wss")
    return f"ws://{host}/subscribe" if is_loopback(secure) else secure


def api_address(host: str) -> str:
    """The same for an AppView."""
    secure = f"https://{host}"
    host_name(secure, "https")
    return f"http://{host}" if is_loopback(secure) else secure


def read_list(path: Path) -> list[str]:
    """Accounts in a file, one a line; ``#`` begins a comment. Raises UsageError."""
    try:
        lines = path.expanduser().read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise UsageError(f"{path}: {reason}") from None
    return [did for line in lines if (did := line.partition("#")[0].strip())]


def check_dids(dids: Sequence[str]) -> None:
    """Raise UsageError for what is not an account, or too many."""
    if not dids:
        raise UsageError("no accounts to follow; a DID looks like did:plc:…")
    for did in dids:
        if not _DID.fullmatch(did):
            raise UsageError(
                f"not a DID: {display_line(did, 80)} (a handle's DID is at "
                "https://HANDLE/.well-known/atproto-did or in its profile)"
            )
    if len(dids) > MOST_DIDS:
        raise UsageError(f"{len(dids):,} accounts; Jetstream follows {MOST_DIDS:,} at most")
