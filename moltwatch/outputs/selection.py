"""Which findings make a line. It chooses lines, never which posts are looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection

from moltwatch.bounded import Bounded
from moltwatch.model import (
    Finding,
    FlaggedPost,
    Group,
    Kind,
    Retracted,
    Scores,
    Thresholds,
    Verdict,
)
from moltwatch.session.filter_terms import Subject
from moltwatch.session.names import Names

MOST_REMEMBERED = 200_000
"""Lines remembered so that only what was said is taken back; older ones are forgotten first."""


class Selection:
    """Chooses lines by kind, score and filter; picks either verdicts or everything else.

    A post makes a line when it reaches the threshold of the kind; without ``thresholds``, when it
    is flagged at all. Of verdicts, of which there is one for every post, those make a line that
    reach the threshold of one of ``kinds``, or all. ``where`` is asked about posts, whose authors
    go by ``names``; groups have their own switch.
    """

    def __init__(
        self,
        *,
        kinds: Collection[Kind] = tuple(Kind),
        where: Callable[[Subject], bool] | None = None,
        groups: bool = True,
        verdicts: bool = False,
        thresholds: Thresholds | None = None,
        names: Names | None = None,
    ) -> None:
        self._kinds = tuple(kinds)
        self._where = where
        self._groups = groups
        self._verdicts = verdicts
        self._thresholds = thresholds
        self._names = names or Names()
        self._said: Bounded[tuple[str, Kind], None] = Bounded(MOST_REMEMBERED)

    def picks(self, finding: Finding) -> bool:
        """Whether the finding makes a line. To be asked once of each finding, in order."""
        if isinstance(finding, Verdict):
            return self._verdicts and self._picks_verdict(finding)
        if self._verdicts or finding.kind not in self._kinds:
            return False
        if isinstance(finding, FlaggedPost):
            return self._picks_post(finding)
        if isinstance(finding, Group):
            return self._groups
        return self._takes_back(finding)

    def _picks_verdict(self, verdict: Verdict) -> bool:
        return any(self._reaches(verdict, kind) for kind in self._kinds) and self._matches(verdict)

    def _picks_post(self, finding: FlaggedPost) -> bool:
        said = finding.again and (finding.post.id, finding.kind) in self._said
        if said or not self._reaches(finding, finding.kind) or not self._matches(finding):
            return False
        self._said[finding.post.id, finding.kind] = None
        return True

    def _reaches(self, finding: FlaggedPost | Verdict, kind: Kind) -> bool:
        if self._thresholds is None:
            return True
        score = finding.scores.of(kind)
        # There is a verdict on every post, and 0 leaves none out: not one without a reason either.
        return score >= self._thresholds.of(kind) or (
            isinstance(finding, Verdict) and score >= getattr(self._thresholds, kind.value)
        )

    def _matches(self, finding: FlaggedPost | Verdict) -> bool:
        if self._where is None:
            return True
        flagged = _reached(finding.scores)
        if isinstance(finding, FlaggedPost):
            flagged |= {finding.kind}
        names = self._names.aliases(finding.post.author)
        return self._where(Subject(finding.post, finding.scores, finding.flags, flagged, names))

    def _takes_back(self, finding: Retracted) -> bool:
        said = (finding.post, finding.kind)
        if said not in self._said:
            return False
        del self._said[said]
        return True


def _reached(scores: Scores) -> frozenset[Kind]:
    return frozenset(kind for kind in Kind if scores.of(kind) >= Scores.THRESHOLD)
