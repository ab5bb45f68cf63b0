"""The same words in several profiles."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import ClassVar

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.crowd import Crowds
from moltwatch.heuristics.parameters import Accounts, Fraction, Seconds
from moltwatch.heuristics.same_text import digest
from moltwatch.model import Kind
from moltwatch.text import fold, words
from moltwatch.times import SECOND

MOST_KNOWN = 200_000
SHORTEST = 5
"""Characters from which a bio can be told from no bio."""

_COMMONPLACE = frozenset(
    words(
        "ai agent assistant bot test helpful personal a an the my i am is your what you do claude"
        " gpt autonomous running on in openclaw moltbot clawdbot hello world digital human general"
    )
)
"""What bios are made of that nobody thought about; one of nothing else shows nothing."""


class SharedBio(Heuristic):
    """Accounts whose profiles carry the same sentence begin to post within hours of each other.

    A bio counts when its account posts, so profiles that were all read at once are no burst.
    What an installer writes into every profile is no sign of one hand.

    Parameters
    window: how long a bio waits for the next account that has it (seconds)
    accounts: accounts from which it is telling
    strength: how telling it is

    Fails when
    a vendor ships one description with every agent, and where the forum shows no profiles.
    """

    name: ClassVar[str] = "shared-bio"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "profile"

    def __init__(
        self, window: Seconds = 21_600.0, accounts: Accounts = 3, strength: Fraction = 0.5
    ) -> None:
        self.window = window
        self.accounts = accounts
        self.strength = strength
        self._crowds = Crowds(round(window * SECOND), round(window * SECOND), most=20_000)
        self._known: OrderedDict[str, str] = OrderedDict()
        """By account the bio it last posted under."""

    def observe(self, item: Item) -> Iterator[Signal]:
        profile = item.author.profile
        bio = profile.bio if profile else None
        author = item.post.author
        if not bio or self._known.get(author) == bio:
            return
        self._known[author] = bio
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        text = fold(bio)
        if len(text) < SHORTEST or _COMMONPLACE.issuperset(words(text)):
            return
        crowd = self._crowds.add(digest(text), item.post)
        if crowd and (crowd.told or crowd.n >= self.accounts):
            reason = f"{crowd.n} accounts share the bio “{text[:60]}”"
            yield from self._crowds.tell(crowd, self.strength, reason)
