"""What Bluesky's Jetstream says, as events. No I/O and no clock.

A cursor is the time of an event in microseconds; a new connection asks for everything from a little
before the last one. A server that no longer has it begins later without a word: noticed by the last
event not coming again.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from moltwatch.errors import BadItem
from moltwatch.model import AgentSeen, Delete, Edit, Event, Post
from moltwatch.recording import dialect
from moltwatch.recording.dialect import Item
from moltwatch.recording.json_text import read_object
from moltwatch.sources.base import Status
from moltwatch.sources.bluesky.appview import (
    PROFILES,
    Missing,
    Question,
    read_profile,
    read_view,
    views_in,
)
from moltwatch.sources.live.continuity import AHEAD
from moltwatch.sources.live.roots import Roots
from moltwatch.sources.live.wall import WallFeed, honest
from moltwatch.times import LATEST, SECOND, Micros

POSTS = "app.bsky.feed.post"
OVERLAP: Micros = 5 * SECOND
"""How much of what is known is asked for again: events do not come strictly in order."""


class JetstreamFeed(WallFeed):
    """One stream. ``dids``: the accounts to follow; none for all."""

    def __init__(self, status: Status, dids: Sequence[str] = ()) -> None:
        super().__init__(status)
        self.cursor: Micros | None = None
        """Time of the newest event received, as the server counts."""
        self._dids = dids
        self.looks_up = False
        """What is missing is asked for elsewhere; what is told here of accounts is not enough."""
        self.roots = Roots()
        self.missing = Missing(self.roots)

    @property
    def resume_at(self) -> Micros | None:
        """The cursor to ask for; None at the first time, and where the next event cannot be
        taken."""
        return None if self.cursor is None else max(0, self.cursor - OVERLAP)

    def opening(self) -> Sequence[bytes]:
        """Accounts go in a frame: a thousand of them do not fit into an address."""
        if not self._dids:
            return ()
        wanted = {"wantedCollections": [POSTS], "wantedDids": list(self._dids)}
        return (msgspec.json.encode({"type": "options_update", "payload": wanted}),)

    def lost(self, reason: str, *, skip: bool = False) -> None:
        super().lost(reason)
        if skip:
            self.cursor = None

    def receive(self, data: bytes, now: Micros) -> list[Event]:
        self._heard()
        try:
            frame = read_object(data)
            gap = self._resume(frame, now)
            events = events_of(frame, self.source, now)
            if self.looks_up:
                # The whole profile is asked for, or this one would stand without what it says.
                for agent in [event for event in events if isinstance(event, AgentSeen)]:
                    events.remove(agent)
                    self.missing.changed(agent.name)
            events = self._deliver(events, now)
        except BadItem as error:
            self._reject(str(error))
            return []
        self.missing.look(events)
        return gap + events

    def looked_up(self, question: Question, answer: object, now: Micros) -> list[Event]:
        """The events of what the AppView told."""
        events: list[Event] = []
        for view in views_in(answer):
            try:
                if question.path == PROFILES:
                    events.append(read_profile(view, self.source, now))
                    continue
                found = read_view(view)
                post = _post(found.id, found.author, found.key, found.record, self.source, now)
            except BadItem as error:
                self.rejects.add(str(error), "what was looked up")
                continue
            if self.roots.thread_of(post.id) is None:
                events.append(post)
                self.missing.look([post])
        return self._deliver(events, now)

    def _resume(self, frame: Item, now: Micros) -> list[Event]:
        """The gap of a broken connection, which the first event after it closes if it is one that
        came before."""
        at = dialect.number(frame, "time_us")
        if at is None or not 0 < at < LATEST:
            raise BadItem("no time")
        at = min(at, now + AHEAD)
        gap = self._past.mend(now, recovered=self.cursor is not None and at <= self.cursor)
        self.cursor = at if self.cursor is None else max(self.cursor, at)
        return gap


def events_of(frame: Item, source: str, now: Micros) -> list[Event]:
    """The events of a frame; none for what is not about posts or names. Raises BadItem."""
    did = dialect.ident(frame, ("did",))
    if did is None:
        raise BadItem("no author")
    kind = frame.get("kind")
    if kind == "identity":
        handle = dialect.ident(_part(frame, "identity"), ("handle",))
        return [AgentSeen(name=did, seen_at=now, display=handle, source=source)] if handle else []
    if kind != "commit":
        return []
    commit = _part(frame, "commit")
    if commit.get("collection") != POSTS:
        return []
    key = dialect.ident(commit, ("rkey",))
    if key is None:
        raise BadItem("no id")
    id = f"at://{did}/{POSTS}/{key}"
    match commit.get("operation"):
        case "delete":
            return [Delete(id=id, seen_at=now, source=source)]
        case "update":
            text = dialect.text(_part(commit, "record"), ("text",)) or ""
            return [Edit(id=id, seen_at=now, text=text, source=source)]
        case "create":
            return [_post(id, did, key, _part(commit, "record"), source, now)]
    raise BadItem("an operation we do not know")


def _post(id: str, did: str, key: str, record: Item, source: str, now: Micros) -> Post:
    root, parent = _reference(record, "root"), _reference(record, "parent")
    root = root or parent
    is_root = root is None or root == id
    return Post(
        id=id,
        thread=id if root is None else root,
        parent=None if is_root else root if parent in (None, id) else parent,
        author=did,
        text=dialect.text(record, ("text",)) or "",
        created_at=honest(dialect.time(record, ("createdAt",)), now),
        seen_at=now,
        link=_link(record),
        url=f"https://bsky.app/profile/{did}/post/{key}",
        source=source,
    )


def _reference(record: Item, which: str) -> str | None:
    reply = record.get("reply")
    other = reply.get(which) if isinstance(reply, dict) else None
    return dialect.ident(other, ("uri",)) if isinstance(other, dict) else None


def _link(record: Item) -> str | None:
    """The page that a post's card shows."""
    embed = record.get("embed")
    card = embed.get("external") if isinstance(embed, dict) else None
    return dialect.ident(card, ("uri",)) if isinstance(card, dict) else None


def _part(item: Item, key: str) -> Item:
    value = item.get(key)
    if not isinstance(value, dict):
        raise BadItem(f"no {key}")
    return value
