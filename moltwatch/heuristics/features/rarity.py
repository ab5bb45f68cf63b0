"""How common words are here: rarity learnt from the stream, so that a community's own small change
(its greetings, the names of the tools everybody runs) weighs nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
        self._counts: dict[str, int] = {}
        self._counted = 0
        self._seen = 0
        self._common: dict[float, _Common] = {}

    def learn(self, vocabulary: Collection[str]) -> None:
        """Take in the distinct words of one post."""
        self._seen += 1
        if self._seen % ONE_IN:
            return
        self._counted += 1
        counts = self._counts
        # Who has counted one more may have become common just now; all others were that before.
        turning: dict[int, list[_Common]] = {}
        for share, common in self._common.items():
            common.raise_to(int(share * self._counted), counts)
            turning.setdefault(common.most + 1, []).append(common)
        for word in vocabulary:
            if len(word) <= LONGEST_WORD:
                n = counts[word] = counts.get(word, 0) + 1
                if n in turning:
                    for common in turning[n]:
                        common.words.add(word)
        if len(counts) > MOST_WORDS:
            self._counts = {word: n // 2 for word, n in counts.items() if n > 1}
            self._counted //= 2
            self._common.clear()

    def posts(self, word: str) -> int:
        """How many posts used a word, as far as one in ``ONE_IN`` tells."""
        return ONE_IN * self._counts.get(word, 0)

    def rare(self, words: AbstractSet[str], share: float) -> frozenset[str]:
        """Those words of three letters or more that at most a ``share`` (0 to 1) of the posts uses;
        pairs of Chinese characters and the like count as words. While little has been read, a word
        seen at all is not rare."""
        common = self.common(share)
        return frozenset([word for word in words - common if len(word) > 2 or not word.isascii()])

    def common(self, share: float) -> AbstractSet[str]:
        """The words that more than a ``share`` (0 to 1) of the posts uses."""
        common = self._common.get(share)
        if common is None:
            common = self._common[share] = _Common(int(share * self._counted), self._counts)
        return common.words


class _Common:
    """The words that are not rare, kept up to date: they are few, and subtracting them is quick."""

    __slots__ = ("most", "words")

    def __init__(self, most: int, counts: Mapping[str, int]) -> None:
        self.most = most
        """Posts up to which a word is rare."""
        self.words = {word for word, n in counts.items() if n > most}

    def raise_to(self, most: int, counts: Mapping[str, int]) -> None:
        """More posts are counted, so that a word in more of them is rare."""
        if most != self.most:
            self.most = most
            self.words = {word for word in self.words if counts[word] > most}
