"""Mastodon, and what speaks its streaming API: ``mastodon+wss://HOST?stream=public``.

The stream has no memory: what was posted while a connection was down comes from the timeline over
REST (``since_id``), page by page until it meets what is known. Replies name only what they answer;
for a thread entered in the middle the server is asked for what came before, within bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from moltwatch.model import Event
from moltwatch.sources.base import Status
from moltwatch.sources.live.addresses import hint, host_name, read_key
from moltwatch.sources.live.failures import Failure
from moltwatch.sources.live.web import NoAnswer, Web
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.sources.mastodon.address import TOKEN, Address, stream_address, timeline_path
from moltwatch.sources.mastodon.feed import MastodonFeed
from moltwatch.sources.registry import Opening, SourceSpec

PAGE = 40
"""Statuses a page; the most a server gives."""

MOST_PAGES = 25
"""Pages of one gap; a longer one stays open at its beginning."""

REST_PATIENCE = 8.0
"""Seconds an answer may take; the stream waits meanwhile."""


class MastodonSource(WebsocketSource):
    """A stream of one server. ``token`` goes in a header, to the hosts of its address alone."""

    _feed: MastodonFeed

    def __init__(
        self,
        address: Address,
        *,
        token: str | None = None,
        spec: str | None = None,
        **options: Any,
    ) -> None:
        status = Status(name=host_name(address.api, "http", "https"))
        feed = MastodonFeed(status, hashtag=address.query.get("tag"))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        super().__init__(
            address.url,
            status,
            feed,
            spec=spec,
            headers=headers,
            secret=bool(token),
            key_hint=hint(TOKEN),
            **options,
        )
        self._timeline = timeline_path(address.query)
        self._rest = Web(address.api, headers, patience=REST_PATIENCE)

    async def close(self) -> None:
        await super().close()
        await self._rest.close()

    async def _catch_up(self) -> list[Event]:
        newest = self._feed.newest
        if not self._feed.broken or newest is None:
            return []
        missed: list[object] = []
        complete, note, before = False, "", None
        try:
            for _ in range(MOST_PAGES):
                page = await self._page(newest, before)
                missed += page
                if not page or (before := _oldest(page)) is None:
                    complete = not page
                    break
        except NoAnswer as error:
            note = f"what was missed could not be fetched: {error}"
        missed.reverse()
        return self._feed.missed(missed, self._clock.now(), complete=complete, note=note)

    async def _page(self, since: str, before: str | None) -> list[object]:
        path, params = self._timeline
        params = {**params, "since_id": since, "limit": str(PAGE)}
        if before is not None:
            params["max_id"] = before
        page = await self._rest.get_json(path, list(params.items()))
        if not isinstance(page, list):
            raise NoAnswer(Failure(reason="the answer is not a list"))
        return page

    async def _receive(self, frame: bytes) -> list[Event]:
        read = self._feed.read(frame)
        now = self._clock.now()
        events: list[Event] = []
        if (entered := self._feed.entered(read, now)) is not None:
            events += self._feed.before(await self._ancestors(entered), now)
        return events + self._feed.take(read, self._clock.now())

    async def _ancestors(self, id: str) -> list[object]:
        """What came before a reply; nothing where the server does not tell."""
        path = f"/api/v1/statuses/{quote(id, safe='')}/context"
        try:
            context = await self._rest.get_json(path)
        except NoAnswer as error:
            # The thread stands under a placeholder; what is not there is no trouble.
            if error.status != 404:
                self._feed.roots.failed(error.failure, self._clock.now())
            return []
        self._feed.roots.answered()
        found = context.get("ancestors") if isinstance(context, dict) else None
        return found if isinstance(found, list) else []


def open_spec(spec: SourceSpec, opening: Opening) -> MastodonSource:
    """Make the source of ``mastodon+wss://HOST?stream=…``."""
    return MastodonSource(
        stream_address(spec.text.partition("+")[2]),
        token=read_key(TOKEN),
        spec=spec.text,
        **opening.connecting,
    )


def _oldest(page: Sequence[object]) -> str | None:
    """Id of the oldest of a page, which is the last."""
    last = page[-1]
    id = last.get("id") if isinstance(last, dict) else None
    return id if isinstance(id, str) else None
