"""The agent says again what it has said before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, islice
from typing import ClassVar, NamedTuple

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.parameters import Characters
from moltwatch.heuristics.persona.base import Emphasis, PersonaHeuristic
from moltwatch.heuristics.persona.weights import mark, saturating
from moltwatch.model import Mark

_SENTENCE_ENDS = (". ", "! ", "? ", "。", "！", "？")
_STALE = 4
"""A text said this often before makes no strong flag again: whoever watches has seen it."""
_MOST_CHARS = 2_000
_MOST_SENTENCES = 64
"""Sentences remembered of one account."""
_KEY = 2**60 - 1
"""Bits kept of the hash of a sentence: with one more it would take half as much memory again."""

_RARE = 0.003
"""Part of the posts that may use a word which is an account's own."""
_LONGEST_WORD = 24
_CHARS_OF_WORDS = 600
"""Characters kept of the rare words that an account used lately: some ten posts of them."""


class _Sentences(NamedTuple):
    """The sentences of a text."""

    told: list[str]
    keys: list[int]
    """Their hashes: only ever compared, so that they differ from run to run does no harm."""


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

    def __init__(self, emphasis: Emphasis = 1.0, shortest: Characters = 8) -> None:
        super().__init__(emphasis)
        self.shortest = shortest
        self._cut = self._sentences

    def in_text(self, text: Text) -> Iterable[Mark]:
        return ()

    def around(self, item: Features, shown: Sequence[Mark]) -> Sequence[Mark]:
        sentences = item.text.note("sentences", self._cut)
        said = item.author.note(self.name, _Said)
        times = said.times
        new = times.keys().isdisjoint(sentences.keys)
        seen = [] if new else list(self._compare(sentences, said))
        if own := self._own_words(item, said):
            says = "keeps using words of its own ({words:quoted})"
            seen.append(mark("repetition.own_words", saturating(len(own)), says, words=tuple(own)))
        said.posts += 1
        for key in sentences.keys:
            times[key] = times.pop(key, 0) + 1  # at the end: said last
        if len(times) > _MOST_SENTENCES:
            for key in list(islice(times, len(times) - _MOST_SENTENCES)):
                del times[key]
        return seen

    def _own_words(self, item: Features, said: _Said) -> Sequence[str]:
        """Words of the post that are its author's own; its rare words are then remembered."""
        rare = [
            word
            for word in item.rarity.rare(item.vocabulary, _RARE)
            if len(word) <= _LONGEST_WORD and not word.isdigit()
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

    def _compare(self, sentences: _Sentences, said: _Said) -> Iterator[Mark]:
        """What shows if at least one sentence was said before."""
        often = [said.times.get(key, 0) for key in sentences.keys]
        lengths = list(map(len, sentences.told))
        share = sum(compress(lengths, often)) / sum(lengths)
        says = "{share:.0%} of it repeats sentences it posted before"
        yield mark("repetition.share", share, says, share=share)
        if often[-1] >= 2 and len(often) > 1:
            says = "closes with a sentence it posted {times} times before"
            value = saturating(often[-1], 3.0)
            yield mark("repetition.closing", value, says, times=often[-1])
        if (most := max(often)) >= 2:
            said_most = sentences.told[often.index(most)]
            says = "said this {times} times before: “{sentence:.50}”"
            value = saturating(most, 6.0)
            yield mark("repetition.often", value, says, times=most, sentence=said_most)
        if most >= _STALE and share > 0.9:
            yield mark("repetition.stale", 1.0, "has been said often enough to be known")

    def _sentences(self, text: Text) -> _Sentences:
        body = text.body[:_MOST_CHARS]
        for end in _SENTENCE_ENDS:
            if end in body:
                body = body.replace(end, "\n")
        told = [told for told in map(str.strip, body.split("\n")) if len(told) >= self.shortest]
        return _Sentences(told, [hash(sentence) & _KEY for sentence in told])
