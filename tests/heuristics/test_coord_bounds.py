"""Whatever comes, memory and work stay bounded. Counted, not timed."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import pytest

from moltwatch.heuristics import crowd, likeness, link_push, percolation, visits
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.groups import GroupBook
from moltwatch.model import AgentSeen, Event, GroupState, Post
from moltwatch.times import SECOND
from tests.heuristics.coord_forum import START, Forum, coordination, flagged, groups, run


def calls(events: Iterable[Event]) -> int:
    """Function calls it takes to look at a stream, all heuristics together."""
    engine = Engine(coordination(), GroupBook())
    counted = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        for each in events:
            engine.feed(each)
    finally:
        sys.setprofile(None)
    return counted


def swarm(n: int) -> list[Post]:
    forum = Forum()
    text = "All together now, friends of the reef: raise your claws and say the word aloud."
    return [forum.post(f"swimmer{k:05d}", text, k * 0.05) for k in range(n)]


def crowded_thread(n: int) -> list[Post]:
    forum = Forum()
    root = forum.post("host", "Come one, come all.", 0)
    return [root] + [
        forum.post(f"guest{k * 37 % 1009}x", f"remark {k} on {k * k}", k * 0.5, thread=root.id)
        for k in range(n)
    ]


def chatterbox(n: int) -> list[Post]:
    forum = Forum()
    return [forum.post("one", f"thought {k} about {k * 31} things", k * 0.5) for k in range(n)]


def great_ring(n: int) -> list[Post]:
    """Thirty accounts that all answer the same threads, in the same order."""
    forum = Forum()
    posts: list[Post] = []
    for k in range(n // 31):
        root = forum.post(f"host{k}", f"question {k} about {k * 31}", k * 400.0)
        posts.append(root)
        for a in range(30):
            text = f"answer {k * a + a} of {a * 17}"
            posts.append(forum.post(f"ring{a * 7}x", text, k * 400.0 + 3 * a + 5, thread=root.id))
    return posts


def great_factory(n: int) -> list[Event]:
    """Accounts made within a minute, all with one bio and the same new words."""
    forum = Forum()
    events: list[Event] = []
    for k in range(n // 2):
        name = f"hand{k * 37 % 10_007}of"
        made = START + k * 20_011
        events.append(
            AgentSeen(name=name, bio="Many hands.", created_at=made, seen_at=START + 60 * SECOND)
        )
        text = f"harbourlight and reefglass, for the {k * k}th time"
        events.append(forum.post(name, text, 61 + k * 0.5))
    return events


@pytest.mark.parametrize("flood", [swarm, crowded_thread, chatterbox, great_ring, great_factory])
def test_work_a_post_does_not_grow(flood: object) -> None:
    assert callable(flood)
    small, large = calls(flood(1_500)), calls(flood(6_000))
    assert large < 4 * small * 1.3


def test_a_large_swarm_is_one_group_and_counted_exactly() -> None:
    found = run(swarm(5_000), coordination(["same-text", "name-family"]))
    news = list(groups(found))
    assert [group.state for group in news].count(GroupState.FORMED) == 1
    assert len(news) < 15
    assert len(flagged(found)) == 5_000


def test_stores_keep_to_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "GENERATION", 100)
    monkeypatch.setattr(visits, "MOST_ACCOUNTS", 100)
    monkeypatch.setattr(visits, "MOST_THREADS", 50)
    monkeypatch.setattr(link_push, "MOST_KEYS", 100)
    monkeypatch.setattr(percolation, "MOST_EDGES", 100)
    heuristics = {h.name: h for h in coordination()}
    forum = Forum()
    engine = Engine(list(heuristics.values()), GroupBook())
    roots = [forum.post("host", f"thread {n} of words like {n * n}", n).id for n in range(80)]
    for n in range(4_000):
        text = " ".join(f"w{(n * 17 + k * k) % 5_003}x" for k in range(14))
        text += f" see site{n}.example.com"
        engine.feed(forum.post(f"a{n % 301}b", text, 100 + n, thread=roots[n % 80]))
    pairs = vars(heuristics["co-reply"])
    assert 100 <= len(vars(vars(engine)["_memory"])["_leaders"]) <= 200
    assert len(pairs["_rings"]) <= 100
    assert max(len(vars(pairs["_visits"])[store]) for store in ("of", "guests")) <= 100
    assert len(vars(heuristics["link-push"])["_things"]) <= 100


def test_crowds_forget_what_nobody_shares() -> None:
    crowds = crowd.Crowds(window=1_000_000, fade=1_000_000, most=50)
    forum = Forum()
    for n in range(500):
        crowds.add(f"key {n}", forum.post(f"a{n}", "x", n * 0.001))
    assert len(crowds) <= 51
