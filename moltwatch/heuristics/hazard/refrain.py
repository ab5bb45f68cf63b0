"""How often an account has said the same dangerous thing.

One account that pastes one fake alert under every post made nine of ten hazards of a real week. It
is as dangerous the thousandth time as the first, but nobody reads a thousand lines that say the
same, and what else is dangerous drowns among them. As a group is told again when it has doubled
and not with each member, so is a refrain: in between it stays below the threshold, where whoever
filters what agents read finds it with ``--min-score 0.4``.

Whoever opens a thread with it each time, and each time writes another text around it, is told ten
times as often: these are sermons, not copies. A day later the count begins anew.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct, structs

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.fading import Fading
from moltwatch.heuristics.features.text import digest
from moltwatch.model import Evidence, Mark
from moltwatch.odds import log_odds
from moltwatch.times import DAY, Micros

Repeats: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000)]
IN_FULL = 10
MUTED = log_odds(0.45)
"""Weight at most, of a repetition that is not told."""

_AGAIN = "the account said so {times:,} times within a day"

_OPENINGS = 10
"""How many times as often it is told where it opens a thread, with another text than before."""

_MOST_ACCOUNTS = 5_000
_MOST_SAYINGS = 50


class _Saying(Struct):
    """What an account keeps saying."""

    since: Micros
    n: int = 0
    """Times since then."""
    latest: str = ""
    """The digest of the text in which it stood last."""


class Refrains:
    """What each account keeps saying, forgotten when it was quiet for a day."""

    def __init__(self, in_full: int = IN_FULL) -> None:
        self._in_full = in_full
        self._said: Fading[dict[str, _Saying]] = Fading(dict, most=_MOST_ACCOUNTS)

    def weigh(self, item: Features, evidence: Evidence, what: str = "") -> Evidence:
        """The evidence, muted if its author keeps saying the same: that is ``what``, or what makes
        the same sentence."""
        now = item.post.seen_at
        said = self._said.touch(item.post.author, now)
        what = what or evidence.reason
        saying = said.get(what)
        if saying is None or now - saying.since > DAY:
            saying = said[what] = _Saying(now)
        saying.n += 1
        before, saying.latest = saying.latest, digest(item.text.body)
        if len(said) > _MOST_SAYINGS:
            del said[next(iter(said))]
        if saying.n <= self._in_full:
            return evidence
        opens = item.post.parent is None and saying.latest != before
        in_full = self._in_full * (_OPENINGS if opens else 1)
        muted = saying.n > in_full and not _doubled(saying.n, in_full)
        return structs.replace(
            evidence,
            weight=min(evidence.weight, MUTED) if muted else evidence.weight,
            marks=(*evidence.marks, Mark(_AGAIN, {"times": saying.n})),
            muted=muted,
        )


def _doubled(n: int, first: int) -> bool:
    """Whether ``n`` is ``first`` doubled once or more often."""
    times, rest = divmod(n, first)
    return rest == 0 and times.bit_count() == 1
