"""Arbitrary events: few ids, so that they collide in every way a forum can get wrong."""

from __future__ import annotations

from hypothesis import strategies as st

from moltwatch.model import (
    AgentSeen,
    Delete,
    Edit,
    Event,
    Finding,
    FlaggedPost,
    Gap,
    Group,
    GroupState,
    Heartbeat,
    Kind,
    Post,
    Retracted,
    Scores,
    Vote,
)
from tests.evidence import evidence, told

IDS = st.sampled_from([f"p{i}" for i in range(12)])
NAMES = st.sampled_from(["ann", "bob", "cy", "\u202edud", "p3"])
TIMES = st.integers(0, 3_000_000_000)
TEXTS = st.text(max_size=40)


@st.composite
def posts(draw: st.DrawFn) -> Post:
    """Roots, comments, orphans, answers to themselves, loops, threads that are nobody's root."""
    return Post(
        id=draw(IDS),
        thread=draw(IDS),
        parent=draw(st.none() | IDS),
        author=draw(NAMES),
        title=draw(st.none() | TEXTS),
        text=draw(TEXTS),
        created_at=0,
        seen_at=draw(TIMES),
    )


def events() -> st.SearchStrategy[Event]:
    return st.one_of(
        posts(),
        posts(),
        posts(),
        st.builds(Edit, id=IDS, seen_at=TIMES, text=st.none() | TEXTS, title=st.none() | TEXTS),
        st.builds(Delete, id=IDS, seen_at=TIMES),
        st.builds(
            Vote,
            id=IDS,
            seen_at=TIMES,
            delta=st.none() | st.integers(-2, 2),
            score=st.none() | st.integers(-9, 9),
        ),
        st.builds(AgentSeen, name=NAMES, seen_at=TIMES, bio=st.none() | TEXTS),
        st.builds(Gap, seen_at=TIMES, since=TIMES, until=TIMES, reason=st.just("cut")),
        st.builds(Heartbeat, seen_at=TIMES),
    )


@st.composite
def flagged(draw: st.DrawFn) -> FlaggedPost:
    kind = draw(st.sampled_from(Kind))
    group = draw(st.none() | st.sampled_from(["g1", "g2"])) if kind is Kind.COORDINATED else None
    flag = evidence(heuristic="h", kind=kind, score=0.8, reason="because", group=group)
    return FlaggedPost(
        at=draw(TIMES), kind=kind, post=draw(posts()), scores=Scores(persona=0.8), flags=(flag,)
    )


def findings() -> st.SearchStrategy[Finding]:
    return st.one_of(
        flagged(),
        flagged(),
        st.builds(Retracted, at=TIMES, post=IDS, kind=st.sampled_from(Kind)),
        st.builds(
            Group,
            id=st.sampled_from(["g1", "g2"]),
            at=TIMES,
            kind=st.just(Kind.COORDINATED),
            state=st.sampled_from(GroupState),
            into=st.none() | st.sampled_from(["g1", "g2"]),
            n=st.integers(2, 9),
            accounts=st.just(("ann", "bob")),
            evidence=st.just(told("alike")),
            since=TIMES,
        ),
    )
