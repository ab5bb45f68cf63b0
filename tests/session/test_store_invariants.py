"""Whatever a forum sends, and in whatever order: the session holds together and stays bounded."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.model import Event, Finding, Kind, Post
from moltwatch.session import Limits, Session
from moltwatch.session.charge import Opinion
from moltwatch.session.thread import Thread
from tests.session.events import events, findings, posts

STEPS = st.lists(st.tuples(events(), st.lists(findings(), max_size=2)), max_size=30)
FEW = settings(max_examples=40, deadline=None)
SMALL = Limits(posts=9, posts_per_thread=5, characters=120, agents=3, charges=4, groups=1)


def check_thread(thread: Thread) -> None:
    """The tree holds every node once, under its parent."""
    walked = [node for node, _ in thread.walk()]
    assert len(walked) == len(thread.nodes) == len({id(node) for node in walked})
    assert {node.id for node in walked} == set(thread.nodes)
    for node in walked:
        assert (node.parent is None) == (node is thread.root)
        assert node.parent is None or node in node.parent.children
        assert all(child.parent is node for child in node.children)
    pruned = thread.n - len(thread.order)
    assert [node for node in walked if node.post] != [] or pruned > 0
    assert {node.id for node in thread.order} == {n.id for n in walked if n.post is not None}
    assert thread.chars == sum(node.chars for node in thread.order)
    assert pruned >= 0
    assert 0 <= thread.unread <= thread.n


def check_session(session: Session) -> None:
    for thread in session.threads:
        check_thread(thread)
        standing = {
            kind: sum(
                charge.stands
                for node in thread.order
                for charge in node.charges
                if charge.kind is kind
            )
            for kind in Kind
        }
        pruned = thread.n > len(thread.order)
        assert pruned or thread.flagged == {k: n for k, n in standing.items() if n}
    assert session.threads.posts == sum(len(thread.order) for thread in session.threads)
    assert session.threads.characters == sum(thread.chars for thread in session.threads)
    for case in session.charges.cases:
        assert case.charges and all(charge.case is case for charge in case.charges)
        assert len(case.charges) <= case.n


@FEW
@given(STEPS)
def test_holds_together(steps: list[tuple[Event, list[Finding]]]) -> None:
    session = Session()
    now = 0
    for n, (event, found) in enumerate(steps, start=1):
        session.take(event, found)
        now = max(now, event.seen_at)
        assert (session.version, session.now) == (n, now)
        check_session(session)
    session.finish([])
    assert session.ended
    marks: Counter[Kind] = Counter()
    for column in session.timeline.columns(50, 0, max(now, session.timeline.end) + 1):
        marks.update({kind: column.begin(kind) for kind in Kind})
    matter = (case for case in session.charges.cases if case.matters)
    expected = Counter(case.kind for case in matter for _ in case.begins)
    assert +marks == expected


@FEW
@given(STEPS)
def test_stays_within_its_limits(steps: list[tuple[Event, list[Finding]]]) -> None:
    session = Session(SMALL)
    for event, found in steps:
        session.take(event, found)
        check_session(session)
        assert session.threads.posts <= SMALL.posts
        assert all(len(thread.order) <= SMALL.posts_per_thread for thread in session.threads)
        assert len(session.agents) <= SMALL.agents
        assert len(session.charges) <= SMALL.charges
        assert len(session.groups) <= SMALL.groups


@FEW
@given(st.lists(posts(), max_size=40))
def test_counts_every_post_once(seen: list[Post]) -> None:
    session = Session()
    for post in seen:
        session.take(post, [])
    assert session.posts == len({post.id for post in seen})
    assert session.posts == sum(thread.n for thread in session.threads)
    first: dict[str, Post] = {}
    for post in seen:
        first.setdefault(post.id, post)
    for id, post in first.items():
        node = session.threads.node(id)
        assert node is not None and node.author == post.author and node.text == post.text


@FEW
@given(STEPS, st.data())
def test_opinions_come_and_go(
    steps: list[tuple[Event, list[Finding]]], data: st.DataObject
) -> None:
    session = Session()
    for event, found in steps:
        session.take(event, found)
    before = {thread.id: dict(thread.flagged) for thread in session.threads}
    cases = session.charges.cases
    if not cases:
        return
    case = data.draw(st.sampled_from(cases))
    stood = case.stands
    session.judge(case.charges, Opinion.DISMISSED)
    assert not case.stands
    assert not any(charge.stands for charge in case.charges)
    check_session(session)
    session.judge(case.charges, None)
    assert case.stands == stood
    assert {thread.id: dict(thread.flagged) for thread in session.threads} == before


@FEW
@given(st.lists(posts(), min_size=1, max_size=30))
def test_the_same_whatever_is_looked_at(seen: list[Post]) -> None:
    """Reading what the screen reads changes nothing."""
    quiet, watched = Session(), Session()
    for post in seen:
        quiet.take(post, [])
        watched.take(post, [])
        watched.threads.busiest(watched.now, 3)
        watched.timeline.columns(40, 0, watched.now + 1)
        for thread in watched.threads:
            list(thread.walk())
            thread.pulse.bars(watched.now)
    for one, other in zip(quiet.threads, watched.threads, strict=True):
        assert [node.id for node, _ in one.walk()] == [node.id for node, _ in other.walk()]
