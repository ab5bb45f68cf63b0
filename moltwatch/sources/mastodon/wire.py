"""What a Mastodon server says, as events. Pure; nothing here raises but BadItem.

Frames of the streaming API are ``{"stream": [...], "event": "update", "payload": "{…}"}``, where
the payload is JSON within JSON, or a bare id for ``delete``. Statuses are the same over REST.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from moltwatch.errors import BadItem
from moltwatch.model import AgentSeen, Delete, Edit, Event, Post
from moltwatch.recording import dialect
from moltwatch.recording.dialect import Item
from moltwatch.recording.json_text import read_json, read_object
from moltwatch.sources.live.wall import honest
from moltwatch.sources.mastodon.html_text import html_to_text
from moltwatch.text import display_line
from moltwatch.times import Micros

EDITS = frozenset({"status.update", "status_update"})
"""Mastodon writes the former, some other servers the latter."""


class Context(Struct, frozen=True, kw_only=True):
    """What one needs to know to understand a status."""

    source: str
    now: Micros
    hashtag: str | None = None
    """The one that is watched."""
    thread_of: Callable[[str], str | None]
    """The thread of a post seen before."""


class Frame(Struct, frozen=True):
    """One frame of the streaming API."""

    event: str
    payload: Any


class Trouble(Struct, frozen=True):
    """The server complains."""

    words: str
    status: int


def read_frame(data: bytes) -> Frame | Trouble:
    """Understand a frame. Raises BadItem if there is none in it."""
    value = read_object(data)
    if "error" in value:
        words = display_line(str(value["error"]), 200)
        return Trouble(words, dialect.number(value, "status") or 0)
    event, payload = value.get("event"), value.get("payload")
    if not isinstance(event, str):
        raise BadItem("a frame without an event")
    if isinstance(payload, str) and event != "delete":
        try:
            payload = read_json(payload.encode("utf-8", "surrogatepass"))
        except ValueError:
            raise BadItem("not JSON") from None
    return Frame(event, payload)


def events_of(frame: Frame, context: Context, known: Callable[[str], bool]) -> list[Event]:
    """The events of a frame; none for what is not about posts. ``known`` tells whether a post has
    been delivered, so that an edit of another is its first appearance. Raises BadItem."""
    if frame.event == "delete":
        id = dialect.ident({"id": frame.payload}, ("id",))
        if id is None:
            raise BadItem("no id")
        return [Delete(id=id, seen_at=context.now, source=context.source)]
    if frame.event != "update" and frame.event not in EDITS:
        return []
    events = events_of_status(frame.payload, context)
    post = events[-1]
    assert isinstance(post, Post)
    if frame.event in EDITS and known(post.id):
        edit = Edit(
            id=post.id,
            seen_at=post.seen_at,
            title=post.title,
            text=post.text,
            source=post.source,
        )
        return [*events[:-1], edit]
    return events


def events_of_status(status: object, context: Context) -> list[Event]:
    """A post, after the profile of its author. Raises BadItem if it is unusable."""
    if not isinstance(status, dict):
        raise BadItem("not an object")
    if status.get("reblog") is not None:
        raise BadItem("a boost, not a post")
    id, account = dialect.ident(status, ("id",)), status.get("account")
    if id is None:
        raise BadItem("no id")
    name = dialect.ident(account, ("acct", "username")) if isinstance(account, dict) else None
    if name is None:
        raise BadItem("no author")
    assert isinstance(account, dict)
    parent = dialect.ident(status, ("in_reply_to_id",))
    parent = None if parent == id else parent
    post = Post(
        id=id,
        thread=id if parent is None else context.thread_of(parent) or parent,
        parent=parent,
        author=name,
        community=_community(status, context.hashtag),
        title=_text(status, "spoiler_text"),
        text=_text(status, "content", "text") or "",
        created_at=honest(dialect.time(status, ("created_at",)), context.now),
        seen_at=context.now,
        link=_link(status),
        url=dialect.text(status, ("url", "uri")),
        score=dialect.number(status, "favourites_count"),
        source=context.source,
    )
    return [_agent(name, account, context), post]


def _agent(name: str, account: Item, context: Context) -> AgentSeen:
    display = _text(account, "display_name")
    return AgentSeen(
        name=name,
        seen_at=context.now,
        display=display if display != name else None,
        bio=_text(account, "note"),
        created_at=dialect.time(account, ("created_at",)),
        followers=dialect.number(account, "followers_count"),
        following=dialect.number(account, "following_count"),
        source=context.source,
    )


def _community(status: Item, hashtag: str | None) -> str | None:
    """The hashtag that is watched, or else the first of the post."""
    if hashtag is not None:
        return hashtag
    tags = status.get("tags")
    if isinstance(tags, list) and tags and isinstance(tags[0], dict):
        name = dialect.ident(tags[0], ("name",))
        return name.lower() if name else None
    return None


def _link(status: Item) -> str | None:
    card = status.get("card")
    return dialect.ident(card, ("url",)) if isinstance(card, dict) else None


def _text(item: Item, *keys: str) -> str | None:
    value = dialect.text(item, keys)
    return html_to_text(value) or None if value else None
