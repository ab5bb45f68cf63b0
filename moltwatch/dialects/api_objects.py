"""Objects of Moltbook's API and of those like it, and recording lines written by hand.

Moltbook alone writes them in three ways (production, the open-source server, February 2026),
archives add their own. Instead of one parser for each there is one reader that asks for meanings
and takes what it finds: mixtures occur, and the next way will be a mixture too. What it cannot use
it counts and leaves out, never its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from moltwatch.dialects import fields
from moltwatch.dialects.fields import Item, Origin
from moltwatch.errors import BadItem, Rejects
from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Heartbeat, Post, Vote
from moltwatch.times import Micros

NOBODY = "[unknown]"
"""Author of a post whose author is null and has no id: the account is gone."""

_ENVELOPE = (
    *("post", "agent", "comment", "row"),
    *("data", "posts", "agents", "comments", "items", "results", "rows"),
)
_ENVELOPE_OF_AUTHOR = ("recentPosts", "recent_posts", "recentComments", "recent_comments")
_ONLY_ITEMS = {*fields.TEXT[:-1], "title", "name"}  # an answer may well carry a "message"
_WORDS = (*fields.TEXT, "title")
_CHILDREN = ("replies", "comments", "children")
_PROFILE = (*fields.BIO, "karma", *fields.FOLLOWERS, *fields.FOLLOWING)
_COMMUNITY_ONLY = ("subscriber_count", "subscriberCount", "member_count", "memberCount")


class _Place(Struct, frozen=True):
    """What an object's surroundings say about it."""

    thread: str | None = None
    parent: str | None = None
    author: str | None = None


def events_from(
    value: object, origin: Origin, rejects: Rejects, where: str = "", *, thread: str | None = None
) -> list[Event]:
    """Everything in a decoded JSON value: one object, a list, or an API answer around them.

    Nested replies come after what they answer. Authors that bring their bio come as AgentSeen
    before their first post. ``thread`` is the root's id where the request, not the answer, says
    which thread it is. Never raises; what is unusable is counted in ``rejects`` at ``where``.
    """
    events: list[Event] = []
    profiles: set[str] = set()
    stack: list[tuple[object, _Place]] = [(value, _Place(thread=thread))]
    # A stack of our own: replies nested a thousand deep are a forum's to send.
    while stack:
        value, place = stack.pop()
        if isinstance(value, list):
            stack.extend((part, place) for part in reversed(value))
            continue
        try:
            if not isinstance(value, dict):
                raise BadItem("not an object")
            if inside := _open_envelope(value, place):
                stack.extend(reversed(inside))
                continue
            stack.extend(_replies(value, place))
            event = event_from(value, origin, place)
            if isinstance(event, Post):
                events.extend(_author_profile(value, event, profiles))
            events.append(event)
        except BadItem as reason:
            rejects.add(str(reason), where)
    return events


def event_from(item: Item, origin: Origin, place: _Place | None = None) -> Event:
    """One object as the event it tells of. Raises BadItem if it is unusable."""
    if _is_own(item):
        return _own_event(item, origin)
    if item.get("success") is False:
        raise BadItem("an error answer, not data")
    if fields.first(item, _WORDS) is None:
        if fields.first(item, _COMMUNITY_ONLY) is not None:
            raise BadItem("a community, not a post")
        if fields.name(item, fields.NAME) and any(key in item for key in _PROFILE):
            return agent_from(item, origin)
    return post_from(item, origin, place)


def post_from(item: Item, origin: Origin, place: _Place | None = None) -> Post:
    """A root post or a comment. Raises BadItem if it is unusable."""
    place = place or _Place()
    own = _need_id(item)
    recorded = _is_recorded(item, origin)
    thread, parent = _position(item, own, place)
    created = fields.time(item, fields.CREATED)
    seen = origin.seen_at(fields.time(item, fields.SEEN), created)
    link, url = fields.addresses(item, own, recorded=recorded)
    author = (
        fields.name(item, fields.AUTHOR)
        or place.author
        or fields.ident(item, fields.AUTHOR_ID)
        or NOBODY
    )
    title, text = fields.text(item, ("title",)), fields.text(item, fields.TEXT)
    # What was deleted keeps its time; without that, too, there is nothing.
    if author is NOBODY and created is None and not (title or text or link):
        raise BadItem("neither author nor text nor time")
    return Post(
        id=own,
        thread=thread,
        parent=parent,
        author=author,
        community=fields.name(item, fields.COMMUNITY),
        title=title or None,
        text=text or "",
        created_at=seen if created is None else created,
        seen_at=seen,
        link=link,
        url=url,
        score=fields.score(item),
        source=_source(item, origin),
    )


def agent_from(item: Item, origin: Origin) -> AgentSeen:
    """A profile. Raises BadItem if it is unusable."""
    name = fields.ident(item, fields.NAME)
    if name is None:
        raise BadItem("agent without a name")
    created = fields.time(item, fields.CREATED)
    display = fields.text(item, fields.DISPLAY)
    return AgentSeen(
        name=name,
        seen_at=origin.seen_at(fields.time(item, fields.FIRST_SEEN), created),
        display=display if display != name else None,
        bio=fields.text(item, fields.BIO),
        created_at=created,
        karma=fields.number(item, "karma"),
        followers=fields.number(item, *fields.FOLLOWERS),
        following=fields.number(item, *fields.FOLLOWING),
        source=_source(item, origin),
    )


