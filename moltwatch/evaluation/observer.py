"""What an evaluation keeps of a run: a session that counts what every account wrote and what it was
flagged for, and beside it what only labels make worth knowing."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from msgspec import Struct

from moltwatch.evaluation.labels import Labels, Truth
from moltwatch.evaluation.slices import Traits, traits
from moltwatch.heuristics.features.memory import FADE
from moltwatch.model import (
    SHIPPED,
    AgentSeen,
    Event,
    Evidence,
    Finding,
    Kind,
    Post,
    Scores,
    Verdict,
)
from moltwatch.session import Limits, Session
from moltwatch.times import SECOND, Micros

LIMITS = Limits(posts=0, charges=0, agents=sys.maxsize, groups=sys.maxsize)
"""Every account counts, and nothing that was written is kept."""


def judging() -> Session:
    """A session in which posts are flagged by the last word on them."""
    return Session(LIMITS, thresholds=SHIPPED)


class Judged(Struct, frozen=True):
    """The verdict on a labelled item."""

    traits: Traits
    scores: Scores


class Carried(Struct):
    """How often one heuristic, or one family, stands behind a flagged post."""

    right: int = 0
    wrong: int = 0
    only_right: int = 0
    """Rightly flagged with no evidence of another family."""
    only_wrong: int = 0
    accounts_right: int = 0
    """Distinct authors of those rightly flagged."""
    accounts_wrong: int = 0


class Contributions:
    """Which heuristics and families stand behind flags, and how often rightly."""

    def __init__(self) -> None:
        self.heuristics: dict[Kind, dict[str, Carried]] = {kind: {} for kind in Kind}
        self.families: dict[Kind, dict[str, Carried]] = {kind: {} for kind in Kind}
        self._authors: dict[tuple[int, bool], set[str]] = {}
        """By what stands behind them and whether rightly."""

    def add(self, kind: Kind, author: str, flags: Sequence[Evidence], right: bool) -> None:
        """Count a flagged post."""
        names = {flag.heuristic for flag in flags if flag.kind is kind}
        families = {flag.family for flag in flags if flag.kind is kind}
        alone = len(families) == 1
        for found, table in ((names, self.heuristics[kind]), (families, self.families[kind])):
            for name in sorted(found):
                carried = table.setdefault(name, Carried())
                carried.right += right
                carried.wrong += not right
                authors = self._authors.setdefault((id(carried), right), set())
                if author not in authors:
                    authors.add(author)
                    carried.accounts_right += right
                    carried.accounts_wrong += not right
                carried.only_right += right and alone
                carried.only_wrong += not right and alone


class Observer:
    """Sink of a run with verdicts."""

    def __init__(self, labels: Labels) -> None:
        self.session = judging()
        self.acted_at: dict[str, Micros] = {}
        """By labelled account, stream time of its first post in the campaign the label is of."""
        self.judged: dict[str, Judged] = {}
        """By id, the items that have a label."""
        self.contributions = Contributions()
        self._labels = labels
        self._items = {**labels.hazards, **labels.personas}
        self._traits: dict[str, Traits] = {}
        """By id, of labelled items that have come."""
        self._with_bio: set[str] = set()
        """Accounts whose bio was seen."""

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """Take in one event and what it gave away."""
        if isinstance(event, AgentSeen) and event.bio:
            self._with_bio.add(event.name)
        if isinstance(event, Post):
            if item := self._items.get(event.id):
                agent = self.session.agents.get(event.author)
                bio = event.author in self._with_bio
                history = bool(agent and event.seen_at - (agent.last_at or 0) <= FADE)
                known = traits(event, bio=bio, history=history, sample=item.sample)
                self._traits.setdefault(event.id, known)
            account = self._labels.accounts.get(event.author)
            # Labels may be rounded to the second.
            if account and event.created_at > (account.since or 0) - SECOND:
                self.acted_at.setdefault(event.author, event.seen_at)
        self.session.take(event, findings)
        self._hear(findings)

    def finish(self, findings: Sequence[Finding]) -> None:
        """Take in the last findings."""
        self.session.finish(findings)
        self._hear(findings)

    def _hear(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            if isinstance(finding, Verdict):
                self._compare(finding)

    def _compare(self, verdict: Verdict) -> None:
        post, scores = verdict.post, verdict.scores
        truth = self._labels.truth(post.author)
        if (
            scores.coordinated >= Scores.THRESHOLD
            and self._labels.accounts
            and truth is not Truth.IGNORED
        ):
            right = truth is Truth.POSITIVE
            self.contributions.add(Kind.COORDINATED, post.author, verdict.flags, right)
        for kind, items in (
            (Kind.PERSONA, self._labels.personas),
            (Kind.HAZARD, self._labels.hazards),
        ):
            if (item := items.get(post.id)) and item.label is not None:
                self.judged[post.id] = Judged(self._traits[post.id], scores)
                if scores.of(kind) >= Scores.THRESHOLD:
                    self.contributions.add(kind, post.author, verdict.flags, bool(item.label))
