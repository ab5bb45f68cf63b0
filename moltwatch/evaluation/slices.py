"""Kinds of labelled posts on which a judgement may be better or worse than on others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from moltwatch.heuristics.material import read_material
from moltwatch.model import Post
from moltwatch.text import fold, words

LONG = 200
"""Words from which a post is long."""
_FEW_WORDS = 8
_ENGLISH_SHARE = 0.12
"""Part of the words of an English text, at least, that are among the commonest."""
_DOUBTFUL = frozenset({"uncertain", "doubtful"})


class Traits(Struct, frozen=True, kw_only=True):
    """What is known of a labelled post beside its text."""

    is_root: bool
    words: int
    english: bool
    bio: bool
    """Whether its author's bio was known."""
    history: bool
    """Whether its author was seen to post within the day before."""
    sample: str = ""
    """How it came to be read, where its label tells."""


def traits(post: Post, *, bio: bool, history: bool, sample: str = "") -> Traits:
    """Those of a post."""
    said = words(fold(post.body))
    return Traits(
        is_root=post.is_root,
        words=len(said),
        english=is_english(said),
        bio=bio,
        history=history,
        sample=sample,
    )


def is_english(said: Sequence[str]) -> bool:
    """Whether a text, given as words in match form, is English by its commonest words; one of few
    words counts as English where it has no letter beyond ASCII."""
    if len(said) < _FEW_WORDS:
        return all(map(str.isascii, said))
    return sum(map(_COMMONEST.__contains__, said)) >= _ENGLISH_SHARE * len(said)


SLICES: Mapping[str, Callable[[Traits], bool]] = {
    "posts": lambda of: of.is_root,
    "comments": lambda of: not of.is_root,
    "drawn at random": lambda of: of.sample == "random",
    "doubtful": lambda of: of.sample in _DOUBTFUL,
    f"{LONG} words or more": lambda of: of.words >= LONG,
    "shorter": lambda of: of.words < LONG,
    "with a bio": lambda of: of.bio,
    "without a bio": lambda of: not of.bio,
    "who posted the day before": lambda of: of.history,
    "who did not": lambda of: not of.history,
    "in English": lambda of: of.english,
    "in other languages": lambda of: not of.english,
}
"""By name, which labelled posts belong to it."""

_COMMONEST = frozenset(read_material("common")["english"].split()) | frozenset(
    ("of", "to", "in", "is", "was", "it", "that", "i", "at", "be", "by", "if", "so", "we", "my")
)
