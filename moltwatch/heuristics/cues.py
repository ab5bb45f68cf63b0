"""Cues: lists of phrases, found in a text in one pass over its words.

A cue is a table of a file in ``material/``: what it means, and the phrases that show it, in every
language we have. Text and phrases are cut into words the same way, so one mechanism serves Latin
and Chinese alike, and punctuation between the words does not matter. All cues share one trie: what
a post costs depends on its length, hardly on how many phrases there are. (One large regular
expression was tried: it costs ten times as much, because it starts anew at every character.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import compress, product
from typing import Any, TypeAlias

from msgspec import Struct

from moltwatch.heuristics.material import read_material
from moltwatch.heuristics.texts import Text
from moltwatch.text import fold, words

_MATERIAL = ("brief", "character", "manifesto", "promotion", "conversation")
_GROUP = re.compile(r"\(([^()]*)\)")

MOST_WORDS = 300
"""Only the first words of a post are searched."""


class Cue(Struct, frozen=True):
    """A cue as it stands in the material."""

    name: str
    """``file.table``, as in ``brief.arrival``."""
    says: str
    """Completes the sentence "the post …"."""
    phrases: tuple[str, ...]


_Node: TypeAlias = dict[str, Any]
"""Next word to node; under the empty string, which is no word, the cues that end here."""


class Lexicon:
    """Cues compiled for searching."""

    def __init__(self, cues: Iterable[Cue]) -> None:
        self.says: dict[str, str] = {}
        """By cue: what to say of a post that shows it; ``{}`` stands for the phrases."""
        self._root: _Node = {}
        for cue in cues:
            self.says[cue.name] = f"{cue.says} ({{}})"
            for phrase in cue.phrases:
                for plain in spell_out(phrase):
                    self._add(plain, cue.name)

    def _add(self, plain: str, name: str) -> None:
        for variant in {plain, plain.replace("'", "")}:  # many leave the apostrophe out
            node = self._root
            for word in words(fold(variant)):
                node = node.setdefault(word, {})
            if node is not self._root and name not in (ends := node.setdefault("", [])):
                ends.append(name)

    def find(self, text: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """The cues in a text, given as words, each with its distinct phrases in order."""
        root, end = self._root, len(text)
        found: dict[str, dict[str, None]] = {}
        # Most words begin no phrase, and most beginnings go no further: both are passed over fast.
        for start in compress(range(end), map(root.__contains__, text)):
            first, at = root[text[start]], start + 1
            if "" not in first and (at == end or text[at] not in first):
                continue
            node: _Node | None = first
            while node is not None:
                if "" in node:
                    phrase = " ".join(text[start:at])
                    for name in node[""]:
                        found.setdefault(name, {})[phrase] = None
                if at == end:
                    break
                node = node.get(text[at])
                at += 1
        return {name: tuple(phrases) for name, phrases in found.items()}


def spell_out(phrase: str) -> Iterator[str]:
    """All plain phrases that one with ``(a|b)`` groups stands for."""
    parts = _GROUP.split(phrase)
    choices = [part.split("|") if at % 2 else [part] for at, part in enumerate(parts)]
    return ("".join(chosen) for chosen in product(*choices))


@cache
def lexicon() -> Lexicon:
    """The cues of all persona heuristics."""
    return Lexicon(
        Cue(f"{file}.{table}", content["says"], tuple(content["phrases"]))
        for file in _MATERIAL
        for table, content in read_material(file).items()
    )


@lru_cache(maxsize=8192)
def cues_of_bio(bio: str) -> Mapping[str, tuple[str, ...]]:
    """The cues in a bio."""
    return lexicon().find(words(fold(bio[:1000])))


def cues_of(text: Text) -> Mapping[str, tuple[str, ...]]:
    """The cues in a text, searched once for all heuristics that ask."""
    return text.once(_search)


def _search(text: Text) -> Mapping[str, tuple[str, ...]]:
    return lexicon().find(text.words[:MOST_WORDS])
