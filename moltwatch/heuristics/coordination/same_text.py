"""The same text from several accounts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.copies import UNSURE, weight_of_copies
from moltwatch.heuristics.coordination.crowd import Crowd, Crowds
from moltwatch.heuristics.coordination.post_filters import is_quote
from moltwatch.heuristics.features.text import Text, digest
from moltwatch.heuristics.parameters import Accounts, Count, Seconds
from moltwatch.model import Kind
from moltwatch.times import HOUR, MINUTE, SECOND, Micros

_SAYS = "same text as {others} in {span}"

AT_ONCE: Micros = 15 * MINUTE
"""Copies that come slower than this may be imitation; then it takes more accounts."""

FEW_WORDS = 24
"""Of so few words, punctuation and markup do not count."""


class SameText(Heuristic):
    """Several accounts post the same text within a short time.

    Texts are compared in match form, so look-alike letters, hidden characters and case change
    nothing, and short ones by their words, so neither do punctuation, markup and emoji. In a real
    forum nearly all copies are one account repeating itself; three accounts with one long text
    within the hour hardly ever happen by chance. Short texts ("test", a greeting, an emoji) do, and
    need more accounts in less time, and other evidence beside; so does what software says by itself
    when it fails. Who wrote a text long before all others came with it was copied.

    Parameters
    window: how long a text waits for the next account that brings it (seconds)
    long_words: distinct words from which a text is too long for chance
    accounts: accounts from which a long text is telling
    short_accounts: accounts from which a short text is telling
    short_window: within which they must come (seconds)

    Fails when
    an operator rewrites each copy (see near-duplicate, template and vocabulary), or when many
    agents are told by one instruction to post a fixed sentence of their own accord.
    """

    name: ClassVar[str] = "same-text"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "text"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts had posted this text within {window:seconds} of each "
        "other (a short one: fewer than {short_accounts} within {short_window:seconds})"
    )

    def __init__(
        self,
        window: Seconds = 3_600.0,
        long_words: Count = 8,
        accounts: Accounts = 3,
        short_accounts: Accounts = 5,
        short_window: Seconds = 120.0,
    ) -> None:
        self.window = window
        self.long_words = long_words
        self.accounts = accounts
        self.short_accounts = short_accounts
        self.short_window = short_window
        self._crowds = Crowds(round(window * SECOND), 12 * HOUR, said=True)

    def read(self, text: Text) -> str | None:
        """The same for short texts that differ in punctuation, markup or emoji only; of long ones,
        near-duplicate takes care."""
        said = text.folded if len(text.words) > FEW_WORDS else " ".join(text.words) or text.folded
        return (said if len(said) <= 32 else digest(said)) or None

    def observe(self, item: Features) -> Iterable[Evidence]:
        key = item.shown_to(self)
        if key is None:
            return ()
        crowd = self._crowds.add(key, item, is_quote)
        if crowd is None or crowd.n < min(self.accounts, self.short_accounts):
            return ()
        weight = self._weight(crowd, item)
        if not weight:
            return ()
        acts = self._crowds.tell(crowd, weight)
        return (self.evidence(crowd.weight, _SAYS, cluster=key, acts=acts),)

    def _weight(self, crowd: Crowd, item: Features) -> float:
        if len(item.vocabulary) >= self.long_words:
            if crowd.n < self.accounts:
                return 0.0
            return weight_of_copies(crowd, item.text, self.accounts, AT_ONCE)
        if crowd.told:
            return UNSURE
        if crowd.n < self.short_accounts:
            return 0.0
        return UNSURE if crowd.span(self.short_accounts) <= self.short_window * SECOND else 0.0
