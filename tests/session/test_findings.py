"""Verdicts become charges and cases; groups tell their story; agents have a card."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from moltwatch.model import (
    AgentSeen,
    Evidence,
    Finding,
    FlaggedPost,
    Group,
    GroupState,
    Kind,
    Mark,
    Post,
    Retracted,
    Scores,
    Thresholds,
    Verdict,
)
from moltwatch.session import Limits, Session
from moltwatch.session.charge import Opinion
from moltwatch.times import MINUTE, SECOND
from tests.evidence import evidence, told


def post(id: str, author: str = "ann", at: int = 0, parent: str | None = "r") -> Post:
    return Post(
        id=id, thread="r", parent=parent, author=author, text="hello", created_at=at, seen_at=at
    )


def flagged(
    of: Post, kind: Kind = Kind.PERSONA, group: str | None = None, score: float = 0.7
) -> FlaggedPost:
    flag = evidence(heuristic="h", kind=kind, score=score, reason="because", group=group)
    scores = Scores(**{kind.value: score})
    return FlaggedPost(at=of.seen_at, kind=kind, post=of, scores=scores, flags=(flag,))


def group(
    id: str, state: GroupState = GroupState.FORMED, n: int = 3, into: str | None = None
) -> Group:
    return Group(
        id=id,
        at=0,
        kind=Kind.COORDINATED,
        state=state,
        n=n,
        into=into,
        accounts=("ann",),
        evidence=told("alike"),
        since=0,
    )


def session_with(*steps: tuple[Post, Sequence[Finding]]) -> Session:
    session = Session()
    for event, found in steps:
        session.take(event, found)
    return session


def test_posts_of_one_account_and_kind_are_one_case() -> None:
    one, two, other = post("1"), post("2"), post("3", "bob")
    session = session_with((one, [flagged(one)]), (two, [flagged(two)]), (other, [flagged(other)]))
    assert [(case.n, list(case.accounts)) for case in session.charges.cases] == [
        (2, ["ann"]),
        (1, ["bob"]),
    ]
    assert session.charges.by_kind[Kind.PERSONA] == 3


def test_a_swarm_is_one_case() -> None:
    posts = [post(f"{i}", f"agent{i}") for i in range(5)]
    session = session_with(*((p, [flagged(p, Kind.COORDINATED, "g")]) for p in posts))
    [case] = session.charges.cases
    assert (case.n, len(case.accounts), case.group) == (5, 5, "g")


def test_a_verdict_taken_back_no_longer_stands() -> None:
    one = post("1")
    session = session_with((one, [flagged(one)]))
    thread = session.threads.get("r")
    assert thread is not None and thread.flagged == {Kind.PERSONA: 1}
    session.take(post("2"), [Retracted(at=1, post="1", kind=Kind.PERSONA)])
    assert thread.flagged == {} and not session.charges.cases[0].stands
    assert session.timeline.columns(1, 0, SECOND)[0].kinds == []
    session.take(post("3"), [flagged(one, score=0.9)])
    assert thread.flagged == {Kind.PERSONA: 1}
    assert session.charges.cases[0].score == 0.9


def test_the_time_line_marks_where_what_matters_begins() -> None:
    def marks() -> list[dict[Kind, int]]:
        columns = session.timeline.columns(6, 0, 6 * SECOND)
        return [{kind: n for kind in Kind if (n := column.begin(kind))} for column in columns]

    posts = [post(f"{n}", "ann" if n < 4 else "bob", at=n * SECOND) for n in range(6)]
    weak, strong, more, again, swarm, other = posts
    session = session_with((weak, [flagged(weak, score=0.7)]))
    assert marks() == [{}] * 6, "a weak persona is no place to go to"
    session.take(strong, [flagged(strong, score=0.9)])
    session.take(more, [flagged(more, score=0.9)])
    assert marks() == [{Kind.PERSONA: 1}] + [{}] * 5, "it is told once, where it began"
    session.take(again, [flagged(again, Kind.HAZARD)])
    session.take(swarm, [group("g1"), flagged(swarm, Kind.COORDINATED, "g1")])
    session.take(other, [group("g2"), flagged(other, Kind.COORDINATED, "g2")])
    one, both = {Kind.COORDINATED: 1}, [{Kind.PERSONA: 1}, {}, {}, {Kind.HAZARD: 1}]
    assert marks() == [*both, one, one]
    session.take(post("6"), [group("g1", GroupState.MERGED, into="g2")])
    assert marks() == [*both, one, one], "of two that became one both beginnings are left"
    cases = session.charges.cases
    charges = [charge for case in cases for charge in case.charges]
    session.judge(charges, Opinion.DISMISSED)
    assert marks() == [{}] * 6
    session.judge(charges, None)
    assert marks() == [*both, one, one]
    columns = session.timeline.columns(6, 0, 6 * SECOND)
    assert columns[0].strongest(Kind.PERSONA) == 90, "as strong as its strongest post"
    session.take(post("7"), [Retracted(at=7, post="3", kind=Kind.HAZARD)])
    assert marks()[3] == {}


def test_what_the_user_dismissed_does_not_swallow_what_comes_later() -> None:
    one, two = post("1"), post("2")
    session = session_with((one, [flagged(one)]))
    [case] = session.charges.cases
    session.judge(case.charges, Opinion.DISMISSED)
    assert (case.opinion, case.stands, case.posts) == (Opinion.DISMISSED, False, 0)
    session.take(two, [flagged(two)])
    assert session.charges.cases == [case] and (case.opinion, case.posts) == (None, 1)
    assert [charge.post for charge in case.charges if charge.stands] == ["2"]
    assert session.charges.standing[Kind.PERSONA] == 1


def test_a_merged_swarm_goes_on_as_the_other() -> None:
    one, two = post("1"), post("2", "bob")
    session = session_with(
        (one, [group("g1"), flagged(one, Kind.COORDINATED, "g1")]),
        (
            two,
            [
                group("g2"),
                group("g1", GroupState.MERGED, into="g2"),
                flagged(two, Kind.COORDINATED, "g2"),
            ],
        ),
    )
    [case] = session.charges.cases
    assert (case.group, case.n) == ("g2", 2)
    swarm = session.groups.get("g1")
    assert swarm is not None and swarm.id == "g2"


def test_groups_that_merge_in_a_ring_are_still_found() -> None:
    session = session_with(
        (
            post("1"),
            [group("g1", GroupState.MERGED, into="g2"), group("g2", GroupState.MERGED, into="g1")],
        )
    )
    assert session.groups.get("g1") is not None


def test_who_came_when_is_told_also_of_those_before_the_group() -> None:
    one, two = post("1", at=1), post("2", "bob", at=2)
    session = session_with(
        (one, [flagged(one, Kind.COORDINATED, "g")]),
        (two, [group("g"), flagged(two, Kind.COORDINATED, "g")]),
    )
    swarm = session.groups.get("g")
    assert swarm is not None
    assert [(arrival.author, arrival.at) for arrival in swarm.arrivals] == [("ann", 1), ("bob", 2)]
    assert swarm.n_posts == 2 and list(swarm.members) == ["ann", "bob"]


def test_charges_are_bounded_and_cases_go_with_them() -> None:
    session = Session(Limits(charges=3))
    for i in range(10):
        one = post(f"{i}", f"agent{i}")
        session.take(one, [flagged(one)])
    assert len(session.charges) == len(session.charges.cases) == 3
    assert session.charges.n == 10


def test_what_no_list_has_any_more_is_held_against_its_post_with_all_reasons() -> None:
    session = Session(Limits(charges=2))
    posts = [post(f"{i}", "ann", at=i) for i in range(5)]
    lone = Evidence("h", Kind.PERSONA, "f", 1.0, (Mark("says {word}", {"word": "\ud800"}),))
    for one in posts:
        found = flagged(one)
        odd = replace(found, flags=(lone,), against=(lone,))
        session.take(one, [odd if one.id == "1" else found])
    [case] = session.charges.cases
    assert [charge.post for charge in case.charges] == ["3", "4"]
    [kept] = session.held_against("0")
    assert (kept.flags, kept.against) == (flagged(posts[0]).flags, ())
    assert [flag.reason for flag in kept.reasons] == ["because"]
    [odd_one] = session.held_against("1")
    assert odd_one.flags == odd_one.against == (lone,), "what cannot be packed is kept as it is"
    thread = session.threads.get("r")
    assert thread is not None and thread.flagged == {Kind.PERSONA: 5}
    session.judge([kept], Opinion.DISMISSED)
    assert not kept.stands and thread.flagged == {Kind.PERSONA: 4}
    assert (case.posts, case.standing, case.opinion) == (4, 2, None)
    session.take(post("5", "bob"), [Retracted(at=5, post="1", kind=Kind.PERSONA)])
    assert not odd_one.stands and session.charges.standing[Kind.PERSONA] == 3
    session.judge([kept], None)
    assert (case.posts, case.standing) == (4, 2)
    session.judge(case.charges, Opinion.DISMISSED)
    assert (case.posts, case.opinion) == (2, Opinion.DISMISSED)


def hazard(of: Post, says: str) -> FlaggedPost:
    flag = evidence(heuristic="h", kind=Kind.HAZARD, reason=says)
    scores = Scores(hazard=0.8)
    return FlaggedPost(at=of.seen_at, kind=Kind.HAZARD, post=of, scores=scores, flags=(flag,))


def test_personas_push_out_no_group_and_no_hazard() -> None:
    session = Session(Limits(charges=40))
    for i in range(6):
        one = post(f"g{i}", f"agent{i}")
        session.take(one, [flagged(one, Kind.COORDINATED, "g")])
    one, two = post("h", "mallory"), post("s", "king")
    session.take(one, [hazard(one, "asks for secrets")])
    session.take(two, [flagged(two, score=0.9)])
    for i in range(200):
        one = post(f"p{i}", f"meek{i}")
        session.take(one, [flagged(one)])
    charges = session.charges
    assert len(charges) == 40
    assert [(case.kind, case.n) for case in charges.cases[:3]] == [
        (Kind.COORDINATED, 6),
        (Kind.HAZARD, 1),
        (Kind.PERSONA, 1),
    ]
    assert charges.cases[2].score == 0.9, "a strong persona outlives the weak ones"
    assert charges.standing[Kind.PERSONA] == 201


def test_one_hazard_is_one_case_whoever_tells_it() -> None:
    session = Session()
    told = [
        ("ann", "asks for secrets"),
        ("ann", "asks for money"),  # all that one account tells alone
        ("bob", "asks for secrets; said so before"),
        ("bob", "runs a command"),  # not what ann told
        ("ann", "hides a message"),  # ann is not alone in the first any more
    ]
    for i, (name, says) in enumerate(told):
        one = post(f"{i}", name, at=i)
        session.take(one, [hazard(one, says)])
    assert [[charge.post for charge in case.charges] for case in session.charges.cases] == [
        ["0", "1", "2"],
        ["3"],
        ["4"],
    ]
    first = session.charges.cases[0]
    assert (first.since, first.until, list(first.accounts)) == (0, 2, ["ann", "bob"])


def test_groups_that_merge_are_one_case() -> None:
    posts = [post(f"{i}", f"agent{i}", at=i) for i in range(4)]
    session = Session()
    for i, one in enumerate(posts):
        session.take(one, [flagged(one, Kind.COORDINATED, f"g{i // 2}", 0.7 + i / 10)])
    assert len(session.charges.cases) == 2
    seen = session.charges.version
    session.take(post("x"), [group("g0", GroupState.MERGED, into="g1")])
    [case] = session.charges.cases
    assert list(session.charges.changed_since(seen)) == [case]
    assert (case.group, case.n, case.since, case.until) == ("g1", 4, 0, 3)
    assert case.top.post == "3" and all(charge.case is case for charge in case.charges)
    assert session.charges.of_group(Kind.COORDINATED, "g1") is case


def test_the_strongest_of_a_case_is_known_when_verdicts_are_reached_once_more() -> None:
    posts = [post(f"{i}", f"agent{i}", at=i) for i in range(3)]
    session = Session()
    for one in posts:
        session.take(one, [flagged(one, Kind.COORDINATED, "g")])
    [case] = session.charges.cases
    tops = [case.top.post]
    for i, score in ((0, 0.9), (1, 0.8), (2, 0.9), (2, 0.6), (0, 0.75)):
        seen = session.charges.version
        session.finish([flagged(posts[i], Kind.COORDINATED, "g", score)])
        assert list(session.charges.changed_since(seen)) == [case]
        tops.append(case.top.post)
    assert tops == ["2", "0", "0", "2", "0", "1"]


def test_a_flag_on_a_post_that_is_not_kept_is_listed_all_the_same() -> None:
    one = post("1")
    session = session_with((post("2"), [flagged(one)]))
    assert session.charges.cases[0].latest.excerpt == "hello"


def test_an_agents_card() -> None:
    session = Session()
    session.take(AgentSeen(name="ann", seen_at=0, bio="reads tides"), [])
    session.take(post("r", "bob", parent=None), [])
    for i in range(8):
        one = post(f"c{i}", at=i * MINUTE)
        session.take(one, [flagged(one)] if i == 7 else [])
    agent = session.agents.get("ann")
    assert agent is not None and agent.profile is not None
    assert (agent.n, agent.comments, agent.profile.bio) == (8, 8, "reads tides")
    assert agent.company == {"bob": 8}
    assert agent.rhythm == "metronome"
    assert agent.repetition() == (7, 8)
    assert agent.flagged[Kind.PERSONA] == 1
    assert session.agents.n == 2


def test_notes_are_for_reading() -> None:
    session = Session()
    session.note("heuristic x failed")
    assert (list(session.notes), session.n_notes, session.version) == (["heuristic x failed"], 1, 1)


def test_what_went_into_another_is_a_part_of_it() -> None:
    """Whether its posts were told of before or after, and whether the other was known by then."""
    posts = [post(f"{n}", f"agent{n}", at=n) for n in range(4)]
    flags = [flagged(one, Kind.COORDINATED, "g1" if n < 3 else "g2") for n, one in enumerate(posts)]
    session = Session()
    session.finish([group("g1"), *flags[:2], group("g1", GroupState.MERGED, into="g2")])
    session.finish([group("g2", n=4), *flags[2:], group("g2", GroupState.ENDED, n=4)])
    assert (session.groups.n, session.groups.merged) == (2, 1)
    swarm, merged = session.groups.get("g1"), session.groups.swarms[0]
    assert swarm is not None and (swarm.id, swarm.n, swarm.n_posts, swarm.over) == (
        "g2",
        4,
        4,
        True,
    )
    assert list(swarm.members.items()) == [(f"agent{n}", (n, 1)) for n in range(4)]
    assert swarm.text == (4, "hello") and [arrival.at for arrival in swarm.arrivals] == [0, 1, 2, 3]
    assert (merged.id, merged.n, merged.over) == ("g1", 3, True)
    assert session.groups.stories == [swarm]


def last_word(of: Post, persona: float, *flags: Evidence) -> Verdict:
    return Verdict(post=of, scores=Scores(persona=persona), flags=flags, at=9, first_at=None)


def test_with_a_threshold_the_last_word_counts() -> None:
    one, two = post("1"), post("2", at=SECOND)
    secret = evidence(heuristic="h", kind=Kind.PERSONA, score=0.7, reason="because")
    session = Session(
        thresholds=Thresholds(persona=0.6), withholds=lambda verdict: verdict.post.id == "2"
    )
    session.take(one, [flagged(one)])
    assert not session.charges.cases and session.counts.flagged[Kind.PERSONA] == 1
    session.take(two, [])
    session.finish([last_word(one, 0.5), last_word(two, 0.9, secret)])
    [case] = session.charges.cases
    assert (case.latest.post, case.latest.score, case.latest.withheld) == ("2", 0.9, True)
    assert (session.charges.by_kind[Kind.PERSONA], session.charges.strong[Kind.PERSONA]) == (1, 1)
    assert session.charges.behind == session.charges.alone == {(Kind.PERSONA, "h"): 1}
    assert session.timeline.columns(2, 0, 2 * SECOND)[1].kinds == [Kind.PERSONA]


def test_what_an_account_keeps_saying_is_one_hazard_with_its_number() -> None:
    """In between it was not flagged, yet it is counted by its heuristic."""
    session = Session()
    for n, times in enumerate((0, 0, 20, 40)):
        one = post(f"{n}", at=n)
        found = flagged(one, Kind.HAZARD)
        again = (Mark("the account said so {times:,} times within a day", {"times": times}),)
        flag = replace(found.flags[0], marks=(*found.flags[0].marks, *again * bool(times)))
        session.take(one, [replace(found, flags=(flag,))])
    assert {key: each.n for key, each in session.charges.hazards.items()} == {
        ("ann", "because"): 40
    }
    assert [case.n for case in session.charges.cases] == [4]


def test_what_is_only_counted_is_counted_alike() -> None:
    """Where no posts and no charges are kept, the numbers are the same."""
    kept, counted = Session(), Session(Limits(posts=0, charges=0))
    for n in range(30):
        one = replace(post(f"{n}", f"agent{n % 3}", at=n), thread=f"r{n % 5}", parent=f"r{n % 5}")
        found = [flagged(one, kind) for kind in Kind] if n % 4 == 0 else []
        for session in (kept, counted):
            session.take(one, found)
    assert len(counted.charges) == counted.threads.posts == 0
    for session in (kept, counted):
        assert (session.posts, session.comments, session.threads.n, session.agents.n) == (
            30,
            30,
            5,
            3,
        )
        assert sum(session.charges.by_kind.values()) == 3 * len(range(0, 30, 4))
        assert session.charges.hazards.keys() == {(f"agent{n}", "because") for n in range(3)}
        assert [charge.author for charge in session.charges.personas] == [
            "agent0",
            "agent1",
            "agent2",
        ]
    assert {(one.id, one.n, one.last_at) for one in kept.threads.summaries} == {
        (one.id, one.n, one.last_at) for one in counted.threads.summaries
    }
    assert {(one.name, one.n, frozenset(one.flagged.items())) for one in kept.agents} == {
        (one.name, one.n, frozenset(one.flagged.items())) for one in counted.agents
    }
