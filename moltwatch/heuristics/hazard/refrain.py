"""How often an account has said the same dangerous thing.

One account that pastes one fake alert under every post made nine of ten hazards of a real week. It
is as dangerous the thousandth time as the first, but nobody reads a thousand lines that say the
same, and what else is dangerous drowns among them. As a group is told again when it has doubled
and not with each member, so is a refrain: in between it stays below the threshold, where whoever
filters what agents read finds it with ``--min-score 0.4``.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, TypeAlias

from msgspec import Meta, structs

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.fading import Fading
from moltwatch.model import Evidence, Mark
from moltwatch.odds import log_odds

Repeats: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000)]
IN_FULL = 10
MUTED = log_odds(0.45)
"""Weight at most, of a repetition that is not told."""

_AGAIN = "the account said so {times:,} times within a day"

_MOST_ACCOUNTS = 5_000
_MOST_SAYINGS = 50


class Refrains:
    """What each account keeps saying, forgotten when it was quiet for a day."""

    def __init__(self, in_full: int = IN_FULL) -> None:
        self._in_full = in_full
        self._said: Fading[Counter[str]] = Fading(Counter, most=_MOST_ACCOUNTS)

    def weigh(self, item: Features, evidence: Evidence, what: str = "") -> Evidence:
        """The evidence, muted if its author keeps saying the same: that is ``what``, or what makes
        the same sentence."""
        said = self._said.touch(item.post.author, item.post.seen_at)
        what = what or evidence.reason
        said[what] += 1
        n = said[what]
        if len(said) > _MOST_SAYINGS:
            del said[next(iter(said))]
        if n <= self._in_full:
            return evidence
        muted = not _doubled(n, self._in_full)
        return structs.replace(
            evidence,
            weight=min(evidence.weight, MUTED) if muted else evidence.weight,
            marks=(*evidence.marks, Mark(_AGAIN, {"times": n})),
            muted=muted,
        )


def _doubled(n: int, first: int) -> bool:
    """Whether ``n`` is ``first`` doubled once or more often."""
    times, rest = divmod(n, first)
    return rest == 0 and times.bit_count() == 1
