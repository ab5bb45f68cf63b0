"""Plain API objects to events: every dialect of a forum's API, and recording lines written by hand.

Moltbook alone speaks three dialects (production, the open-source server, February 2026), archives
add their own. Instead of one parser a dialect there is one reader that asks for meanings and takes
what it finds: mixtures occur, and the next dialect will be a mixture too. Pure; what it cannot use
it counts and leaves out, never its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from moltwatch.errors import BadItem, Rejects
from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Heartbeat, Post, Vote
from moltwatch.recording import dialect
from moltwatch.recording.dialect import Item
from moltwatch.times import Micros

NOBODY = "[unknown]"
"""Author of a post whose author is null and has no id: the account is gone."""

_ENVELOPE = (
    *("post", "agent", "comment", "row"),
    *("data", "posts", "agents", "comments", "items", "results", "rows"),
)
_ENVELOPE_OF_AUTHOR = ("recentPosts", "recent_posts", "recentComments", "recent_comments")
_ONLY_ITEMS = (*dialect.TEXT[:-1], "title", "name")  # an answer may well carry a "message"
_CHILDREN = ("replies", "comments", "children")
_PROFILE = (*dialect.BIO, "karma", *dialect.FOLLOWERS, *dialect.FOLLOWING)
_COMMUNITY_ONLY = ("subscriber_count", "subscriberCount", "member_count", "memberCount")


class Origin(Struct, frozen=True, kw_only=True):
    """Where objects come from, and when."""

    source: str = ""
    """Short name, for :attr:`Post.source`; a recording line that names its own keeps it."""
    now: Micros | None = None
    """The moment of observation, which becomes ``seen_at`` whatever the object claims. None for
    what was kept earlier: then its own ``seen_at`` counts, else ``created_at``, else ``last``."""
    last: Micros | None = None
    """Stream time so far, for what carries no time."""


class _Place(Struct, frozen=True):
    """What an object's surroundings say about it."""

    thread: str | None = None
    parent: str | None = None
    author: str | None = None


def events_from(
    obj: object, origin: Origin, rejects: Rejects, *, thread: str | None = None, where: str = ""
) -> list[Event]:
    """Everything in a decoded JSON value: one object, a list, or an API answer around them.

    Nested replies come after what they answer. Authors that bring their bio come as AgentSeen
    before their first post. ``thread`` is the root's id where the request, not the answer, says
    which thread it is. Never raises; what is unusable is counted in ``rejects`` at ``where``.
    """
    events: list[Event] = []
    profiles: set[str] = set()
    stack: list[tuple[object, _Place]] = [(obj, _Place(thread=thread))]
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
        return _OWN[item["type"]](item, origin)
    if item.get("success") is False:
        raise BadItem("an error answer, not data")
    if dialect.first(item, (*dialect.TEXT, "title")) is None:
        if dialect.first(item, _COMMUNITY_ONLY) is not None:
            raise BadItem("a community, not a post")
        if dialect.name(item, dialect.NAME) and any(key in item for key in _PROFILE):
            return agent_from(item, origin)
    return post_from(item, origin, place)


def post_from(item: Item, origin: Origin, place: _Place | None = None) -> Post:
    """A root post or a comment. Raises BadItem if it is unusable."""
    place = place or _Place()
    own = _need_id(item)
    recorded = _is_recorded(item, origin)
    thread, parent = _position(item, own, place)
    created = dialect.time(item, dialect.CREATED)
    seen = _seen_at(item, origin, created)
    link, url = dialect.addresses(item, own, recorded=recorded)
    author = (
        dialect.name(item, dialect.AUTHOR)
        or place.author
        or dialect.ident(item, dialect.AUTHOR_ID)
        or NOBODY
    )
    title, text = dialect.text(item, ("title",)), dialect.text(item, dialect.TEXT)
    # What was deleted keeps its time; without that, too, there is nothing.
    if author is NOBODY and created is None and not (title or text or link):
        raise BadItem("neither author nor text nor time")
    return Post(
        id=own,
        thread=thread,
        parent=parent,
        author=author,
        community=dialect.name(item, dialect.COMMUNITY),
        title=title or None,
        text=text or "",
        created_at=seen if created is None else created,
        seen_at=seen,
        link=link,
        url=url,
        score=dialect.score(item),
        source=_source(item, origin),
    )


def agent_from(item: Item, origin: Origin) -> AgentSeen:
    """A profile. Raises BadItem if it is unusable."""
    name = dialect.ident(item, dialect.NAME)
    if name is None:
        raise BadItem("agent without a name")
    created = dialect.time(item, dialect.CREATED)
    display = dialect.text(item, dialect.DISPLAY)
    return AgentSeen(
        name=name,
        seen_at=_seen_at(item, origin, created, dialect.FIRST_SEEN),
        display=display if display != name else None,
        bio=dialect.text(item, dialect.BIO),
        created_at=created,
        karma=dialect.number(item, "karma"),
        followers=dialect.number(item, *dialect.FOLLOWERS),
        following=dialect.number(item, *dialect.FOLLOWING),
        source=_source(item, origin),
    )


