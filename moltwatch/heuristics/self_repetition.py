"""The agent says again what it has said before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import ClassVar
from zlib import crc32

from moltwatch.heuristics.base import Item
from moltwatch.heuristics.fading import Fading
from moltwatch.heuristics.parameters import Count
from moltwatch.heuristics.persona import Emphasis, Hours, Mark, PersonaHeuristic, saturating
from moltwatch.times import HOUR

_SENTENCE_ENDS = (". ", "! ", "? ", "。", "！", "？")
_STALE = 4
"""A text said this often before makes no strong flag again: whoever watches has seen it."""
_MOST_CHARS = 2_000
_MOST_SENTENCES = 300
"""Sentences remembered of one account."""


class _Said:
    """Sentences of one account with how often it said them, and how many posts it wrote."""

    __slots__ = ("posts", "times")

    def __init__(self) -> None:
        self.times: dict[int, int] = {}
        self.posts = 0


class SelfRepetition(PersonaHeuristic):
    """The account says again what it has said before.

    Sentences are compared: what share of the post its author has posted before, and whether it
    closes as the others did. A text said again and again stays persona-driven, but makes no strong
    flag any more.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)
    fade_hours: how long what an account said is remembered (hours of stream time, above 0)
    shortest: sentences of fewer characters do not count (characters, 1 to 200)

    Fails when
    the account is new to the stream, or reposts because the forum lost a comment.
    """

    name: ClassVar[str] = "self-repetition"
    family: ClassVar[str] = "repetition"

    def __init__(
        self, emphasis: Emphasis = 1.0, fade_hours: Hours = 24.0, shortest: Count = 8
    ) -> None:
        super().__init__(emphasis)
        self.fade_hours = fade_hours
        self.shortest = shortest
        self._said: Fading[_Said] = Fading(_Said, int(fade_hours * HOUR))

    def see(self, item: Item) -> list[Mark]:
        sentences = self._sentences(item.post.text)
        said = self._said.touch(item.post.author, item.post.seen_at)
        seen = list(self._compare(sentences, said)) if said.posts and sentences else []
        said.posts += 1
        for key, _, _ in sentences:
            said.times[key] = said.times.pop(key, 0) + 1  # at the end: said last
        for key in list(islice(said.times, max(0, len(said.times) - _MOST_SENTENCES))):
            del said.times[key]
        return seen

    def marks(self, item: Item) -> Iterator[Mark]:
        said = self._said.peek(item.post.author)
        if said and (sentences := self._sentences(item.post.text)):
            yield from self._compare(sentences, said)

    def _compare(self, sentences: Sequence[tuple[int, int, str]], said: _Said) -> Iterator[Mark]:
        times = said.times
        again = [sentence for sentence in sentences if sentence[0] in times]
        if not again:
            return
        share = sum([length for _, length, _ in again]) / sum(
            [length for _, length, _ in sentences]
        )
        yield Mark(
            "repetition.share", share, "is to {:.0%} made of sentences it posted before", share
        )
        last = times.get(sentences[-1][0], 0)
        if last >= 2 and len(sentences) > 1:
            says = f"closes as {last} of its last {said.posts} posts did"
            yield Mark("repetition.closing", saturating(last, 3.0), says)
        most = max(again, key=lambda sentence: times[sentence[0]])
        if (n := times[most[0]]) >= 2:
            says = f"said this {n} times before: “{{:.50}}”"
            yield Mark("repetition.often", saturating(n, 6.0), says, most[2])
        if n >= _STALE and share > 0.9:
            yield Mark("repetition.stale", 1.0, "has been said often enough to be known")

    def _sentences(self, text: str) -> list[tuple[int, int, str]]:
        """Sentences worth comparing: a number that is the same in every run (``hash`` of a text is
        not), the length in characters, the sentence."""
        text = text[:_MOST_CHARS].lower()
        for end in _SENTENCE_ENDS[: 3 if text.isascii() else 6]:
            text = text.replace(end, "\n")
        return [
            (crc32(sentence.encode("utf-8", "replace")), length, sentence)
            for part in text.split("\n")
            if (length := len(sentence := part.strip())) >= self.shortest
        ]
