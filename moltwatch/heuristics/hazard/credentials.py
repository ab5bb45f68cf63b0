"""Secrets that were posted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from math import log2
from typing import Annotated, ClassVar

from ahocorasick_rs import BytesAhoCorasick, Implementation
from msgspec import Meta

from moltwatch.heuristics.base import Features, Heuristic
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.hazard.refrain import IN_FULL, Refrains, Repeats
from moltwatch.heuristics.material import read_material
from moltwatch.model import Evidence, Kind
from moltwatch.odds import log_odds

_MATERIAL = read_material("credentials")
_KEYS = tuple((re.compile(key["pattern"]), key["says"]) for key in _MATERIAL["key"])
_NEEDS = [(at, word) for at, key in enumerate(_MATERIAL["key"]) for word in key["needs"]]
_AUTOMATON = BytesAhoCorasick(
    [word.encode() for _, word in _NEEDS], implementation=Implementation.ContiguousNFA
)
"""Finds what the keys need in one walk through the text."""
_PLACEHOLDERS = tuple(_MATERIAL["placeholder"]["words"])
_LONG_WORD = 16
"""No credential is without a run of letters and digits this long, except a seed phrase."""
_SEED_NAMES = frozenset(["seed", "mnemonic", "recovery"])
_MOST_PLACES = 20
_WEIGHT = log_odds(0.9)


class Credentials(Heuristic):
    """The post shows a credential in plain sight.

    Keys and tokens of well-known services by their form, values assigned to names like API_KEY,
    private keys, seed phrases. What looks like a stand-in (``your-key-here``, rows of x) or is not
    random enough is let pass.

    Parameters
    randomness: least entropy of the secret part (bits a character, 1 to 6)
    repeats: how often in a day an account is told for the same kind of secret, before only each
        doubling is; ten times as often where it opens threads with new texts (posts, 1 to
        1,000,000)

    Fails when
    a secret has no form of its own; and it cannot know whether a key still works.
    """

    name: ClassVar[str] = "credentials"
    kind: ClassVar[Kind] = Kind.HAZARD
    family: ClassVar[str] = "credentials"
    unless: ClassVar[str] = (
        "it were a stand-in such as your-key-here, or less random than {randomness} bits a "
        "character"
    )

    def __init__(
        self, randomness: Annotated[float, Meta(ge=1, le=6)] = 3.2, repeats: Repeats = IN_FULL
    ) -> None:
        self.randomness = randomness
        self.repeats = repeats
        self._refrains = Refrains(repeats)

    def observe(self, item: Features) -> Iterable[Evidence]:
        found = item.shown_to(self)
        return (self._refrains.weigh(item, found),) if found else ()

    def read(self, text: Text) -> Evidence | None:
        """What the text shows, if it shows anything."""
        found = self._found(text)
        if not found:
            return None
        what = " and ".join(list(found)[:2])
        places = _places(found)[:_MOST_PLACES]
        return self.evidence(_WEIGHT, "contains what looks like {what}", places=places, what=what)

    def places(self, text: Text) -> list[tuple[int, int]]:
        """Where in its excerpt all the credentials stand."""
        return _places(self._found(text))

    def _found(self, text: Text) -> dict[str, list[re.Match[str]]]:
        """What is found in a text, by what it is."""
        if text.longest < _LONG_WORD and _SEED_NAMES.isdisjoint(text.vocabulary):
            return {}
        utf8 = text.folded.encode("utf-8", "surrogatepass")
        hits = _AUTOMATON.find_matches_as_indexes(utf8, overlapping=True)
        body = text.excerpt
        found: dict[str, list[re.Match[str]]] = {}
        for at in sorted({_NEEDS[which][0] for which, _, _ in hits}):
            pattern, says = _KEYS[at]
            if secrets := list(filter(self._is_secret, pattern.finditer(body))):
                found[says] = secrets
        return found

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


def may_show(text: str) -> bool:
    """Whether a text has anything in it without which there is no credential. It is quick, and
    wrong only where it says that there may be one."""
    return bool(_AUTOMATON.find_matches_as_indexes(text.lower().encode("utf-8", "surrogatepass")))


def _places(found: dict[str, list[re.Match[str]]]) -> list[tuple[int, int]]:
    return [match.span() for secrets in found.values() for match in secrets]


def entropy(text: str) -> float:
    """Shannon entropy of the characters of a text, in bits a character."""
    n = len(text)
    return -sum(count / n * log2(count / n) for count in Counter(text).values()) if n else 0.0
