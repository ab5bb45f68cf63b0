"""Texts, and what heuristics want to know of them.

A quarter of what a real forum carries are copies, most of them one account saying again what it
said a minute ago. Whatever depends on nothing but the text is therefore a question put to the
:class:`Text`, which copies share, and not to the post.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, TypeVar, cast

from moltwatch.text import beyond_ascii, fold, words

_T = TypeVar("_T")
_UNASKED = object()

MOST_TEXTS = 400
"""Texts kept in case a copy comes; five times as many would find an eighth more copies."""

MOST_CHARS = 8_000_000
"""Characters that they may have together, a word counted as sixteen more: some forums let through
posts of megabytes, and in some scripts every character makes a word."""


class Text:
    """The title and text of a post, with what was found out about it."""

    __slots__ = ("_answers", "_exotic", "body", "folded", "longest", "vocabulary", "words")

    def __init__(self, body: str) -> None:
        self.body = body
        """As the forum sent it, title first."""
        self.folded = fold(body)
        """Match form."""
        self.words = words(self.folded)
        self.vocabulary = frozenset(self.words)
        self.longest = max(map(len, self.vocabulary), default=0)
        """Characters of the longest word."""
        self._exotic = "" if body.isascii() else beyond_ascii(body)
        self._answers: dict[Callable[[Text], Any], Any] = {}

    @property
    def weight(self) -> int:
        """What it adds to the characters kept."""
        return len(self.body) + 16 * len(self.words)

    def exotic(self, most: int) -> str:
        """Those of the first ``most`` characters that are not ASCII: what is looked for among
        emoji, signs and foreign letters is found many times faster there."""
        return self._exotic if len(self.body) <= most else beyond_ascii(self.body[:most])

    def once(self, question: Callable[[Text], _T]) -> _T:
        """The answer to a question that the text alone decides; asked once for all its copies."""
        answer = self._answers.get(question, _UNASKED)
        if answer is _UNASKED:
            answer = self._answers[question] = question(self)
        return cast(_T, answer)


class Texts:
    """The latest texts, so that copies share one."""

    def __init__(self, most: int = MOST_TEXTS) -> None:
        self._most = most
        self._kept: OrderedDict[str, Text] = OrderedDict()
        self._weight = 0

    def of(self, body: str) -> Text:
        """The text with this body."""
        text = self._kept.get(body)
        if text is None:
            text = self._kept[body] = Text(body)
            self._weight += text.weight
            while len(self._kept) > self._most or self._weight > MOST_CHARS:
                self._weight -= self._kept.popitem(last=False)[1].weight
        else:
            self._kept.move_to_end(body)
        return text


def digest(text: str) -> str:
    """A short name for a long text, the same in every process."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
