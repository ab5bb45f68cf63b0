"""How threads grow into trees, and what is let go of first."""

from __future__ import annotations

from typing import Any

import pytest

from moltwatch.model import AgentSeen, Delete, Edit, Post, Vote
from moltwatch.session import Limits, Session
from moltwatch.session.agents import MOST_BIO
from moltwatch.session.thread import MOST_CHARS, Thread
from moltwatch.times import MINUTE, SECOND


def post(id: str, thread: str = "r", parent: str | None = None, at: int = 0, **more: Any) -> Post:
    return Post(
        id=id, thread=thread, parent=parent, author="ann", created_at=at, seen_at=at, **more
    )


def tree(thread: Thread) -> list[str]:
    """Ids with their depth as dots; blanks in brackets."""
    return [
        "." * depth + (node.id if node.post else f"({node.id})") for node, depth in thread.walk()
    ]


def grown(*posts: Post) -> Thread:
    thread = Thread("r")
    for one in posts:
        thread.add(one)
    return thread


def test_answers_stand_under_what_they_answer_in_order_of_arrival() -> None:
    thread = grown(post("r"), post("a", parent="r"), post("b", parent="r"), post("c", parent="a"))
    assert tree(thread) == ["r", ".a", "..c", ".b"]


def test_a_comment_without_a_parent_stands_under_the_root() -> None:
    assert tree(grown(post("r"), post("a"))) == ["r", ".a"]


def test_a_parent_that_was_not_seen_is_held_open_and_filled() -> None:
    thread = grown(post("r"), post("a", parent="r"), post("c", parent="b"))
    assert tree(thread) == ["r", ".a", ".(b)", "..c"]
    thread.add(post("b", parent="a"))
    assert tree(thread) == ["r", ".a", "..b", "...c"]


def test_a_root_may_come_last() -> None:
    thread = grown(post("a", parent="r"))
    assert tree(thread) == ["(r)", ".a"]
    thread.add(post("r", title="late"))
    assert tree(thread) == ["r", ".a"] and thread.title == "late"


def test_pointers_that_close_a_loop_are_not_followed() -> None:
    thread = grown(post("r"), post("a", parent="b"), post("b", parent="a"))
    assert tree(thread) == ["r", ".b", "..a"]


def test_a_chain_of_late_parents_ends_somewhere() -> None:
    thread = grown(post("r"), *(post(f"n{i}", parent=f"n{i + 1}") for i in range(500)))
    assert len(tree(thread)) == 502


def test_the_oldest_comments_go_first_and_their_answers_stay() -> None:
    thread = grown(
        post("r"), post("a", parent="r"), post("b", parent="a"), post("c", parent="gone")
    )
    assert [node.id for node in thread.prune(1)] == ["a"]
    assert tree(thread) == ["r", ".(gone)", "..c", ".b"]
    assert (thread.n, len(thread.order)) == (4, 3)


def test_a_blank_goes_with_the_last_that_answered_it() -> None:
    thread = grown(post("r"), post("a", parent="gone"), post("b", parent="r"))
    thread.prune(1)
    assert tree(thread) == ["r", ".b"]


def test_long_bodies_are_cut_and_say_so() -> None:
    thread = grown(post("r", text="x" * (MOST_CHARS + 7), title="t" * (2 * MOST_CHARS)))
    node = thread.root
    assert (len(node.text), node.cut) == (MOST_CHARS, 7)
    assert node.post is not None and len(node.post.text) == MOST_CHARS
    assert len(node.title or "") == MOST_CHARS


def test_titles_and_addresses_count_and_are_bounded_like_bodies() -> None:
    huge = "u" * 1_000_000
    session = Session()
    session.take(post("r", title=huge, link=huge, url="https://forum.example/r"), [])
    node = session.threads.node("r")
    assert node is not None and node.post is not None
    assert (node.post.title, node.post.link) == ("u" * MOST_CHARS, None)
    assert session.threads.characters == MOST_CHARS + len("https://forum.example/r")
    session.take(Edit(id="r", seen_at=1, title="v" + huge), [])
    assert len(node.title or "") == MOST_CHARS
    session.take(Edit(id="r", seen_at=2, title=""), [])
    assert session.threads.characters == len("https://forum.example/r")


def test_little_is_kept_of_a_long_profile() -> None:
    session = Session()
    session.take(AgentSeen(name="ann", seen_at=1, bio="b" * 10**6, display="d" * 10**6), [])
    agent = session.agents.get("ann")
    assert agent is not None and agent.profile is not None
    assert agent.profile.bio == "b" * MOST_BIO
    assert len(agent.profile.display or "") < 1_000


def test_edits_deletes_and_votes_show() -> None:
    session = Session()
    session.take(post("r", text="before"), [])
    node = session.threads.node("r")
    assert node is not None
    version = node.version
    session.take(Edit(id="r", seen_at=1, text="after!"), [])
    assert (node.text, node.title, node.edited) == ("after!", None, True)
    assert session.threads.characters == 6
    session.take(Vote(id="r", seen_at=2, delta=2), [])
    session.take(Vote(id="r", seen_at=3, delta=-3), [])
    assert node.score == -1
    session.take(Vote(id="r", seen_at=4, score=40), [])
    assert node.score == 40
    session.take(Delete(id="r", seen_at=5), [])
    assert node.deleted and node.text == "after!"
    assert node.version == version + 5


def test_edits_of_the_unknown_do_nothing() -> None:
    session = Session()
    for event in (
        Edit(id="x", seen_at=1, text="t"),
        Delete(id="x", seen_at=1),
        Vote(id="x", seen_at=1),
    ):
        session.take(event, [])
    assert len(session.threads) == 0


def test_the_quietest_thread_goes_first() -> None:
    session = Session(Limits(posts=3))
    for id, thread in (("a", "a"), ("b", "b"), ("a1", "a"), ("c", "c")):
        session.take(post(id, thread), [])
    assert [thread.id for thread in session.threads] == ["a", "c"]
    assert session.threads.node("b") is None
    assert session.threads.n == 3


def test_characters_count_too() -> None:
    session = Session(Limits(characters=100))
    session.take(post("a", "a", text="x" * 90), [])
    session.take(post("b", "b", text="y" * 90), [])
    assert [thread.id for thread in session.threads] == ["b"]


def test_unread_until_it_was_on_the_screen() -> None:
    thread = grown(post("r"), post("a"))
    assert thread.unread == 2
    thread.mark_read()
    thread.add(post("b"))
    assert thread.unread == 1


def test_the_busiest_is_the_one_with_the_most_posts_lately() -> None:
    session = Session()
    for i in range(20):
        session.take(post(f"a{i}", "a", at=i * SECOND), [])
    for i in range(5):
        session.take(post(f"b{i}", "b", at=10 * MINUTE + i * SECOND), [])
    assert session.threads.busiest(session.now)[0].id == "b"
    assert session.threads.busiest(20 * SECOND)[0].id == "a"


@pytest.mark.parametrize("community", ["general", None])
def test_the_community_is_that_of_whoever_tells_it_first(community: str | None) -> None:
    thread = grown(post("a", community=community), post("b", community="other"))
    assert thread.community == (community or "other")
