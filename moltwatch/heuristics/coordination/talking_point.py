"""One name that a few accounts bring up in most of what they write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.habits import LOUD, Habits
from moltwatch.heuristics.coordination.post_filters import is_foreign
from moltwatch.heuristics.parameters import Accounts, Count, Fraction, Seconds
from moltwatch.model import Kind, Level
from moltwatch.times import SECOND

SHORTEST, LONGEST = 5, 40
"""Letters of a word."""

OTHERS = 12
"""Posts that may have used a word beside twice those of whom is known that they use it: who writes
much is hardly listened to, and before that too it was perhaps said."""

MOST_WORDS = 200
"""Words of a text up to which what it dwells on can be told."""

MANY = 5
"""Accounts that need fewer threads: all of them together have to have come to so many, and those
that repeat themselves to two less."""

_SAYS = "{who} bring up {what:quoted} in most of what they write, and hardly anybody else does"


class TalkingPoint(Heuristic):
    """A few accounts bring up one rare word, unasked, in most of what they write, on several
    threads each, and hardly anybody else does: the name of what they praise, the package they hand
    out.

    Words that stand in what is answered do not count, and neither do texts in a language that few
    speak here. Few uses need other evidence beside.

    Parameters
    warm_up: posts after which it is known which words are rare
    window: how long a word is remembered after it was last used (seconds)
    rare: a word is rare when at most this part of the posts uses it (0 to 1)
    accounts: accounts from which it is telling; one more need no other evidence
    repeats: on how many threads each must have used it
    part: in which part of its posts
    share: which part of all who use it must use it in so much of theirs
    enough: threads, all accounts together, from which it needs no other evidence

    Fails when
    a few enthusiasts of one thing found the forum and speak of nothing else, or what is praised
    goes by a name that is everybody's word.
    """

    name: ClassVar[str] = "talking-point"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "vocabulary"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts brought it up on {repeats:count thread} each, it stood in "
        "less than {part:.0%} of their posts, or they were less than {share:.0%} of all who "
        "use the word"
    )

    def __init__(
        self,
        warm_up: Count = 1_500,
        window: Seconds = 86_400.0,
        rare: Fraction = 0.003,
        accounts: Accounts = 3,
        repeats: Count = 2,
        part: Fraction = 0.5,
        share: Fraction = 0.6,
        enough: Count = 10,
    ) -> None:
        self.warm_up = warm_up
        self.window = window
        self.rare = rare
        self.accounts = accounts
        self.repeats = repeats
        self.part = part
        self.share = share
        self.enough = enough
        self._posts = 0
        self._words = Habits(
            round(window * SECOND), accounts=accounts, part=part, share=share, repeats=repeats
        )

    def observe(self, item: Features) -> Iterable[Evidence]:
        self._posts += 1
        if self._posts <= self.warm_up or len(item.words) > MOST_WORDS:
            return ()
        # What a few repeat is followed also when it is rare no more, by their own doing.
        words = self._words.watched(item.vocabulary)
        if item.author.n < LOUD:
            rare = item.rare(self.rare)
            words |= frozenset([word for word in rare if SHORTEST <= len(word) <= LONGEST])
        return self._hear(words, item) if words else ()

    def _hear(self, words: frozenset[str], item: Features) -> Iterator[Evidence]:
        """Somebody uses words that may be a talking point."""
        for word, habit in self._words.see(words, item, item.author):
            if item.rarity.posts(word) > OTHERS + 2 * habit.posts or is_foreign(item):
                continue
            sure = len(habit.devoted) >= MANY and habit.uses(habit.devoted) >= self.enough
            sure = habit.uses(habit.keepers) >= (self.enough - 2 if sure else self.enough)
            sure = sure and len(habit.keepers) > self.accounts
            if acts := habit.tell(Level.CONCLUSIVE if sure else Level.WEAK):
                yield self.evidence(habit.weight, _SAYS, cluster=word, acts=acts, what=word)
