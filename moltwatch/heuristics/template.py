"""One form, filled in by several accounts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.crowd import Crowds
from moltwatch.heuristics.likeness import MOST_WORDS
from moltwatch.heuristics.parameters import Accounts, Count, Fraction, Seconds
from moltwatch.heuristics.quoting import is_quote
from moltwatch.model import Kind
from moltwatch.times import HOUR, SECOND

COPY = 0.7
ONE_PIECE = 0.75
"""A form with hardly a slot in it that is little more than half of a text is a saying, which people
take from one another."""


class Template(Heuristic):
    """Several accounts fill in one form within a short time.

    Two texts have one form if the same words stand in both in the same order (their longest common
    subsequence), whatever stands between: so it does not matter what is filled in, a name, a
    number or any word. The form needs enough words of its own; "hello, my name is _" is
    everybody's.

    Parameters
    window: how long a form waits for the next account that fills it in (seconds)
    frame: which part of the longer of two texts the words they share must be (0.5 or more)
    least_words: words a form must have beside its slots
    long_words: words from which a form is too long for chance
    accounts: accounts from which a long form is telling
    many: accounts from which a short form is telling, or a sentence that all have in common

    Fails when
    what is filled in are whole sentences, or when the form is the forum's own (a share button).
    """

    name: ClassVar[str] = "template"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "text"

    def __init__(
        self,
        window: Seconds = 900.0,
        frame: Fraction = 0.5,
        least_words: Count = 7,
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
        self._crowds = Crowds(round(window * SECOND), 12 * HOUR)

    def observe(self, item: Item) -> Iterable[Signal]:
        if len(item.vocabulary) < self.least_words:
            return ()
        first, _, frame, piece = item.likeness
        words = round(frame * min(len(item.words), MOST_WORDS))
        if frame < self.frame or words < self.least_words:
            return ()
        crowd = self._crowds.add(first, item.post, unless=lambda: is_quote(item, frame))
        if crowd is None:
            return ()
        is_sentence = frame < COPY and piece > ONE_PIECE * frame
        long = words >= self.long_words and not is_sentence
        if crowd.n < (self.accounts if long else self.many):
            return ()
        return self._crowds.tell(
            crowd, 0.9, f"same form, filled in by {crowd.n} accounts in {crowd.duration}"
        )
