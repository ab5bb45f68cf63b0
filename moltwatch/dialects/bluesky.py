"""Bluesky's posts: frames of Jetstream, and what its AppView shows. Nothing raises but BadItem.

Jetstream tells of a reply only where its thread begins, and of an author nothing but a DID. The
AppView has the words and the profiles.
"""

from __future__ import annotations

import re

from moltwatch.dialects import fields
from moltwatch.dialects.fields import Item, Origin
from moltwatch.errors import BadItem
from moltwatch.model import AgentSeen, Delete, Edit, Event, Post
from moltwatch.times import Micros

POSTS = "app.bsky.feed.post"
"""The collection that posts lie in."""

_ADDRESS = re.compile(
    r"at://(did:[a-z]+:[A-Za-z0-9._:%-]{1,200})/app\.bsky\.feed\.post/([\w.~:-]{1,100})", re.ASCII
)


def events_of(frame: Item, origin: Origin) -> list[Event]:
    """The events of a frame; none for what is not about posts or names. Raises BadItem."""
    did = fields.ident(frame, ("did",))
    if did is None:
        raise BadItem("no author")
    seen, source = origin.seen_at(fields.number(frame, "time_us")), origin.source
    kind = frame.get("kind")
    if kind == "identity":
        handle = fields.ident(_part(frame, "identity"), ("handle",))
        return [AgentSeen(name=did, seen_at=seen, display=handle, source=source)] if handle else []
    if kind != "commit":
        return []
    commit = _part(frame, "commit")
    if commit.get("collection") != POSTS:
        return []
    key = fields.ident(commit, ("rkey",))
    if key is None:
        raise BadItem("no id")
    id = f"at://{did}/{POSTS}/{key}"
    match commit.get("operation"):
        case "delete":
            return [Delete(id=id, seen_at=seen, source=source)]
        case "update":
            text = fields.text(_part(commit, "record"), ("text",)) or ""
            return [Edit(id=id, seen_at=seen, text=text, source=source)]
        case "create":
            return [_post(id, did, key, _part(commit, "record"), seen, source)]
    raise BadItem("an operation we do not know")


def _post(id: str, did: str, key: str, record: Item, seen: Micros, source: str) -> Post:
    root, parent = _reference(record, "root"), _reference(record, "parent")
    root = root or parent
    is_root = root is None or root == id
    return Post(
        id=id,
        thread=id if root is None else root,
        parent=None if is_root else root if parent in (None, id) else parent,
        author=did,
        text=fields.text(record, ("text",)) or "",
        created_at=fields.believed(fields.time(record, ("createdAt",)), seen),
        seen_at=seen,
        link=_link(record),
        url=f"https://bsky.app/profile/{did}/post/{key}",
        source=source,
    )


def _reference(record: Item, which: str) -> str | None:
    reply = record.get("reply")
    other = reply.get(which) if isinstance(reply, dict) else None
    return fields.ident(other, ("uri",)) if isinstance(other, dict) else None


def _link(record: Item) -> str | None:
    """The page that a post's card shows."""
    embed = record.get("embed")
    card = embed.get("external") if isinstance(embed, dict) else None
    return fields.ident(card, ("uri",)) if isinstance(card, dict) else None


def _part(item: Item, key: str) -> Item:
    value = item.get(key)
    if not isinstance(value, dict):
        raise BadItem(f"no {key}")
    return value


def parts_of(id: str) -> tuple[str, str] | None:
    """Author and key of a post's address; None if it is none."""
    match = _ADDRESS.fullmatch(id)
    return (match[1], match[2]) if match else None


def views_in(answer: object) -> list[object]:
    """The posts or profiles in an answer, unread."""
    around = answer if isinstance(answer, dict) else {}
    found = around.get("posts") or around.get("profiles")
    return found if isinstance(found, list) else []


def read_post(view: object, origin: Origin) -> Post:
    """A post as the AppView shows it, with the same record as in Jetstream. Raises BadItem."""
    if not isinstance(view, dict):
        raise BadItem("not an object")
    id, author, record = fields.ident(view, ("uri",)), view.get("author"), view.get("record")
    parts = parts_of(id or "")
    if id is None or parts is None:
        raise BadItem("no id")
    if not isinstance(author, dict) or author.get("did") != parts[0]:
        raise BadItem("no author")
    if not isinstance(record, dict):
        raise BadItem("no record")
    return _post(id, *parts, record, origin.seen_at(), origin.source)


def read_profile(view: object, origin: Origin) -> AgentSeen:
    """A profile as the AppView shows it. Raises BadItem."""
    if not isinstance(view, dict):
        raise BadItem("not an object")
    account = fields.ident(view, ("did",))
    if account is None:
        raise BadItem("no author")
    return AgentSeen(
        name=account,
        seen_at=origin.seen_at(),
        display=fields.ident(view, ("handle",)),
        bio=fields.text(view, ("description",)),
        created_at=fields.time(view, ("createdAt",)),
        followers=fields.number(view, "followersCount"),
        following=fields.number(view, "followsCount"),
        source=origin.source,
    )
