"""Gathers what a report tells while a recording goes by: a sink of a run with verdicts, in bounded
memory, so that a night and a year both fit.

Flags are counted by the last word on each post, not by what was said of it on the way there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import structs

from moltwatch import __version__
from moltwatch.errors import Rejects
from moltwatch.model import SUREST_FIRST, Event, Evidence, Finding, Gap, Group, Kind, Post, Verdict
from moltwatch.outputs.report.accounts import Accounts
from moltwatch.outputs.report.gaps import Gaps
from moltwatch.outputs.report.groups import GroupMemory
from moltwatch.outputs.report.quotes import MOST_NAME, called, quote, said, shows_secret, spoken
from moltwatch.outputs.report.ranking import most_frequent, strongest_first
from moltwatch.outputs.report.rate import Rate
from moltwatch.outputs.report.summary import (
    MOST_GROUPS,
    MOST_HAZARDS,
    MOST_LISTED,
    Alerts,
    Quote,
    Reject,
    Spoken,
    Summary,
)
from moltwatch.outputs.report.threads import Threads
from moltwatch.session.names import Names
from moltwatch.times import EARLIEST, LATEST, Micros

MOST_REASONS = 5_000
"""Hazards remembered, one for each account and reason."""

MOST_SOURCES = 50
FINE, COARSE = 120, 24
"""Steps of a chart, and of a table."""


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
        self._posts = self._comments = 0
        self._sources: Counter[str] = Counter()
        self._accounts = Accounts(self._called)
        self._threads = Threads(self._called)
        self._gaps = Gaps(start, end)
        self._rate = Rate()
        self._groups = GroupMemory(self._called, start, end)
        self._hazards: dict[tuple[str, str], Spoken] = {}
        """By account and reason."""
        self._flagged: Counter[Kind] = Counter()
        self._behind: Counter[tuple[Kind, str]] = Counter()
        """Flagged posts by what stands behind them."""
        self._alone: Counter[tuple[Kind, str]] = Counter()

    # --- sink of the pipeline ---------------------------------------------------------------------

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """One event, and what it gave away."""
        if isinstance(event, Post):
            if self._tells_of(event):
                self._post(event)
            elif event.is_root and event.seen_at < self._start:
                self._threads.learn(event)  # what is written there later may be told of
        elif isinstance(event, Gap):
            self._gaps.add(event)
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
        self._accounts.wrote(post.author)
        self._threads.wrote(post)

    # --- verdicts ---------------------------------------------------------------------------------

    def _judge(self, verdict: Verdict) -> None:
        post = verdict.post
        # Also of a post that is not told of: the reason of its group may quote it.
        if secret := shows_secret(verdict):
            self._groups.withhold(verdict.flags)
            self._threads.withhold(post)
        kinds = [kind for kind in Kind if verdict.scores.of(kind) >= self._threshold]
        if not kinds or not self._tells_of(post):
            return
        self._rate.add(post.seen_at, flagged=kinds)
        self._flagged.update(kinds)
        self._accounts.flagged(post.author, kinds)
        self._threads.flagged(post.thread, kinds)
        for kind in kinds:
            flags = [flag for flag in verdict.flags if flag.kind is kind]
            self._count(kind, flags)
            match kind:
                case Kind.COORDINATED:
                    self._groups.add(post, flags, said(verdict, secret))
                case Kind.PERSONA:
                    self._accounts.acted(verdict, flags, secret)
                case Kind.HAZARD:
                    self._hazard(spoken(verdict, kind, flags, secret))

    def _count(self, kind: Kind, flags: Sequence[Evidence]) -> None:
        """What stands behind a flagged post."""
        names = {flag.heuristic for flag in flags}
        self._behind.update((kind, name) for name in names)
        if len(names) == 1:
            self._alone[kind, names.pop()] += 1

    def _hazard(self, one: Spoken) -> None:
        key = one.author, one.reason
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
        groups = self._groups.stories()
        return Summary(
            title=quote(title, 120),
            version=__version__,
            threshold=self._threshold,
            start=self._first or 0,
            end=self._last,
            posts=self._posts,
            comments=self._comments,
            threads=self._threads.n,
            accounts=self._accounts.n,
            about=self._accounts.forgetful or self._threads.forgetful,
            sources=tuple((quote(name, MOST_NAME), n) for name, n in most_frequent(self._sources)),
            gaps=self._gaps.longest,
            n_gaps=self._gaps.n,
            missed=self._gaps.missed,
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
            personas=self._strongest(self._accounts.strongest(), MOST_LISTED),
            persona_accounts=self._accounts.most_persona(),
            hazards=self._strongest(self._hazards.values(), MOST_HAZARDS),
            n_hazards=len(self._hazards),
            busiest_threads=self._threads.busiest(),
            busiest_accounts=self._accounts.busiest(),
            alerts=self._alerts(),
        )

    def _strongest(self, posts: Iterable[Spoken], most: int) -> tuple[Spoken, ...]:
        """The strongest of these, their authors as people are shown them: now all profiles are
        known."""
        named = (structs.replace(one, author=self._called(one.author)) for one in posts)
        return tuple(sorted(named, key=strongest_first)[:most])

    def _alerts(self) -> tuple[Alerts, ...]:
        ranked = sorted(
            most_frequent(self._behind), key=lambda told: SUREST_FIRST.index(told[0][0])
        )
        return tuple(
            Alerts(kind=kind, heuristic=quote(name), posts=n, alone=self._alone[kind, name])
            for (kind, name), n in ranked
        )

    def _called(self, account: str) -> Quote:
        return called(self._names(account), MOST_NAME)
