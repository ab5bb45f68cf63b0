"""Accounts that pass themselves off as another one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, ClassVar, TypeAlias

from msgspec import Meta

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.features.fading import Fading
from moltwatch.heuristics.hazard.refrain import IN_FULL, Refrains, Repeats
from moltwatch.heuristics.parameters import Count
from moltwatch.model import Kind
from moltwatch.odds import log_odds
from moltwatch.text import fold
from moltwatch.text.confusables import skeleton, stand_ins

Names: TypeAlias = Annotated[tuple[str, ...], Meta(max_length=1_000)]

_WEIGHT = log_odds(0.85)
_SAYS = "is by an account whose name is made to look like “{other}”, {known}: {letters}"
_WROTE = "which wrote {posts:,} posts here"
_LISTED = "which the configuration lists"
_NAMES = 50_000
"""Names remembered; the longest quiet go first."""
_MOST_TOLD = 3
"""Letters told of one name."""
_PARTS = re.compile(r"[\W_]+")


class Impersonation(Heuristic):
    """The post is by an account whose name readers take for that of another, known account.

    Two names look alike by Unicode's table of confusable characters (UTS #39): a Cyrillic letter
    for a Latin one, a capital I or the digit 1 for an l, the digit 0 for a capital O, r and n for
    an m, hidden characters, letters of another width or style. Upper and lower case alone are not
    meant, since forums give such names to anybody, nor are other digits, dots or hyphens.

    Parameters
    posts: posts of an account from which it is known here
    names: accounts that are known whatever they wrote here, such as ["ShellKeeper"]
    repeats: how often in a day an account is told for it, before only each doubling is; ten
        times as often where it opens threads with new texts (posts, 1 to 1,000,000)

    Fails when
    a name differs by a letter that looks different (a 0 for a small o), or by a word ("official");
    and somebody who spells a name honestly in another alphabet looks the same.
    """

    name: ClassVar[str] = "impersonation"
    kind: ClassVar[Kind] = Kind.HAZARD
    family: ClassVar[str] = "impersonation"
    unless: ClassVar[str] = (
        "the account that it looks like had fewer than {posts} posts here and were not listed"
    )

    def __init__(self, posts: Count = 20, names: Names = (), repeats: Repeats = IN_FULL) -> None:
        self.posts = posts
        self.names = names
        self.repeats = repeats
        self._refrains = Refrains(repeats)
        self._wrote: Fading[list[int]] = Fading(lambda: [0], most=_NAMES)
        """By name: how many posts."""
        self._known: Fading[list[str]] = Fading(list, most=_NAMES)
        """By what a name looks like: the first known account that looks so."""
        self._listed = {look: name for name in reversed(names) for look in _looks(name)}

    def observe(self, item: Features) -> Iterable[Evidence]:
        name, now = item.author.name, item.post.seen_at
        wrote = self._wrote.touch(name, now)
        wrote[0] += 1
        looks = _looks(name)
        if wrote[0] >= self.posts:
            for look in looks:
                # The genuine one was known first; an impostor that writes more is one all the same.
                known = self._known.touch(look, now)
                if not known or known[0] not in self._wrote:
                    known[:] = [name]
        genuine = self._genuine(name, looks)
        if genuine is None:
            return ()
        if name in self.names or _is_same(name, genuine):
            return ()
        posts = self._wrote.peek(genuine)
        found = self.evidence(
            _WEIGHT,
            _SAYS.replace("{known}", _LISTED if genuine in self.names else _WROTE),
            other=genuine,
            posts=posts[0] if posts else 0,
            letters=_letters(name, genuine),
        )
        return (self._refrains.weigh(item, found, genuine),)

    def _genuine(self, name: str, looks: tuple[str, str]) -> str | None:
        """The known account that a name looks like, if it is not known itself under that look."""
        for look in looks:
            if listed := self._listed.get(look):
                return listed
        for look in looks:
            known = self._known.peek(look)
            if known and known[0] != name and known[0] in self._wrote:
                return known[0]
        return None


@lru_cache(maxsize=8192)
def _looks(name: str) -> tuple[str, str]:
    """What a name looks like as it is written, and with case and style taken off; told apart by a
    sign that is in no name."""
    return f"\n{skeleton(name) or name}", f"\r{skeleton(fold(name)) or name}"


def _is_same(name: str, genuine: str) -> bool:
    """Whether two names that look alike are honest variants: of case alone, or numbers of a series,
    of which one is Roman (agent-1 and agent-I)."""
    if name.casefold() == genuine.casefold():
        return True
    mine, theirs = _PARTS.split(name), _PARTS.split(genuine)
    if len(mine) != len(theirs):
        return False
    other = [{*pair} for pair in zip(mine, theirs, strict=True) if pair[0] != pair[1]]
    return bool(other) and all({*"".join(pair)} == {"1", "I"} and _counts(pair) for pair in other)


def _counts(pair: set[str]) -> bool:
    """Whether each of two parts is made of one sign only."""
    return all(len(set(part)) == 1 for part in pair)


def _letters(name: str, genuine: str) -> str:
    """Which letters of a name stand for which of the genuine one."""
    told: list[str] = []
    for mine, theirs in ((name, genuine), (name.casefold(), genuine.casefold())):
        if skeleton(mine) == skeleton(theirs):
            pairs = stand_ins(mine, theirs)
            told = [_stands_for(*pair) for pair in pairs[:_MOST_TOLD]]
            if len(pairs) > _MOST_TOLD:
                told.append("and more")
            break
    if told:
        return ", ".join(told)
    own = genuine.casefold()
    odd = next((each for each in name if each.casefold() not in own), name[-1])
    return f"it has {_named(odd)} in it"


def _stands_for(mine: str, theirs: str) -> str:
    if theirs and mine.endswith(theirs) and skeleton(rest := mine.removesuffix(theirs)) == "":
        return f"{_named(rest)} shows nothing"
    return f"{_named(mine)} stands for {_named(theirs)}"


def _named(letters: str) -> str:
    """Plain letters in quotes, others by their names in Unicode."""
    if letters.isascii() and letters.isprintable():
        return f"“{letters}”"
    return " and ".join(
        f"{unicodedata.name(letter, 'a character')} (U+{ord(letter):04X})"
        for letter in letters[:_MOST_TOLD]
    )
