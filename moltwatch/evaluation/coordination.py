"""How well coordination is found: by account, by post, by group, and how soon."""

from __future__ import annotations

from statistics import median

from msgspec import Struct

from moltwatch.evaluation.labels import Labels, Truth
from moltwatch.evaluation.metrics import Counts, ratio
from moltwatch.evaluation.observer import Observer, Seen
from moltwatch.times import SECOND

MANY = 3
"""Accounts that make a group: detection is timed from when the third acted."""

MOST_NAMED = 50


class GroupScore(Struct, frozen=True, kw_only=True):
    """One true group."""

    name: str
    kind: str
    members: int
    """Of those, that posted in this recording."""
    flagged: int
    found: bool
    """At least half of them are flagged."""
    seconds: float | None
    """Stream time from the third member's act to the first flag on any; below zero when it was
    flagged before that. None if never."""
    groups: tuple[str, ...]
    """What moltwatch calls it; more than one if it was not seen as one."""


class CoordinationScore(Struct, frozen=True, kw_only=True):
    """All of it. Look-alikes are innocent: they count as false, and also apart."""

    accounts: Counts
    posts: Counts
    groups: tuple[GroupScore, ...]
    groups_formed: int
    look_alikes: int
    look_alikes_flagged: int
    innocent_posts: int
    innocent_posts_flagged: int
    absent: int
    """Positive accounts that did not post in this recording; left out."""
    false_accounts: tuple[str, ...]
    """Wrongly flagged, those with most flagged posts first; at most 50."""
    missed_accounts: tuple[str, ...]
    """Not flagged, those with most posts first; at most 50."""

    @property
    def groups_found(self) -> int:
        """How many of the true groups were found."""
        return sum(group.found for group in self.groups)

    @property
    def median_seconds(self) -> float | None:
        """Half of the groups that were detected were so within this time."""
        seconds = [group.seconds for group in self.groups if group.seconds is not None]
        return median(seconds) if seconds else None

    @property
    def per_thousand_innocent(self) -> float | None:
        """Flagged posts of innocent accounts, look-alikes included, in a thousand of theirs."""
        return ratio(1_000 * self.innocent_posts_flagged, self.innocent_posts)


def score_coordination(labels: Labels, observer: Observer) -> CoordinationScore:
    """Compare what was flagged with what is true."""
    accounts, posts = Counts(), Counts()
    look_alikes = look_alikes_flagged = innocent_posts = innocent_flagged = 0
    false: list[tuple[int, str]] = []
    missed: list[tuple[int, str]] = []
    for name, seen in observer.accounts.items():
        truth = labels.truth(name)
        if truth is Truth.IGNORED:
            continue
        guilty, flagged = truth is Truth.POSITIVE, seen.flagged > 0
        accounts.add(flagged, guilty)
        if guilty:
            posts.hits += seen.flagged
            posts.missed += seen.posts - seen.flagged
            if not flagged:
                missed.append((-seen.posts, name))
            continue
        posts.false += seen.flagged
        innocent_posts += seen.posts
        innocent_flagged += seen.flagged
        look_alikes += truth is Truth.LOOK_ALIKE
        look_alikes_flagged += truth is Truth.LOOK_ALIKE and flagged
        if flagged:
            false.append((-seen.flagged, name))
    positive = [name for name in labels.accounts if labels.truth(name) is Truth.POSITIVE]
    return CoordinationScore(
        accounts=accounts,
        posts=posts,
        groups=_groups(labels, observer),
        groups_formed=observer.formed,
        look_alikes=look_alikes,
        look_alikes_flagged=look_alikes_flagged,
        innocent_posts=innocent_posts,
        innocent_posts_flagged=innocent_flagged,
        absent=sum(name not in observer.accounts for name in positive),
        false_accounts=tuple(name for _, name in sorted(false)[:MOST_NAMED]),
        missed_accounts=tuple(name for _, name in sorted(missed)[:MOST_NAMED]),
    )


def _groups(labels: Labels, observer: Observer) -> tuple[GroupScore, ...]:
    members: dict[str, list[Seen]] = {}
    kinds: dict[str, str] = {}
    for name, account in labels.accounts.items():
        if account.truth is Truth.POSITIVE and (seen := observer.accounts.get(name)):
            members.setdefault(account.group, []).append(seen)
            kinds[account.group] = account.kind
    scored = [_group(name, kinds[name], held) for name, held in members.items()]
    return tuple(sorted(scored, key=lambda group: (-group.members, group.name)))


def _group(name: str, kind: str, members: list[Seen]) -> GroupScore:
    flagged = [seen for seen in members if seen.flagged]
    return GroupScore(
        name=name,
        kind=kind,
        members=len(members),
        flagged=len(flagged),
        found=2 * len(flagged) >= len(members),
        seconds=_seconds(members),
        groups=tuple(sorted(set().union(*(seen.groups for seen in members)))),
    )


def _seconds(members: list[Seen]) -> float | None:
    acts = sorted(seen.acted_at for seen in members if seen.acted_at is not None)
    flags = [seen.flagged_at for seen in members if seen.flagged_at is not None]
    if not acts or not flags:
        return None
    return (min(flags) - acts[min(MANY, len(acts)) - 1]) / SECOND
