"""How much went by and what was found: a sink that only counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

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
)
from moltwatch.times import Micros
from moltwatch.wording import count


class Tally:
    """Counts of a run so far."""

    def __init__(self) -> None:
        self.events = 0
        self.told = 0
        """Those that somebody told: neither gaps nor heartbeats, which a source adds itself."""
        self.posts = 0
        """Roots and comments."""
        self.gaps = 0
        self.flagged: Counter[Kind] = Counter()
        """Posts flagged, by kind; what was taken back is not counted."""
        self.groups = 0
        """Groups formed."""
        self.start: Micros | None = None
        """Stream time of the first event."""
        self.now: Micros = 0
        """Stream time reached."""

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """Count one event."""
        self.events += 1
        self.start = event.seen_at if self.start is None else self.start
        self.now = event.seen_at
        self.told += not isinstance(event, Gap | Heartbeat)
        if isinstance(event, Post):
            self.posts += 1
        elif isinstance(event, Gap):
            self.gaps += 1
        self._count(findings)

    def finish(self, findings: Sequence[Finding]) -> None:
        """Count the last findings."""
        self._count(findings)

    def _count(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            if isinstance(finding, FlaggedPost):
                self.flagged[finding.kind] += 1
            elif isinstance(finding, Retracted):
                self.flagged[finding.kind] -= 1
            elif isinstance(finding, Group) and finding.state is GroupState.FORMED:
                self.groups += 1

    @property
    def seen(self) -> str:
        """What went by: ``1,204 posts, 2 gaps``."""
        return count(self.posts, "post") + (f", {count(self.gaps, 'gap')}" if self.gaps else "")

    @property
    def found(self) -> str:
        """What was found: ``33 flagged (31 coordinated, 2 persona), 1 group``."""
        kinds = ", ".join(f"{self.flagged[kind]:,} {kind}" for kind in Kind if self.flagged[kind])
        found = f"{self.flagged.total():,} flagged ({kinds})" if kinds else "none flagged"
        return found + (f", {count(self.groups, 'group')}" if self.groups else "")
