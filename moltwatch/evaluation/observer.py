"""What an evaluation keeps of a run: a sink that remembers a few numbers for each account and the
verdicts on labelled items, and forgets the rest, so that any recording fits into memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from moltwatch.evaluation.labels import Labels, Truth
from moltwatch.model import (
    Event,
    Finding,
    FlaggedPost,
    Group,
    GroupState,
    Kind,
    Post,
    Scores,
    Verdict,
)
from moltwatch.model import (
    Evidence as Flag,
)
from moltwatch.times import SECOND, Micros

STRONG = 0.8
"""The score of what the screen shows first."""


class Seen(Struct):
    """One account's part in a run."""

    posts: int = 0
    flagged: int = 0
    """Posts flagged as coordinated."""
    acted_at: Micros | None = None
    """Stream time of its first post in the campaign its label speaks of."""
    flagged_at: Micros | None = None
    """Stream time at which it was first flagged as coordinated."""
    groups: set[str] = field(default_factory=set)


class Judged(Struct, frozen=True):
    """The verdict on a labelled item."""

    is_root: bool
    scores: Scores
    flags: tuple[Flag, ...]

    @classmethod
    def of(cls, verdict: Verdict) -> Judged:
        return cls(verdict.post.is_root, verdict.scores, verdict.flags)

    def unflagged(self) -> Judged:
        """What it would be had nothing been said."""
        return Judged(self.is_root, Scores(), ())


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


class Evidence:
    """Which heuristics and families stand behind flags, and how often rightly."""

    def __init__(self, families: Mapping[str, str]) -> None:
        self._families = families
        self.heuristics: dict[Kind, dict[str, Carried]] = {kind: {} for kind in Kind}
        self.families: dict[Kind, dict[str, Carried]] = {kind: {} for kind in Kind}
        self._authors: dict[tuple[int, bool], set[str]] = {}
        """By what stands behind them and whether rightly."""

    def add(self, kind: Kind, author: str, flags: Sequence[Flag], right: bool) -> None:
        """Count a flagged post."""
        names = {flag.heuristic for flag in flags if flag.kind is kind}
        families = {self._families.get(name, name) for name in names}
        alone = len(families) == 1
        for found, table in ((names, self.heuristics[kind]), (families, self.families[kind])):
            for name in found:
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
    """Sink of a run with verdicts. ``families`` gives the family of each heuristic."""

    def __init__(self, labels: Labels, families: Mapping[str, str]) -> None:
        self.accounts: dict[str, Seen] = {}
        self.judged: dict[str, Judged] = {}
        """By id, the items that have a label."""
        self.posts = 0
        self.since: Micros | None = None
        """When the first post was seen."""
        self.until: Micros = 0
        """When the last was."""
        self.alerts: Counter[tuple[Kind, float]] = Counter()
        """Posts at or above a score, by kind and score."""
        self.formed = 0
        """Groups formed."""
        self.evidence = Evidence(families)
        self._families = families
        self._labels = labels

    def unflagged(self) -> Observer:
        """What it would know of the same run had nothing been flagged."""
        other = Observer(self._labels, self._families)
        other.posts, other.since, other.until = self.posts, self.since, self.until
        for name, seen in self.accounts.items():
            other.accounts[name] = Seen(posts=seen.posts, acted_at=seen.acted_at)
        for id, judged in self.judged.items():
            other.judged[id] = judged.unflagged()
        return other

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """Take in one event and what it gave away."""
        if isinstance(event, Post):
            self._post(event)
        self.finish(findings)

    def finish(self, findings: Sequence[Finding]) -> None:
        """Take in the last findings."""
        for finding in findings:
            if isinstance(finding, Verdict):
                self._verdict(finding)
            elif isinstance(finding, FlaggedPost):
                seen = self.accounts.get(finding.post.author)
                if seen and finding.kind is Kind.COORDINATED and seen.flagged_at is None:
                    seen.flagged_at = finding.at
            elif isinstance(finding, Group):
                self.formed += finding.state is GroupState.FORMED

    def _post(self, post: Post) -> None:
        self.posts += 1
        self.since = post.seen_at if self.since is None else self.since
        self.until = max(self.until, post.seen_at)
        seen = self.accounts.setdefault(post.author, Seen())
        seen.posts += 1
        account = self._labels.accounts.get(post.author)
        # Labels may be rounded to the second.
        if account and post.created_at > (account.since or 0) - SECOND and seen.acted_at is None:
            seen.acted_at = post.seen_at

    def _verdict(self, verdict: Verdict) -> None:
        post = verdict.post
        for kind in Kind:
            score = verdict.scores.of(kind)
            self.alerts[kind, Scores.THRESHOLD] += score >= Scores.THRESHOLD
            self.alerts[kind, STRONG] += score >= STRONG
        if verdict.scores.coordinated >= Scores.THRESHOLD:
            seen = self.accounts[post.author]
            seen.flagged += 1
            seen.groups.update(flag.group for flag in verdict.flags if flag.group)
            truth = self._labels.truth(post.author)
            if self._labels.accounts and truth is not Truth.IGNORED:
                right = truth is Truth.POSITIVE
                self.evidence.add(Kind.COORDINATED, post.author, verdict.flags, right)
        for kind, items in (
            (Kind.PERSONA, self._labels.personas),
            (Kind.HAZARD, self._labels.hazards),
        ):
            if (item := items.get(post.id)) and item.label is not None:
                self.judged[post.id] = Judged.of(verdict)
                if verdict.scores.of(kind) >= Scores.THRESHOLD:
                    self.evidence.add(kind, post.author, verdict.flags, bool(item.label))
