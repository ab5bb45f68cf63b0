"""Repetition in a list of posts: of those with the same words one is shown, with how many there
are, until they are opened. Of one account it is enough if they say nearly the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

from moltwatch.text import repeated_words
from moltwatch.tui.widgets.pane import Piece

T = TypeVar("T")


class Words(NamedTuple):
    """What a post says, as far as it is compared."""

    same: int
    """The same for posts with the same words, 0 for none."""
    author: str
    nearly: int
    """The same for posts of which only numbers, links and pictures differ."""


@lru_cache(maxsize=2_048)
def words_of(author: str, text: str) -> Words:
    """What a post of an account says. Of a list that grows it is asked for again and again."""
    same, nearly = repeated_words(text)
    return Words(same, author, nearly)


class Times(NamedTuple):
    """How often something is said."""

    n: int
    """0 where it stands below another that tells."""
    nearly: bool = False
    """Not always with the same numbers, links and pictures."""

    def told(self) -> list[Piece]:
        """How to say so at the end of a line."""
        nearly = [(" nearly", "dim")] if self.nearly and self.n > 1 else []
        return [*nearly, (f" ×{self.n:,} ", "accent")] if self.n > 1 else []


class Repeats:
    """What is said more than once in one list, and which of it is opened."""

    def __init__(self) -> None:
        self._opened: set[int] = set()
        self._n: Counter[int] = Counter()
        self._key_of: dict[Words, int] = {}

    def clear(self) -> None:
        """The list is of something else now."""
        self._opened.clear()
        self._n.clear()
        self._key_of.clear()

    def fold(self, posts: Sequence[T], said: Callable[[T], Words]) -> list[tuple[T, Times]]:
        """What is shown of a list, of what is said again the first, and how many times that is
        said."""
        words = [said(each) for each in posts]
        self._key_of = _keys(words)
        keys = [self._key_of.get(each, 0) for each in words]
        self._n = Counter(filter(None, keys))
        forms: dict[int, set[int]] = {}
        for each, key in zip(words, keys, strict=True):
            forms.setdefault(key, set()).add(each.same)
        shown: list[tuple[T, Times]] = []
        told: set[int] = set()
        for post, key in zip(posts, keys, strict=True):
            if key not in told:
                shown.append((post, Times(max(1, self._n[key]), len(forms[key]) > 1)))
                if key:
                    told.add(key)
            elif key in self._opened:
                shown.append((post, Times(0)))
        return shown

    def toggle(self, said: Words | None) -> bool:
        """Open or fold what is said; False if it is said only once."""
        key = self._key_of.get(said, 0) if said else 0
        if self._n[key] < 2:
            return False
        self._opened ^= {key}
        return True


def _keys(words: Sequence[Words]) -> dict[Words, int]:
    """A number for what each says: with the same words as others, or with nearly the same as its
    author does elsewhere, whichever are more."""
    same = Counter(each.same for each in words)
    own = Counter((each.author, each.nearly) for each in words)
    return {
        each: each.same
        if same[each.same] > own[each.author, each.nearly]
        else hash((each.author, each.nearly))
        for each in words
        if each.same
    }
