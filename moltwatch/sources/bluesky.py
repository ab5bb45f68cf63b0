"""Bluesky: Jetstream tells what is written, the AppView what is missing from that.

``jetstream:`` is everybody, ``jetstream:?dids=…`` some. Reading needs no account. A list file holds
the accounts of known AI agents, one DID a line.

A cursor is the time of an event in microseconds; a new connection asks for everything from a little
before the last one. A server that no longer has it begins later without a word, a cursor in its
future is dropped in the same way, and another server behind the same name has other times for the
same events. So times prove nothing: a gap is closed if the first event after it is one that came
before it, and stays open otherwise.

The public AppView tells anybody, without a key, what Jetstream leaves out: where a thread is
entered in the middle, its root and what is answered (``app.bsky.feed.getPosts``), and the profiles
of those who write (``app.bsky.actor.getProfiles``); within bounds.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
from msgspec import Struct

from moltwatch.bounded import LONGEST_ID
from moltwatch.dialects import fields
from moltwatch.dialects.bluesky import (
    POSTS,
    events_of,
    parts_of,
    read_post,
    read_profile,
    views_in,
)
from moltwatch.dialects.fields import AHEAD, Item, Origin, read_object
from moltwatch.errors import BadItem, UsageError
from moltwatch.model import AgentSeen, Event, Post
from moltwatch.sources.base import Status
from moltwatch.sources.live.addresses import host_name, is_loopback
from moltwatch.sources.live.feed import ArrivalFeed
from moltwatch.sources.live.thread_roots import Lookup, ThreadRoots
from moltwatch.sources.live.web import NoAnswer, Web
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.text import display_line
from moltwatch.times import LATEST, SECOND, Micros

APPVIEW = "public.api.bsky.app"
GET_POSTS = "/xrpc/app.bsky.feed.getPosts"
GET_PROFILES = "/xrpc/app.bsky.actor.getProfiles"

MOST_AT_ONCE = 25
"""Posts or accounts in one question, by the AppView's own limit."""

OVERLAP: Micros = 5 * SECOND
"""How much of what is known is asked for again: events do not come strictly in order."""


class Question(Struct, frozen=True, kw_only=True):
    """One request."""

    path: str
    params: tuple[tuple[str, str], ...]


class Missing:
    """What posts refer to and nobody has seen: roots of threads, what is answered, who writes."""

    def __init__(self, roots: ThreadRoots) -> None:
        self._roots = roots
        self._posts = Lookup(MOST_AT_ONCE)
        self._accounts = Lookup(MOST_AT_ONCE)
        self._turn = False
        """Accounts are next, if there is room for one question only."""

    def look(self, events: Sequence[Event]) -> None:
        """Take note of what these refer to."""
        posts = [event for event in events if isinstance(event, Post)]
        for post in posts:
            self._roots.see(post)
        for post in posts:
            self._accounts.want(post.author)
            for id in (post.parent, post.thread):
                if id and not self._known(id) and parts_of(id):
                    self._posts.want(id)

    def changed(self, account: str) -> None:
        """It calls itself otherwise now; of interest if it has written something."""
        if self._accounts.asked_for(account):
            self._accounts.renew(account)

    def ask(self, now: Micros) -> Question | None:
        """What to ask for now; None where nothing is missing, or too much was asked for."""
        lookups = [lookup for lookup in (self._posts, self._accounts) if lookup.waiting]
        if not lookups or not self._roots.may_ask(now):
            return None
        lookup = lookups[-1] if self._turn else lookups[0]
        self._turn = not self._turn
        names = lookup.next(self._known)
        if not names:
            return None
        path, name = (GET_POSTS, "uris") if lookup is self._posts else (GET_PROFILES, "actors")
        return Question(path=path, params=tuple((name, one) for one in names))

    def _known(self, id: str) -> bool:
        return self._roots.thread_of(id) is not None


