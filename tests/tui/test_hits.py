"""Looking for what passes: the same as trying everything at once, a little each frame."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.model import Delete, Edit, Event, Kind, Post
from moltwatch.session import Session
from moltwatch.session.charge import Opinion
from moltwatch.session.thread import Limits, Node
from moltwatch.times import SECOND
from moltwatch.tui import hits
from moltwatch.tui.hits import LATEST, Hits, key_of
from moltwatch.tui.live_filter import LiveFilter
from moltwatch.tui.search import NEAREST, Edge, Search
from tests.tui.forum import START, persona


def post(i: int, text: str, thread: str = "t", author: str = "ada", at: int | None = None) -> Post:
    seen = START + (i if at is None else at) * SECOND
    return Post(
        id=f"p{i}",
        thread=thread,
        parent=thread,
        author=author,
        community="general",
        text=text,
        created_at=seen,
        seen_at=seen,
        source="here",
    )


def take(session: Session, *events: Event) -> None:
    for event in events:
        session.take(event, [])


def by_hand(found: Hits, session: Session) -> list[str]:
    """What passes, found by trying everything."""
    nodes = (node for thread in session.threads for node in thread.order)
    return [key[1] for key in sorted(key_of(node) for node in nodes if found.passes(node))]


def in_order(found: Hits) -> list[str]:
    ids, key = [], found.after((-1, "", ""))
    while key is not None:
        ids.append(key[1])
        key = found.after(key)
    return ids


def finish(found: Hits, session: Session) -> None:
    for _ in range(100_000):
        found.work(session)
        if found.complete:
            return
    raise AssertionError("never done")


def node(session: Session, id: str) -> Node:
    found = session.threads.node(id)
    assert found is not None
    return found


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("post", "edit", "delete")),
            st.integers(0, 30),
            st.sampled_from(("karma", "KАRMA and more", "nothing", "業 karma\n\nx", "")),
            st.integers(0, 9),
        ),
        max_size=60,
    ),
    st.sampled_from(("karma", "-karma", "業", '"karma x"', "author:bob or nothing", "kind:post")),
    st.integers(0, 60),
    st.integers(0, 10),
)
def test_it_finds_what_trying_everything_finds(
    script: list[tuple[str, int, str, int]], expression: str, begun: int, here: int
) -> None:
    """Whatever comes, changes and is let go of before, while and after it looks."""
    session = Session(Limits(posts=20, posts_per_thread=8))
    found = Hits(expression, here=START + here * SECOND)
    for step, (what, i, text, at) in enumerate(script):
        if what == "post":
            author = "bob" if i % 3 else "ada"
            take(session, post(i, text, thread=f"t{i % 4}", author=author, at=at))
        elif what == "edit":
            take(session, Edit(id=f"p{i}", seen_at=START, text=text))
        else:
            take(session, Delete(id=f"p{i}", seen_at=START))
        if step >= begun:
            found.work(session)
    finish(found, session)
    for _ in range(hits.BETWEEN_SWEEPS + 1):
        found.work(session)
    wanted = by_hand(found, session)
    assert in_order(found) == wanted
    assert found.n == len(wanted) and found.others == session.threads.posts - len(wanted)
    assert sum(found.threads.values()) == len(wanted)
    assert found.nothing == (not wanted)


def test_a_verdict_and_what_is_said_of_it_count(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    take(session, *(post(i, "hello") for i in range(5)))
    found = LiveFilter("persona>0.7")
    finish(found, session)
    assert found.nothing and found.hidden == 5
    session.finish([persona(post(3, "hello"), START)])
    found.work(session)
    assert in_order(found) == ["p3"] and found.hidden == 4
    case = session.charges.cases[0]
    assert found.case(case, session)
    session.judge(case.charges, Opinion.DISMISSED)
    found.work(session)
    assert found.nothing and not found.case(case, session)
    assert session.charges.get("p3", Kind.PERSONA) is not None


def test_a_frame_costs_little_and_begins_where_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still but for the posts tried, each of which takes a tenth of a frame's share."""
    tried: list[str] = []
    passes = Hits.passes

    def counting(self: Hits, node: Node) -> bool:
        tried.append(node.id)
        return passes(self, node)

    monkeypatch.setattr(Hits, "passes", counting)
    monkeypatch.setattr(hits, "perf_counter", lambda: len(tried) * hits.BUDGET / 10)
    session = Session()
    take(session, *(post(i, "karma" if i % 10 == 0 else "nothing") for i in range(400)))
    found = Search("karma", here=key_of(node(session, "p205")))
    found.work(session)
    assert len(tried) <= 12 and tried[0] == "p205", "forward from there at first"
    found.ask(1, key_of(node(session, "p205")))
    while (answer := found.answer(session)) is None:
        found.work(session)
    assert cast(Node, answer).id == "p210" and len(tried) < 40, "long before all is tried"
    assert not found.complete and found.n < 40
    found.ask(-1, key_of(node(session, "p205")))
    finish(found, session)
    answer = found.answer(session)
    assert cast(Node, answer).id == "p200"
    before = len(tried)
    take(session, post(400, "karma"), post(401, "nothing"))
    found.work(session)
    assert tried[before:] == ["p400", "p401"] and found.n == 41, "after that, only what comes"


def test_at_the_end_it_says_so_and_asked_again_begins_at_the_other() -> None:
    session = Session()
    take(session, post(1, "karma"), post(2, "karma", thread="u"), post(3, "nothing"))
    found = Search("karma")
    found.ask(NEAREST, (LATEST, "", ""))
    finish(found, session)
    steps = []
    here = (LATEST, "", "")
    answer = found.answer(session)
    for by in (1, 1, 1, -1, -1, -1):
        if answer is not None and not isinstance(answer, Edge):
            here = key_of(answer)
        steps.append("edge" if isinstance(answer, Edge) else cast(Node, answer).id)
        found.ask(by, here)
        answer = found.answer(session)
    assert steps == ["p2", "edge", "p1", "p2", "p1", "edge"]
    assert cast(Node, answer).id == "p2", "round"


def test_a_search_looks_among_what_the_filter_leaves() -> None:
    session = Session()
    take(session, post(1, "karma"), post(2, "karma", author="bob"), post(3, "nothing"))
    found = Search("karma", among=LiveFilter("-author:bob"))
    finish(found, session)
    assert in_order(found) == ["p1"]


def test_what_was_let_go_of_is_no_match_any_more() -> None:
    session = Session(Limits(posts=4))
    take(session, *(post(i, "karma", thread=f"t{i}") for i in range(4)))
    found = Search("karma")
    finish(found, session)
    take(session, post(4, "karma", thread="t4"))
    found.ask(-1, key_of(node(session, "p1")))
    assert isinstance(found.answer(session), Edge), "p0 has gone"


def test_another_session_is_looked_through_anew() -> None:
    first, second = Session(), Session()
    take(first, post(1, "karma"))
    take(second, post(2, "nothing"))
    found = Hits("karma")
    finish(found, first)
    assert found.n == 1
    found.work(second)
    assert found.nothing and not found.threads
