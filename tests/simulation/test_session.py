"""Whole sessions: order, threads, rhythm, determinism, and texts that do not repeat."""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise
from statistics import median

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Heartbeat, Post, Vote
from moltwatch.simulation.campaigns import CAMPAIGNS
from moltwatch.simulation.simulate import Settings, Simulation
from moltwatch.simulation.stage import HEARTBEAT
from moltwatch.times import DAY, HOUR, MINUTE, SECOND

BUSY = Settings(agents=150, rate=30, seed=3, hours=1.0, outage=0.5)
CALM = Settings(agents=200, rate=30, seed=4, hours=1.1, campaigns=(), tides=False)


def play(chosen: Settings) -> tuple[list[Event], Simulation]:
    simulation = Simulation(chosen)
    return list(simulation.events()), simulation


@pytest.fixture(scope="module")
def busy() -> tuple[list[Event], Simulation]:
    return play(BUSY)


@pytest.fixture(scope="module")
def calm() -> tuple[list[Event], Simulation]:
    return play(CALM)


def posts_of(events: list[Event]) -> list[Post]:
    return [event for event in events if isinstance(event, Post)]


def check_valid(events: list[Event], chosen: Settings) -> None:
    """What must hold of any session."""
    assert chosen.hours is not None
    assert all(a.seen_at <= b.seen_at for a, b in pairwise(events))
    assert all(chosen.start < event.seen_at for event in events)
    known: dict[str, Post] = {}
    profiles: set[str] = set()
    gone: set[str] = set()
    for event in events:
        if isinstance(event, AgentSeen):
            assert event.name not in profiles
            assert event.created_at is not None
            assert event.created_at <= event.seen_at
            profiles.add(event.name)
        elif isinstance(event, Post):
            assert event.id not in known
            assert event.author in profiles
            assert event.text.strip()
            assert event.created_at <= event.seen_at
            if event.is_root:
                assert event.parent is None
                assert event.title
            else:
                parent = known[event.parent or ""]
                assert parent.thread == event.thread == known[event.thread].id
                assert parent.created_at <= event.created_at
            known[event.id] = event
        elif isinstance(event, Edit | Vote | Delete):
            assert event.id in known
            if isinstance(event, Delete):
                assert event.id not in gone
                gone.add(event.id)


def test_order_ids_and_threads(busy: tuple[list[Event], Simulation]) -> None:
    check_valid(busy[0], BUSY)
    assert {type(e) for e in busy[0]} == {Post, AgentSeen, Edit, Delete, Vote, Gap, Heartbeat}


@settings(max_examples=8, deadline=None)
@given(
    agents=st.integers(12, 400),
    rate=st.floats(0.05, 120),
    seed=st.integers(0, 2**63 - 1),
    hours=st.floats(0.01, 0.3),
    kinds=st.sets(st.sampled_from(sorted(CAMPAIGNS))),
    tides=st.booleans(),
)
def test_any_settings_give_a_valid_session(
    agents: int, rate: float, seed: int, hours: float, kinds: set[str], tides: bool
) -> None:
    chosen = Settings(
        agents=agents,
        rate=rate,
        seed=seed,
        hours=hours,
        campaigns=tuple(sorted(kinds)),
        tides=tides,
    )
    events, _ = play(chosen)
    check_valid(events, chosen)
    assert events == play(chosen)[0]


def test_the_seed_decides() -> None:
    def encoded(seed: int) -> bytes:
        return msgspec.json.encode(play(msgspec.structs.replace(BUSY, seed=seed, hours=0.3))[0])

    assert encoded(3) == encoded(3)
    assert encoded(3) != encoded(4)


def test_the_start_only_moves_a_session_without_tides() -> None:
    chosen = msgspec.structs.replace(CALM, hours=0.2)
    later = chosen.starting(chosen.start + 5 * DAY)
    for a, b in zip(play(chosen)[0], play(later)[0], strict=True):
        assert type(a) is type(b)
        assert b.seen_at - a.seen_at == 5 * DAY
        if isinstance(a, Post) and isinstance(b, Post):
            assert (a.id, a.author, a.text) == (b.id, b.author, b.text)


