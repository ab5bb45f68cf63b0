"""Mastodon's statuses, over REST or in frames of the streaming API. Nothing raises but BadItem.

Frames are ``{"stream": [...], "event": "update", "payload": "{…}"}``, where the payload is JSON
within JSON, or a bare id for ``delete``.

Their HTML becomes the text that was written. Lexbor parses it: it takes anything a browser takes,
in linear time; the standard library's parser needs minutes for some broken markup. What a library
would render from it (Markdown, reflowed lines) is not wanted: what two accounts posted alike must
come out alike, with nothing added.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from moltwatch.dialects import fields
from moltwatch.dialects.fields import Item, Origin, read_json, read_object
from moltwatch.errors import BadItem
from moltwatch.model import AgentSeen, Delete, Edit, Event, Post
from moltwatch.text import display_line
from moltwatch.times import Micros

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

EDITS = frozenset({"status.update", "status_update"})
"""Mastodon writes the former, some other servers the latter."""

LONGEST_HTML = 50_000
"""Characters of markup; more is no post, and stays as it is."""

_PARAGRAPHS = frozenset({"p", "blockquote", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "div"})
_LINES = frozenset({"br", "li", "tr"})
_UNSEEN = frozenset({"script", "style", "template"})
_AS_IS = frozenset({"pre", "code"})
_SPACE = re.compile(r"[ \t\r\n\f]+")
_BREAKS = re.compile(r"\n{3,}")


class Context(Struct, frozen=True, kw_only=True):
    """What one needs to know to understand a status."""

    origin: Origin
    hashtag: str | None = None
    """The one that is watched."""
    thread_of: Callable[[str], str | None] = lambda id: None
    """The thread of a post seen before."""


class Frame(Struct, frozen=True):
    """One frame of the streaming API."""

    event: str
    payload: Any


class Trouble(Struct, frozen=True):
    """The server complains."""

    words: str
    status: int


def marks(item: Item) -> bool:
    """Whether an object is a status, if perhaps a damaged one, or a frame of the stream."""
    account = item.get("account")
    if isinstance(account, dict) and "acct" in account and "content" in item:
        return True
    return ("stream" in item and "payload" in item) or ("visibility" in item and "reblog" in item)


def read(item: Item, origin: Origin) -> list[Event]:
    """The events of a status or frame that somebody kept. Raises BadItem."""
    context = Context(origin=origin)
    if "payload" not in item:
        return events_of_status(item, context)
    frame = frame_of(item)
    return events_of(frame, context, lambda id: True) if isinstance(frame, Frame) else []


def read_frame(data: bytes) -> Frame | Trouble:
    """Understand a frame. Raises BadItem if there is none in it."""
    return frame_of(read_object(data))


def frame_of(value: Item) -> Frame | Trouble:
    """The same of a decoded one. Raises BadItem."""
    if "error" in value:
        words = display_line(str(value["error"]), 200)
        return Trouble(words, fields.number(value, "status") or 0)
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
        id = fields.ident({"id": frame.payload}, ("id",))
        if id is None:
            raise BadItem("no id")
        origin = context.origin
        return [Delete(id=id, seen_at=origin.seen_at(), source=origin.source)]
    if frame.event != "update" and frame.event not in EDITS:
        return []
    events = events_of_status(frame.payload, context)
    post = events[-1]
    assert isinstance(post, Post)
    if frame.event in EDITS and known(post.id):
        edited = fields.time(frame.payload, ("edited_at",))
        edit = Edit(
            id=post.id,
            seen_at=context.origin.seen_at(edited, post.seen_at),
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
    id, account = fields.ident(status, ("id",)), status.get("account")
    if id is None:
        raise BadItem("no id")
    name = fields.ident(account, ("acct", "username")) if isinstance(account, dict) else None
    if name is None:
        raise BadItem("no author")
    assert isinstance(account, dict)
    parent = fields.ident(status, ("in_reply_to_id",))
    parent = None if parent == id else parent
    created = fields.time(status, ("created_at",))
    seen, source = context.origin.seen_at(created), context.origin.source
    post = Post(
        id=id,
        thread=id if parent is None else context.thread_of(parent) or parent,
        parent=parent,
        author=name,
        community=_community(status, context.hashtag),
        title=_text(status, "spoiler_text"),
        text=_text(status, "content", "text") or "",
        created_at=fields.believed(created, seen),
        seen_at=seen,
        link=_link(status),
        url=fields.text(status, ("url", "uri")),
        score=fields.number(status, "favourites_count"),
        source=source,
    )
    return [_agent(name, account, seen, source), post]


def _agent(name: str, account: Item, seen: Micros, source: str) -> AgentSeen:
    display = _text(account, "display_name")
    return AgentSeen(
        name=name,
        seen_at=seen,
        display=display if display != name else None,
        bio=_text(account, "note"),
        created_at=fields.time(account, ("created_at",)),
        followers=fields.number(account, "followers_count"),
        following=fields.number(account, "following_count"),
        source=source,
    )


def _community(status: Item, hashtag: str | None) -> str | None:
    """The hashtag that is watched, or else the first of the post."""
    if hashtag is not None:
        return hashtag
    tags = status.get("tags")
    if isinstance(tags, list) and tags and isinstance(tags[0], dict):
        name = fields.ident(tags[0], ("name",))
        return name.lower() if name else None
    return None


def _link(status: Item) -> str | None:
    card = status.get("card")
    return fields.ident(card, ("url",)) if isinstance(card, dict) else None


def _text(item: Item, *keys: str) -> str | None:
    value = fields.text(item, keys)
    return html_to_text(value) or None if value else None


def html_to_text(markup: str) -> str:
    """The text of some HTML: paragraphs apart by an empty line, everything else untouched."""
    if ("<" not in markup and "&" not in markup) or len(markup) > LONGEST_HTML:
        return markup
    from selectolax.lexbor import LexborHTMLParser

    body = LexborHTMLParser(markup).body
    if body is None:
        return ""
    parts: list[str] = []
    for node in body.traverse(include_text=True):
        parts.append(_break_before(node))
        if node.tag == "-text":
            parts.append(_text_of(node))
    return _BREAKS.sub("\n\n", "".join(parts)).strip("\n")


def _text_of(node: LexborNode) -> str:
    text = node.text(deep=False) or ""
    around = node.parent.tag if node.parent is not None else None
    if around in _UNSEEN:
        return ""
    return text if around in _AS_IS else _SPACE.sub(" ", text)


def _break_before(node: LexborNode) -> str:
    if node.tag in _LINES:
        return "\n"
    before = node.prev
    begins = node.tag in _PARAGRAPHS or (before is not None and before.tag in _PARAGRAPHS)
    return "\n\n" if begins else ""
