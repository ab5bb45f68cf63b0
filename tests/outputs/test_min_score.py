"""``--min-score``: a line where the score reaches the bar, wherever that is put."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.model import Act, FlaggedPost, Kind, Post, Retracted, Scores, Thresholds, Verdict
from moltwatch.odds import log_odds
from moltwatch.outputs.selection import Selection
from moltwatch.session import Session
from moltwatch.times import SECOND, Micros

STEPS = (0.2, 0.4, 0.6, 0.9)


class Dawning(Heuristic):
    """Surer of each post than of the one before."""

    name = "dawning"
    kind = Kind.HAZARD  # whose scores are the strengths themselves
    family = "dawning"

    def __init__(self) -> None:
        self.n = 0

    def observe(self, item: Features) -> Iterable[Evidence]:
        strength = STEPS[self.n]
        self.n += 1
        return [self.evidence(log_odds(strength), "step {n}", n=self.n)]


def flagged(engine: Engine) -> list[FlaggedPost]:
    lines: list[FlaggedPost] = []
    for n in range(len(STEPS)):
        at = (n + 1) * SECOND
        post = Post(id=f"p{n}", thread=f"p{n}", author="a", created_at=at, seen_at=at)
        lines += [found for found in engine.feed(post) if isinstance(found, FlaggedPost)]
    return lines


@pytest.mark.parametrize(
    ("bar", "reached"), [(0.0001, 0), (0.3, 1), (0.4, 1), (0.5, 2), (0.8, 3), (0.95, 4)]
)
def test_a_line_for_each_post_that_reaches_the_bar(bar: float, reached: int) -> None:
    lines = flagged(Engine([Dawning()], GroupTracker(), thresholds=Thresholds.all(bar)))
    assert [line.post.id for line in lines] == [f"p{n}" for n in range(reached, len(STEPS))]
    assert [line.scores.hazard for line in lines] == list(STEPS[reached:])


class Together(Heuristic):
    """Finds all accounts so far to act as one, from post ``first`` on."""

    kind = Kind.COORDINATED

    def __init__(self, name: str, first: int) -> None:
        self.name = self.family = name  # type: ignore[misc]  # one class, two heuristics
        self.first = first
        self.acts: list[Act] = []

    def observe(self, item: Features) -> Iterable[Evidence]:
        self.acts.append(Act(item.post.id, item.post.author, item.post.seen_at))
        self.first -= 1
        if self.first >= 0:
            return []
        untold, self.acts = self.acts, []
        return [self.evidence(0.86, "came together", cluster=self.name, acts=untold)]


@pytest.mark.parametrize("dismissed", [False, True])
def test_a_line_comes_when_its_higher_bar_is_reached_and_comes_once(dismissed: bool) -> None:
    """Beside a screen, which shows what is flagged at all, a pipe has its own bar."""
    at_once = Thresholds.all(0.9)
    engine = Engine([Together("text", 2), Together("time", 4)], GroupTracker(), higher=at_once)
    session, said = Session(), Selection(thresholds=at_once)
    alone = Engine([Together("text", 2), Together("time", 4)], GroupTracker(), thresholds=at_once)
    lines: list[tuple[int, str]] = []
    expected: list[tuple[int, str]] = []
    for n in range(6):
        post = Post(id=f"p{n}", thread="t", author=f"a{n}", created_at=n + 1, seen_at=n + 1)
        findings = engine.feed(post)
        session.take(post, findings)
        if dismissed and n == 3:
            findings += engine.dismiss("p1", Kind.COORDINATED)
        lines += [
            (n, found.post.id)
            for found in findings
            if said.picks(found) and isinstance(found, FlaggedPost)
        ]
        assert not any(isinstance(f, Retracted) and said.picks(f) for f in findings)
        expected += [
            (n, found.post.id) for found in alone.feed(post) if isinstance(found, FlaggedPost)
        ]
        if n == 3:
            assert lines == [] and session.counts.flagged[Kind.COORDINATED] == 4
            assert scores(session) == [0.86] * 4
    assert expected == [(4, f"p{m}") for m in range(5)] + [(5, "p5")]
    assert lines == [line for line in expected if not (dismissed and line[1] == "p1")]
    assert session.counts.flagged[Kind.COORDINATED] == session.charges.n == 6
    weaker = [score for score in scores(session) if score < 0.9]
    assert len(weaker) == dismissed, "the screen learns of it too"


def scores(session: Session) -> list[float]:
    return [charge.score for case in session.charges.cases for charge in case.charges]


@pytest.mark.parametrize(("least", "picked"), [(0.0, 2), (0.0001, 1), (0.3, 0)])
def test_a_verdict_makes_a_line_where_no_score_is_asked_for(least: float, picked: int) -> None:
    """Also one on a post of which there is nothing to be said."""
    said = Selection(verdicts=True, thresholds=Thresholds.all(least))
    post = Post(id="p", thread="p", author="a", created_at=0, seen_at=0)
    verdicts = [
        Verdict(post=post, scores=scores, flags=(), at=0, first_at=None)
        for scores in (Scores(), Scores(persona=0.2))
    ]
    assert sum(map(said.picks, verdicts)) == picked


class Late(Dawning):
    """Speaks when no post is at hand."""

    name = "late"

    def advance(self, now: Micros) -> Iterable[Evidence]:
        return [self.evidence(log_odds(0.9), "was seen earlier")]


def test_what_is_a_hazard_cannot_be_said_later() -> None:
    complaints: list[str] = []
    engine = Engine([Late()], GroupTracker(), complain=complaints.append)
    assert flagged(engine) == []
    assert "speaks of hazard where no post is at hand" in complaints[0]
    assert engine.health["late"].off
