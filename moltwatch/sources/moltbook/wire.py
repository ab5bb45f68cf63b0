"""What is asked of a Moltbook server, and what its answers say; pure.

Posts and comments themselves are read by :mod:`moltwatch.dialects.api_objects`, which takes every
fields. Here is what only a poller needs: which posts a page lists and how many comments each is
told to have, how the next page is asked for, what an error says, how long to stay away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from moltwatch.dialects import fields
from moltwatch.dialects.fields import read_json
from moltwatch.errors import BadItem
from moltwatch.sources.live.addresses import server_words
from moltwatch.times import DAY, SECOND, Micros, parse_time

PAGE = 100
"""Items asked for at once. Servers cut anything larger to this, and deny that there is more."""

LARGEST = 500
"""Comments asked for at once where a server knows no pages of them: the open-source one gives so
many."""

_LISTS = ("posts", "comments", "data", "items", "results")
_COUNT = ("comment_count", "commentCount", "comments_count", "commentsCount", "num_comments")
_CURSOR = ("next_cursor", "nextCursor", "cursor")
_PINNED = ("is_pinned", "isPinned", "pinned")
_DELETED = ("is_deleted", "isDeleted")
_INSIDE = (*_LISTS, "post", "comment", "replies", "children")
"""Where items lie; an author can be deleted as well, and have the id of a post."""
_STAY_AWAY = (
    ("retryAfter", 1.0),
    ("retry_after", 1.0),
    ("retry_after_seconds", 1.0),
    ("retry_after_minutes", 60.0),
)
_LONGEST_ID = 200
"""Characters; a longer id is nothing to build an address from."""


class Ask(StrEnum):
    """What a request is for."""

    NEW = "new"
    """A page of the newest posts."""
    SURVEY = "survey"
    """Busy or older threads, for their numbers of comments."""
    COMMENTS = "comments"
    """The comments of one thread."""
    POST = "post"
    """One post, which some servers answer with its comments."""


class Request(Struct, frozen=True, kw_only=True):
    """One GET."""

    ask: Ask
    path: str
    """Below the base address, quoted."""
    params: tuple[tuple[str, str], ...] = ()
    thread: str | None = None
    """Of COMMENTS and POST: the thread."""
    page: int = 1
    """Counts the requests of one reading."""
    limit: int = PAGE
    """Items asked for."""
    anew: bool = False
    """The first page alone does not say whether anything is new."""

    @property
    def key(self) -> str:
        """Tells requests apart, for ETags."""
        return "&".join([self.path, *(f"{name}={value}" for name, value in self.params)])


class Listed(Struct, frozen=True, kw_only=True):
    """What a page tells about one post or comment, beside the post itself."""

    id: str
    comments: int | None = None
    pinned: bool = False
    ours: bool = True
    """In the submolt that is watched."""
    recent: bool = False
    """Written since the list of new posts was first read, by the server's clock."""


class Page(Struct, frozen=True, kw_only=True):
    """One answer, understood."""

    value: Any
    """The JSON value, for :func:`moltwatch.dialects.api_objects.events_from`."""
    listed: tuple[Listed, ...] = ()
    """The items on it in their order; not those nested in others."""
    deleted: tuple[str, ...] = ()
    """Of all items, nested ones as well, those that are marked as taken down."""
    cursor: str | None = None
    """What to ask the next page with, where the server pages by cursor."""


class Refusal(Struct, frozen=True, kw_only=True):
    """An answer that says no."""

    words: str = ""
    """The server's own, harmless to show; they may quote its database."""
    retry_after: float | None = None
    """Seconds to stay away, where the body says so."""


def listing(
    *, sort: str | None, limit: int, submolt: str | None, cursor: str | None, offset: int, page: int
) -> Request:
    """A page of posts. ``sort`` None leaves the order to the server."""
    params = [] if sort is None else [("sort", sort)]
    params.append(("limit", str(limit)))
    if submolt is not None:
        params.append(("submolt", submolt))
    if cursor is not None:
        params.append(("cursor", cursor))
    elif offset:
        params.append(("offset", str(offset)))
    return Request(ask=Ask.NEW, path="/posts", params=tuple(params), page=page, limit=limit)


def comments_of(
    thread: str,
    *,
    cursor: str | None = None,
    page: int = 1,
    limit: int = PAGE,
    anew: bool = False,
) -> Request:
    """A page of a thread's comments, newest first; what is answered may come before answers."""
    params = [("sort", "new"), ("limit", str(limit))]
    if cursor is not None:
        params.append(("cursor", cursor))
    return Request(
        ask=Ask.COMMENTS,
        path=f"/posts/{quote(thread, safe='')}/comments",
        params=tuple(params),
        thread=thread,
        page=page,
        limit=limit,
        anew=anew,
    )


