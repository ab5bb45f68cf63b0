"""Mastodon, and what speaks its streaming API: ``mastodon+wss://HOST?stream=public``.

The stream has no memory: what was posted while a connection was down comes from the timeline over
REST, page by page back to what is known, and further. For ids are times of writing: a post that
another server sends late takes its place below newer ones, where ``since_id`` would not show it.
So late it may be and still be told in the stream: six hours (``REAL_TIME_WINDOW``). A gap counts as
closed only if the timeline was read back so far, and all that stood there before is known; what
was there when the watch began is therefore noted then.

Replies name only what they answer; for a thread entered in the middle the server is asked for what
came before, within bounds. :class:`MastodonFeed` says what is missing; :class:`Reading` how far a
timeline was read; :class:`MastodonSource` connects, and asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from msgspec import Struct

from moltwatch.bounded import LONGEST_ID, Bounded
from moltwatch.dialects import fields
from moltwatch.dialects.fields import Item, Origin
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
from moltwatch.model import Delete, Edit, Event, Post
from moltwatch.sources.base import Status
from moltwatch.sources.live.addresses import Key, host_name, need_privacy
from moltwatch.sources.live.failures import Bucket, Failure, Refused
from moltwatch.sources.live.feed import ArrivalFeed
from moltwatch.sources.live.thread_roots import ThreadRoots
from moltwatch.sources.live.web import NoAnswer, Web
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.times import HOUR, MINUTE, Micros

NOTHING = Frame("", None)

PAGE = 40
"""Statuses a page; the most a server gives."""

MOST_PAGES = 25
"""Pages of one reading, at most, until it reaches what is known."""

MOST_FURTHER = 10
"""Pages that are read from there on."""

MOST_RECENT = 1_000
"""Posts of the stream of which it is noticed that they are gone from the timeline."""

MOST_BEFORE = 2_000
"""Posts remembered that stood there when the watch began."""

WINDOW: Micros = 6 * HOUR
"""How late a post of another server may come and still be told in the stream."""

LOCAL_WINDOW: Micros = MINUTE
"""The same of the server's own, which are written and told at once."""

MOST_ON_PAGE = 400
"""Statuses taken of a page, however many a server gives."""

LATE_ONES = "posts that were sent late may be missing"