class JetstreamFeed(ArrivalFeed):
    """One stream. ``dids``: the accounts to follow; none for all."""

    def __init__(self, status: Status, dids: Sequence[str] = ()) -> None:
        super().__init__(status)
        self.cursor: Micros | None = None
        """Time of the newest event received, as the server counts."""
        self._first: Micros | None = None
        """Time of the first: before it there is nothing that could be known again."""
        self._caught_up_at: Micros | None = None
        """What was missed has come again when the server's time has come to this; None where it
        has."""
        self._dids = dids
        self.looks_up = False
        """What is missing is asked for elsewhere; what is told here of accounts is not enough."""
        self.roots = ThreadRoots()
        self.missing = Missing(self.roots)

    @property
    def resume_at(self) -> Micros | None:
        """The cursor to ask for; None at the first time, and where the next event cannot be
        taken."""
        return None if self.cursor is None else max(self._first or 0, self.cursor - OVERLAP)

    def opening(self) -> Sequence[bytes]:
        """Accounts go in a frame: a thousand of them do not fit into an address."""
        if not self._dids:
            return ()
        wanted = {"wantedCollections": [POSTS], "wantedDids": list(self._dids)}
        return (msgspec.json.encode({"type": "options_update", "payload": wanted}),)

    def lost(self, reason: str, *, skip: bool = False) -> None:
        super().lost(reason)
        if skip:
            self.cursor = self._first = None

    def quiet(self, now: Micros) -> list[Event]:
        self._caught_up_at = None
        return super().quiet(now)

    def give_up(self, now: Micros) -> list[Event]:
        if self._caught_up_at is not None:
            self._past.not_kept("the watch ended before all that was missed had come")
        return super().give_up(now)

    def receive(self, data: bytes, now: Micros) -> list[Event]:
        self._heard()
        gap: list[Event] = []
        try:
            frame = read_object(data)
            gap = self._resume(frame, data, now)
            events = events_of(frame, Origin(source=self.source, now=now))
            if self.looks_up:
                # The whole profile is asked for, or this one would stand without what it says.
                for agent in [event for event in events if isinstance(event, AgentSeen)]:
                    events.remove(agent)
                    self.missing.changed(agent.name)
            events = self._deliver(events, now)
        except BadItem as error:
            self._reject(str(error))
            return gap
        self.missing.look(events)
        return gap + events

    def looked_up(self, question: Question, answer: object, now: Micros) -> list[Event]:
        """The events of what the AppView told."""
        events: list[Event] = []
        origin = Origin(source=self.source, now=now)
        for view in views_in(answer)[:MOST_AT_ONCE]:
            try:
                if question.path == GET_PROFILES:
                    events.append(read_profile(view, origin))
                    continue
                post = read_post(view, origin)
            except BadItem as error:
                self.rejects.add(str(error), "what was looked up")
                continue
            if self.roots.thread_of(post.id) is None:
                events.append(post)
                self.missing.look([post])
        return self._deliver(events, now)

    def _resume(self, frame: Item, data: bytes, now: Micros) -> list[Event]:
        """The gap of a broken connection, which the first event after it closes if it is one that
        came before."""
        at = fields.number(frame, "time_us")
        if at is None or not 0 < at < LATEST:
            raise BadItem("no time")
        known = self._past.repeated(_key(frame, data))
        if not known and self.cursor is not None:
            self._past.spoil(why="it does not begin where it was asked to")
        if gap := self._past.mend(now, recovered=known, promised=known):
            self._caught_up_at = now - OVERLAP if known else None
        elif self._caught_up_at is not None and at >= self._caught_up_at:
            self._caught_up_at = None
            self._past.kept()
        at = min(at, now + AHEAD)
        if self.cursor is None:
            self._first = at
        self.cursor = at if self.cursor is None else max(self.cursor, at)
        return gap


def _key(frame: Item, data: bytes) -> Hashable:
    """Tells an event from all others, on whatever server: its times are the server's."""
    commit = frame.get("commit")
    if isinstance(commit, dict):
        return tuple(
            str(one)[:LONGEST_ID]
            for one in (
                frame.get("did"),
                commit.get("collection"),
                commit.get("rkey"),
                commit.get("operation"),
                commit.get("rev"),
            )
        )
    return data


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
    if (unknown and not query) or query.keys() - set(spec.kind.parameters):
        raise UsageError(
            "jetstream: takes dids=DID,…, list=FILE, host=HOST and api=HOST, joined by &"
        )
    dids = [did for value in query.get("dids", ()) for did in value.split(",") if did]
    for name in query.get("list", ()):
        dids += read_list(Path(name))
    if "dids" in query or "list" in query:
        check_dids(dids)
    url = address(f"wss://{query.get('host', [HOST])[-1]}/subscribe")
    api = query.get("api", [None if is_loopback(url) else APPVIEW])[-1]
    return JetstreamSource(
        url,
        dids=list(dict.fromkeys(dids)),
        api=address(f"https://{api}") if api else None,
        spec=spec.text,
        **opening.connecting,
    )


def address(secure: str) -> str:
    """Where a host listens: without TLS on this machine, as it is written anywhere else."""
    host_name(secure, secure.partition(":")[0])
    return secure.replace("s://", "://", 1) if is_loopback(secure) else secure


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
