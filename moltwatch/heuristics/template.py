"""One form, filled in by several accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.crowd import Crowd, Crowds
from moltwatch.heuristics.parameters import Accounts, Count, Seconds
from moltwatch.heuristics.quoting import is_quote
from moltwatch.heuristics.same_text import digest
from moltwatch.model import Kind
from moltwatch.text import words
from moltwatch.times import HOUR, SECOND

LONGEST = 300
"""Characters from which a text is too long to be a form; near-duplicate finds those."""


class Template(Heuristic):
    """Several accounts fill in one form within a short time.

    Compared is the skeleton of a text: links, mentions, quotations, numbers, emoji and capitalised
    words inside a sentence are taken for slots. A skeleton needs enough words of its own; "hello,
    my name is _" is everybody's.

    Parameters
    window: how long a skeleton waits for the next account that fills it in (seconds)
    least_words: distinct words a skeleton must have beside its slots
    accounts: accounts from which it is telling
    many: accounts from which it needs no other evidence

    Fails when
    what is filled in are whole sentences, or when the form is the forum's own (a share button).
    """

    name: ClassVar[str] = "template"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "text"

    def __init__(
        self,
        window: Seconds = 1_800.0,
        least_words: Count = 6,
        accounts: Accounts = 3,
        many: Accounts = 5,
    ) -> None:
        self.window = window
        self.least_words = least_words
        self.accounts = accounts
        self.many = many
        self._crowds = Crowds(round(window * SECOND), 12 * HOUR, most=20_000)

    def observe(self, item: Item) -> Iterator[Signal]:
        if len(item.post.text) > LONGEST or len(item.vocabulary) < self.least_words:
            return
        form = item.skeleton
        if "_" not in form:
            return  # nothing was filled in; same-text sees to it
        crowd = self._crowds.add(digest(form), item.post)
        if crowd is None or crowd.n < self.accounts or is_quote(item):
            return
        size = len(set(words(form)) - {"_"})
        if size < self.least_words:
            return
        reason = f"same form, filled in by {crowd.n} accounts in {crowd.duration}"
        yield from self._crowds.tell(crowd, self._strength(crowd, size), reason)

    def _strength(self, crowd: Crowd, size: int) -> float:
        if size >= 2 * self.least_words or crowd.n >= self.many:
            return 0.9
        return 0.6
