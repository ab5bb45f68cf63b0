"""Secrets that were posted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from math import log2
from typing import Annotated, ClassVar

from msgspec import Meta

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.material import read_material
from moltwatch.model import Kind

_MATERIAL = read_material("credentials")
_KEYS = tuple((key["needs"], re.compile(key["pattern"]), key["says"]) for key in _MATERIAL["key"])
_PLACEHOLDERS = tuple(_MATERIAL["placeholder"]["words"])
_LONG_WORD = 16
"""No credential is without a run of letters and digits this long, except a seed phrase."""
_SEED_NAMES = ("seed phrase", "mnemonic", "recovery phrase")
_MOST_CHARS = 20_000


class Credentials(Heuristic):
    """The post shows a credential in plain sight.

    Keys and tokens of well-known services by their form, values assigned to names like API_KEY,
    private keys, seed phrases. What looks like a stand-in (``your-key-here``, rows of x) or is not
    random enough is let pass.

    Parameters
    randomness: least entropy of the secret part (bits a character, 1 to 6)

    Fails when
    a secret has no form of its own; and it cannot know whether a key still works.
    """

    name: ClassVar[str] = "credentials"
    kind: ClassVar[Kind] = Kind.HAZARD
    family: ClassVar[str] = "credentials"

    def __init__(self, randomness: Annotated[float, Meta(ge=1, le=6)] = 3.2) -> None:
        self.randomness = randomness

    def observe(self, item: Item) -> Iterable[Signal]:
        body = item.text.body[:_MOST_CHARS]
        lower = body.lower()
        if item.text.longest < _LONG_WORD and not any(name in lower for name in _SEED_NAMES):
            return ()
        found = dict.fromkeys(
            says
            for needs, pattern, says in _KEYS
            if any(map(lower.__contains__, needs))
            for match in pattern.finditer(body)
            if self._is_secret(match)
        )
        if not found:
            return ()
        reason = f"contains what looks like {' and '.join(list(found)[:2])}"
        return (Signal(post=item.post.id, author=item.post.author, strength=0.9, reason=reason),)

    def _is_secret(self, match: re.Match[str]) -> bool:
        groups = match.groupdict()
        if seed := groups.get("seed"):
            words = seed.lower().split()
            return len(set(words)) > 0.8 * len(words)
        secret = groups["secret"]
        lower = secret.lower()
        return (
            entropy(secret) >= self.randomness
            and any(sign.isdigit() for sign in secret)
            and not any(word in lower for word in _PLACEHOLDERS)
        )


def entropy(text: str) -> float:
    """Shannon entropy of the characters of a text, in bits a character."""
    n = len(text)
    return -sum(count / n * log2(count / n) for count in Counter(text).values()) if n else 0.0
