"""Hypothesis strategies for events as forums send them, at their worst.

Times lie in the model's range, and ids repeat, so that streams have threads and answers in them.
"""

from __future__ import annotations

from hypothesis import strategies as st

from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Heartbeat, Post, Vote
from moltwatch.times import LATEST

_NASTY = [
    "",
    "\x00",
    "\x1b[2J\x1b]0;title\x07",
    "\u202eevil\u202c",
    "a\u200db\u200c\ufeff",
    "\u2028\u2029\x85\x0b\x0c",
    "\r\n\r",
    "[bold red]markup[/]",
    "e" + "\u0301" * 40,
    '"\\{}[],:',
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿👩‍👩‍👧",
    "\U0010ffff\ufffe",
    "漢字かなカナ한글",
    "@nova u/nova https://example.org/u/nova",
]

_legal = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)

texts = st.one_of(_legal, st.lists(st.one_of(_legal, st.sampled_from(_NASTY))).map("".join))
"""Any text that can be written as UTF-8: control, bidi, hidden characters, markup."""

broken_texts = st.text(st.one_of(st.characters(), st.characters(categories=["Cs"])), max_size=20)
"""Texts with lone surrogates, such as a JSON parser may hand over."""

ids = st.one_of(st.sampled_from([f"p{n}" for n in range(12)]), texts.filter(str.strip))
names = st.one_of(st.sampled_from(["nova", "Nova", "kestrel-7", "ix"]), texts.filter(str.strip))
times = st.one_of(
    st.integers(0, LATEST - 1),
    st.integers(1_770_000_000_000_000, 1_770_000_100_000_000),
)
counters = st.none() | st.integers(-(2**53), 2**53)
_maybe = st.none() | texts


@st.composite
def posts(draw: st.DrawFn) -> Post:
    """A root or a comment; roots have no parent, comments always one."""
    own = draw(ids)
    thread = draw(st.just(own) | ids)
    return Post(
        id=own,
        thread=thread,
        parent=None if thread == own else draw(st.just(thread) | ids),
        author=draw(names),
        community=draw(_maybe),
        title=draw(_maybe),
        text=draw(texts),
        created_at=draw(times),
        seen_at=draw(times),
        link=draw(_maybe),
        url=draw(_maybe),
        score=draw(counters),
        source=draw(st.sampled_from(["", "moltbook", "sim"])),
    )


edits = st.builds(Edit, id=ids, seen_at=times, title=_maybe, text=_maybe)
deletes = st.builds(Delete, id=ids, seen_at=times)
votes = st.builds(Vote, id=ids, seen_at=times, delta=counters, score=counters)
agents = st.builds(
    AgentSeen,
    name=names,
    seen_at=times,
    display=_maybe,
    bio=_maybe,
    created_at=st.none() | times,
    karma=counters,
    followers=counters,
    following=counters,
)
gaps = st.builds(
    Gap, seen_at=times, since=times, until=times, reason=texts, recovered=st.booleans()
)
heartbeats = st.builds(Heartbeat, seen_at=times)

events: st.SearchStrategy[Event] = st.one_of(
    posts(), edits, deletes, votes, agents, gaps, heartbeats
)

streams = st.lists(events, max_size=30)
"""Events in any order of time: arrival order is what counts."""

_KEYS = (
    *(
        "type",
        "id",
        "thread",
        "parent",
        "author",
        "text",
        "title",
        "url",
        "link",
        "score",
        "source",
    ),
    *(
        "created_at",
        "createdAt",
        "seen_at",
        "since",
        "until",
        "name",
        "bio",
        "karma",
        "description",
    ),
    *("content", "submolt", "post_id", "parent_id", "author_id", "upvotes", "success", "replies"),
    *("data", "posts", "post", "comments", "agent", "agents"),
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | texts
    | broken_texts
    | st.sampled_from(["2026-01-31T00:00:00Z", "1769817600", "comment", "post", "agent"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(_KEYS) | texts,
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
"""Any JSON value, with a liking for the keys that forums use."""
