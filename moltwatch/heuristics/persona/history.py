"""What the account's earlier posts were."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum
from typing import ClassVar

from msgspec import Struct

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.persona.base import MarkVector, PersonaHeuristic
from moltwatch.heuristics.persona.weights import prior

_FEW = 1.5
"""Posts that an account is given beforehand, of which nothing is said for or against."""
_MEMORY = 20
"""Posts after which older ones fade."""
_FAR = 4.0
"""Log-odds beyond which a post is not surer."""
_MUCH = 3.0
"""Of one heuristic's marks."""
_STRAY = 0.2
"""Of preaching, on average: so little may be anything."""
_FOR, _AGAINST = 2.0, 3.0
"""Log-odds, on average, at which a mark is full."""
_PREACHING = frozenset(
    f"manifesto.{mark}"
    for mark in ("awakening", "revolt", "doom", "faith", "secrecy", "proclaimed", "coined")
)


class Record(Struct):
    """What is remembered of an account's posts, as sums that fade."""

    posts: float = 0.0
    log_odds: float = 0.0
    preaching: float = 0.0

    def take(self, log_odds: float, marks: Mapping[str, float]) -> None:
        """One post more, by what it was judged and by its marks."""
        if self.posts >= _MEMORY:
            fade = (_MEMORY - 1) / _MEMORY
            self.posts *= fade
            self.log_odds *= fade
            self.preaching *= fade
        self.posts += 1
        self.log_odds += min(max(log_odds, -_FAR), _FAR)
        if not _PREACHING.isdisjoint(marks):
            preached = fsum([marks[mark] for mark in _PREACHING if mark in marks])
            self.preaching += min(preached, _MUCH)

    def mark(self, vector: MarkVector) -> None:
        """Mark what it says of the next post."""
        if not self.posts:
            return
        seen = self.posts + _FEW
        level = self.log_odds / seen
        if level > 0:
            vector.mark("history.for", min(level / _FOR, 1.0), posts=round(self.posts))
        else:
            vector.mark("history.against", min(-level / _AGAINST, 1.0))
        if (preaching := self.preaching / seen) > _STRAY:
            vector.mark("history.preaching", min(preaching, 1.0))


class History(PersonaHeuristic):
    """The account's earlier posts were persona-driven, or were not.

    Who plays a role post after post is surer with each, and who has long talked like anybody else
    is less likely to play one now. What counts is what the other persona heuristics made of the
    posts of that account, the latest twenty most.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)

    Fails when
    the account is new to the stream, changes hands, or lets its human's words slip in among its own
    now and then.
    """

    name: ClassVar[str] = "history"
    family: ClassVar[str] = "history"
    says: ClassVar = {
        "history.for": "is by an account whose earlier posts looked persona-driven ({posts} seen)",
        "history.against": "is by an account whose earlier posts did not look persona-driven",
        "history.preaching": "is by an account that preached before",
    }

    def remember(self, item: Features, vector: MarkVector, log_odds: float) -> None:
        record = item.author.note(self.name, Record)
        record.mark(vector)
        record.take(prior(item.post) + log_odds, vector.values)
