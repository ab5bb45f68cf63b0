"""Whatever comes, memory and work stay bounded. Counted, not timed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import islice

import pytest

from moltwatch.heuristics.coordination import crowd, habits, link_push, percolation, visits
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.features import minhash
from moltwatch.heuristics.features.memory import Memory
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.model import AgentSeen, Event, FlaggedPost, GroupState, Post
from moltwatch.times import SECOND
from tests.heuristics.coordination.forum import (
    START,
    Forum,
    coordination,
    flagged,
    groups,
    in_words,
    run,
)


def calls(events: Iterable[Event], engine: Engine | None = None) -> int:
    """Function calls it takes to look at a stream, all heuristics together."""
    engine = engine or Engine(coordination(), GroupTracker())
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


def dense_crowd(n: int) -> Iterator[Event]:
    """Accounts that have but a bio in common: all are suspects and nobody is convicted."""
    forum = Forum()
    for k in range(n):
        name, word, other = (in_words(m) for m in (k * 7919 % 1_000_003, k, k * 31))
        made, seen = START - 977 * k * SECOND, START + k * SECOND // 2
        yield AgentSeen(name=name, bio="Many hands.", created_at=made, seen_at=seen)
        yield forum.post(name, f"thought {word} about {other} things", k * 0.5)


@pytest.mark.parametrize(
    "flood",
    [
        crowded_thread,
        chatterbox,
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in (swarm, great_ring, great_factory)
        ),
    ],
)
def test_work_a_post_does_not_grow(flood: object) -> None:
    assert callable(flood)
    small, large = calls(flood(1_500)), calls(flood(6_000))
    assert large < 4 * small * 1.3


@pytest.mark.slow
def test_work_a_post_does_not_grow_in_a_crowd_of_forty_thousand() -> None:
    events = dense_crowd(40_000)
    engine = Engine(coordination(), GroupTracker())
    few = calls(islice(events, 400), engine)
    for event in islice(events, 79_200):
        engine.feed(event)
    assert engine.health["shared-bio"].found > 39_000
    assert calls(events, engine) < 1.3 * few


def test_a_large_swarm_is_one_group_and_counted_exactly() -> None:
    found = run(swarm(5_000), coordination(["same-text", "name-family"]))
    news = list(groups(found))
    assert [group.state for group in news].count(GroupState.FORMED) == 1
    assert len(news) < 15
    assert len(flagged(found)) == 5_000


def test_stores_keep_to_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minhash, "GENERATION", 100)
    monkeypatch.setattr(visits, "MOST_ACCOUNTS", 100)
    monkeypatch.setattr(visits, "MOST_THREADS", 50)
    monkeypatch.setattr(link_push, "MOST_KEYS", 100)
    monkeypatch.setattr(percolation, "MOST_EDGES", 100)
    heuristics = {h.name: h for h in coordination()}
    forum = Forum()
    engine = Engine(list(heuristics.values()), GroupTracker())
    roots = [forum.post("host", f"thread {n} of words like {n * n}", n).id for n in range(80)]
    for n in range(4_000):
        text = " ".join(f"w{(n * 17 + k * k) % 5_003}x" for k in range(14))
        text += f" see site{n}.example.com"
        engine.feed(forum.post(f"a{n % 301}b", text, 100 + n, thread=roots[n % 80]))
    pairs = vars(heuristics["co-reply"])
    assert 100 <= len(vars(vars(vars(engine)["_asking"])["_memory"])["_leaders"]) <= 200
    assert len(pairs["_rings"]) <= 100
    assert max(len(vars(pairs["_visits"])[store]) for store in ("of", "guests")) <= 100
    assert len(vars(heuristics["link-push"])["_things"]) <= 100


def test_crowds_forget_what_nobody_shares() -> None:
    crowds = crowd.Crowds(window=1_000_000, fade=1_000_000, most=50)
    forum, memory = Forum(), Memory()
    for n in range(500):
        crowds.add(f"key {n}", memory.item(forum.post(f"a{n}", "x", n * 0.001)))
    assert len(crowds) <= 51


def test_a_crowd_that_went_stale_begins_anew() -> None:
    crowds = crowd.Crowds(window=10 * SECOND, fade=10 * SECOND)
    forum, memory = Forum(), Memory()
    sizes = [
        (found := crowds.add("key", memory.item(forum.post(name, "x", at)))) and found.n
        for name, at in (("a", 0), ("b", 9), ("c", 18), ("d", 29), ("e", 30))
    ]
    assert sizes == [None, 2, 2, None, 2]


def test_habits_forget_the_longest_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(habits, "GENERATION", 30)
    monkeypatch.setattr(habits, "MOST_HABITS", 20)
    kept = habits.Habits(SECOND * 9_000, accounts=3, part=0.5, share=0.6, repeats=2)
    forum, memory = Forum(), Memory()
    for n in range(900):
        item = memory.item(forum.post(f"a{n % 7}", "x", n))
        keys = frozenset(f"key {n * k % 211}" for k in range(1, 9))
        list(kept.see(keys, item, item.author))
        memory.remember(item)
        assert len(kept) <= 2 * (30 + 8) + 20


def bursts(forum: Forum) -> Iterator[Post]:
    """For two days fifteen newcomers come to a thread each half hour, and to the next, and regulars
    to others."""
    for k in range(1_000):
        yield forum.post(f"reg{k % 40}", "x", 4.0 * k, thread=f"early{k // 20}")
    for k in range(96):
        begin = 4_000 + 1_800.0 * k
        for n in range(80):
            yield forum.post(f"reg{n % 40}", "x", begin + n, thread=f"quiet{k}.{n // 4}")
        for n in range(30):
            yield forum.post(f"new{k - n % 2}.{n // 2}", "x", begin + 100 + n, thread=f"loud{k}")


def sliding_ring(forum: Forum) -> Iterator[Post]:
    """For two days six accounts come to a new thread, one of them another each time."""
    for k in range(576):
        root = forum.post(f"host{k}", "come in", 300.0 * k)
        yield root
        for n in range(6):
            yield forum.post(f"z{k + n}", "hello there", 300.0 * k + 2 * n + 2, thread=root.id)


def sliding_row(forum: Forum) -> Iterator[Post]:
    """For two days accounts come one after the other, and after a while the first one leaves."""
    for k in range(860):
        root = forum.post(f"host{k}", "come in", 200.0 * k)
        yield root
        for n in range(6):
            yield forum.post(f"y{k // 6 + n}", "hello there", 200.0 * k + 9 * n + 2, thread=root.id)


def clockwork(forum: Forum) -> Iterator[Post]:
    """For two days a newcomer every two minutes, to the second."""
    for k in range(1_440):
        yield forum.post(f"tick{k}", "x", 120.0 * k, community="clock")


@pytest.mark.parametrize(
    ("name", "posts", "most"),
    [
        ("thread-burst", bursts, 390),
        ("co-reply", sliding_ring, 160),
        ("turn-taking", sliding_row, 50),
        ("scripted-gaps", clockwork, 370),
    ],
)
def test_who_left_long_ago_is_no_longer_counted(name: str, posts: object, most: int) -> None:
    assert callable(posts)
    sure: dict[str, dict[str, object]] = {name: {"strength": 0.9}}  # so that each is flagged
    found = run(posts(Forum()), coordination([name], sure))
    flags = [flag for each in found if isinstance(each, FlaggedPost) for flag in each.flags]
    counts = [flag.n for flag in flags]
    assert most / 3 < max(counts) <= most
    assert len(counts) > 500


def test_a_text_of_nine_endless_words_is_not_short() -> None:
    forum = Forum()
    (template,) = coordination(["template"])
    memory = Memory()
    for n in range(3):
        item = memory.item(
            forum.post(f"a{n}", " ".join(f"{n}{k}" + 1_700 * "a" for k in range(9)), n)
        )
        list(template.observe(item))
        memory.remember(item)
    assert not len(vars(template)["_short_crowds"])
