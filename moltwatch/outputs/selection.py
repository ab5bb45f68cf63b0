"""Which findings make a line. It chooses lines, never which posts are looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection

from moltwatch.bounded import Bounded
from moltwatch.model import Finding, FlaggedPost, Group, Kind, Retracted, Scores, Verdict
from moltwatch.session.filter import Subject
from moltwatch.session.names import Names

MOST_REMEMBERED = 200_000
"""Lines remembered so that only what was said is taken back; older ones are forgotten first."""


class Selection:
    """Chooses lines by kind, score and filter; picks either verdicts or everything else.

    The score at which a post is *flagged* is the engine's threshold; ``min_score`` is for
    verdicts, of which there is one for every post: it keeps those that reach it in one of
    ``kinds``. ``where`` is asked about posts, whose authors go by ``names``; groups have their own
    switch.
    """

    def __init__(
        self,
        *,
        kinds: Collection[Kind] = tuple(Kind),
        where: Callable[[Subject], bool] | None = None,
        groups: bool = True,
        verdicts: bool = False,
        min_score: float = 0.0,
        names: Names | None = None,
    ) -> None:
        self._kinds = tuple(kinds)
        self._where = where
        self._groups = groups
        self._verdicts = verdicts
        self._min_score = min_score
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
        highest = max(verdict.scores.of(kind) for kind in self._kinds)
        if highest < self._min_score:
            return False
        return self._matches(verdict)

    def _picks_post(self, finding: FlaggedPost) -> bool:
        if not self._matches(finding):
            return False
        self._said[finding.post.id, finding.kind] = None
        return True

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
