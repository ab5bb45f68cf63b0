"""Mastodon, and what speaks its streaming API: ``mastodon+wss://HOST?stream=public``.

The stream has no memory: what was posted while a connection was down comes from the timeline over
REST (``since_id``), page by page until it meets what is known. Replies name only what they answer;
for a thread entered in the middle the server is asked for what came before, within bounds.
:class:`MastodonFeed` says what is missing; :class:`MastodonSource` connects, and asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from msgspec import Struct

from moltwatch.dialects.fields import Origin
from moltwatch.dialects.mastodon import (
    EDITS,
    Context,
    Frame,
    Trouble,
    events_of,
    events_of_status,
    read_frame,
)
from moltwatch.errors import BadItem, UsageError
from moltwatch.model import Event, Post
from moltwatch.sources.base import Status
from moltwatch.sources.live.addresses import hint, host_name, need_privacy, read_key
from moltwatch.sources.live.failures import Failure, Refused
from moltwatch.sources.live.feed import ArrivalFeed
from moltwatch.sources.live.thread_roots import ThreadRoots
from moltwatch.sources.live.web import NoAnswer, Web
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.times import Micros

NOTHING = Frame("", None)


class MastodonFeed(ArrivalFeed):
    """What Mastodon's frames mean. ``hashtag``: the one watched, if one is."""

    def __init__(self, status: Status, hashtag: str | None = None) -> None:
        super().__init__(status)
        self.newest: str | None = None
        """Id of the newest post of the stream: where a gap begins."""
        self.roots = ThreadRoots()
        self._hashtag = hashtag

    def receive(self, data: bytes, now: Micros) -> list[Event]:
        return self.take(self.read(data), now)

    def read(self, data: bytes) -> Frame:
        """A frame; an empty one for what is unusable. Raises Refused where the server will not
        serve us."""
        self._heard()
        try:
            frame = read_frame(data)
        except BadItem as error:
            self._reject(str(error))
            return NOTHING
        if isinstance(frame, Trouble):
            if 400 <= frame.status < 500:
                raise Refused(f"it refuses us: {frame.words}")
            self.notice = frame.words
            self._reject("the server reported an error")
            return NOTHING
        return frame

    def take(self, frame: Frame, now: Micros) -> list[Event]:
        """The events of a frame."""
        try:
            events = events_of(frame, self._context(now), self._past.knows)
        except BadItem as error:
            self._reject(str(error))
            return self._deliver((), now)
        if frame.event == "update":
            self._remember_newest(events)
        return self._deliver(events, now)

    def entered(self, frame: Frame, now: Micros) -> str | None:
        """Id of a reply that enters a thread in the middle, if we may ask what came before it."""
        if frame.event not in {"update", *EDITS}:
            return None
        try:
            post = events_of_status(frame.payload, self._context(now))[-1]
        except BadItem:
            return None  # counted when the frame is taken
        assert isinstance(post, Post)
        if post.parent is None or self.roots.thread_of(post.parent) is not None:
            return None
        return post.id if self.roots.may_ask_for(post.parent, now) else None

    def before(self, statuses: Sequence[object], now: Micros) -> list[Event]:
        """What came before a reply, from the root on."""
        return self._deliver(self._all(statuses, now), now)

    def missed(
        self, statuses: Sequence[object], now: Micros, *, complete: bool, note: str = ""
    ) -> list[Event]:
        """What a timeline gave back after a broken connection, oldest first."""
        if not complete:
            self._past.spoil()
        events = self._all(statuses, now)
        self._remember_newest(events)
        gap = self._past.mend(now, recovered=complete)
        delivered = gap + self._deliver(events, now)
        # The stream may repeat what the timeline gave.
        self._past.turn()
        self.notice = note
        return delivered

    @property
    def broken(self) -> bool:
        """Something may have been missed."""
        return self._past.broken

    def _all(self, statuses: Sequence[object], now: Micros) -> list[Event]:
        events: list[Event] = []
        for status in statuses:
            try:
                found = events_of_status(status, self._context(now))
            except BadItem as error:
                self._reject(str(error))
                continue
            # One by one: what follows may answer it.
            self._see(found)
            events += found
        return events

    def _deliver(self, events: Sequence[Event], now: Micros) -> list[Event]:
        self._see(events)
        return super()._deliver(events, now)

    def _see(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Post):
                self.roots.see(event)

    def _remember_newest(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Post) and (
                self.newest is None or _age_key(event.id) > _age_key(self.newest)
            ):
                self.newest = event.id

    def _context(self, now: Micros) -> Context:
        origin = Origin(source=self.source, now=now)
        return Context(origin=origin, hashtag=self._hashtag, thread_of=self.roots.thread_of)


def _age_key(id: str) -> tuple[int, str]:
    """Ids are numbers of any length, as texts: the longer, the newer."""
    return (len(id), id)


TOKEN = "MASTODON_ACCESS_TOKEN"
PATH = "/api/v1/streaming"

PAGE = 40
"""Statuses a page; the most a server gives."""

MOST_PAGES = 25
"""Pages of one gap; a longer one stays open at its beginning."""

REST_PATIENCE = 8.0
"""Seconds an answer may take; the stream waits meanwhile."""


class Address(Struct, frozen=True, kw_only=True):
    """Where a stream is, and what belongs to it."""

    url: str
    """To connect to."""
    query: dict[str, str]
    """Parameters of the stream."""
    api: str
    """Where REST is: some servers stream from a host of its own."""


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
            key_hint=hint(TOKEN, sent=bool(token)),
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


def stream_address(text: str) -> Address:
    """Understand what follows ``mastodon+``. Raises UsageError if it is no address.

    ``api=HOST`` names the host of REST where that is another.
    """
    host_name(text, "ws", "wss")
    need_privacy(text)
    parts = urlsplit(text)
    if parts.username or parts.password:
        raise UsageError(f"no passwords in a SOURCE: set {TOKEN}")
    query = dict(parse_qsl(parts.query))
    if "access_token" in query:
        raise UsageError(f"no keys in a SOURCE: set {TOKEN}")
    query.setdefault("stream", "hashtag" if "tag" in query else "public")
    timeline_path(query)
    api_host = query.pop("api", parts.netloc)
    scheme = "https" if parts.scheme == "wss" else "http"
    api = urlunsplit((scheme, api_host, "", "", ""))
    host_name(api, scheme)
    need_privacy(api)
    path = parts.path if parts.path.strip("/") else PATH
    url = urlunsplit((parts.scheme, parts.netloc, path, urlencode(query), ""))
    return Address(url=url, query=query, api=api)


def timeline_path(query: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Where REST has what a stream shows: a path and its parameters. Raises UsageError for streams
    there are none of."""
    stream, _, part = query["stream"].partition(":")
    params = {"local": {"local": "true"}, "remote": {"remote": "true"}, "": {}}.get(part)
    if stream == "public" and params is not None:
        return "/api/v1/timelines/public", params
    if stream == "hashtag" and part in ("", "local") and params is not None:
        if not query.get("tag"):
            raise UsageError("which hashtag? Add &tag=NAME")
        return f"/api/v1/timelines/tag/{quote(query['tag'], safe='')}", params
    raise UsageError("stream must be public, public:local, public:remote, hashtag or hashtag:local")
