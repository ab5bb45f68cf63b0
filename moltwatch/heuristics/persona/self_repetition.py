"""The agent says again what it has said before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress, islice
from typing import ClassVar, NamedTuple

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.text import HASH_BITS, Text
from moltwatch.heuristics.parameters import Characters
from moltwatch.heuristics.persona.base import Emphasis, MarkVector, PersonaHeuristic
from moltwatch.heuristics.persona.weights import saturating

_SIGNATURES = ("—", "–", "―", "-- ")
"""What begins like this at the end is a signature: whose framing that is, not what was said."""
_STALE = 4
"""A text said this often before makes no strong flag again: whoever watches has seen it."""
_MOST_SENTENCES = 64
"""Sentences remembered of one account."""

_RARE = 0.003
"""Part of the posts that may use a word which is an account's own."""
_STRAY = 0.05
"""Part of a text: so little may be anything."""
_LONGEST_WORD = 24
_CHARS_OF_WORDS = 600
"""Characters kept of the rare words that an account used lately: some ten posts of them."""


class _Cut(NamedTuple):
    """The sentences of a text."""

    told: list[str]
    keys: list[int]
    """Their hashes: only ever compared, so that they differ from run to run does no harm."""
    times: dict[int, int]
    """How often each stands in the text, what is said last at the end."""


class _Sentences:
    """The sentences of texts that have so many characters at least."""

    def __init__(self, shortest: int) -> None:
        self._shortest = shortest

    def read(self, text: Text) -> _Cut:
        told = [
            told
            for told in text.sentences
            if len(told) >= self._shortest and not told.startswith(_SIGNATURES)
        ]
        keys = [hash(sentence) & HASH_BITS for sentence in told]
        times: dict[int, int] = {}
        for key in keys:
            times[key] = times.pop(key, 0) + 1
        return _Cut(told, keys, times)


class _Said:
    """Sentences of one account with how often it said them, and how many posts it wrote."""

    __slots__ = ("posts", "times", "words")

    def __init__(self) -> None:
        self.times: dict[int, int] = {}
        self.posts = 0
        self.words = ""
        """Its latest rare words, as often as it used them, a blank around each, two between posts:
        a string takes a tenth of the memory of anything that holds them one by one."""


class SelfRepetition(PersonaHeuristic):
    """The account says again what it has said before.

    Sentences are compared: what share of the post its author has posted before, and whether it
    closes as the others did; and words that hardly anybody else uses, which the author used in
    posts before and did not take from what the post answers. A text said again and again stays
    persona-driven, but makes no strong flag any more.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)
    shortest: sentences of fewer characters do not count (characters, 4 to 200)

    Fails when
    the account is new to the stream, or reposts because the forum lost a comment, or has but one
    subject.
    """

    name: ClassVar[str] = "self-repetition"
    family: ClassVar[str] = "repetition"
    says: ClassVar = {
        "repetition.share": "{share:.0%} of it repeats sentences it posted before",
        "repetition.closing": "closes with a sentence it posted {times:count time} before",
        "repetition.often": "said {sentence:quoted} {times:count time} before",
        "repetition.stale": "has been said often enough to be known",
        "repetition.own_words": "keeps using words of its own ({words:quoted})",
    }

    def __init__(self, emphasis: Emphasis = 1.0, shortest: Characters = 8) -> None:
        super().__init__(emphasis)
        self.shortest = shortest
        self._sentences = _Sentences(shortest)

    def around(self, item: Features, vector: MarkVector) -> None:
        sentences = item.shown_to(self._sentences)
        said = item.author.note(self.name, _Said)
        times = said.times
        if times.keys().isdisjoint(sentences.times):
            again = sentences.times
        else:
            _compare(sentences.told, [times.get(key, 0) for key in sentences.keys], vector)
            again = {key: times.pop(key, 0) + n for key, n in sentences.times.items()}
        times.update(again)  # at the end: said last
        if own := self._own_words(item, said):
            vector.mark("repetition.own_words", saturating(len(own)), words=tuple(own))
        said.posts += 1
        if len(times) > _MOST_SENTENCES:
            for key in list(islice(times, len(times) - _MOST_SENTENCES)):
                del times[key]

    def _own_words(self, item: Features, said: _Said) -> Sequence[str]:
        """Words of the post that are its author's own; its rare words are then remembered."""
        rare = [
            word for word in item.rare(_RARE) if len(word) <= _LONGEST_WORD and not word.isdigit()
        ]
        if not rare:
            return ()
        rare.sort()  # sets have no order that two runs would agree on
        used = said.words
        said.words = f"{used} {' '.join(rare)} "[-_CHARS_OF_WORDS:]
        own = [word for word in rare if word in used and used.count(f" {word} ") >= 2]
        if own:
            above = item.above()
            own = [word for word in own if word not in above]
        return sorted(own, key=used.count, reverse=True) if own else ()


def _compare(told: Sequence[str], often: Sequence[int], vector: MarkVector) -> None:
    """What shows if at least one of a post's sentences was said before; ``often``: how often each
    was."""
    lengths = list(map(len, told))
    share = sum(compress(lengths, often)) / sum(lengths)
    if share > _STRAY:
        vector.mark("repetition.share", share, share=share)
    if often[-1] and len(often) > 1:
        vector.mark("repetition.closing", saturating(often[-1], 3.0), times=often[-1])
    if (most := max(often)) >= 2:
        said_most = told[often.index(most)]
        vector.mark("repetition.often", saturating(most, 6.0), times=most, sentence=said_most)
    if most >= _STALE and share > 0.9:
        vector.mark("repetition.stale", 1.0)