class Reading:
    """A timeline read back from now, the newest first. ``newest`` is the newest post that is known:
    the reading must reach it, and go on to what was written before ``floor``. ``newest`` None: only
    the latter."""

    def __init__(self, newest: str | None, floor: Micros) -> None:
        self.statuses: dict[str, Item] = {}
        """By id, in their order."""
        self.passed = newest is None
        """It reached what is known."""
        self.whole = False
        """It reached the floor as well, or the end of the timeline."""
        self.oldest: Micros | None = None
        """About when the last of it was written; None if it does not say."""
        self._newest = newest
        self._floor = floor
        self._left = MOST_PAGES if newest is not None else MOST_FURTHER

    def take(self, page: Sequence[object]) -> str | None:
        """A page of it came. The id to ask for the next one with, None if that is not to be."""
        self._left -= 1
        if not page:  # its end, unless what is known should have come before that
            self.whole = self.passed
            return None
        page = page[:MOST_ON_PAGE]
        found = {id: item for item in page if isinstance(item, dict) and (id := _id_of(item))}
        if found.keys() <= self.statuses.keys():
            return None  # the same again, or nothing that can be used
        self.statuses |= found
        last = min(found, key=_age_key)
        if not self.passed and _age_key(last) <= _age_key(self._newest or ""):
            self.passed, self._left = True, MOST_FURTHER
        times = [at for item in found.values() if (at := fields.time(item, ("created_at",)))]
        if times:  # some may be lies: the middle one is as old as is certain
            self.oldest = sorted(times)[(len(times) - 1) // 2]
        self.whole = self.passed and self.oldest is not None and self.oldest < self._floor
        return None if self.whole or self._left <= 0 else last


class MastodonFeed(ArrivalFeed):
    """What Mastodon's frames mean. ``hashtag``: the one watched, if one is; ``local``: only posts
    of the server itself come."""

    def __init__(self, status: Status, hashtag: str | None = None, *, local: bool = False) -> None:
        super().__init__(status)
        self.newest: str | None = None
        """Id of the newest post of the stream: where a gap begins."""
        self.roots = ThreadRoots()
        self._hashtag = hashtag
        self._window = LOCAL_WINDOW if local else WINDOW
        self._known_from: Micros | None = None
        """What was written since then and stood in the timeline is known; None before it was looked
        at."""
        self._before: Bounded[str, None] = Bounded(MOST_BEFORE)
        """Ids of what stood there when the watch began."""
        self._recent: Bounded[str, None] = Bounded(MOST_RECENT)
        """Ids of posts of the stream."""
        self._started = False
        """The stream has brought a post."""

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
            self._start(events)
            self._remember(events)
        elif frame.event == "delete":
            for event in events:
                if isinstance(event, Delete):
                    self._recent.pop(event.id, None)
        return self._deliver(events, now)

    def lost(self, reason: str, *, skip: bool = False) -> None:
        if not self._past.heard and not self._started:
            # What came while the timeline was looked at may have got lost: the watch begins anew.
            self._known_from = self.newest = None
            self._before.clear()
        super().lost(reason, skip=skip)

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

    @property
    def begins(self) -> bool:
        """What stands in the timeline is still to be noted."""
        return self._known_from is None

    def reading(self, now: Micros) -> Reading:
        """How far the timeline is to be read: to note what is there, or to close a gap."""
        if self.begins:
            return Reading(None, now - self._window)
        return Reading(self.newest, (self._past.reached or now) - self._window)

    def begin(self, reading: Reading, now: Micros) -> None:
        """Note what stands in the timeline as the watch begins: it is not missed later."""
        for id in reading.statuses:
            self._before[id] = None
        if self.newest is None:
            self.newest = max(reading.statuses, key=_age_key, default=None)
        if reading.whole:
            self._known_from = now - self._window
        else:
            self._known_from = now if reading.oldest is None else min(reading.oldest, now)

    def _start(self, events: Sequence[Event]) -> None:
        """The first post of the stream: what is newer was not there before, even if it stood in the
        timeline when that was looked at."""
        first = next((event.id for event in events if isinstance(event, Post)), None)
        if self._started or first is None:
            return
        self._started, self.newest = True, None
        for id in [id for id in self._before if _age_key(id) >= _age_key(first)]:
            del self._before[id]

    def gone(self, reading: Reading) -> list[str]:
        """Posts of the stream that are not where the timeline was read, the latest first; each is
        told of once."""
        if not reading.statuses:
            return []
        oldest = min(map(_age_key, reading.statuses))
        absent = [id for id in self._recent if _age_key(id) > oldest and id not in reading.statuses]
        for id in absent:
            del self._recent[id]
        return absent[::-1]

    def missed(
        self,
        reading: Reading,
        now: Micros,
        *,
        deleted: Sequence[str] = (),
        unsure: bool = False,
        note: str = "",
    ) -> list[Event]:
        """What a timeline gave back after a broken connection, oldest first. ``unsure``: more may
        have been deleted than these."""
        floor = (self._past.reached or now) - self._window
        if not reading.passed:
            self._past.spoil(why="not all of it could be read back")
        elif not reading.whole or (self._known_from or 0) > floor:
            self._past.spoil(why=LATE_ONES)
        elif unsure:
            self._past.spoil(why="deletions may be missing")
        events = self._given_back(reading, now)
        self._remember(events)
        gap = self._past.mend(now, recovered=True)
        events += [Delete(id=id, seen_at=now, source=self.source) for id in deleted]
        delivered = gap + self._deliver(events, now)
        # The stream may repeat what the timeline gave.
        self._past.turn()
        self.notice = note
        return delivered

    def _given_back(self, reading: Reading, now: Micros) -> list[Event]:
        """What is new of it: posts, and edits of those that were known."""
        new: list[object] = []
        edits: list[Event] = []
        broke, known_from = self._past.reached or now, self._known_from or 0
        for id, status in reversed(reading.statuses.items()):
            written = fields.time(status, ("created_at",))
            older = self.newest is not None and _age_key(id) <= _age_key(self.newest)
            if self._past.knows(id):
                edited = fields.time(status, ("edited_at",))
                if edited is not None and edited > broke - MINUTE:
                    edits += self._edit(status, now)
            elif id in self._before or (older and written is not None and written < known_from):
                continue  # it was there before the watch, or may have been
            else:
                new.append(status)
        return [*self._all(new, now), *edits]

    def _edit(self, status: Item, now: Micros) -> list[Event]:
        try:
            found = events_of(Frame("status.update", status), self._context(now), self._past.knows)
        except BadItem:
            return []  # it was counted when it was new
        return [event for event in found if isinstance(event, Edit)]

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

    def _remember(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Post) and len(event.id) <= LONGEST_ID:
                self._recent[event.id] = None
                if self.newest is None or _age_key(event.id) > _age_key(self.newest):
                    self.newest = event.id

    def _context(self, now: Micros) -> Context:
        origin = Origin(source=self.source, now=now)
        return Context(origin=origin, hashtag=self._hashtag, thread_of=self.roots.thread_of)


def _id_of(item: object) -> str | None:
    id = item.get("id") if isinstance(item, dict) else None
    return id if isinstance(id, str) and id and len(id) <= LONGEST_ID else None


def _age_key(id: str) -> tuple[int, str]:
    """Ids are numbers of any length, as texts: the longer, the newer."""
    return (len(id), id)


TOKEN = "MASTODON_ACCESS_TOKEN"
PATH = "/api/v1/streaming"

MOST_GONE = 20
"""Posts that are looked up because a timeline does not show them any more."""

PAGES = (75, 12.0)
"""Pages of timelines that may be asked for at once, and a minute: a connection that breaks all the
time must not make us a burden."""

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
    """A stream of one server. The key goes in a header, to those hosts of its address that may get
    it."""

    _feed: MastodonFeed

    def __init__(
        self,
        address: Address,
        *,
        spec: str | None = None,
        **options: Any,
    ) -> None:
        status = Status(name=host_name(address.api, "http", "https"))
        local = address.query["stream"].endswith(":local")
        feed = MastodonFeed(status, address.query.get("tag"), local=local)
        headers = _headers(address.url)
        super().__init__(
            address.url,
            status,
            feed,
            spec=spec,
            headers=headers,
            secret=bool(headers),
            key_hint=Key(TOKEN).hint(address.url),
            **options,
        )
        self._timeline = timeline_path(address.query)
        self._rest = Web(address.api, _headers(address.api), patience=REST_PATIENCE)
        self._pages = Bucket(*PAGES)

    async def close(self) -> None:
        await super().close()
        await self._rest.close()

    async def _catch_up(self) -> list[Event]:
        feed = self._feed
        if not feed.begins and not feed.broken:
            return []
        reading, note = feed.reading(self._clock.now()), ""
        try:
            await self._read(reading)
        except NoAnswer as error:
            note = f"what was missed could not be fetched: {error}"
        if feed.begins:
            feed.begin(reading, self._clock.now())
            return []
        absent = feed.gone(reading)
        told = await self._gone(absent)
        deleted = [id for id, is_gone in told.items() if is_gone]
        unsure = len(told) < len(absent)
        return feed.missed(reading, self._clock.now(), deleted=deleted, unsure=unsure, note=note)

    async def _read(self, reading: Reading) -> None:
        """Read the timeline back as far as it goes and may be asked for."""
        path, params = self._timeline
        asked = {**params, "limit": str(PAGE)}
        while self._pages.fill(self._clock.now()) >= 1:
            self._pages.spend(self._clock.now())
            page = await self._rest.get_json(path, list(asked.items()))
            if not isinstance(page, list):
                raise NoAnswer(Failure(reason="the answer is not a list"))
            if (before := reading.take(page)) is None:
                break
            asked["max_id"] = before

    async def _gone(self, ids: Sequence[str]) -> dict[str, bool]:
        """Whether these were deleted, as far as that can be asked; a timeline may leave out others
        as well."""
        told: dict[str, bool] = {}
        for id in ids[:MOST_GONE]:
            if self._pages.fill(self._clock.now()) < 1:
                break
            self._pages.spend(self._clock.now())
            try:
                await self._rest.get_json(f"/api/v1/statuses/{quote(id, safe='')}")
            except NoAnswer as error:
                if error.status not in (404, 410):
                    break
                told[id] = True
            else:
                told[id] = False
        return told

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
    address = stream_address(spec.text.partition("+")[2])
    return MastodonSource(address, spec=spec.text, **opening.connecting)


def _headers(url: str) -> dict[str, str]:
    """What goes with each request to ``url``."""
    token = Key(TOKEN).sent_to(url)
    return {"Authorization": f"Bearer {token}"} if token else {}


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
