"""Texts, and what they show whoever reads them.

A quarter of what a real forum carries are copies, most of them one account saying again what it
said a minute ago. So what depends on the text alone is a field of :class:`Text`, which copies
share. A field is worked out when it is first read, or ahead of that: to work one field out for
sixteen texts is a sixth quicker than sixteen fields for one text, because what a field needs (its
automaton, its patterns, its code) stays in the processor's cache. What is found is the same.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Generic, TypeVar, cast

from moltwatch.heuristics.features.lexicon import lexicon, persons
from moltwatch.heuristics.features.payloads import commands_in, offers_in, payloads_in
from moltwatch.text import beyond_ascii, fold, words

_T = TypeVar("_T")

MOST_TEXTS = 400
"""Texts kept in case a copy comes; five times as many would find an eighth more copies."""

MOST_CHARS = 8_000_000
"""Characters that they may have together, a word counted as sixteen more: some forums let through
posts of megabytes, and in some scripts every character makes a word."""

MOST_CUE_WORDS = 300
"""Only the first words of a text are searched for cues."""

MOST_EMOJI_CHARS = 3_000
"""Only the first characters of a text are searched for emoji."""

_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")


class _Field(Generic[_T]):
    """A field that is worked out once, when it is first read, and then is a plain attribute.

    The standard library's ``cached_property`` takes a lock for it, which costs more than most of
    these fields.
    """

    def __init__(self, work_out: Callable[[Text], _T]) -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, text: Text, owner: type) -> _T:
        found = vars(text)[self._name] = self._work_out(text)
        text.wanted.fields[self._name] = self._work_out
        return found


class _Wanted:
    """Which fields of texts, and notes on them, were asked for: they will be again."""

    def __init__(self) -> None:
        self.fields: dict[str, Callable[[Text], object]] = {}
        self.notes: dict[str, Callable[[Text], object]] = {}

    def work_out(self, texts: Collection[Text]) -> None:
        """Work all of it out for these texts, one thing after the other."""
        for wanted, known_of in ((self.fields, vars), (self.notes, _notes)):
            for name, work_out in list(wanted.items()):
                try:
                    for text in texts:
                        known = known_of(text)
                        if name not in known:
                            known[name] = work_out(text)
                except Exception:  # it is raised again when a heuristic asks
                    del wanted[name]


class Text:
    """The title and text of a post."""

    def __init__(self, body: str, wanted: _Wanted | None = None) -> None:
        self.wanted = wanted or _Wanted()
        self.body = body
        """As the forum sent it, title first."""
        self.folded = fold(body)
        """Match form."""
        self.words = words(self.folded)
        """The words of the match form, in order."""
        self.vocabulary = frozenset(self.words)
        """The same, each once."""
        self.longest = max(map(len, self.vocabulary), default=0)
        """Characters of the longest word."""
        self._exotic = "" if body.isascii() else beyond_ascii(body)
        self.notes: dict[str, Any] = {}
        """What heuristics note down of the text, by their names; copies share it."""

    @property
    def weight(self) -> int:
        """What it adds to the characters kept."""
        return len(self.body) + 16 * len(self.words)

    def exotic(self, most: int) -> str:
        """Those of the first ``most`` characters that are not ASCII: what is looked for among
        emoji, signs and foreign letters is found many times faster there."""
        return self._exotic if len(self.body) <= most else beyond_ascii(self.body[:most])

    def note(self, whose: str, work_out: Callable[[Text], _T]) -> _T:
        """What the heuristic of this name has noted down; worked out if there is nothing."""
        try:
            return cast(_T, self.notes[whose])
        except KeyError:
            self.wanted.notes[whose] = work_out
            fresh = self.notes[whose] = work_out(self)
            return fresh

    @_Field
    def cues(self) -> Mapping[str, Sequence[str]]:
        """By cue its phrases in the text, in match form."""
        return lexicon().find(self.words[:MOST_CUE_WORDS])

    @_Field
    def persons(self) -> str:
        """An ``i``, ``w`` or ``y`` for each word that is a form of I, we or you."""
        return persons(self.words)

    @_Field
    def emoji(self) -> Sequence[str]:
        """Emoji and other pictures, in order."""
        exotic = self.exotic(MOST_EMOJI_CHARS)
        return _EMOJI.findall(exotic) if exotic else ()

    @_Field
    def payloads(self) -> tuple[str, ...]:
        """Sites, link paths, tokens, wallets and communities it names, each once."""
        return payloads_in(self.folded, self.vocabulary, self.longest)

    @_Field
    def commands(self) -> tuple[str, ...]:
        """Commands to a bot or a chain, with what they act on (``mint claw``), each once."""
        return commands_in(self.folded)

    @_Field
    def offers(self) -> Sequence[str]:
        """Tickers, communities and hosts that may be somebody's own, each once."""
        return offers_in(self.folded)


def _notes(text: Text) -> dict[str, Any]:
    return text.notes


class Texts:
    """The latest texts, so that copies share one."""

    def __init__(self, most: int = MOST_TEXTS) -> None:
        self._most = most
        self._kept: OrderedDict[str, Text] = OrderedDict()
        self._weight = 0
        self._wanted = _Wanted()

    def of(self, body: str) -> Text:
        """The text with this body."""
        text = self._kept.get(body)
        if text is None:
            text = self._kept[body] = Text(body, self._wanted)
            self._weight += text.weight
            while len(self._kept) > self._most or self._weight > MOST_CHARS:
                self._weight -= self._kept.popitem(last=False)[1].weight
        else:
            self._kept.move_to_end(body)
        return text

    def read_ahead(self, bodies: Iterable[str]) -> None:
        """Look at texts whose turn comes next. It changes nothing in what is found."""
        self._wanted.work_out(dict.fromkeys(map(self.of, bodies)))


def digest(text: str) -> str:
    """A short name for a long text, the same in every process."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