# --- recording lines written by hand --------------------------------------------------------------


_OWN = frozenset({"agent", "edit", "delete", "vote", "gap", "heartbeat"})


def _own_event(item: Item, origin: Origin) -> Event:
    """The event whose type, one of :data:`_OWN`, the line says. Raises BadItem."""
    match item["type"]:
        case "agent":
            return agent_from(item, origin)
        case "heartbeat":
            return Heartbeat(seen_at=_seen_at(item, origin), source=_source(item, origin))
        case "gap":
            since, until = fields.time(item, ("since",)), fields.time(item, ("until",))
            if since is None or until is None:
                raise BadItem("gap without since and until")
            return Gap(
                seen_at=_seen_at(item, origin),
                since=since,
                until=until,
                reason=fields.text(item, ("reason",)) or "",
                recovered=item.get("recovered") is True,
                source=_source(item, origin),
            )
    id, seen = _need_id(item), _seen_at(item, origin)
    match item["type"]:
        case "edit":
            title, text = fields.text(item, ("title",)), fields.text(item, fields.TEXT)
            return Edit(id=id, seen_at=seen, title=title, text=text, source=_source(item, origin))
        case "vote":
            delta, score = fields.number(item, "delta"), fields.score(item)
            return Vote(id=id, seen_at=seen, delta=delta, score=score, source=_source(item, origin))
    return Delete(id=id, seen_at=seen, source=_source(item, origin))


def _is_own(item: Item) -> bool:
    return isinstance(item.get("type"), str) and item["type"] in _OWN


# --- what surroundings say ------------------------------------------------------------------------


def _open_envelope(item: Item, place: _Place) -> list[tuple[object, _Place]]:
    """What an API answer holds, in order; nothing if the object is an item itself."""
    if not _ONLY_ITEMS.isdisjoint(item) or _is_own(item):
        return []
    if isinstance(item.get("post"), dict):
        place = _Place(thread=fields.ident(item["post"], fields.ID) or place.thread)
    of_author = place
    if isinstance(item.get("agent"), dict):
        of_author = _Place(author=fields.ident(item["agent"], fields.NAME))
    inside: list[tuple[object, _Place]] = []
    for keys, around in ((_ENVELOPE, place), (_ENVELOPE_OF_AUTHOR, of_author)):
        # The root itself must not become a comment of its own thread: _position sees to that.
        inside.extend((item[key], around) for key in keys if isinstance(item.get(key), list | dict))
    return inside


def _replies(item: Item, place: _Place) -> Iterator[tuple[object, _Place]]:
    """Nested comments, last first, as a stack wants them; also those below an unusable comment."""
    for key in reversed(_CHILDREN):
        children = item.get(key)
        if isinstance(children, list) and children:
            own = fields.own_id(item)
            thread = place.thread or fields.root_id(item) or own
            below = _Place(thread=thread, parent=own or place.parent)
            yield from ((child, below) for child in reversed(children))


def _author_profile(item: Item, post: Post, known: set[str]) -> Iterator[AgentSeen]:
    """The profile inside a post's author object, if it tells more than a name."""
    author = item.get("author") or item.get("agent")
    if not isinstance(author, dict) or post.author in known:
        return
    known.add(post.author)
    if fields.first(author, fields.BIO):
        try:
            yield agent_from(author, Origin(source=post.source, now=post.seen_at))
        except BadItem:
            return  # the post is the item; a strange profile beside it costs nothing


def _position(item: Item, own: str, place: _Place) -> tuple[str, str | None]:
    """Id of the root, and of what is answered."""
    root = fields.root_id(item)
    if root is None and isinstance(item.get("post"), dict):
        root = fields.ident(item["post"], fields.ID)
    parent = fields.ident(item, fields.PARENT) or place.parent
    return placed(own, root or place.thread, parent, is_comment=item.get("type") == "comment")


def placed(
    own: str, root: str | None, parent: str | None, *, is_comment: bool
) -> tuple[str, str | None]:
    """Id of the root, and of what is answered, of a post with an id of its own that names these.
    Raises BadItem for a comment that names neither."""
    thread = root or parent
    if thread is None:
        if is_comment:
            raise BadItem("comment without its post")
        return own, None
    if thread == own:
        return own, None
    return thread, thread if parent in (None, own) else parent


def _is_recorded(item: Item, origin: Origin) -> bool:
    return origin.now is None and fields.first(item, fields.SEEN) is not None


def _seen_at(item: Item, origin: Origin) -> Micros:
    return origin.seen_at(fields.time(item, fields.SEEN))


def _source(item: Item, origin: Origin) -> str:
    own = item.get("source")
    if own is None or not _is_recorded(item, origin):
        return origin.source
    return fields.text(item, ("source",)) or ""


def _need_id(item: Item) -> str:
    own = fields.own_id(item)
    if own is None:
        raise BadItem("no id")
    return own
