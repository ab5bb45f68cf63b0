"""How common words are here: rarity learnt from the stream, so that a community's own small change
(its greetings, the names of the tools everybody runs) weighs nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

ONE_IN = 6
"""One post in so many is counted: as good as all of them, at a fraction of the cost."""

MOST_WORDS = 120_000
"""Words kept; when there are more, counts are halved and the rarest go."""


class Rarity:
    """Document frequencies of words over a stream."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._counted = 0
        self._seen = 0

    def learn(self, vocabulary: Collection[str]) -> None:
        """Take in the distinct words of one post."""
        self._seen += 1
        if self._seen % ONE_IN:
            return
        self._counted += 1
        self._counts.update(vocabulary)
        if len(self._counts) > MOST_WORDS:
            self._counts = Counter({word: n // 2 for word, n in self._counts.items() if n > 1})
            self._counted //= 2

    def rare(self, vocabulary: Collection[str], share: float) -> list[str]:
        """The words of three letters or more that at most a ``share`` (0 to 1) of the posts uses;
        pairs of Chinese characters and the like count as words. While little has been read, a word
        seen at all is not rare."""
        most = share * self._counted
        counts = self._counts
        return [
            word
            for word in vocabulary
            if (len(word) > 2 or not word.isascii()) and counts.get(word, 0) <= most
        ]
