"""Gathers what a report tells while a recording goes by: a sink of a run with verdicts, in bounded
memory, so that a night and a year both fit.

Flags are counted by the last word on each post, not by what was said of it on the way there.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest
from typing import TypeVar

from msgspec import Struct, field, structs

from moltwatch import __version__
from moltwatch.errors import Rejects
from moltwatch.model import Event, Finding, Flag, Gap, Group, Kind, Post, Verdict
from moltwatch.outputs.report import (
    MOST_GAPS,
    MOST_GROUPS,
    MOST_HAZARDS,
    MOST_LISTED,
    Account,
    Alerts,
    Missed,
    Quote,
    Reject,
    Spoken,
    Summary,
    Thread,
)
from moltwatch.outputs.report_gaps import Union
from moltwatch.outputs.report_groups import GroupMemory
from moltwatch.outputs.report_quotes import (
    MOST_EXCERPT,
    WITHHELD,
    called,
    quote,
    reason,
    said,
    shows_secret,
)
from moltwatch.outputs.report_rate import Rate
from moltwatch.outputs.report_words import ORDER
from moltwatch.session.names import Names
from moltwatch.times import EARLIEST, LATEST, Micros

T = TypeVar("T")

MOST_ACCOUNTS = 100_000
MOST_THREADS = 100_000
"""Accounts and threads remembered; those that were quiet longest are forgotten first."""

MOST_REASONS = 5_000
"""Hazards remembered, one for each account and reason."""

MOST_SOURCES = 50
MOST_NAME = 60
FINE, COARSE = 120, 24


class _Writer(Struct):
    """What is remembered of an account."""

    posts: int = 0
    flagged: Counter[Kind] = field(default_factory=Counter)
    behind: Counter[str] = field(default_factory=Counter)
    """Heuristics behind its persona flags."""
    strongest: Spoken | None = None
    """Its strongest persona post."""


class _Place(Struct):
    """What is remembered of a thread."""

    title: str
    author: str
    community: str
    first: Micros
    last: Micros
    posts: int = 0
    flagged: Counter[Kind] = field(default_factory=Counter)


class Collector:
    """Sink of a run whose engine gives verdicts.

    ``threshold`` is the score from which a post counts as flagged. Only posts seen from ``start``
    on and before ``end`` are told of; the others were read for what they taught.
    """

    def __init__(self, *, threshold: float, start: Micros = EARLIEST, end: Micros = LATEST) -> None:
        self._threshold = threshold
        self._start, self._end = start, end
        self._names = Names()
        self._first: Micros | None = None
        self._last: Micros = 0
        self._posts = self._comments = self._threads_seen = self._accounts_seen = 0
        self._sources: Counter[str] = Counter()
        self._gaps: list[Missed] = []
        self._n_gaps = 0
        self._missed = Union()
        self._rate = Rate()
        self._flagged: Counter[Kind] = Counter()
        self._writers: OrderedDict[str, _Writer] = OrderedDict()
        self._places: OrderedDict[str, _Place] = OrderedDict()
        self._groups = GroupMemory(start, end)
        self._hazards: dict[tuple[str, str], Spoken] = {}
        self._behind: Counter[tuple[Kind, str]] = Counter()
        self._alone: Counter[tuple[Kind, str]] = Counter()

    # --- sink of the pipeline ---------------------------------------------------------------------

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """One event, and what it gave away."""
        if isinstance(event, Post):
            if self._tells_of(event):
                self._post(event)
            elif event.is_root and event.seen_at < self._start:
                self._place(event)  # what is written there later may be told of
        elif isinstance(event, Gap):
            self._gap(event)
        else:
            self._names.take(event)
        self.finish(findings)

    def finish(self, findings: Sequence[Finding]) -> None:
        """Findings, the last ones or others."""
        for finding in findings:
            if isinstance(finding, Group):
                self._groups.tell(finding)
            elif isinstance(finding, Verdict) and finding.flags:
                self._judge(finding)

    def _tells_of(self, post: Post) -> bool:
        return self._start <= post.seen_at < self._end

    def _post(self, post: Post) -> None:
        self._first = post.seen_at if self._first is None else self._first
        self._last = post.seen_at
        self._posts += 1
        self._comments += not post.is_root
        if post.source in self._sources or len(self._sources) < MOST_SOURCES:
            self._sources[post.source] += 1
        self._rate.add(post.seen_at, posts=1)
        self._writer(post.author).posts += 1
        place = self._place(post)
        if not place.posts:
            place.first = post.seen_at
            self._threads_seen += 1
        place.posts += 1
        place.last = post.seen_at

    def _place(self, post: Post) -> _Place:
        """The thread of a post. What it is called, and who began it, the root alone tells."""
        place = self._places.get(post.thread)
        if place is None:
            place = self._places[post.thread] = _Place(
                "", "", post.community or "", post.seen_at, post.seen_at
            )
            if len(self._places) > MOST_THREADS:
                self._places.popitem(last=False)
        else:
            self._places.move_to_end(post.thread)
        if post.is_root:
            place.title = (post.title or post.text)[:MOST_EXCERPT]
            place.author, place.community = post.author, post.community or ""
        return place

    def _writer(self, name: str) -> _Writer:
        writer = self._writers.get(name)
        if writer is None:
            writer = self._writers[name] = _Writer()
            self._accounts_seen += 1
            if len(self._writers) > MOST_ACCOUNTS:
                self._writers.popitem(last=False)
        else:
            self._writers.move_to_end(name)
        return writer

    def _gap(self, gap: Gap) -> None:
        since, until = max(gap.since, self._start), min(gap.until, self._end)
        if until <= since:
            return
        self._n_gaps += 1
        if not gap.recovered:
            self._missed.add(since, until)
        self._gaps.append(
            Missed(since=since, until=until, reason=quote(gap.reason, 120), recovered=gap.recovered)
        )
        if len(self._gaps) > MOST_GAPS:  # the longest are worth telling
            self._gaps.remove(min(self._gaps, key=lambda missed: missed.until - missed.since))

    # --- verdicts ---------------------------------------------------------------------------------

    def _judge(self, verdict: Verdict) -> None:
        post = verdict.post
        # Also of a post that is not told of: the reason of its group may quote it.
        if secret := shows_secret(verdict):
            self._groups.withhold(verdict.flags)
            if post.is_root and (place := self._places.get(post.thread)):
                place.title = WITHHELD
        kinds = [kind for kind in Kind if verdict.scores.of(kind) >= self._threshold]
        if not kinds or not self._tells_of(post):
            return
        self._rate.add(post.seen_at, flagged=kinds)
        self._flagged.update(kinds)
        if writer := self._writers.get(post.author):
            writer.flagged.update(kinds)
        if place := self._places.get(post.thread):
            place.flagged.update(kinds)
        for kind in kinds:
            flags = [flag for flag in verdict.flags if flag.kind is kind]
            names = {flag.heuristic for flag in flags}
            self._behind.update((kind, name) for name in names)
            if len(names) == 1:
                self._alone[kind, names.pop()] += 1
            if kind is Kind.COORDINATED:
                self._groups.add(post, flags, said(verdict, secret))
            elif kind is Kind.HAZARD:
                self._hazard(verdict, flags, secret)
            elif writer:
                writer.behind.update(flag.heuristic for flag in flags[:1])
                if writer.strongest is None or verdict.scores.of(kind) > writer.strongest.score:
                    writer.strongest = _spoken(verdict, kind, flags, secret)

    def _hazard(self, verdict: Verdict, flags: Sequence[Flag], secret: bool) -> None:
        one = _spoken(verdict, Kind.HAZARD, flags, secret)
        key = verdict.post.author, one.reason
        if known := self._hazards.get(key):
            one = structs.replace(known, score=max(known.score, one.score), n=known.n + 1)
        elif len(self._hazards) >= MOST_REASONS:
            return
        self._hazards[key] = one

    # --- the end ----------------------------------------------------------------------------------

    def summary(
        self, title: str, *, rejects: Rejects | None = None, failures: Iterable[str] = ()
    ) -> Summary:
        """All that was gathered. Of what is equally large, the first comes first."""
        groups = self._groups.stories(self._called, quote)
        hazards = map(self._named, self._hazards.values())
        strongest = (writer.strongest for writer in self._writers.values())
        personas = (self._named(one) for one in strongest if one is not None)
        return Summary(
            title=quote(title, 120),
            version=__version__,
            threshold=self._threshold,
            start=self._first or 0,
            end=self._last,
            posts=self._posts,
            comments=self._comments,
            threads=self._threads_seen,
            accounts=self._accounts_seen,
            about=max(self._accounts_seen - MOST_ACCOUNTS, self._threads_seen - MOST_THREADS) > 0,
            sources=tuple((quote(name, MOST_NAME), n) for name, n in _most(self._sources)),
            gaps=tuple(sorted(self._gaps, key=lambda missed: (missed.since, missed.until))),
            n_gaps=self._n_gaps,
            missed=self._missed.length,
            rejects=tuple(
                Reject(reason=quote(reason), n=n, first=quote(first, 120))
                for reason, n, first in rejects or ()
            ),
            failures=tuple(map(quote, failures)),
            rate=tuple(self._rate.steps(FINE)),
            coarse=tuple(self._rate.steps(COARSE)),
            flagged={kind: self._flagged[kind] for kind in Kind},
            groups=tuple(groups[:MOST_GROUPS]),
            n_groups=len(groups),
            personas=tuple(sorted(personas, key=_strongest_first)[:MOST_LISTED]),
            persona_accounts=self._accounts(lambda writer: writer.flagged[Kind.PERSONA]),
            hazards=tuple(sorted(hazards, key=_strongest_first)[:MOST_HAZARDS]),
            n_hazards=len(self._hazards),
            busiest_threads=self._threads(),
            busiest_accounts=self._accounts(lambda writer: writer.posts),
            alerts=tuple(
                Alerts(kind=of, heuristic=quote(name), posts=n, alone=self._alone[of, name])
                for (of, name), n in sorted(
                    _most(self._behind), key=lambda told: ORDER.index(told[0][0])
                )
            ),
        )

    def _accounts(self, size: Callable[[_Writer], int]) -> tuple[Account, ...]:
        """Those with the most of something, and at least one."""
        sized = ((size(writer), name, writer) for name, writer in self._writers.items())
        most = nsmallest(
            MOST_LISTED, (one for one in sized if one[0]), key=lambda one: (-one[0], one[1])
        )
        return tuple(
            Account(
                name=self._called(name),
                posts=writer.posts,
                flagged=dict(writer.flagged),
                mostly=quote(_most(writer.behind)[0][0]) if writer.behind else Quote(""),
            )
            for _, name, writer in most
        )

    def _threads(self) -> tuple[Thread, ...]:
        """The busiest."""
        most = nsmallest(
            MOST_LISTED,
            ((id, place) for id, place in self._places.items() if place.posts),
            key=lambda place: (-place[1].posts, place[1].first, place[0]),
        )
        return tuple(
            Thread(
                title=quote(place.title, 120),
                author=self._called(place.author) if place.author else Quote(""),
                community=quote(place.community, MOST_NAME),
                posts=place.posts,
                first=place.first,
                last=place.last,
                flagged=dict(place.flagged),
            )
            for _, place in most
        )

    def _called(self, account: str) -> Quote:
        return called(self._names(account), MOST_NAME)

    def _named(self, one: Spoken) -> Spoken:
        """With its author as people are shown it, now that all profiles are known."""
        return structs.replace(one, author=self._called(one.author))


def _spoken(verdict: Verdict, kind: Kind, flags: Sequence[Flag], secret: bool) -> Spoken:
    post = verdict.post
    return Spoken(
        at=post.seen_at,
        author=Quote(post.author),  # what it is called is known at the end
        community=quote(post.community or "", MOST_NAME),
        text=quote(said(verdict, secret)),
        score=verdict.scores.of(kind),
        reason=quote(reason(flags[0], secret) if flags else ""),
        heuristic=quote(flags[0].heuristic if flags else "", MOST_NAME),
    )


def _most(counted: Counter[T]) -> list[tuple[T, int]]:
    """The most frequent first; equal ones in the order of their names, so that runs agree."""
    return sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))


def _strongest_first(one: Spoken) -> tuple[float, Micros, str, str]:
    return -one.score, one.at, one.author, one.text
