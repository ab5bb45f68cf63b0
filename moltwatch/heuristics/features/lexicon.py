"""Cues: lists of phrases, found in a text in one pass over its words; and its pronouns.

A cue is a table of a file in ``material/``: what it means, and the phrases that show it, in every
language we have. Text and phrases are cut into words the same way, so one mechanism serves Latin
and Chinese alike, and punctuation between the words does not matter. All cues share one automaton
(Aho-Corasick): what a post costs depends on its length, hardly on how many phrases there are. (One
large regular expression costs twenty times as much, because it starts anew at every character; a
trie of dictionaries, one a word, nearly twice as much.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import product
from operator import itemgetter

from ahocorasick_rs import AhoCorasick, Implementation
from msgspec import Struct

from moltwatch.heuristics.material import read_material
from moltwatch.text import fold, words

_MATERIAL = ("brief", "character", "manifesto", "promotion", "conversation")
WINDOW = 1_200
"""Characters within which the phrases of a cue are counted: a long text says something of
everything, and only what stands together tells of it."""

_NOTHING: Mapping[str, Sequence[str]] = {}
_BEGIN = itemgetter(1)
_GROUP = re.compile(r"\(([^()]*)\)")


class Cue(Struct, frozen=True):
    """A cue as it stands in the material."""

    name: str
    """``file.table``, as in ``brief.arrival``."""
    says: str
    """Completes the sentence "the post …"."""
    phrases: tuple[str, ...]


class Lexicon:
    """Cues compiled for searching."""

    def __init__(self, cues: Iterable[Cue]) -> None:
        self.says: dict[str, str] = {}
        """By cue: what to say of a post that shows it, a template for its ``phrases``."""
        shows: dict[str, list[str]] = {}
        for cue in cues:
            self.says[cue.name] = f"{cue.says} ({{phrases:quoted}})"
            for phrase in cue.phrases:
                for plain in spell_out(phrase):
                    for variant in (plain, plain.replace("'", "")):  # many leave it out
                        told = _spaced(words(fold(variant)))
                        names = shows.setdefault(told, [])
                        if cue.name not in names:
                            names.append(cue.name)
        shows.pop(_spaced([]), None)
        self._shows = [[(name, told.strip()) for name in names] for told, names in shows.items()]
        self._automaton = AhoCorasick(list(shows), implementation=Implementation.ContiguousNFA)

    def find(self, text: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The cues in a text, given as words, each with its distinct phrases in order."""
        hits = self._automaton.find_matches_as_indexes(_spaced(text), overlapping=True)
        if not hits:
            return _NOTHING
        hits.sort(key=_BEGIN)
        if hits[-1][1] - hits[0][1] > WINDOW:
            return self._densest(hits)
        found: dict[str, list[str]] = {}
        for at, _, _ in hits:
            for name, phrase in self._shows[at]:
                phrases = found.get(name)
                if phrases is None:
                    found[name] = [phrase]
                elif phrase not in phrases:
                    phrases.append(phrase)
        return found

    def _densest(self, hits: Sequence[tuple[int, int, int]]) -> Mapping[str, Sequence[str]]:
        """The cues where they stand closest together: of each, the phrases of that
        :data:`WINDOW` which holds most of them."""
        stands: dict[str, list[tuple[int, str]]] = {}
        for at, begin, _ in hits:
            for name, phrase in self._shows[at]:
                stands.setdefault(name, []).append((begin, phrase))
        return {name: _most_in_window(phrases) for name, phrases in stands.items()}


def _most_in_window(phrases: Sequence[tuple[int, str]]) -> Sequence[str]:
    """The distinct phrases of the window that holds most of them, the first such; given with where
    each begins, in order."""
    best: Sequence[str] = ()
    within: dict[str, int] = {}
    first = 0
    for begin, phrase in phrases:
        within[phrase] = within.get(phrase, 0) + 1
        while phrases[first][0] < begin - WINDOW:
            left = phrases[first][1]
            within[left] -= 1
            if not within[left]:
                del within[left]
            first += 1
        if len(within) > len(best):
            best = tuple(within)
    return best


def _spaced(words: Sequence[str]) -> str:
    """Words as they are searched: a blank before, between and after them, so that no phrase is
    found inside a word."""
    return f" {' '.join(words)} "


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


@lru_cache(maxsize=4096)
def cues_of_bio(bio: str) -> Mapping[str, Sequence[str]]:
    """The cues in a bio."""
    return lexicon().find(words(fold(bio[:1000])))


def persons(words: Sequence[str]) -> str:
    """Who speaks to whom: an ``i``, ``w`` or ``y`` for each word that is a form of I, we or you."""
    return "".join(filter(None, map(_PERSON.get, words)))


def _pronouns() -> Mapping[str, str]:
    forms: dict[str, str] = {}
    for name, pronouns in read_material("pronouns").items():
        for pronoun in pronouns:
            forms[pronoun] = forms.get(pronoun, "") + name[0]
    return forms


_PERSON = _pronouns()
