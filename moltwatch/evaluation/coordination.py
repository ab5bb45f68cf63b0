"""How well coordination is found: by account, by post, by group, and how soon."""

from __future__ import annotations

from statistics import median

from msgspec import Struct

from moltwatch.evaluation.labels import Labels, Truth
from moltwatch.evaluation.metrics import Counts, ratio
from moltwatch.evaluation.observer import Observer
from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.agents import Agent
from moltwatch.times import SECOND, Micros

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


def score_coordination(labels: Labels, observer: Observer, session: Session) -> CoordinationScore:
    """Compare what is flagged in a session with what is true. ``observer`` knows who wrote how much
    and when; its session is the one to compare, unless something else was said of the same run."""
    accounts, posts = Counts(), Counts()
    look_alikes = look_alikes_flagged = innocent_posts = innocent_flagged = 0
    false: list[tuple[int, str]] = []
    missed: list[tuple[int, str]] = []
    for agent in observer.session.agents:
        truth, n = labels.truth(agent.name), _flagged(session.agents.get(agent.name))
        if truth is Truth.IGNORED:
            continue
        guilty, flagged = truth is Truth.POSITIVE, n > 0
        accounts.add(flagged, guilty)
        if guilty:
            posts.hits += n
            posts.missed += agent.n - n
            if not flagged:
                missed.append((-agent.n, agent.name))
            continue
        posts.false += n
        innocent_posts += agent.n
        innocent_flagged += n
        look_alikes += truth is Truth.LOOK_ALIKE
        look_alikes_flagged += truth is Truth.LOOK_ALIKE and flagged
        if flagged:
            false.append((-n, agent.name))
    positive = [name for name in labels.accounts if labels.truth(name) is Truth.POSITIVE]
    return CoordinationScore(
        accounts=accounts,
        posts=posts,
        groups=_groups(labels, observer, session),
        groups_formed=session.groups.n,
        look_alikes=look_alikes,
        look_alikes_flagged=look_alikes_flagged,
        innocent_posts=innocent_posts,
        innocent_posts_flagged=innocent_flagged,
        absent=sum(observer.session.agents.get(name) is None for name in positive),
        false_accounts=tuple(name for _, name in sorted(false)[:MOST_NAMED]),
        missed_accounts=tuple(name for _, name in sorted(missed)[:MOST_NAMED]),
    )


def _flagged(agent: Agent | None) -> int:
    return agent.flagged[Kind.COORDINATED] if agent else 0


def _groups(labels: Labels, observer: Observer, session: Session) -> tuple[GroupScore, ...]:
    members: dict[str, list[str]] = {}
    kinds: dict[str, str] = {}
    for name, account in labels.accounts.items():
        if account.truth is Truth.POSITIVE and observer.session.agents.get(name):
            members.setdefault(account.group, []).append(name)
            kinds[account.group] = account.kind
    scored = []
    for name, held in members.items():
        found = [agent for one in held if (agent := session.agents.get(one))]
        flagged = sum(_flagged(agent) > 0 for agent in found)
        acts = [observer.acted_at[one] for one in held if one in observer.acted_at]
        scored.append(
            GroupScore(
                name=name,
                kind=kinds[name],
                members=len(held),
                flagged=flagged,
                found=2 * flagged >= len(held),
                seconds=_seconds(sorted(acts), found),
                groups=tuple(sorted(set().union(*(agent.groups for agent in found)))),
            )
        )
    return tuple(sorted(scored, key=lambda group: (-group.members, group.name)))


def _seconds(acts: list[Micros], found: list[Agent]) -> float | None:
    """From the act of the third member to the first flag on any."""
    flags = [agent.coordinated_at for agent in found if agent.coordinated_at is not None]
    if not acts or not flags:
        return None
    return (min(flags) - acts[min(MANY, len(acts)) - 1]) / SECOND
