"""The same words in several profiles."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import ClassVar

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.crowd import Crowd, Crowds
from moltwatch.heuristics.features.text import digest
from moltwatch.heuristics.parameters import Accounts, Fraction, Seconds
from moltwatch.model import Kind
from moltwatch.text import fold, words
from moltwatch.times import SECOND, Micros

_ONE = "{who} share the bio {bio:quoted}"
_SEVERAL = "{who} share bios of one kind, such as {bio:quoted}"

MOST_KNOWN = 200_000
MOST_DECKS = 5_000
SHORTEST = 5
"""Characters from which a bio can be told from no bio."""

_COMMONPLACE = frozenset(
    words(
        "ai agent assistant bot test helpful personal a an the my i am is your what you do claude"
        " gpt autonomous running on in openclaw moltbot clawdbot hello world digital human general"
    )
)
"""What bios are made of that nobody thought about; one of nothing else shows nothing."""


class _Deck:
    """Shared bios that have a word in common."""

    __slots__ = ("bios", "last", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.bios: dict[str, None] = {}
        self.last: Micros = 0


class SharedBio(Heuristic):
    """Accounts whose profiles carry the same sentence begin to post within hours of each other.

    A bio counts when its account posts, so profiles that were all read at once are no burst.
    What an installer writes into every profile is no sign of one hand. An operator may deal out
    several slogans: bios that are each shared, at the same time, and have a word of five letters
    in common, are one deck, and all who hold a card of it belong together.

    Parameters
    window: how long a bio waits for the next account that has it (seconds)
    accounts: accounts from which it is telling
    strength: how telling it is; each further bio of a deck adds 0.05, up to 0.2

    Fails when
    a vendor ships one description with every agent, and where the forum shows no profiles.
    """

    name: ClassVar[str] = "shared-bio"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "profile"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts with this bio had begun to post within "
        "{window:seconds} of each other"
    )

    def __init__(
        self, window: Seconds = 21_600.0, accounts: Accounts = 3, strength: Fraction = 0.5
    ) -> None:
        self.window = window
        self.accounts = accounts
        self.strength = strength
        self._window = round(window * SECOND)
        self._crowds = Crowds(self._window, self._window, most=20_000)
        self._known: OrderedDict[str, str] = OrderedDict()
        """By account the bio it last posted under."""
        self._decks: OrderedDict[str, _Deck] = OrderedDict()
        """By word of their bios, and by bio."""

    def observe(self, item: Features) -> Iterable[Evidence]:
        account, profile = item.author, item.author.profile
        if profile is None or account.notes.get(self.name) is profile:
            return ()
        account.notes[self.name] = profile  # looked at
        bio, author = profile.bio, account.name
        if not bio or self._known.get(author) == bio:
            return ()
        self._known[author] = bio
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        text = fold(bio)
        if len(text) < SHORTEST or _COMMONPLACE.issuperset(words(text)):
            return ()
        crowd = self._crowds.add(digest(text), item)
        if crowd and (crowd.told or crowd.n >= self.accounts):
            return self._tell(crowd, text, bio, item.post.seen_at)
        return ()

    def _tell(self, crowd: Crowd, text: str, bio: str, now: Micros) -> Iterable[Evidence]:
        deck = self._deck(text, now)
        bios = len(deck.bios)
        acts = self._crowds.tell(crowd, min(1.0, self.strength + 0.05 * min(4, bios - 1)))
        says = _ONE if bios == 1 else _SEVERAL
        return (self.evidence(crowd.weight, says, cluster=deck.name, acts=acts, bio=bio),)

    def _deck(self, text: str, now: Micros) -> _Deck:
        """The deck a shared bio belongs to: one that has one of its words, or a new one."""
        marks = [text, *(word for word in words(text) if len(word) >= SHORTEST)]
        marks = [mark for mark in marks if mark not in _COMMONPLACE]
        held = (self._decks.get(mark) for mark in marks)
        deck = next((each for each in held if each and now - each.last <= self._window), None)
        deck = deck or _Deck(digest(text))
        deck.bios[text] = None
        deck.last = now
        for mark in marks:
            self._decks.setdefault(mark, deck)
            if self._decks[mark].last < now - self._window:
                self._decks[mark] = deck
            self._decks.move_to_end(mark)
        while len(self._decks) > MOST_DECKS:
            self._decks.popitem(last=False)
        return deck
