"""A session that is held stands still, loses nothing, and keeps what is looked at."""

from __future__ import annotations

import pytest

from moltwatch.model import AgentSeen, Edit, Event, Post
from moltwatch.session import Limits, Session, held
from moltwatch.session.held import Held
from moltwatch.times import SECOND


def post(n: int, thread: str = "", parent: str = "") -> Post:
    id = f"p{n}"
    return Post(
        id=id,
        thread=thread or id,
        parent=(parent or thread) if thread else None,
        author="ada",
        text="hello",
        created_at=n * SECOND,
        seen_at=n * SECOND,
    )


def standing(session: Session) -> tuple[int, bool, int | None]:
    """Posts taken in, whether the end was, and how many posts came meanwhile."""
    return session.posts, session.ended, session.held.posts if session.held is not None else None


def test_what_comes_waits_in_order_and_so_does_the_end() -> None:
    session, other = Session(), Session()
    events: list[Event] = [post(n, "p0" if n else "") for n in range(9)]
    for event in events[:3]:
        session.take(event, [])
    version = session.version
    session.hold()
    for event in events[3:]:
        session.take(event, [])
    session.finish([])
    session.catch_up()
    assert standing(session) == (3, False, 6) and session.version == version
    session.let_go()
    session.catch_up(0)
    assert standing(session) == (3, False, 6), "it takes its time"
    session.take(post(9), [])
    session.catch_up()
    for event in [*events, post(9)]:
        other.take(event, [])
    assert standing(session) == (10, True, None)
    assert [node.id for node in session.latest] == [node.id for node in other.latest]


def test_where_there_is_no_room_for_more_it_goes_on_and_says_so() -> None:
    session = Session()
    session.hold()
    session.held = Held(most=5)
    for n in range(12):
        session.take(post(n), [])
        assert len(session.held) <= 5
    assert not session.holding and list(session.notes) == [
        "no room for more than 5 held back: the screen goes on"
    ]
    assert session.posts == 12, "what waited was taken in as more came"
    session.catch_up()
    assert standing(session) == (12, False, None)
    assert [node.id for node in session.latest] == [f"p{n}" for n in range(12)]


def test_texts_of_any_sort_take_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "MOST_CHARS", 100)
    events = (
        post(1),
        Edit(id="p1", seen_at=1, text="x" * 200),
        AgentSeen(name="ada", seen_at=1, bio="x" * 200),
    )
    assert [_is_full(event) for event in events] == [False, True, True]


def _is_full(event: Event) -> bool:
    waiting = Held()
    waiting.add(event, [])
    full = waiting.full
    waiting.pop()
    assert not waiting.full and not waiting.posts
    return full


def test_held_again_before_it_has_caught_up_it_loses_nothing() -> None:
    session = Session()
    session.hold()
    for n in range(3):
        session.take(post(n), [])
    session.hold()
    assert standing(session) == (0, False, 3), "asked for twice it is the same"
    session.let_go()
    session.take(post(3), [])
    session.hold()
    assert session.holding and standing(session) == (2, False, 2)
    session.let_go()
    session.catch_up()
    assert standing(session) == (4, False, None)
    assert [node.id for node in session.latest] == ["p0", "p1", "p2", "p3"]


def test_what_is_looked_at_is_not_let_go() -> None:
    session = Session(Limits(posts=10))
    for n in range(4):
        session.take(post(n), [])
    session.threads.hold(["p0"])
    for n in range(4, 40):
        session.take(post(n), [])
    assert session.threads.get("p0") is not None and session.threads.get("p1") is None
    assert session.threads.posts == 10
    session.threads.hold([])
    session.take(post(40), [])
    assert session.threads.get("p0") is None


def test_a_post_that_is_looked_at_stays_with_those_above_it() -> None:
    session = Session(Limits(posts_per_thread=20))
    session.take(post(0), [])
    session.take(post(1, "p0"), [])
    session.take(post(2, "p0", parent="p1"), [])
    session.threads.hold(["p0", "p2"])
    for n in range(3, 60):
        session.take(post(n, "p0"), [])
    kept = session.threads.node("p2")
    assert kept is not None and kept.parent is session.threads.node("p1")
    assert session.threads.node("p3") is None
    assert session.threads.posts <= 21


def test_however_deep_it_stands_what_is_looked_at_leaves_room_for_what_comes() -> None:
    """A chain of answers, and a reader at its end."""
    session = Session(Limits(posts_per_thread=200))
    for n in range(1_000):
        session.take(post(n, "p0" if n else "", parent=f"p{n - 1}"), [])
        session.threads.hold([f"p{n}"])
    thread = session.threads.get("p0")
    assert thread is not None and len(thread.order) <= 200
    assert session.threads.node("p999") is thread.order[-1]
    assert all(session.threads.node(f"p{n}") for n in (0, *range(960, 1_000)))
    session.threads.hold(node.id for node in thread.order)
    for n in range(1_000, 1_300):
        session.take(post(n, "p0"), [])
    assert session.threads.node("p1299") is thread.order[-1] and len(thread.order) <= 200
