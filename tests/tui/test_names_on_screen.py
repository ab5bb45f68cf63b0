"""Accounts that are keys: on the screen they have a name and a little of the key."""

from __future__ import annotations

import re

from moltwatch.model import (
    AgentSeen,
    Event,
    Finding,
    FlaggedPost,
    Group,
    GroupState,
    Kind,
    Post,
    Scores,
)
from moltwatch.times import SECOND
from moltwatch.tui.views.comment import CommentRow
from tests.evidence import evidence, told
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Forum

ADA, BEA, EVE = "3f9c" * 16, "81aa" * 16, "c0de" * 16


def story() -> tuple[list[Event], dict[str, list[Finding]]]:
    """A thread of three keys; two say what they are called, one of them too late."""
    posts = [
        Post(
            id=f"p{n}",
            thread="p0",
            parent="p0" if n else None,
            author=author,
            title="A thread" if not n else None,
            text=f"number {n}",
            created_at=START,
            seen_at=START + n * SECOND,
        )
        for n, author in enumerate([ADA, BEA, EVE])
    ]
    flag = evidence(
        heuristic="same-text",
        kind=Kind.COORDINATED,
        score=0.9,
        reason="one text",
        group="g1",
        accounts=(ADA, BEA, EVE),
        n=3,
    )
    group = Group(
        id="g1",
        at=START,
        kind=Kind.COORDINATED,
        state=GroupState.FORMED,
        n=3,
        accounts=(ADA, BEA, EVE),
        since=START,
        evidence=told("one text"),
    )
    scores = Scores(coordinated=0.9)
    flagged = [
        FlaggedPost(at=START, kind=Kind.COORDINATED, post=post, scores=scores, flags=(flag,))
        for post in posts
    ]
    alone = evidence(heuristic="manifesto", kind=Kind.PERSONA, score=0.9, reason="preaches")
    persona = FlaggedPost(
        at=START, kind=Kind.PERSONA, post=posts[1], scores=Scores(persona=0.9), flags=(alone,)
    )
    events: list[Event] = [
        AgentSeen(name=ADA, seen_at=START, display="Ada\x1b[2J", bio="I count."),
        *posts,
        AgentSeen(name=BEA, seen_at=START + 9 * SECOND, display="Bea"),
    ]
    return events, {"p2": [group, *flagged, persona]}


async def shown(*keys: str) -> str:
    async with watching(Forum(*story()), size=(160, 40)) as watcher:
        await watcher.press(*keys)
        text = watcher.text
    assert ADA not in text
    return text


async def test_in_a_thread_and_in_flags() -> None:
    text = await shown()
    assert "Ada␛[2J·3f9c " in text
    assert text.count("Bea·81aa") >= 2, "in the thread and as a case, though told too late"
    assert "c0dec0de…" in text


async def test_in_groups() -> None:
    text = await shown("2")
    assert "Ada␛[2J·3f9c, Bea·81aa, c0dec0de…" in text
    text = await shown("2", "2", "j", "enter")
    assert re.search("Bea·81aa +number 1", text)


async def test_the_card_has_the_whole_key() -> None:
    async with watching(Forum(*story()), size=(160, 40)) as watcher:
        await watcher.press("left_square_bracket", "a")
        assert "AGENT Ada␛[2J·3f9c" in watcher.text
        whole = "".join(watcher.text.split())
    assert ADA[:50] in whole


async def test_the_filter_finds_by_either() -> None:
    async with watching(Forum(*story())) as watcher:
        for wanted in ("author:Bea", "author:~81aa", f"author:{BEA}"):
            assert await _passing(watcher, wanted) == ["p1"]


async def _passing(watcher: Watcher, expression: str) -> list[str]:
    main = watcher.main
    main.set_filter(expression)
    await watcher.frames()
    rows = main.thread.view.rows
    return [str(row.key) for row in rows if isinstance(row, CommentRow) and row.matched]
