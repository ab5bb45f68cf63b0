"""What a report tells, ready to be set as Markdown or as a page, and how it is asked of a session.

Texts in it are harmless (one line, no control characters) and not yet escaped: a forum's words are
in :class:`.quotes.Quote`, or in the fields that say so, and every form has to escape those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from heapq import nsmallest
from typing import TypeVar

from msgspec import Struct, structs

from moltwatch import __version__
from moltwatch.errors import Rejects
from moltwatch.model import (
    SHIPPED,
    SUREST_FIRST,
    Event,
    Finding,
    Gap,
    Heartbeat,
    Kind,
    Post,
    Scores,
    Thresholds,
    Verdict,
)
from moltwatch.outputs.report.quotes import (
    MOST_NAME,
    WITHHELD,
    Quote,
    Quotes,
)
from moltwatch.session import Limits, Session
from moltwatch.session.agents import Agent
from moltwatch.session.charge import Charge
from moltwatch.session.groups import Swarm
from moltwatch.session.thread import ThreadSummary
from moltwatch.session.timeline import Column
from moltwatch.times import EARLIEST, LATEST, Micros

T = TypeVar("T")

LIMITS = Limits(posts=0, charges=0, agents=100_000, threads=100_000, groups=5_000)
"""A report counts what was written and keeps none of it."""

MOST_GROUPS = 25
MOST_MEMBERS = 10
MOST_LISTED = 10
MOST_HAZARDS = 25
MOST_TITLE = 120
MOST_REASON = 400
FINE, COARSE = 120, 24
"""Steps of a chart, and of a table."""


class Reject(Struct, frozen=True, kw_only=True):
    """Items that were refused for one reason."""

    reason: Quote
    n: int
    first: Quote


class GroupStory(Struct, frozen=True, kw_only=True):
    """A group, as it was when the recording ended."""

    id: str
    n: int
    """Accounts; of a part of a recording those seen in it."""
    posts: int
    reason: Quote
    formed: Micros | None
    """None if that was not seen, or not in the part that is told of."""
    first: Micros
    """When its first post was seen."""
    last: Micros
    arrivals: tuple[Micros, ...]
    """When its accounts came, in order; those of a very large group are not all kept."""
    members: tuple[Quote, ...]
    """The first ten of them, in order of appearance."""
    text: Quote
    """What most of its posts say."""
    shared: int
    """In how many of them."""


class Spoken(Struct, frozen=True, kw_only=True):
    """A flagged post."""

    at: Micros
    author: Quote
    community: Quote
    text: Quote
    score: float
    reason: Quote
    n: int = 1
    """How many posts of this account were flagged for this reason."""


class Account(Struct, frozen=True, kw_only=True):
    """An account and what was made of its posts."""

    name: Quote
    posts: int
    flagged: dict[Kind, int]
    mostly: Quote
    """The heuristic that most often stands behind its persona flags."""


class Thread(Struct, frozen=True, kw_only=True):
    """A thread and what was made of its posts."""

    id: Quote
    title: Quote
    """Empty where there is none to read."""
    author: Quote
    """Empty where the first post was not seen."""
    community: Quote
    posts: int
    first: Micros
    last: Micros
    flagged: dict[Kind, int]


class Alerts(Struct, frozen=True, kw_only=True):
    """How often a heuristic stands behind a flagged post."""

    kind: Kind
    heuristic: Quote
    posts: int
    alone: int
    """Posts for which nothing else of its kind speaks."""


class Summary(Struct, frozen=True, kw_only=True):
    """What happened."""

    title: Quote
    version: str
    """Of moltwatch."""
    thresholds: Thresholds
    kinds: tuple[Kind, ...]
    """Those that are told of."""
    start: Micros
    """When the first post was seen; 0 if there was none."""
    end: Micros
    posts: int
    comments: int
    """Of the posts."""
    threads: int
    accounts: int
    about: bool
    """More accounts or threads than can be remembered: those that came back count twice."""
    sources: tuple[tuple[Quote, int], ...]
    """Posts of each, most first."""
    gaps: tuple[Gap, ...]
    """The longest, by time; their reasons are quotes."""
    n_gaps: int
    open_gaps: int
    """Of those, the ones that nobody closed, however short."""
    missed: Micros
    """Time that was not observed and not recovered."""
    rejects: tuple[Reject, ...]
    failures: tuple[Quote, ...]
    """What is to be said of heuristics that failed."""
    rate: tuple[Column, ...]
    """In at most 120 steps."""
    coarse: tuple[Column, ...]
    """In at most 24."""
    flagged: dict[Kind, int]
    groups: tuple[GroupStory, ...]
    """The largest, in order of size."""
    n_groups: int
    n_merged: int
    """How many more went into one of these; told only where all groups are told of."""
    personas: tuple[Spoken, ...]
    """The strongest persona post of each account, in order of strength."""
    persona_accounts: tuple[Account, ...]
    """Those with most persona posts."""
    hazards: tuple[Spoken, ...]
    """In order of strength, one for each account and reason."""
    n_hazards: int
    """Of those, how many are remembered."""
    busiest_threads: tuple[Thread, ...]
    busiest_accounts: tuple[Account, ...]
    alerts: tuple[Alerts, ...]

    @property
    def hours(self) -> float:
        """How long it went on; at least a second, so that a rate can be told."""
        return max(1.0, (self.end - self.start) / 1_000_000) / 3_600


class Collector:
    """Sink of a run whose engine gives verdicts: leads the part of it that is told of to a
    session, and asks that at the end.

    ``thresholds`` are the scores from which a post counts as flagged, and ``kinds`` those it may
    be flagged for. Only posts seen from ``start`` on and before ``end`` are told of; the others
    were read for what they taught. ``show_secrets`` repeats secrets that were posted.
    """

    def __init__(
        self,
        *,
        thresholds: Thresholds = SHIPPED,
        kinds: Collection[Kind] = tuple(Kind),
        start: Micros = EARLIEST,
        end: Micros = LATEST,
        show_secrets: bool = False,
    ) -> None:
        self._quotes = Quotes(show_secrets)
        self.session = Session(LIMITS, thresholds=thresholds, withholds=self._quotes.withholds)
        self._thresholds = thresholds
        self._kinds = tuple(kind for kind in SUREST_FIRST if kind in kinds)
        self._others = {kind.value: 0.0 for kind in Kind if kind not in kinds}
        self._start, self._end = start, end

    # --- sink of the pipeline ---------------------------------------------------------------------

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """One event, and what it gave away."""
        if isinstance(event, Post) and not self._tells_of(event.seen_at):
            if event.is_root and event.seen_at < self._start:
                self.session.threads.learn(event)  # what is written there later may be told of
            event = Heartbeat(seen_at=event.seen_at)
        elif isinstance(event, Gap):
            since, until = max(event.since, self._start), min(event.until, self._end)
            momentary = event.since == event.until and self._tells_of(event.since)
            if since < until or momentary:
                event = structs.replace(event, since=since, until=until)
            else:
                event = Heartbeat(seen_at=event.seen_at)
        self.session.take(event, [self._part(finding) for finding in findings])

    def finish(self, findings: Sequence[Finding]) -> None:
        """The last findings."""
        self.session.finish([self._part(finding) for finding in findings])

    def _part(self, finding: Finding) -> Finding:
        """Of a post that is not told of, nothing is said; its group may yet quote it."""
        if not isinstance(finding, Verdict):
            return finding
        if not self._tells_of(finding.post.seen_at):
            return structs.replace(finding, scores=Scores())
        if self._others:
            return structs.replace(finding, scores=structs.replace(finding.scores, **self._others))
        return finding

    def _tells_of(self, at: Micros) -> bool:
        return self._start <= at < self._end

    # --- the end ----------------------------------------------------------------------------------

    def summary(
        self, title: str, *, rejects: Rejects | None = None, failures: Iterable[str] = ()
    ) -> Summary:
        """All there is to tell. Of what is equally large, the first comes first."""
        session = self.session
        agents, threads, charges = session.agents, session.threads, session.charges
        groups = sorted(
            map(self._story, session.groups.stories),
            key=lambda story: (-story.n, -story.posts, story.first, story.id),
        )
        merged = session.groups.merged
        hazards = _strongest_first(self._hazards())
        return Summary(
            title=self._quotes.quote(title, MOST_TITLE),
            version=__version__,
            thresholds=self._thresholds,
            kinds=self._kinds,
            start=session.first_at or 0,
            end=session.last_at,
            posts=session.posts,
            comments=session.comments,
            threads=threads.n,
            accounts=agents.n,
            about=agents.n > LIMITS.agents or threads.n > LIMITS.threads,
            sources=tuple(
                (self._quotes.quote(name, MOST_NAME), n)
                for name, n in _most_frequent(session.sources)
            ),
            gaps=tuple(
                structs.replace(gap, reason=self._quotes.quote(gap.reason, MOST_TITLE))
                for gap in sorted(session.long_gaps, key=lambda gap: (gap.since, gap.until))
            ),
            n_gaps=session.n_gaps,
            open_gaps=session.counts.open_gaps,
            missed=session.missed.length,
            rejects=tuple(
                Reject(
                    reason=self._quotes.quote(reason),
                    n=n,
                    first=self._quotes.quote(first, MOST_TITLE),
                )
                for reason, n, first in rejects or ()
            ),
            failures=tuple(map(self._quotes.quote, failures)),
            rate=tuple(session.timeline.steps(FINE)),
            coarse=tuple(session.timeline.steps(COARSE)),
            flagged=dict(charges.by_kind),
            groups=tuple(groups[:MOST_GROUPS]),
            n_groups=len(groups),
            n_merged=merged if len(groups) + merged == session.groups.n else 0,
            personas=tuple(_strongest_first(map(self._spoken, charges.personas))[:MOST_LISTED]),
            persona_accounts=self._most(lambda agent: agent.flagged[Kind.PERSONA]),
            hazards=tuple(hazards[:MOST_HAZARDS]),
            n_hazards=len(hazards),
            busiest_threads=tuple(
                self._thread(thread)
                for thread in nsmallest(
                    MOST_LISTED,
                    (thread for thread in threads.summaries if thread.n),
                    key=lambda thread: (-thread.n, thread.first_at, thread.id),
                )
            ),
            busiest_accounts=self._most(lambda agent: agent.n),
            alerts=tuple(
                Alerts(
                    kind=kind,
                    heuristic=self._quotes.quote(name),
                    posts=n,
                    alone=charges.alone[kind, name],
                )
                for (kind, name), n in sorted(
                    _most_frequent(charges.behind),
                    key=lambda told: SUREST_FIRST.index(told[0][0]),
                )
            ),
        )

    def _story(self, swarm: Swarm) -> GroupStory:
        came = sorted((at, name) for name, (at, _) in swarm.members.items())
        whole = (self._start, self._end) == (EARLIEST, LATEST)
        shared, text = swarm.text
        formed = swarm.formed
        return GroupStory(
            id=swarm.id,
            n=swarm.n if whole else len(came),  # the group's own number is of all its time
            posts=swarm.n_posts,
            reason=WITHHELD
            if swarm.withheld
            else self._quotes.quote(swarm.group.reason, MOST_REASON),
            formed=formed if formed is not None and self._tells_of(formed) else None,
            first=came[0][0],
            last=swarm.last_at,
            arrivals=tuple(at for at, _ in came),
            members=tuple(self._called(name) for _, name in came[:MOST_MEMBERS]),
            text=WITHHELD if text is None else self._quotes.quote(text),
            shared=shared,
        )

    def _hazards(self) -> Iterable[Spoken]:
        """One for each account and reason, as far as reasons are told."""
        told: dict[tuple[str, str], Spoken] = {}
        for hazard in self.session.charges.hazards.values():
            one = structs.replace(self._spoken(hazard.first), score=hazard.score, n=hazard.n)
            key = hazard.first.author, one.reason
            if known := told.get(key):
                score = max(known.score, one.score)
                one = structs.replace(known, score=score, n=known.n + one.n)
            told[key] = one
        return told.values()

    def _spoken(self, charge: Charge) -> Spoken:
        return Spoken(
            at=charge.seen_at,
            author=self._called(charge.author),
            community=self._quotes.quote(charge.community, MOST_NAME),
            text=self._quotes.said(charge),
            score=charge.score,
            reason=self._quotes.reason(charge, charge.reasons[0]) if charge.reasons else Quote(""),
        )

    def _most(self, size: Callable[[Agent], int]) -> tuple[Account, ...]:
        """The accounts with the most of something, and at least one."""
        agents = (agent for agent in self.session.agents if agent.n and size(agent))
        most = nsmallest(MOST_LISTED, agents, key=lambda agent: (-size(agent), agent.name))
        return tuple(
            Account(
                name=self._called(agent.name),
                posts=agent.n,
                flagged=dict(agent.flagged),
                mostly=self._quotes.quote(
                    next((name for name, _ in _most_frequent(agent.heuristics)), "")
                ),
            )
            for agent in most
        )

    def _thread(self, thread: ThreadSummary) -> Thread:
        return Thread(
            id=self._quotes.quote(thread.id, MOST_NAME),
            title=WITHHELD if thread.withheld else self._quotes.title(thread.title, MOST_TITLE),
            author=self._called(thread.author) if thread.author else Quote(""),
            community=self._quotes.quote(thread.community or "", MOST_NAME),
            posts=thread.n,
            first=thread.first_at,
            last=thread.last_at,
            flagged=dict(thread.flagged),
        )

    def _called(self, account: str) -> Quote:
        return self._quotes.called(self.session.names(account))


def _most_frequent(counted: Counter[T]) -> list[tuple[T, int]]:
    """The most frequent first; equal ones in the order of their names."""
    return sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))


def _strongest_first(posts: Iterable[Spoken]) -> list[Spoken]:
    return sorted(posts, key=lambda one: (-one.score, one.at, one.author, one.text))
