"""Accounts that pass themselves off as another one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import ClassVar

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.features.fading import Fading
from moltwatch.heuristics.hazard.refrain import IN_FULL, Refrains, Repeats
from moltwatch.heuristics.parameters import Count
from moltwatch.model import Kind
from moltwatch.odds import log_odds
from moltwatch.text import fold

_WEIGHT = log_odds(0.85)
_SAYS = (
    "is by an account whose name is made to look like “{other}”, which wrote {posts} posts here:"
    " it has {odd} in it"
)
_SPELLINGS = 8
"""Ways to write one name that are remembered; the rarest goes first."""
_NAMES = 50_000
"""Names remembered; the longest quiet go first."""


class Impersonation(Heuristic):
    """The post is by an account whose name readers take for that of another, known account.

    Names are compared in match form, in which look-alike letters of other alphabets, hidden
    characters and full-width letters are what they look like. A name that differs in upper and
    lower case alone is not meant: forums give such names to anybody.

    Parameters
    posts: posts of an account from which it is known here
    repeats: how often in a day an account is told for it, before only each doubling is; ten
        times as often where it opens threads with new texts (posts, 1 to 1,000,000)

    Fails when
    a name differs by a letter that looks different, or by a word ("official"); and somebody who
    spells a name honestly in another alphabet looks the same.
    """

    name: ClassVar[str] = "impersonation"
    kind: ClassVar[Kind] = Kind.HAZARD
    family: ClassVar[str] = "impersonation"
    unless: ClassVar[str] = "the account that it looks like had fewer than {posts} posts here"

    def __init__(self, posts: Count = 20, repeats: Repeats = IN_FULL) -> None:
        self.posts = posts
        self.repeats = repeats
        self._refrains = Refrains(repeats)
        self._known: Fading[dict[str, int]] = Fading(dict, most=_NAMES)
        """By match form of a name: who goes by it, and how many posts each wrote."""

    def observe(self, item: Features) -> Iterable[Evidence]:
        name = item.author.name
        looks = _looks(name)
        if not looks:
            return ()
        known = self._known.touch(looks, item.post.seen_at)
        n = known.get(name, 0) + 1
        if n == self.posts:
            known.pop(name, None)  # those who are known stand in the order in which they became it
        known[name] = n
        if len(known) == 1:
            return ()
        if len(known) > _SPELLINGS:
            del known[min(known, key=known.__getitem__)]
        # The genuine one was known first; an impostor that writes more is one all the same.
        genuine = next((each for each, posts in known.items() if posts >= self.posts), None)
        if genuine is None or genuine.casefold() == name.casefold():
            return ()
        odd = _odd(name, genuine)
        found = self.evidence(_WEIGHT, _SAYS, other=genuine, posts=known[genuine], odd=odd)
        return (self._refrains.weigh(item, found, genuine),)


_looks = lru_cache(maxsize=8192)(fold)
"""The match form of a name, which hardly any account writes under once only."""


def _odd(name: str, genuine: str) -> str:
    """The first character of a name that the genuine one does not have, which may be hidden."""
    own = genuine.casefold()
    odd = next((each for each in name if each.casefold() not in own), name[-1])
    return f"{unicodedata.name(odd, 'a character')} (U+{ord(odd):04X})"
