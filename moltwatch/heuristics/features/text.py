"""Texts, and what they show whoever reads them.

A quarter of what a real forum carries are copies, most of them one account saying again what it
said a minute ago. So what depends on the text alone is kept with the :class:`Text`, which copies
share: its words, what heuristics find in it, and which heuristics want to see a post with it.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Generic, Protocol, TypeVar

from moltwatch.heuristics.features.lexicon import lexicon, persons
from moltwatch.heuristics.features.minhash import Outline
from moltwatch.heuristics.features.payloads import (
    SHORTEST_ADDRESS,
    commands_in,
    may_name,
    offers_in,
    payloads_in,
)
from moltwatch.text import (
    beyond_ascii,
    excerpt,
    fold,
    fold_into_words,
    strip_hidden,
    words,
)

_T = TypeVar("_T")

MOST_TEXTS = 400
"""Texts kept in case a copy comes; five times as many would find an eighth more copies."""

MOST_CHARS = 8_000_000
"""Characters that their bodies may have together: some forums let through posts of megabytes."""

HASH_BITS = 2**60 - 1
"""Bits kept of the hash of what an account said: with one more it would take half as much memory
again."""

_SENTENCE_ENDS = (". ", "! ", "? ", "。", "！", "？")
_HEADING = re.compile(r"#+ ")
_SOURCES = re.compile(
    r"^(?:#+ *|\**)(?:sources?|references|refs|further reading|quellen|fuentes|fontes|来源|参考"
    r"|出典|источники)\W{0,4}$",
    re.IGNORECASE | re.MULTILINE,
)
_POINT = re.compile(r"[-*•\[]|\d{1,2}[.)\]]")
"""How a point of a list begins."""
_SOURCE_WORDS = frozenset(
    words("source sources references refs reading quellen fuentes fontes 来源 参考 出典 источники")
)
"""Words of which one stands in every such heading."""
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")


class TextReader(Protocol):
    """A heuristic, or whatever else reads texts."""

    def read(self, text: Text) -> object: ...


class _Field(Generic[_T]):
    """A field that is worked out when it is first read, and then is a plain attribute.

    The standard library's ``cached_property`` takes a lock for it, which costs more than most of
    these fields.
    """

    def __init__(self, work_out: Callable[[Text], _T]) -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, text: Text, owner: type) -> _T:
        found = text.__dict__[self._name] = self._work_out(text)
        return found


class Text:
    """The title and text of a post."""

    def __init__(self, body: str) -> None:
        self.body = body
        """As the forum sent it, title first."""
        self.folded, words = fold_into_words(body)
        """Match form."""
        self.__dict__["words"] = words  # made at once with the form, since that is quicker
        self.shown: dict[int, Any] = {}
        """What it showed those who read it, by their ``id``: they live as long as the engine, and
        need neither a name of their own nor a hash."""
        self.asked: Sequence[Any] | None = None
        """Those who want to see a post with this text; the engine's, None if not looked up."""

    def rest(self) -> None:
        """Let go of what is quickly worked out again for a copy. Most texts have none, and the
        memory that is free now serves the next text while the processor has it near."""
        for field in _FIELDS:
            self.__dict__.pop(field, None)

    def shown_to(self, reader: TextReader) -> Any:
        """What it shows a heuristic, which reads it once for all copies."""
        key = id(reader)
        if key not in self.shown:
            self.shown[key] = reader.read(self)
        return self.shown[key]

    @_Field
    def words(self) -> list[str]:
        """The words of the match form, in order."""
        return words(self.folded)

    @_Field
    def vocabulary(self) -> frozenset[str]:
        """The same, each once."""
        return frozenset(self.words)

    @_Field
    def longest(self) -> int:
        """Characters of the longest word."""
        return max(map(len, self.words), default=0)

    @_Field
    def excerpt(self) -> str:
        """Its body, but of a very long one only head and tail, as the match form has it."""
        return excerpt(self.body)

    @_Field
    def main(self) -> str:
        """Its excerpt without the list of sources at its end, if there is one."""
        excerpt = self.excerpt
        if "\n" not in excerpt or _SOURCE_WORDS.isdisjoint(self.vocabulary):
            return excerpt
        found = list(_SOURCES.finditer(excerpt))
        if not found:
            return excerpt
        last = found[-1]
        listed = [line for line in map(str.strip, excerpt[last.end() :].split("\n")) if line]
        is_list = all("://" in line or _POINT.match(line) for line in listed)
        return excerpt[: last.start()] if is_list else excerpt

    @_Field
    def exotic(self) -> str:
        """Those characters of its excerpt that are not ASCII: what is looked for among emoji, signs
        and foreign letters is found many times faster there."""
        excerpt = self.excerpt
        return "" if excerpt.isascii() else beyond_ascii(excerpt)

    @_Field
    def lines(self) -> Sequence[str]:
        """The lines of its excerpt that show anything, without the blanks around them."""
        shown = strip_hidden(self.excerpt) if self.exotic else self.excerpt
        return [line for line in map(str.strip, shown.split("\n")) if line]

    @_Field
    def sentences(self) -> Sequence[str]:
        """The sentences of its excerpt but for headings, line by line. All but the last of a line
        have lost their full stop or other sign at the end."""
        excerpt = self.excerpt
        for end in _SENTENCE_ENDS:
            if end in excerpt:
                excerpt = excerpt.replace(end, "\n")
        return [
            sentence
            for sentence in map(str.strip, excerpt.split("\n"))
            if sentence and not (sentence[0] == "#" and _HEADING.match(sentence))
        ]

    @_Field
    def outline(self) -> Outline:
        """What of it is compared with other texts."""
        return Outline(self.words)

    @_Field
    def cues(self) -> Mapping[str, Sequence[str]]:
        """By cue its phrases in the text, in match form; of a long text those of its densest
        part."""
        return lexicon().find(self.words)

    @_Field
    def persons(self) -> str:
        """An ``i``, ``w`` or ``y`` for each word that is a form of I, we or you."""
        return persons(self.words)

    @_Field
    def emoji(self) -> Sequence[str]:
        """Emoji and other pictures, in order."""
        return _EMOJI.findall(self.exotic) if self.exotic else ()

    @_Field
    def may_name(self) -> bool:
        """Whether there is any sign in it of a site, token, tag or community."""
        return may_name(self.folded)

    @_Field
    def payloads(self) -> tuple[str, ...]:
        """Sites, link paths, tokens, wallets and communities it names, each once."""
        if self.may_name or self.longest >= SHORTEST_ADDRESS:
            return payloads_in(self.folded, self.vocabulary, self.longest)
        return ()

    @_Field
    def commands(self) -> tuple[str, ...]:
        """Commands to a bot or a chain, with what they act on (``mint claw``), each once."""
        return commands_in(self.folded)

    @_Field
    def offers(self) -> Sequence[str]:
        """Tickers, communities and hosts that may be somebody's own, each once, but for those among
        the sources."""
        if not self.may_name:
            return ()
        return offers_in(self.folded if self.main is self.excerpt else fold(self.main))


# Not the outline: its parts are kept anyway, for texts to come to be compared with.
_FIELDS = [
    name for name, field in vars(Text).items() if isinstance(field, _Field) and name != "outline"
]


class Texts:
    """The latest texts, so that copies share one."""

    def __init__(self, most: int = MOST_TEXTS) -> None:
        self._most = most
        self._kept: OrderedDict[str, Text] = OrderedDict()
        self._chars = 0

    def of(self, body: str) -> Text:
        """The text with this body."""
        kept = self._kept
        text = kept.get(body)
        if text is not None:
            kept.move_to_end(body)
            return text
        text = kept[body] = Text(body)
        self._chars += len(body)
        while len(kept) > self._most or self._chars > MOST_CHARS:
            self._chars -= len(kept.popitem(last=False)[0])
        return text

    def forget(self) -> None:
        """Let go of all that was found in texts."""
        self._kept.clear()
        self._chars = 0


def digest(text: str) -> str:
    """A short name for a long text, the same in every process."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