def post_of(thread: str) -> Request:
    """One post, with whatever the server adds to it."""
    return Request(ask=Ask.POST, path=f"/posts/{quote(thread, safe='')}", thread=thread)


def can_ask_for(thread: str) -> bool:
    """Whether an id can stand in an address. Ids are the forum's to choose: ``..`` would be a way
    out of the path."""
    return thread.strip(".") != "" and len(thread) <= _LONGEST_ID


def read_answer(body: bytes) -> Page | Refusal:
    """Understand the body of an answer. Never raises: what is no JSON is a refusal."""
    try:
        value = read_json(body)
    except ValueError:
        return Refusal(words="the answer is not JSON")
    if isinstance(value, dict) and (value.get("success") is False or _is_bare_error(value)):
        return refusal_of(value)
    if not isinstance(value, dict | list):
        return Refusal(words="the answer is not a list of posts")
    around = value if isinstance(value, dict) else {}
    return Page(
        value=value,
        listed=tuple(_listed(value)),
        deleted=tuple(_deleted(value)),
        cursor=_cursor(around),
    )


def read_refusal(body: bytes) -> Refusal:
    """What the body of an error says, if anything. Never raises."""
    try:
        value = read_json(body)
    except ValueError:
        return Refusal()
    return refusal_of(value) if isinstance(value, dict) else Refusal()


def refusal_of(value: Mapping[str, Any]) -> Refusal:
    """What an error object says, in either of its two shapes."""
    words = value.get("error")
    if isinstance(words, Mapping):
        words = words.get("message")
    if not isinstance(words, str):
        words = value.get("message")
    return Refusal(
        words=server_words(words, 80) if isinstance(words, str) else "",
        retry_after=next(
            (
                number * seconds
                for key, seconds in _STAY_AWAY
                if (number := _number(value.get(key))) is not None
            ),
            None,
        ),
    )


def read_reset(text: str | None, now: Micros) -> Micros | None:
    """The moment an ``X-RateLimit-Reset`` names: in seconds from now, as a time since 1970 in
    seconds or milliseconds, or in RFC 3339. None if it says nothing."""
    if not text:
        return None
    seconds = _number(text)
    if seconds is not None and seconds <= DAY // SECOND:
        return now + round(seconds * SECOND)
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        return None


def _is_bare_error(value: Mapping[str, Any]) -> bool:
    return "error" in value and not any(key in value for key in (*_LISTS, "post"))


def _listed(value: object) -> Iterator[Listed]:
    for item in _items(value):
        if not isinstance(item, Mapping):
            continue
        try:
            own = fields.ident(item, fields.ID)
        except BadItem:
            continue  # events_from will count it
        if own is not None:
            count = fields.number(item, *_COUNT)
            yield Listed(
                id=own,
                comments=None if count is None else max(0, count),
                pinned=any(item.get(key) is True for key in _PINNED),
            )


def _deleted(value: object) -> Iterator[str]:
    """Ids of what is marked as taken down, however deep it stands."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack += value
        elif isinstance(value, Mapping):
            stack += (value[key] for key in _INSIDE if isinstance(value.get(key), list | dict))
            if any(value.get(key) is True for key in _DELETED):
                try:
                    own = fields.ident(value, fields.ID)
                except BadItem:
                    continue
                if own is not None:
                    yield own


def _items(value: object) -> list[Any]:
    """The list in an answer, or the one post it is about."""
    for _ in range(4):  # {"data": {"posts": […]}} and no deeper
        if isinstance(value, list):
            return value
        if not isinstance(value, Mapping):
            return []
        if isinstance(value.get("post"), Mapping):
            return [value["post"]]
        inside = next(
            (value[key] for key in _LISTS if isinstance(value.get(key), list | dict)), None
        )
        if inside is None:
            return [value] if fields.first(value, fields.ID) is not None else []
        value = inside
    return []


def _cursor(value: Mapping[str, Any]) -> str | None:
    paging = value.get("pagination")
    for place in (value, paging if isinstance(paging, Mapping) else {}):
        cursor = next((place[key] for key in _CURSOR if isinstance(place.get(key), str)), None)
        if cursor and len(cursor) <= 2_000:
            return fields.scrub(cursor)
    return None


def _number(value: object) -> float | None:
    """A span in seconds, however it is written; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < float("inf") else None
