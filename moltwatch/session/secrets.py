"""Secrets that posts show, as people read them: a screen is looked at, shared and photographed, a
report is passed on, a terminal keeps what ran through it. So none of them repeats a secret in full.

What is a secret is asked of the text itself, not of its flags: a repeat of it, or a heuristic that
is switched off, changes nothing. Of a secret the beginning is shown, so that its owner knows which
it is. JSON lines, tables and recordings are data, and keep it as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.hazard.credentials import Credentials, may_show
from moltwatch.model import Evidence, Post
from moltwatch.text import excerpt
from moltwatch.text.match import MOST_CHARS

SHOWN = 4
"""Characters of a secret that are shown."""

SHORTEST = 12
"""Characters by which a secret is known where a text is cut within it."""

SHORTEST_PART = 8
"""Characters of what stands of a secret in the title, or in the body, where it begins in one and
ends in the other."""

LONGEST = 4_000
"""Characters of the longest secret; a long text is looked through in pieces that share so much."""

MASK = "•••"

WITHHELD = "[not repeated here: it looks like a secret]"
"""Stands for a text of which too little is kept to know what is secret in it."""

_QUOTED = re.compile("“[^”]*”")
_WORD = re.compile(r"\w{5,}")
"""Shorter ones open nothing, and stand in a secret by chance."""

_CREDENTIALS = Credentials()


def find_secrets(text: str) -> list[tuple[int, int]]:
    """Where secrets stand in a text: first character, and last plus one; in order, none within
    another. Of a text that has none it costs next to nothing."""
    if not may_show(text):
        return []
    found: set[tuple[int, int]] = set()
    for start in range(0, max(1, len(text) - LONGEST), MOST_CHARS - LONGEST):
        piece = Text(text[start : start + MOST_CHARS])
        found.update((start + a, start + b) for a, b in _CREDENTIALS.places(piece))
    places: list[tuple[int, int]] = []
    for begin, end in sorted(found):
        if places and begin < places[-1][1]:
            places[-1] = places[-1][0], max(end, places[-1][1])
        else:
            places.append((begin, end))
    return places


def secrets_of(title: str | None, text: str) -> tuple[str, ...]:
    """The secrets that a post shows, the longest first."""
    body = f"{title}\n{text}" if title else text
    return parts_of(body, len(title or ""), find_secrets(body))


def parts_of(body: str, title: int, places: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    """What stands at these places of a body that begins with so many characters of a title; of what
    begins in the title and ends behind it both parts."""
    found: set[str] = set()
    for begin, end in places:
        secret = body[begin:end]
        if begin <= title < end and title:
            parts = secret[: title - begin], secret[title - begin + 1 :]
            found.update(part for part in parts if len(part) >= SHORTEST_PART)
        elif len(secret.strip()) > SHOWN:
            found.add(secret)
    return tuple(sorted(found, key=len, reverse=True))


def hide(text: str, secrets: Iterable[str], mask: str = MASK) -> str:
    """A text without these secrets, of which it may have the beginning only: it was cut, or quotes
    them."""
    for secret in secrets:
        if len(secret) <= SHOWN:
            continue  # of a post that is no longer kept, there is only the beginning
        begin, shown = secret[:SHORTEST], f"{secret[:SHOWN]}{mask}"
        parts: list[str] = []
        end = 0
        while (at := text.find(begin, end)) >= 0:
            parts += text[end:at], shown
            end = at
            while end < len(text) and text[end : end + 1] == secret[end - at : end - at + 1]:
                end += 1
        text = "".join((*parts, text[end:]))
    return text


def hide_quoted(reason: str, secrets: Iterable[str], mask: str = MASK) -> str:
    """A reason without these secrets. It quotes them as they came, or single words of them in small
    letters."""
    secrets = tuple(secrets)
    reason = hide(reason, secrets, mask)
    if not secrets:
        return reason
    known = "\n".join(secrets).casefold()

    def word(found: re.Match[str]) -> str:
        return mask if found[0].casefold() in known else found[0]

    return _QUOTED.sub(lambda quote: _WORD.sub(word, quote[0]), reason)


def masked(text: str, mask: str = MASK) -> str:
    """A text without the secrets that stand in it."""
    parts: list[str] = []
    shown = 0
    for begin, end in find_secrets(text):
        parts += text[shown : begin + SHOWN], mask
        shown = end
    return "".join((*parts, text[shown:]))


def shows_secret(post: Post, flags: Iterable[Evidence] = ()) -> bool:
    """Whether a post shows a secret, by itself or by what was found in it."""
    return is_told(flags) or bool(find_secrets(excerpt(post.body)))


def is_told(flags: Iterable[Evidence]) -> bool:
    """Whether a post was found to show a secret."""
    return any(flag.heuristic == Credentials.name for flag in flags)