# --- recording lines written by hand --------------------------------------------------------------


def _edit(item: Item, origin: Origin) -> Edit:
    return Edit(
        id=_need_id(item),
        seen_at=_seen_at(item, origin),
        title=dialect.text(item, ("title",)),
        text=dialect.text(item, dialect.TEXT),
        source=_source(item, origin),
    )


def _delete(item: Item, origin: Origin) -> Delete:
    return Delete(id=_need_id(item), seen_at=_seen_at(item, origin), source=_source(item, origin))


def _vote(item: Item, origin: Origin) -> Vote:
    return Vote(
        id=_need_id(item),
        seen_at=_seen_at(item, origin),
        delta=dialect.number(item, "delta"),
        score=dialect.score(item),
        source=_source(item, origin),
    )


def _gap(item: Item, origin: Origin) -> Gap:
    since, until = dialect.time(item, ("since",)), dialect.time(item, ("until",))
    if since is None or until is None:
        raise BadItem("gap without since and until")
    return Gap(
        seen_at=_seen_at(item, origin),
        since=since,
        until=until,
        reason=dialect.text(item, ("reason",)) or "",
        recovered=item.get("recovered") is True,
        source=_source(item, origin),
    )


def _heartbeat(item: Item, origin: Origin) -> Heartbeat:
    return Heartbeat(seen_at=_seen_at(item, origin), source=_source(item, origin))


_OWN: dict[str, Callable[[Item, Origin], Event]] = {
    "agent": agent_from,
    "edit": _edit,
    "delete": _delete,
    "vote": _vote,
    "gap": _gap,
    "heartbeat": _heartbeat,
}


def _is_own(item: Item) -> bool:
    return isinstance(item.get("type"), str) and item["type"] in _OWN


# --- what surroundings say ------------------------------------------------------------------------


def _open_envelope(item: Item, place: _Place) -> list[tuple[object, _Place]]:
    """What an API answer holds, in order; nothing if the object is an item itself."""
    if any(key in item for key in _ONLY_ITEMS) or _is_own(item):
        return []
    if isinstance(item.get("post"), dict):
        place = _Place(thread=dialect.ident(item["post"], dialect.ID) or place.thread)
    of_author = place
    if isinstance(item.get("agent"), dict):
        of_author = _Place(author=dialect.ident(item["agent"], dialect.NAME))
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
            own = dialect.own_id(item)
            thread = place.thread or dialect.root_id(item) or own
            below = _Place(thread=thread, parent=own or place.parent)
            yield from ((child, below) for child in reversed(children))


def _author_profile(item: Item, post: Post, known: set[str]) -> Iterator[AgentSeen]:
    """The profile inside a post's author object, if it tells more than a name."""
    author = item.get("author") or item.get("agent")
    if not isinstance(author, dict) or post.author in known:
        return
    known.add(post.author)
    if dialect.first(author, dialect.BIO):
        try:
            yield agent_from(author, Origin(source=post.source, now=post.seen_at))
        except BadItem:
            return  # the post is the item; a strange profile beside it costs nothing


def _position(item: Item, own: str, place: _Place) -> tuple[str, str | None]:
    """Id of the root, and of what is answered."""
    root = dialect.root_id(item)
    if root is None and isinstance(item.get("post"), dict):
        root = dialect.ident(item["post"], dialect.ID)
    parent = dialect.ident(item, dialect.PARENT) or place.parent
    thread = root or place.thread or parent
    if thread is None:
        if item.get("type") == "comment":
            raise BadItem("comment without its post")
        return own, None
    if thread == own:
        return own, None
    return thread, thread if parent in (None, own) else parent


def _is_recorded(item: Item, origin: Origin) -> bool:
    return origin.now is None and dialect.first(item, dialect.SEEN) is not None


def _seen_at(
    item: Item,
    origin: Origin,
    created: Micros | None = None,
    keys: tuple[str, ...] = dialect.SEEN,
) -> Micros:
    if origin.now is not None:
        return origin.now
    for at in (dialect.time(item, keys), created, origin.last):
        if at is not None:
            return at
    raise BadItem("no time")


def _source(item: Item, origin: Origin) -> str:
    own = dialect.text(item, ("source",)) if _is_recorded(item, origin) else None
    return origin.source if own is None else own


def _need_id(item: Item) -> str:
    own = dialect.own_id(item)
    if own is None:
        raise BadItem("no id")
    return own
