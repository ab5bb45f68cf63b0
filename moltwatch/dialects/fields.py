"""JSON that strangers write, and the fields of its objects by any of their names.

Keys come in snake_case and camelCase, numbers as strings, names as objects, times in every form,
anything as null. Of what is decoded, nothing here raises but :class:`~moltwatch.errors.BadItem`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from moltwatch.errors import BadItem
from moltwatch.times import MINUTE, Micros, parse_time

Item: TypeAlias = Mapping[str, Any]

ID = ("id", "_id", "uuid")
OWN_ID = (*ID, "comment_id", "commentId")
AUTHOR = (
    "author",
    "author_name",
    "authorName",
    "agent_name",
    "agentName",
    "agent",
    "user",
    "username",
    "user_name",
    "account",
)
AUTHOR_ID = ("author_id", "authorId", "agent_id", "agentId")
NAME = ("name", "username", "handle", "acct")
COMMUNITY = (
    "community",
    "submolt",
    "submolt_name",
    "submoltName",
    "channel",
    "feed_name",
    "subreddit",
)
TEXT = ("text", "content", "body", "selftext", "message")
POST_ID = ("post_id", "postId")
ROOT = ("thread", "thread_id", "threadId", "root_id", "rootId")
THREAD = ("thread", *POST_ID, *ROOT[1:])
PARENT = (
    "parent",
    "parent_id",
    "parentId",
    "in_reply_to_id",
    "inReplyToId",
    "in_reply_to",
    "reply_to",
    "replyTo",
)
CREATED = (
    "created_at",
    "createdAt",
    "created",
    "timestamp",
    "time",
    "ts",
    "created_utc",
    "published_at",
    "publishedAt",
    "published",
    "posted_at",
    "datetime",
    "date",
)
SEEN = ("seen_at", "seenAt")
FIRST_SEEN = (*SEEN, "first_seen_at", "firstSeenAt")
BIO = ("bio", "description")
DISPLAY = ("display", "display_name", "displayName")
FOLLOWERS = ("followers", "follower_count", "followerCount")
FOLLOWING = ("following", "following_count", "followingCount")

AHEAD: Micros = MINUTE
"""How far a forum's times may run ahead of ours before they are pulled back."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_DIGITS = 18
LEAST_ABSURD = 10**_MOST_DIGITS
"""Counters from here on are jokes, and would not fit a database."""
_PATIENT = json.JSONDecoder(strict=False)
_BOM = b"\xef\xbb\xbf"


class Origin(Struct, frozen=True, kw_only=True):
    """Where objects come from, and when."""

    source: str = ""
    """Short name, for :attr:`~moltwatch.model.Post.source`; a recording line that names its own
    keeps it."""
    now: Micros | None = None
    """The moment of observation, which becomes ``seen_at`` whatever the object claims. None for
    what was kept earlier: then its own ``seen_at`` counts, else ``created_at``, else ``last``."""
    last: Micros | None = None
    """Stream time so far, for what carries no time."""

    def seen_at(self, *claims: Micros | None) -> Micros:
        """When an object was observed that carries these times, the best first. Raises BadItem if
        nothing tells."""
        if self.now is not None:
            return self.now
        for at in (*claims, self.last):
            if at is not None:
                return at
        raise BadItem("no time")


class TooDeep(ValueError):
    """Brackets within brackets without end."""


def read_json(data: bytes) -> Any:
    """A JSON value; a byte order mark, bytes that are not UTF-8 and raw control characters are no
    reason to lose a post. Raises ValueError, of which :class:`TooDeep` is one."""
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError):
        pass
    try:
        return _PATIENT.decode(data.removeprefix(_BOM).decode("utf-8", "replace"))
    except RecursionError:
        raise TooDeep("nested too deeply") from None


def read_object(data: bytes) -> dict[str, Any]:
    """A JSON object, read like :func:`read_json`. Raises BadItem."""
    try:
        value = read_json(data)
    except ValueError:
        raise BadItem("not JSON") from None
    if not isinstance(value, dict):
        raise BadItem("not an object")
    return value


def scrub(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD: they cannot be written as UTF-8."""
    if text.isascii():
        return text
    try:
        text.encode()  # quicker than a search for what is hardly ever there
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub("\ufffd", text)
    return text


def first(item: Item, keys: tuple[str, ...]) -> Any:
    """The first value that is there and not null."""
    for key in keys:
        value = item.get(key)
        if value is not None:
            return value
    return None


def text(item: Item, keys: tuple[str, ...]) -> str | None:
    """A text; None where there is none. Raises BadItem where something else stands there."""
    value = first(item, keys)
    if value is None:
        return None
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _digits(value)
    raise BadItem(f"{keys[0]} is not a text")


def ident(item: Item, keys: tuple[str, ...]) -> str | None:
    """An id: a text that is not blank, or a whole number."""
    return _ident(first(item, keys))


def own_id(item: Item) -> str | None:
    """The post's own id. That may be its ``post_id``, which beside another, or where it says that
    it is a comment, is that of its root."""
    return ident(item, OWN_ID) or (None if item.get("type") == "comment" else ident(item, POST_ID))


def root_id(item: Item) -> str | None:
    """The id of the root, as far as the object says it."""
    return ident(item, THREAD if ident(item, OWN_ID) else ROOT)


def name(item: Item, keys: tuple[str, ...]) -> str | None:
    """The name of somebody or something: given bare, or as an object that carries it."""
    value = first(item, keys)
    return ident(value, NAME) if isinstance(value, dict) else _ident(value)


def time(item: Item, keys: tuple[str, ...]) -> Micros | None:
    """A point in time; None where there is none that can be read."""
    for key in keys:
        value = item.get(key)
        if value is not None:
            try:
                return parse_time(value)
            except (ValueError, OverflowError):
                continue
    return None


def believed(created: Micros | None, seen: Micros) -> Micros:
    """A time of writing as far as it can be believed: what was seen had been written."""
    return seen if created is None or created > seen + AHEAD else created


def number(item: Item, *keys: str) -> int | None:
    """A counter, also one written as a text; None where there is none that can be read."""
    value = first(item, keys)
    if isinstance(value, str) and len(value) <= _MOST_DIGITS:
        try:
            value = int(value)
        except ValueError:
            return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) < LEAST_ABSURD else None


def score(item: Item) -> int | None:
    """Votes, as the sum or as up and down."""
    total = number(item, "score")
    if total is not None:
        return total
    up = number(item, "upvotes", "upVotes")
    return None if up is None else up - (number(item, "downvotes", "downVotes") or 0)


def addresses(item: Item, own_id: str, *, recorded: bool) -> tuple[str | None, str | None]:
    """What a post shares and its own address.

    Forums use ``url`` for either. An address with the post's own id as one of its parts is its
    own; any other is what it shares. A recording's ``url`` is what it says.
    """
    link, url = text(item, ("link",)), text(item, ("url",))
    if url is None:
        return link or None, text(item, ("permalink", "uri")) or None
    if recorded or has_part(url, own_id):
        return link or None, url or None
    return link or url or None, text(item, ("permalink", "uri")) or None


def has_part(url: str, id: str) -> bool:
    """Whether an address has the id as one of its parts."""
    return id in re.split(r"[/?#&=]", url)


def _ident(value: object) -> str | None:
    if isinstance(value, str):
        return scrub(value) if value.strip() else None
    if isinstance(value, int) and not isinstance(value, bool):
        return _digits(value)
    return None


def _digits(value: int | float) -> str:
    try:
        return str(value)
    except ValueError:  # an integer of more than 4,300 digits
        raise BadItem("absurd number") from None
