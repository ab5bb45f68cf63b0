"""How common words are here: rarity learnt from the stream, so that a community's own small change
(its greetings, the names of the tools everybody runs) weighs nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet

ONE_IN = 6
"""One post in so many is counted: as good as all of them, at a fraction of the cost."""

MOST_WORDS = 120_000
"""Words kept; when there are more, counts are halved and the rarest go."""


LONGEST_WORD = 60
"""Characters of a word that is learnt; a longer one is an address, or made to fill the memory."""


class Rarity:
    """Document frequencies of words over a stream."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._counted = 0
        self._seen = 0
        self._common: dict[float, _Common] = {}

    def learn(self, vocabulary: Collection[str]) -> None:
        """Take in the distinct words of one post."""
        self._seen += 1
        if self._seen % ONE_IN:
            return
        self._counted += 1
        self._counts.update([word for word in vocabulary if len(word) <= LONGEST_WORD])
        if len(self._counts) > MOST_WORDS:
            self._counts = Counter({word: n // 2 for word, n in self._counts.items() if n > 1})
            self._counted //= 2
            self._common.clear()
        for share, common in self._common.items():
            common.update(vocabulary, self._counts, int(share * self._counted))

    def rare(self, vocabulary: AbstractSet[str], share: float) -> list[str]:
        """The words of three letters or more that at most a ``share`` (0 to 1) of the posts uses;
        pairs of Chinese characters and the like count as words. While little has been read, a word
        seen at all is not rare."""
        common = self._common.get(share)
        if common is None:
            common = self._common[share] = _Common()
            common.update(self._counts, self._counts, int(share * self._counted))
        return [word for word in vocabulary - common.words if len(word) > 2 or not word.isascii()]


class _Common:
    """The words that are not rare, kept up to date: they are few, and subtracting them is quick."""

    __slots__ = ("most", "words")

    def __init__(self) -> None:
        self.most = 0
        """Posts up to which a word is rare."""
        self.words: set[str] = set()

    def update(self, news: Iterable[str], counts: Mapping[str, int], most: int) -> None:
        """Some words were counted, and ``most`` may have changed."""
        if most != self.most:
            self.most = most
            self.words = {word for word in self.words if counts[word] > most}
        self.words.update([word for word in news if counts[word] > most])
