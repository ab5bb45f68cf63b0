"""The life of groups: two families, forming, growing, merging, ending, and ids from content."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from moltwatch.heuristics.fusing.coordination import QUIET, GroupTracker, PostScore
from moltwatch.model import Act, Evidence, FlaggedPost, Group, GroupState, Heartbeat, Kind, Mark
from moltwatch.times import SECOND
from tests.heuristics.coordination.forum import START, Forum, flagged, groups, run
from tests.heuristics.coordination.test_campaigns import clones, mint_flood, site_push


class Told:
    """A group tracker that is fed by hand."""

    def __init__(self) -> None:
        self.tracker = GroupTracker()
        self.news: list[Group] = []
        self.scores: list[PostScore] = []
        self.now = START

    def tell(self, family: str, cluster: str, accounts: Sequence[str], weight: float) -> None:
        for account in accounts:
            self.now += SECOND
            evidence = Evidence(
                heuristic=f"the-{family}",
                kind=Kind.COORDINATED,
                family=family,
                weight=weight,
                marks=(Mark(f"{family} says so"),),
                cluster=cluster,
                acts=(Act(f"{cluster}/{account}", account, self.now),),
            )
            self.tracker.add(evidence, self.now)
            self.drain()

    def advance(self, span: int) -> None:
        self.now += span
        self.tracker.advance(self.now)
        self.drain()

    def drain(self) -> None:
        news, scores = self.tracker.drain(self.now)
        self.news += news
        self.scores += scores

    @property
    def states(self) -> list[tuple[str, int]]:
        return [(group.state.value, group.n) for group in self.news]


def test_one_family_alone_is_not_enough() -> None:
    told = Told()
    told.tell("text", "a", ["x", "y", "z", "u", "v"], 0.7)
    assert told.news == []
    assert told.scores == []


def test_overwhelming_evidence_needs_no_second_family() -> None:
    told = Told()
    told.tell("text", "a", ["x", "y"], 0.95)
    assert told.news == []
    told.tell("text", "a", ["z"], 0.95)
    assert told.states == [("formed", 3)]
    assert {score.post for score in told.scores} == {"a/x", "a/y", "a/z"}


def test_two_families_convict_together_and_both_are_named() -> None:
    told = Told()
    told.tell("text", "a", ["x", "y", "z"], 0.5)
    told.tell("names", "b", ["x", "y", "z"], 0.5)
    assert told.states == [("formed", 3)]
    assert told.news[0].reason == "names says so; text says so"
    assert {score.post for score in told.scores} >= {"a/x", "a/y", "a/z"}


def test_two_clusters_of_one_family_do_not_confirm_each_other() -> None:
    told = Told()
    told.tell("text", "a", ["x", "y", "z"], 0.6)
    told.tell("text", "b", ["x", "y", "z"], 0.6)
    assert told.news == []


def test_a_bystander_of_stronger_evidence_is_not_convicted() -> None:
    told = Told()
    swarm = [f"s{n}" for n in range(9)]
    told.tell("synchrony", "thread", ["stranger", *swarm], 0.6)
    told.tell("names", "s", swarm, 0.8)
    guilty = {score.post for score in told.scores}
    assert "thread/s3" in guilty
    # Named before the stronger evidence came, or after: once known, it is not given out again.
    late = Told()
    late.tell("names", "s", swarm, 0.8)
    late.tell("synchrony", "thread", [*swarm, "stranger"], 0.6)
    assert "thread/stranger" not in {score.post for score in late.scores}


def test_growth_is_told_at_doublings() -> None:
    told = Told()
    told.tell("text", "a", [f"s{n}" for n in range(50)], 0.95)
    assert told.states == [("formed", 3), ("grew", 6), ("grew", 12), ("grew", 24), ("grew", 48)]


def test_each_post_gets_its_score_once() -> None:
    told = Told()
    told.tell("text", "a", [f"s{n}" for n in range(50)], 0.95)
    posts = [score.post for score in told.scores]
    assert len(posts) == len(set(posts)) == 50


def test_posts_that_wait_are_bounded_and_every_account_keeps_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("moltwatch.heuristics.fusing.coordination.MOST_WAITING", 4)
    told = Told()
    told.tell("text", "a", [*(9 * ["x"]), "y", "z"], 0.95)
    assert [score.post for score in told.scores] == [*(4 * ["a/x"]), "a/y", "a/z"]
    told.tell("text", "a", ["x"], 0.95)
    assert len(told.scores) == 7


def test_two_who_are_guilty_wait_for_a_third_whatever_others_do() -> None:
    told = Told()
    told.tell("names", "b", ["x", "y", "z"], 0.5)
    told.tell("text", "a", [f"s{n}" for n in range(40)], 0.4)
    told.tell("text", "a", ["x", "y"], 0.4)
    assert told.news == []
    told.tell("text", "a", [f"t{n}" for n in range(40)], 0.4)
    assert told.news == []
    told.tell("text", "a", ["z"], 0.4)
    assert told.states == [("formed", 3)]
    assert [score.post for score in told.scores if score.post[0] == "a"] == ["a/x", "a/y", "a/z"]


def test_groups_that_turn_out_to_be_one_merge_into_the_older() -> None:
    told = Told()
    told.tell("text", "a", ["x", "y", "z"], 0.95)
    told.tell("text", "b", ["u", "v", "w"], 0.95)
    told.tell("text", "c", ["x", "y", "z", "u", "v", "w"], 0.95)
    merged = [group for group in told.news if group.state is GroupState.MERGED]
    assert len(merged) == 1
    assert merged[0].id == told.news[1].id
    assert merged[0].into == told.news[0].id


def test_hubs_do_not_tie_strangers_together() -> None:
    told = Told()
    told.tell("text", "a", ["hub", *(f"a{n}" for n in range(9))], 0.95)
    told.tell("text", "b", ["hub", *(f"b{n}" for n in range(9))], 0.95)
    assert not [group for group in told.news if group.state is GroupState.MERGED]
    assert len({group.id for group in told.news}) == 2


def test_a_quiet_group_ends_once() -> None:
    told = Told()
    told.tell("text", "a", ["x", "y", "z"], 0.95)
    told.advance(QUIET)
    assert told.states == [("formed", 3)]
    told.advance(SECOND)
    told.advance(QUIET)
    assert told.states == [("formed", 3), ("ended", 3)]


def test_the_end_of_a_stream_ends_its_groups_with_their_final_size() -> None:
    forum = Forum()
    ended = [group for group in groups(run(clones(forum))) if group.state is GroupState.ENDED]
    flagged = {f.post.author for f in run(clones(Forum())) if isinstance(f, FlaggedPost)}
    assert [group.n for group in ended] == [len(flagged)]


def test_windows_close_on_a_heartbeat() -> None:
    forum = Forum()
    events = [*clones(forum), Heartbeat(seen_at=START + 20_000 * SECOND + QUIET)]
    states = [group.state for group in groups(run(events))]
    assert states[0] is GroupState.FORMED
    assert states[-1] is GroupState.ENDED


def test_batches_and_earlier_runs_do_not_matter() -> None:
    def stream() -> list[object]:
        forum = Forum()
        events = [*forum.chatter(3.0), *clones(forum), *mint_flood(forum), *site_push(forum)]
        return list(run(events))

    assert stream() == stream()


def test_order_of_python_hashes_does_not_matter() -> None:
    script = (
        "from tests.heuristics.coordination.test_campaigns import *\n"
        "forum = Forum(); events = forum.chatter(2.5)\n"
        "for campaign, _ in CAMPAIGNS: events += campaign(forum)\n"
        "for finding in run(events): print(finding)\n"
    )

    def output(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(
            [sys.executable, "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    first = output("1")
    assert "formed" in first
    assert first == output("2")


def test_strangers_who_copied_nothing_stay_out_of_the_group() -> None:
    forum = Forum()
    found = run([*forum.chatter(3.0), *clones(forum)])
    assert flagged(found)
    assert not any(name.startswith("regular") for name in flagged(found))


def test_who_is_convicted_stays_so_when_the_others_are_told_of_no_more() -> None:
    told = Told()
    told.tell("text", "a", ["x", "y", "z", "u"], 0.95)
    for turn in range(8):
        told.advance(QUIET // 6)
        told.scores.clear()
        told.tell("text", "a", [f"new{turn}", "u"], 0.95)
        assert [score.post for score in told.scores] == [f"a/new{turn}", "a/u"]
    # Of twelve, three of the beginning wrote nothing lately, and the first who came after them.
    assert (told.news[-1].n, told.news[-1].evidence[0].n) == (12, 8)


def test_the_last_word_on_a_group_says_why_though_its_accounts_are_silent_but_one() -> None:
    told = Told()
    told.tell("text", "a", ["x", "y", "z"], 0.95)
    for _ in range(8):
        told.advance(QUIET // 6)
        told.tell("text", "a", ["x"], 0.95)
    told.advance(2 * QUIET)
    assert told.states == [("formed", 3), ("ended", 3)]
    assert [group.reason for group in told.news] == ["text says so", "text says so"]