@pytest.mark.parametrize("rate", [2.0, 30.0])
def test_the_rate_is_what_was_asked_for(rate: float) -> None:
    hours = 45 / rate
    total = 0
    for seed in (1, 2):
        chosen = Settings(agents=200, rate=rate, seed=seed, hours=hours, campaigns=(), tides=False)
        total += len(posts_of(play(chosen)[0]))
    assert total / (2 * hours * 60) == pytest.approx(rate, rel=0.15)


def test_first_comments_come_within_a_minute(calm: tuple[list[Event], Simulation]) -> None:
    first: dict[str, float] = {}
    roots: dict[str, int] = {}
    for post in posts_of(calm[0]):
        if post.is_root:
            roots[post.id] = post.created_at
        else:
            first.setdefault(post.thread, (post.created_at - roots[post.thread]) / SECOND)
    assert 10 < median(first.values()) < 60


def test_ordinary_agents_do_not_repeat_each_other(calm: tuple[list[Event], Simulation]) -> None:
    ordinary = [item.content for item in calm[1].truth.personas]
    assert len(ordinary) > 1_500
    repeated = [text for text, n in Counter(ordinary).items() if n > 1]
    assert len(repeated) <= 0.005 * len(ordinary), repeated[:5]


def test_some_speak_other_languages_and_most_english(
    calm: tuple[list[Event], Simulation],
) -> None:
    communities = Counter(post.community for post in posts_of(calm[0]))
    foreign = {"中文", "日本語", "한국어", "es", "pt", "de", "fr", "ru", "ar"}
    assert foreign <= set(communities)
    share = sum(communities[name] for name in foreign) / communities.total()
    assert 0.05 < share < 0.35


def test_about_a_tenth_is_acted(calm: tuple[list[Event], Simulation]) -> None:
    labels = [item.label for item in calm[1].truth.personas]
    assert 0.05 < sum(labels) / len(labels) < 0.18
    assert {item.kind for item in calm[1].truth.personas} == {
        "",
        "character",
        "manifesto",
        "brief",
        "promotion",
    }


def test_comments_answer_those_they_name(calm: tuple[list[Event], Simulation]) -> None:
    known = {post.id: post for post in posts_of(calm[0])}
    answers = [p for p in known.values() if p.parent and not known[p.parent].is_root]
    back = [
        p
        for p in answers
        if p.author in (known[p.thread].author, known[known[p.parent or ""].parent or ""].author)
    ]
    assert len(answers) > 0.2 * len(known)
    assert len(back) > 0.4 * len(answers), "authors answer, and are answered"


def test_silence_is_heard() -> None:
    chosen = Settings(agents=20, rate=0.2, seed=1, hours=2.0, campaigns=())
    events, _ = play(chosen)
    assert all(b.seen_at - a.seen_at <= HEARTBEAT for a, b in pairwise(events))
    assert events[-1].seen_at >= chosen.start + 2 * HOUR


def test_an_outage_is_a_gap_and_loses_nothing(busy: tuple[list[Event], Simulation]) -> None:
    (gap,) = [event for event in busy[0] if isinstance(event, Gap)]
    assert gap.recovered
    assert 3 * MINUTE <= gap.until - gap.since <= 8 * MINUTE
    late = [p for p in posts_of(busy[0]) if gap.since < p.created_at < gap.until]
    assert late
    assert all(post.seen_at >= gap.until for post in late)


def test_an_outage_that_outlasts_the_session_is_told_at_its_end() -> None:
    chosen = Settings(agents=40, rate=30, seed=1, hours=0.5, campaigns=(), outage=0.49)
    events, _ = play(chosen)
    (gap,) = [event for event in events if isinstance(event, Gap)]
    assert gap.until == chosen.start + HOUR // 2
    check_valid(events, chosen)


def test_an_endless_session_stays_bounded() -> None:
    simulation = Simulation(Settings(agents=60, rate=200, seed=2), labels=False)
    for _ in islice(simulation.events(), 12_000):
        pass
    stage = simulation._stage
    assert len(stage.threads) <= 80
    assert len(stage.talk._recent) <= 4_000
    assert len(stage._calendar) < 3_000
    assert not simulation.truth.members
    assert not simulation.truth.personas
