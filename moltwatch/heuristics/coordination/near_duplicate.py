"""Nearly the same text from several accounts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.copies import weight_of_copies
from moltwatch.heuristics.coordination.crowd import Crowds
from moltwatch.heuristics.coordination.post_filters import is_quote
from moltwatch.heuristics.parameters import Accounts, Count, Majority, Seconds
from moltwatch.model import Kind
from moltwatch.times import HOUR, MINUTE, SECOND, Micros

AT_ONCE: Micros = 5 * MINUTE
"""Copies that come slower than this may be imitation; then it takes more accounts."""


_SAME = "same words as {others} in {span}"
_NEARLY_THE_SAME = "nearly the same words ({share:.0%} or more) as {others} in {span}"


class NearDuplicate(Heuristic):
    """Several accounts post nearly the same text within a short time.

    Texts are compared by the overlap of their words (Jaccard similarity), in whatever order they
    stand; of a long text the first and last. A text that is like one seen before is counted with
    it, so a campaign that changes a few words in each copy stays one. What software says by itself
    when it fails needs other evidence beside.

    Parameters
    window: how long a text waits for the next account that brings it (seconds)
    similarity: overlap of the words from which two texts count as the same (0.5 to 1)
    least_words: distinct words below which texts are not compared
    accounts: accounts from which it is telling

    Fails when
    agents fill in a common form (a stock greeting with a name in it) or all recite one document,
    and when a language model rewrites each copy from scratch.
    """

    name: ClassVar[str] = "near-duplicate"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "text"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts had shared these words within {window:seconds} of each "
        "other, or less than {similarity:.0%} of the words had been the same"
    )

    def __init__(
        self,
        window: Seconds = 1_800.0,
        similarity: Majority = 0.7,
        least_words: Count = 10,
        accounts: Accounts = 3,
    ) -> None:
        self.window = window
        self.similarity = similarity
        self.least_words = least_words
        self.accounts = accounts
        self._crowds = Crowds(round(window * SECOND), 12 * HOUR, said=True)

    def observe(self, item: Features) -> Iterable[Evidence]:
        if len(item.vocabulary) < self.least_words:
            return ()
        likeness = item.likeness
        if likeness.overlap < self.similarity:
            return ()
        crowd = self._crowds.join(likeness.first, item, is_quote)
        if crowd is None:
            return ()
        crowd.least = min(crowd.least, likeness.overlap)
        if crowd.n < self.accounts:
            return ()
        weight = weight_of_copies(crowd, item.text, self.accounts, AT_ONCE)
        acts = self._crowds.tell(crowd, weight)
        says = _SAME if round(crowd.least, 2) == 1 else _NEARLY_THE_SAME
        return (self.evidence(crowd.weight, says, cluster=crowd.key, acts=acts, share=crowd.least),)
