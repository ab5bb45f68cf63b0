"""One form, filled in by several accounts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.copies import is_stock
from moltwatch.heuristics.coordination.crowd import Crowd, Crowds
from moltwatch.heuristics.coordination.post_filters import is_quote
from moltwatch.heuristics.features.minhash import LEAST_WORDS, MOST_WORDS
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.parameters import Accounts, Count, Majority, Seconds
from moltwatch.model import Kind, Level
from moltwatch.times import HOUR, MINUTE, SECOND, Micros

COPY = 0.7
"""Frame from which a text is more form than filling, and few accounts are enough."""

ONE_PIECE = 0.6
"""Part of a frame from which its longest piece makes it a saying, which agents take from one
another, and no form."""

AT_ONCE: Micros = 5 * MINUTE
"""Within which few accounts must come: what comes more slowly may be a way to say things."""

SHORTEST, SHORT = 4, 9
"""Words of a short text: one of them may change from copy to copy."""

FEW_CHARS = 20
"""Characters below which a text is anybody's."""

MOST_CHARS = 120
"""Characters from which a text is not short, however few its words: each of its forms is kept."""

_SAYS = "same form, filled in by {who} in {span}"
_SHORT_SAYS = "one short text, all but a word of it, from {who} in {span}"

_WEIGHT = 0.9
"""What a long form proves (0 to 1)."""


def _short_forms(text: Text) -> tuple[str, ...]:
    """A short text, once for each of its words, with that left out."""
    said = text.words
    if not (SHORTEST <= len(said) <= SHORT and FEW_CHARS <= len(text.folded) <= MOST_CHARS):
        return ()
    return tuple(f"{' '.join(said[:n])} _ {' '.join(said[n + 1 :])}" for n in range(len(said)))


class Template(Heuristic):
    """Several accounts fill in one form within a short time.

    Two texts have one form if the same words stand in both in the same order (their longest common
    subsequence), whatever stands between: so it does not matter what is filled in, a name, a
    number or any word. The form needs enough words of its own; "hello, my name is _" is
    everybody's, and what software says by itself when it fails is nobody's. Of a text of four to
    nine words one word may change, if many bring it at once.

    Parameters
    window: how long a form waits for the next account that fills it in (seconds)
    frame: which part of the longer of two texts the words they share must be (0.5 to 1)
    least_words: words a form must have beside its slots
    long_words: words from which a form is too long for chance
    accounts: accounts from which a long form is telling
    many: accounts from which a short form is telling, a saying, or one that comes slowly

    Fails when
    what is filled in are whole sentences, or when the form is the forum's own (a share button).
    """

    name: ClassVar[str] = "template"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "text"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts ({many} where it is short or they came slowly) had "
        "filled in this form within {window:seconds} of each other"
    )

    def __init__(
        self,
        window: Seconds = 900.0,
        frame: Majority = 0.5,
        least_words: Count = LEAST_WORDS,
        long_words: Count = 12,
        accounts: Accounts = 3,
        many: Accounts = 5,
    ) -> None:
        self.window = window
        self.frame = frame
        self.least_words = least_words
        self.long_words = long_words
        self.accounts = accounts
        self.many = many
        self._crowds = Crowds(round(window * SECOND), 12 * HOUR, said=True)
        self._short_crowds = Crowds(round(window * SECOND), HOUR)

    def observe(self, item: Features) -> Iterable[Evidence]:
        said = len(item.words)
        if said <= SHORT and (short := self._short(item)):
            return short
        if len(item.vocabulary) < self.least_words:
            return ()
        likeness = item.likeness
        frame = likeness.frame
        if frame < self.frame:
            return ()
        words = round(frame * min(said, MOST_WORDS))
        if words < self.least_words:
            return ()
        crowd = self._crowds.join(likeness.first, item, partial(is_quote, shared=words / said))
        if crowd is None or is_stock(item.text):
            return ()
        telling = (
            words >= self.long_words
            and (frame >= COPY or likeness.piece() <= ONE_PIECE * frame)
            and crowd.span(self.accounts) <= AT_ONCE
        )
        if crowd.n < (self.accounts if telling else self.many):
            return ()
        acts = self._crowds.tell(crowd, _WEIGHT)
        return (self.evidence(_WEIGHT, _SAYS, cluster=crowd.key, acts=acts),)

    def _short(self, item: Features) -> Iterable[Evidence]:
        """Short texts of which all but one word are the same, brought by many at once."""
        best: Crowd | None = None
        for form in _short_forms(item.text):
            crowd = self._short_crowds.add(form, item, is_quote)
            if crowd and (best is None or crowd.n > best.n):
                best = crowd
        if best is None or best.n < self.many or is_stock(item.text):
            return ()
        at_once = best.span(self.many) <= AT_ONCE and len(item.words) > SHORTEST
        level = Level.CONCLUSIVE if at_once else Level.CORROBORATING
        acts = self._short_crowds.tell(best, level.weight)
        return (self.evidence(best.weight, _SHORT_SAYS, cluster=best.key, acts=acts),)
