"""Bluesky's frames, posts and profiles, whatever is in them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from moltwatch.dialects.bluesky import events_of, parts_of, read_post, read_profile, views_in
from moltwatch.dialects.fields import Origin
from moltwatch.errors import BadItem
from moltwatch.model import Post
from tests.sources.fakes import T0

ANSWERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["posts", "profiles", "uri", "author", "record", "did", "text"]), inner
        )
    ),
    max_leaves=12,
)


def test_a_frame_that_was_kept_is_of_the_time_it_names() -> None:
    record = {"text": "hi", "createdAt": "2023-11-14T22:13:00Z"}
    commit = {"collection": "app.bsky.feed.post", "rkey": "k", "operation": "create"}
    frame = {"did": "did:plc:ada", "time_us": T0 - 7, "kind": "commit"}
    (post,) = events_of(frame | {"commit": commit | {"record": record}}, Origin(source="x"))
    assert isinstance(post, Post)
    assert (post.id, post.seen_at) == ("at://did:plc:ada/app.bsky.feed.post/k", T0 - 7)


@given(ANSWERS)
def test_no_answer_raises_anything_else(answer: object) -> None:
    origin = Origin(source="bluesky", now=T0)
    for one in views_in(answer):
        for read in (read_post, read_profile):
            with suppress(BadItem):
                read(one, origin)


@given(st.text(max_size=60))
def test_addresses(text: str) -> None:
    parts: Sequence[str] | None = parts_of(text)
    assert parts is None or text.startswith(f"at://{parts[0]}/")
