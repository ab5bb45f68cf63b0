"""Bluesky's AppView: what Jetstream leaves out. Pure.

Jetstream tells of a reply only where its thread begins, and of an author nothing but a DID. The
public AppView has the words and the profiles, for anybody and without a key:
``app.bsky.feed.getPosts`` and ``app.bsky.actor.getProfiles``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from moltwatch.errors import BadItem
from moltwatch.model import AgentSeen, Event, Post
from moltwatch.recording import dialect
from moltwatch.sources.live.lookup import Lookup
from moltwatch.sources.live.roots import Roots
from moltwatch.times import Micros

HOST = "public.api.bsky.app"
POSTS = "/xrpc/app.bsky.feed.getPosts"
PROFILES = "/xrpc/app.bsky.actor.getProfiles"

MOST_AT_ONCE = 25
"""Posts or accounts in one question, by the AppView's own limit."""

_ADDRESS = re.compile(
    r"at://(did:[a-z]+:[A-Za-z0-9._:%-]{1,200})/app\.bsky\.feed\.post/([\w.~:-]{1,100})", re.ASCII
)


class Question(Struct, frozen=True, kw_only=True):
    """One request."""

    path: str
    params: tuple[tuple[str, str], ...]


class Missing:
    """What posts refer to and nobody has seen: roots of threads, what is answered, who writes."""

    def __init__(self, roots: Roots) -> None:
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
        path, name = (POSTS, "uris") if lookup is self._posts else (PROFILES, "actors")
        return Question(path=path, params=tuple((name, one) for one in names))

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


def views_in(answer: object) -> list[object]:
    """The posts or profiles in an answer, unread."""
    around = answer if isinstance(answer, dict) else {}
    found = around.get("posts") or around.get("profiles")
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
    return View(id=id, author=parts[0], key=parts[1], record=record)


def read_profile(view: object, source: str, now: Micros) -> AgentSeen:
    """Understand a profile in an answer. Raises BadItem."""
    if not isinstance(view, dict):
        raise BadItem("not an object")
    account = dialect.ident(view, ("did",))
    if account is None:
        raise BadItem("no author")
    return AgentSeen(
        name=account,
        seen_at=now,
        display=dialect.ident(view, ("handle",)),
        bio=dialect.text(view, ("description",)),
        created_at=dialect.time(view, ("createdAt",)),
        followers=dialect.number(view, "followersCount"),
        following=dialect.number(view, "followsCount"),
        source=source,
    )
