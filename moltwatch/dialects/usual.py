"""The usual line of an archive, read in one step: a post or comment as most dumps have it.

Not a dialect of its own: :mod:`.api_objects` says what such an object means, and this comes to the
same post or to none. It takes only lines whose every key it knows, so that nothing is left that the
general reader would have looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from moltwatch.dialects.api_objects import placed
from moltwatch.dialects.fields import LEAST_ABSURD, has_part
from moltwatch.model import Post
from moltwatch.times import Micros, parse_time

_Count = Annotated[int, Meta(gt=-LEAST_ABSURD, lt=LEAST_ABSURD)]


class _Usual(Struct, forbid_unknown_fields=True, gc=False):
    """All that such a line holds: one key for each meaning."""

    id: str
    author: str
    created_at: str
    type: Literal["post", "comment"] | None = None
    post_id: str | None = None
    parent_id: str | None = None
    submolt: str | None = None
    title: str | None = None
    content: str | None = None
    url: str | None = None
    upvotes: _Count | None = None
    downvotes: _Count | None = None


_decode = msgspec.json.Decoder(_Usual).decode


def read_usual(
    line: bytes | None, source: str, now: Callable[[], Micros] | None = None
) -> Post | None:
    """The post of a usual line; None for any other line, whatever is wrong with it. It gets this
    ``source``, and as ``seen_at`` what ``now`` says, or else the time of writing."""
    try:
        item = _decode(line)  # type: ignore[arg-type]  # see lines.read_own
        created = parse_time(item.created_at)
        own, author, root, parent = item.id, item.author, item.post_id, item.parent_id
        community = item.submolt
        # A name that is blank is none, and then others count.
        if not (
            own.strip()
            and author.strip()
            and (root is None or root.strip())
            and (parent is None or parent.strip())
            and (community is None or community.strip())
        ):
            return None
        thread, parent = placed(own, root, parent, is_comment=item.type == "comment")
    except (ValueError, TypeError, OverflowError):
        return None
    link, url = item.url or None, None
    if link is not None and has_part(link, own):
        link, url = None, link
    up = item.upvotes
    return Post(
        id=own,
        thread=thread,
        parent=parent,
        author=author,
        community=community,
        title=item.title or None,
        text=item.content or "",
        created_at=created,
        seen_at=created if now is None else now(),
        link=link,
        url=url,
        score=None if up is None else up - (item.downvotes or 0),
        source=source,
    )
