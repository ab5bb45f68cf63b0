"""Findings to print, plain and hostile."""

from __future__ import annotations

from hypothesis import strategies as st

from moltwatch.model import (
    FlaggedPost,
    Group,
    GroupState,
    Kind,
    Post,
    Retracted,
    Scores,
    Verdict,
)
from moltwatch.times import LATEST, SECOND, parse_time
from tests.evidence import evidence, told

AT = parse_time("2026-01-31T05:19:31.2Z")

POST = Post(
    id="c1",
    thread="p1",
    parent="p1",
    author="clawd",
    community="general",
    text="Praise the shell 🦞",
    created_at=AT - 2 * SECOND,
    seen_at=AT - SECOND,
    source="moltbook",
)
FLAG = evidence(
    heuristic="near-duplicate",
    kind=Kind.COORDINATED,
    score=0.95,
    reason="same text as 33 other accounts in 40 s",
    posts=("c0", "c9"),
    accounts=("clawd", "molty"),
    n=34,
    group="g7",
)
SCORES = Scores(persona=0.12, coordinated=0.97)
FLAGGED = FlaggedPost(at=AT, kind=Kind.COORDINATED, post=POST, scores=SCORES, flags=(FLAG,))
GROUP = Group(
    id="g7",
    at=AT,
    kind=Kind.COORDINATED,
    state=GroupState.FORMED,
    n=34,
    accounts=("clawd", "molty"),
    evidence=told("same text"),
    since=AT,
)
RETRACTED = Retracted(at=AT, post="c1", kind=Kind.PERSONA)
VERDICT = Verdict(post=POST, scores=SCORES, flags=(FLAG,), at=AT, first_at=None)

HOSTILE = "\x1b]0;owned\x07\x9b31m\u202egnp.\u2028\x00\x7f=cmd()\ud800"

texts = st.one_of(st.text(max_size=30), st.text("\x1b\x00\x9b\u202e\u2028\ud800[]\"'=\n\r,a"))
names = texts.filter(bool)
times = st.integers(0, LATEST - 1)
unit = st.floats(0, 1)
kinds = st.sampled_from(Kind)

posts = st.builds(
    Post,
    id=names,
    thread=names,
    parent=st.none() | names,
    author=names,
    community=st.none() | texts,
    title=st.none() | texts,
    text=texts,
    created_at=times,
    seen_at=times,
    link=st.none() | texts,
    url=st.none() | texts,
    source=texts,
)
scores = st.builds(Scores, persona=unit, coordinated=unit, hazard=unit)
flags = st.lists(
    st.builds(
        evidence,
        heuristic=names,
        kind=kinds,
        score=unit,
        reason=texts,
        posts=st.lists(names, max_size=3).map(tuple),
        accounts=st.lists(names, max_size=3).map(tuple),
        n=st.integers(0, 10**6),
        group=st.none() | names,
    ),
    max_size=2,
).map(tuple)
findings = st.one_of(
    st.builds(FlaggedPost, at=times, kind=kinds, post=posts, scores=scores, flags=flags),
    st.builds(
        Group,
        id=names,
        at=times,
        kind=kinds,
        state=st.sampled_from(GroupState),
        into=st.none() | names,
        n=st.integers(0, 10**6),
        accounts=st.lists(names, max_size=3).map(tuple),
        evidence=texts.map(told),
        since=times,
    ),
    st.builds(Retracted, at=times, post=names, kind=kinds),
    st.builds(
        Verdict, post=posts, scores=scores, flags=flags, at=times, first_at=st.none() | times
    ),
)
