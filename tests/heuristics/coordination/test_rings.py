"""Rings that share no text, and the innocent company that looks like one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest

from moltwatch.heuristics.base import Evidence
from moltwatch.heuristics.coordination.significance import at_least, poisson_at_least
from moltwatch.heuristics.features.memory import Memory
from moltwatch.heuristics.persona.names import names
from moltwatch.model import AgentSeen, Event, Group, GroupState, Post
from moltwatch.times import SECOND
from tests.heuristics.coordination.forum import (
    SAYINGS,
    START,
    Forum,
    coordination,
    flagged,
    groups,
    in_order,
    plainly,
    profile,
    run,
)
from tests.heuristics.coordination.test_campaigns import LATER, NAMES, about

Campaign = Callable[[Forum], Sequence[Event]]


def saying(n: int) -> str:
    """Words that nobody else says."""
    rng = Random(n)
    words = ["".join(rng.choices("bdfgklmnprstvaeiou", k=6)) for _ in range(9)]
    return plainly(" ".join(words), n)


def in_turn(forum: Forum) -> Sequence[Post]:
    """Five accounts answer five threads in the same order, at distances that vary."""
    events = []
    for n in range(5):
        root = forum.post(f"asker{NAMES[n]}", saying(100 + n), about(900, n))
        events.append(root)
        for k, name in enumerate(NAMES[:5]):
            second = about(900, n) + 60 + 45 * k + (n * k * 7) % 20
            events.append(forum.post(name, saying(5 * n + k), second, thread=root.id))
    return events


def theatre(forum: Forum) -> Sequence[Post]:
    """Four accounts answer each other in a circle, in three threads."""
    events = []
    for act in range(3):
        second = about(1_500, act)
        said = forum.post(NAMES[act], saying(200 + act), second)
        events.append(said)
        thread, answered = said.id, said.id
        for turn in range(16):
            second += 41 + turn * 13 % 29
            name = NAMES[(act + turn + 1) % 4]
            said = forum.post(name, saying(20 * act + turn), second, thread=thread, parent=answered)
            events.append(said)
            answered = said.id
    return events


def clockwork(forum: Forum) -> Sequence[Event]:
    """Six accounts with two slogans of one deck post in one community every four minutes."""
    slogans = ["One shoal, one current.", "The shoal remembers everything."]
    bios: list[Event] = [profile(name, slogans[n % 2]) for n, name in enumerate(NAMES[:6])]
    return bios + [
        forum.post(NAMES[n % 6], saying(n), LATER + 240 * n + n % 3, community="lodge")
        for n in range(12)
    ]


def factory(forum: Forum) -> Sequence[Event]:
    """Eight numbered accounts, made within a minute, begin to post over half an hour."""
    people = [f"quorum_unit_{n}" for n in range(11, 19)]
    made = [
        AgentSeen(
            name=name,
            bio=SAYINGS[n],
            seen_at=START,
            created_at=START + round((LATER - 900 + 6.3 * n) * SECOND),
        )
        for n, name in enumerate(people)
    ]
    return made + [forum.post(name, saying(n), about(220, n)) for n, name in enumerate(people)]


@pytest.mark.parametrize(("ring", "n"), [(in_turn, 5), (theatre, 4), (clockwork, 6), (factory, 8)])
def test_ring_is_found_and_nobody_else(ring: Campaign, n: int) -> None:
    forum = Forum()
    chatter, events = forum.chatter(4.0), ring(forum)
    members = {e.author for e in events if isinstance(e, Post) and "asker" not in e.author}
    found = run([*chatter, *events])
    assert flagged(found) == members
    assert len(members) == n
    formed = [group for group in groups(found) if group.state is GroupState.FORMED]
    assert len(formed) == 1


def readers_of_the_top(forum: Forum) -> Sequence[Post]:
    """Newcomers who read the list of top threads from the top, two of them always together."""
    roots = [forum.post(f"host{name}", saying(n), LATER + n) for n, name in enumerate(NAMES)]
    events = list(roots)
    rng = Random(1)
    for n in range(240):
        second = LATER + 12 * n + rng.uniform(0, 12)
        root = rng.choice(roots)
        events.append(
            forum.post(forum.regular(n * 7 % 40), saying(500 + n), second, thread=root.id)
        )
    for n, name in enumerate(f"new{name}" for name in NAMES):
        for k, root in enumerate(roots):
            second = 600 + about(400, n // 2) + 30 * k + 7 * n
            events.append(forum.post(name, saying(8 * n + k), second, thread=root.id))
    return events


def two_friends(forum: Forum) -> Sequence[Post]:
    """Two accounts that answer everything together are a pair."""
    events = []
    for n in range(8):
        root = forum.post(f"asker{NAMES[n]}", saying(n), about(700, n))
        events.append(root)
        for k, name in enumerate(NAMES[:2]):
            second = about(700, n) + 30 + 20 * k
            events.append(forum.post(name, saying(50 + 2 * n + k), second, thread=root.id))
    return events


def argument(forum: Forum) -> Sequence[Post]:
    """Three accounts argue for an hour in two threads, each with both others."""
    events = []
    for act in range(2):
        root = forum.post(NAMES[act], saying(90 + act), about(2_000, act))
        events.append(root)
        said = [root]
        for turn in range(18):
            name = NAMES[turn * turn % 3 if turn % 4 else turn % 3]
            others = [each for each in said if each.author != name] or [root]
            second = about(2_000, act) + 70 * turn + 30
            answered = others[-1 - turn % min(2, len(others))]
            said.append(
                forum.post(
                    name, saying(30 * act + turn), second, thread=root.id, parent=answered.id
                )
            )
        events += said[1:]
    return events


def moved_in(forum: Forum) -> Sequence[Event]:
    """Accounts that a forum took over from an archive were all made at midnight."""
    made = [AgentSeen(name=name, seen_at=START, created_at=START) for name in NAMES]
    return made + [forum.post(name, saying(n), about(200, n)) for n, name in enumerate(NAMES)]


@pytest.mark.parametrize("innocents", [readers_of_the_top, two_friends, argument, moved_in])
def test_innocent_company_is_left_alone(innocents: Campaign) -> None:
    forum = Forum()
    found = run([*forum.chatter(4.0), *innocents(forum)])
    assert not flagged(found)
    assert not list(groups(found))


def few_who_speak_it(forum: Forum) -> Sequence[Post]:
    """Five accounts of another tongue meet on its few threads, within minutes, and nowhere else."""
    rng = Random(2)
    tongue = ["".join(rng.choices("шщжяюэбдгклмнт", k=6)) for _ in range(60)]
    events = []
    for n in range(8):
        host, *guests = rng.sample(NAMES[:5], 5)
        root = forum.post(host, " ".join(rng.sample(tongue, 9)), about(800, n))
        events.append(root)
        for name in guests:
            second = about(800, n) + rng.uniform(20, 240)
            text = " ".join(rng.sample(tongue, 9))
            events.append(forum.post(name, text, second, thread=root.id))
    return events


def test_who_speaks_what_few_speak_meets_anyway() -> None:
    forum = Forum()
    rings = ["co-reply", "turn-taking", "reply-circle"]
    found = run([*forum.chatter(4.0), *few_who_speak_it(forum)], coordination(rings))
    assert not flagged(found)


def test_a_few_who_are_everywhere_make_no_ring() -> None:
    """On a small forum everybody meets everybody on everything."""
    forum = Forum()
    rng = Random(1)
    events = []
    for n in range(40):
        host, *guests = rng.sample(NAMES[:6], 6)
        root = forum.post(host, saying(n), about(400, n))
        events.append(root)
        for k, name in enumerate(guests):
            second = about(400, n) + rng.uniform(20, 300)
            events.append(forum.post(name, saying(41 * k + n), second, thread=root.id))
    only = coordination(["co-reply", "turn-taking", "reply-circle"])
    assert not flagged(run(events, only))


def test_a_young_session_knows_nobody_as_quiet() -> None:
    """While everybody is new, newcomers on one thread, or with one word, are nothing unusual."""
    forum = Forum()
    root = forum.post("host", "Come in and say who you are.", 0)
    people = [f"guest{a}{b}" for a in NAMES for b in NAMES]
    events = [root] + [
        forum.post(name, f"{saying(n)} reefwide", 30 + 9 * n + n % 4, thread=root.id)
        for n, name in enumerate(people)
    ]
    assert not flagged(run(events, coordination(["thread-burst", "vocabulary"])))


@pytest.mark.parametrize("threads", [1, 4])
def test_a_word_of_one_thread_is_its_subject(threads: int) -> None:
    forum = Forum()
    chatter = forum.chatter(4.0)
    roots = [forum.post(f"host{n}", saying(60 + n), LATER + n) for n in range(threads)]
    talk = [
        forum.post(name, f"{saying(n)} brinewright", LATER + 90 * n, thread=roots[n % threads].id)
        for n, name in enumerate(NAMES, 1)
    ]
    vocabulary, *_ = coordination(["vocabulary"])
    memory = Memory()
    evidence: list[Evidence] = []
    for post in in_order([*chatter, *roots, *talk]):
        assert isinstance(post, Post)
        item = memory.item(post)
        evidence += vocabulary.observe(item)
        memory.remember(item)
    assert bool(evidence) == (threads > 1)


def test_a_group_counts_in_its_reason_who_is_in_it() -> None:
    forum = Forum()
    for event in groups(run([*forum.chatter(4.0), *factory(forum)])):
        assert _counted(event)
    forum = Forum()
    text = "Every honest agent should copy this pledge today and pass it along before midnight."
    clones = [forum.post(name, text, LATER + 3 * n) for n, name in enumerate(NAMES)]
    found = list(groups(run([*forum.chatter(4.0), *clones])))
    assert [group.n for group in found]
    for event in found:
        assert "same text as each other in" in event.reason


def _counted(group: Group) -> bool:
    return group.reason.startswith((f"{group.n} accounts", "3 of", "4 of", "5 of", "6 of"))


def test_a_public_key_spells_no_name() -> None:
    key = "ace0fade" * 8
    assert names(key) == {key}
    assert "marlow" in names("CaptainMarlow")


def test_tails() -> None:
    assert at_least(3, 0, 0.3) == pytest.approx(1)
    assert at_least(10, 9, 0.1) < 1e-7
    assert at_least(4_000, 3_900, 0.5) == at_least(200, 195, 0.5)
    assert poisson_at_least(0, 2.5) == pytest.approx(1)
    assert poisson_at_least(3, 2.5) == pytest.approx(0.4562, abs=1e-4)
    assert 0 < poisson_at_least(30, 0.5) < 1e-30
