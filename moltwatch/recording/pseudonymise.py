"""Pseudonyms for account names, so that a recording can be shown to others.

Every account becomes ``u`` and the first ten hex digits of the SHA-256 of its name: the same in
every file, so blinded recordings can be compared, and open to whoever guesses a name and hashes it.
This hides names from readers; it does not anonymise.

Replaced are authors and profiles, mentions (``@name``, ``u/name``) in any spelling of case, also of
accounts never seen, and known names of four characters or more that stand as words in titles,
texts, bios, addresses, communities, reasons of gaps and the header, spelt as the account is. Not
seen are names in another case without a mark, nicknames, misspellings, names inside longer words,
names in pictures and behind links; and an account called ``human`` takes the word ``human`` out of
all texts.

One alternation of thousands of names costs milliseconds a text. Here the words of a text tell which
few names can be in it, and only those are searched for, one after the other: a pattern a name can
be kept, one for every mixture of names cannot, and compiling them took most of the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256

import msgspec

from moltwatch.dialects.api_objects import NOBODY
from moltwatch.dialects.lines import Header
from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Post, Vote
from moltwatch.recording.base import Reader

SHORTEST = 4
"""Characters of a name that is replaced without a mark: shorter ones are mostly words."""

_WORD = re.compile(r"\w+")
_ACCOUNT = r"(\w+(?:[.:@-]+\w+)*)"
# A mark does not count inside an e-mail address, nor ``u/`` inside a path such as ``/menu/name``.
# What must stand before is looked at last: a pattern that begins with a literal is found quickly.
_MARKED = {
    "@": re.compile(rf"@(?<![\w.]@){_ACCOUNT}"),
    "u/": re.compile(rf"u/(?<!\wu/){_ACCOUNT}"),
}
_IS_ACCOUNT = re.compile(_ACCOUNT).fullmatch
_JOINT = re.compile(r"([.:@-]+)")
_COMPOUND_ID = re.compile(r"[:/@]")


def pseudonym(name: str) -> str:
    """What stands for an account."""
    if name == NOBODY:
        return name
    return "u" + sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]


async def names_in(reader: Reader) -> set[str]:
    """All accounts a recording tells of; one pass."""
    names: set[str] = set()
    async for batch in reader.batches():
        for event in batch:
            if isinstance(event, Post):
                names.add(event.author)
            elif isinstance(event, AgentSeen):
                names.add(event.name)
    return names


class Blinder:
    """Replaces the names of given accounts, and every other author and mention it meets."""

    def __init__(self, names: Iterable[str]) -> None:
        known = sorted(set(names) - {NOBODY})
        self._exact = {name: pseudonym(name) for name in known}
        self._any_case = {name.lower(): pseudonym(name) for name in known}
        self._pseudonyms = set(self._exact.values())
        # A name can only be in a text that has its longest word; the longest tells most.
        self._by_word: dict[str, list[str]] = {}
        for name in known:
            if len(name) >= SHORTEST and (parts := _WORD.findall(name)):
                self._by_word.setdefault(max(parts, key=len), []).append(name)

    def event(self, event: Event) -> Event:
        """The event under pseudonyms: same type and times."""
        if isinstance(event, Post):
            return msgspec.structs.replace(
                event,
                id=self.ident(event.id),
                thread=self.ident(event.thread),
                parent=event.parent and self.ident(event.parent),
                author=pseudonym(event.author),
                community=self._some(event.community),
                title=self._some(event.title),
                text=self.text(event.text),
                link=self._some(event.link),
                url=self._some(event.url),
            )
        if isinstance(event, AgentSeen):
            return msgspec.structs.replace(
                event, name=pseudonym(event.name), display=None, bio=self._some(event.bio)
            )
        if isinstance(event, Edit):
            title, text = self._some(event.title), self._some(event.text)
            return msgspec.structs.replace(event, id=self.ident(event.id), title=title, text=text)
        if isinstance(event, Delete | Vote):
            return msgspec.structs.replace(event, id=self.ident(event.id))
        if isinstance(event, Gap):
            return msgspec.structs.replace(event, reason=self.text(event.reason))
        return event

    def header(self, header: Header) -> Header:
        """What a recording says of itself, without the names in it."""
        return msgspec.structs.replace(
            header, title=self.text(header.title), origin=self.text(header.origin)
        )

    def text(self, text: str) -> str:
        """A text without the names in it."""
        words = self._by_word.keys() & _WORD.findall(text)
        names = [name for word in words for name in self._by_word[word]]
        names.sort(key=lambda name: (-len(name), name))
        # Names that a mention could only take the beginning of (with blanks, say) go first; all
        # others after the mentions, which may be longer words than they are.
        text = self._words((name for name in names if not _IS_ACCOUNT(name)), text)
        for mark, pattern in _MARKED.items():
            if mark in text:
                text = pattern.sub(self._marked, text)
        return self._words(filter(_IS_ACCOUNT, names), text)

    def _words(self, names: Iterable[str], text: str) -> str:
        for name in names:
            if name in text:
                text = _pattern(name).sub(self._exact[name], text)
        return text

    def _some(self, text: str | None) -> str | None:
        return self.text(text) if text else text

    def ident(self, ident: str) -> str:
        """An id; those that are addresses (at://did:plc:…/…, https://host/users/name/…) carry
        names."""
        return self.text(ident) if _COMPOUND_ID.search(ident) else ident

    def _marked(self, match: re.Match[str]) -> str:
        name = match[1]
        return match[0][: -len(name)] + self._mention(name)

    def _mention(self, name: str) -> str:
        """A mention of an account, maybe at the start of a longer word (``@name-san``), or of one
        never seen."""
        parts = _JOINT.split(name)
        for end in range(len(parts), 0, -2):
            start = "".join(parts[:end])
            if start in self._pseudonyms:
                return name
            known = self._exact.get(start) or self._any_case.get(start.lower())
            if known:
                return known + self.text("".join(parts[end:]))
        return pseudonym(name)


@lru_cache(maxsize=100_000)
def _pattern(name: str) -> re.Pattern[str]:
    """Finds a name that stands as a word."""
    literal = re.escape(name)
    return re.compile(rf"{literal}(?<!\w{literal})(?!\w)")
