"""What went by in a run and what was found, as numbers: all that a summary of one line needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from moltwatch.model import (
    Event,
    Finding,
    FlaggedPost,
    Gap,
    Group,
    GroupState,
    Heartbeat,
    Kind,
    Post,
    Retracted,
    Verdict,
)
from moltwatch.times import Micros
from moltwatch.wording import count, count_groups


class Counts:
    """Counts of a run so far; of what was found those of some kinds. A sink of the pipeline."""

    def __init__(self, kinds: Collection[Kind] = tuple(Kind)) -> None:
        self._kinds = kinds
        self.events = 0
        self.told = 0
        """Those that somebody told: neither gaps nor heartbeats, which a source adds itself."""
        self.before_last = 0
        """Events before the latest that is no heartbeat."""
        self.posts = 0
        """Roots and comments."""
        self.gaps = 0
        self.open_gaps = 0
        """Of those, the ones that nobody closed, however short."""
        self.flagged: Counter[Kind] = Counter()
        """Posts flagged as they were found, by kind; what was taken back is not counted."""
        self.formed = 0
        """Groups formed."""
        self.merged = 0
        """Of those, the groups that went into another."""
        self.start: Micros | None = None
        """Stream time of the first event."""
        self.now: Micros = 0
        """Stream time: the running maximum of ``seen_at``."""

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """Count one event."""
        if not isinstance(event, Heartbeat):
            self.before_last = self.events
        self.events += 1
        if self.start is None:
            self.start = event.seen_at
        if event.seen_at > self.now:
            self.now = event.seen_at
        if isinstance(event, Post):
            self.posts += 1
            self.told += 1
        elif isinstance(event, Gap):
            self.gaps += 1
            self.open_gaps += not event.recovered
        elif not isinstance(event, Heartbeat):
            self.told += 1
        if findings:
            self.finish(findings)

    def finish(self, findings: Sequence[Finding]) -> None:
        """Count findings, the last ones or others."""
        for finding in findings:
            if isinstance(finding, Verdict) or finding.kind not in self._kinds:
                continue
            if isinstance(finding, FlaggedPost):
                self.flagged[finding.kind] += not finding.again
            elif isinstance(finding, Retracted):
                self.flagged[finding.kind] -= 1
            elif isinstance(finding, Group):
                self.formed += finding.state is GroupState.FORMED
                self.merged += finding.state is GroupState.MERGED

    @property
    def seen(self) -> str:
        """What went by: ``1,204 posts, 2 gaps``."""
        return count(self.posts, "post") + (f", {count(self.gaps, 'gap')}" if self.gaps else "")

    @property
    def found(self) -> str:
        """What was found: ``33 flagged (31 coordinated, 2 persona), 1 group``."""
        kinds = ", ".join(f"{self.flagged[kind]:,} {kind}" for kind in Kind if self.flagged[kind])
        found = f"{self.flagged.total():,} flagged ({kinds})" if kinds else "none flagged"
        return found + (f", {count_groups(self.formed, self.merged)}" if self.formed else "")
