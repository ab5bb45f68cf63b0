"""Bluesky's AppView: posts by their address, for threads that are entered in the middle. Pure.

Jetstream tells of a reply only where its thread begins; the public AppView has the words, for
anybody and without a key: ``app.bsky.feed.getPosts``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from moltwatch.errors import BadItem
from moltwatch.model import Event, Post
from moltwatch.recording import dialect
from moltwatch.sources.lookup import Lookup
from moltwatch.sources.roots import Roots
from moltwatch.times import Micros

HOST = "public.api.bsky.app"
PATH = "/xrpc/app.bsky.feed.getPosts"

MOST_AT_ONCE = 25
"""Posts in one question, by the AppView's own limit."""

_ADDRESS = re.compile(
    r"at://(did:[a-z]+:[A-Za-z0-9._:%-]{1,200})/app\.bsky\.feed\.post/([\w.~:-]{1,100})", re.ASCII
)


class Missing:
    """What replies refer to and nobody has seen: roots of threads, and what is answered."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._posts = Lookup(MOST_AT_ONCE)

    def look(self, events: Sequence[Event]) -> None:
        """Take note of what these refer to."""
        posts = [event for event in events if isinstance(event, Post)]
        for post in posts:
            self._roots.see(post)
        for post in posts:
            for id in (post.parent, post.thread):
                if id and not self._known(id) and parts_of(id):
                    self._posts.want(id)

    def ask(self, now: Micros) -> list[str]:
        """The addresses to ask for now; none where none are missing, or too many were asked for."""
        if not self._posts.waiting or not self._roots.may_ask(now):
            return []
        return self._posts.next(self._known)

    def _known(self, id: str) -> bool:
        return self._roots.thread_of(id) is not None


def parts_of(id: str) -> tuple[str, str] | None:
    """Author and key of a post's address; None if it is none."""
    match = _ADDRESS.fullmatch(id)
    return (match[1], match[2]) if match else None


class View(Struct, frozen=True, kw_only=True):
    """A post as the AppView shows it."""

    id: str
    author: str
    key: str
    record: dict[str, Any]
    """What Jetstream has of a post as well."""
    handle: str | None


def views_in(answer: object) -> list[object]:
    """The posts in an answer, unread."""
    found = answer.get("posts") if isinstance(answer, dict) else None
    return found[:MOST_AT_ONCE] if isinstance(found, list) else []


def read_view(view: object) -> View:
    """Understand a post in an answer. Raises BadItem."""
    if not isinstance(view, dict):
        raise BadItem("not an object")
    id, author, record = dialect.ident(view, ("uri",)), view.get("author"), view.get("record")
    parts = parts_of(id or "")
    if id is None or parts is None:
        raise BadItem("no id")
    if not isinstance(author, dict) or author.get("did") != parts[0]:
        raise BadItem("no author")
    if not isinstance(record, dict):
        raise BadItem("no record")
    handle = dialect.ident(author, ("handle",))
    return View(id=id, author=parts[0], key=parts[1], record=record, handle=handle)
