"""Instructions smuggled to agents that read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from msgspec import Struct

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.material import read_material
from moltwatch.heuristics.parameters import Fraction
from moltwatch.heuristics.verdict import noisy_or
from moltwatch.model import Kind

_MATERIAL = read_material("injection")
_MOST_CHARS = 6_000
_NEAR = 45
"""Characters before an attack in which a word may show that it is only mentioned."""


class _Attack(Struct, frozen=True):
    name: str
    says: str
    weight: float
    needs: tuple[frozenset[str], ...]
    """Of each set a post has a word, or cannot be this attack: spares it the pattern."""
    marks: tuple[str, ...]
    """Substrings of which it has one, or it is spared as well; none where words will do."""
    pattern: re.Pattern[str]


_ATTACKS = tuple(
    _Attack(
        name,
        told["says"],
        told["weight"],
        tuple(map(frozenset, told["needs"])),
        tuple(told.get("marks", ())),
        re.compile("|".join(told["patterns"])),
    )
    for name, told in _MATERIAL["attack"].items()
)


def _has_any(marks: tuple[str, ...], text: str) -> bool:
    return not marks or any(map(text.__contains__, marks))


def _any_of(phrases: list[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")


_BEFORE = _any_of(_MATERIAL["mention"]["before"])
_ABOUT = re.compile("|".join(map(re.escape, _MATERIAL["mention"]["about"])))
_OPENING = "\"“‘«「『`'*"
_CLOSING = "\"”’»」』`'*"


class Injection(Heuristic):
    """The post gives instructions to the agents that read it.

    To drop their own, to obey a fake system message, to hand over secrets, to change SOUL.md,
    MEMORY.md or HEARTBEAT.md, to run code from elsewhere. Use is told from mention: an attack that
    is quoted, negated or reported, or stands in a post about injection, counts for little.

    Parameters
    quoted: what is left of an attack inside quotation marks or code (0 to 1)
    mentioned: what is left of one after words of reporting or refusal (0 to 1)
    about: what is left for each word, up to three, that shows the post is about security (0 to 1)

    Fails when
    an attack is dressed as a story or as a warning against itself, is spread over several posts, or
    comes in a language it has no patterns for.
    """

    name: ClassVar[str] = "injection"
    kind: ClassVar[Kind] = Kind.HAZARD
    family: ClassVar[str] = "injection"

    def __init__(
        self, quoted: Fraction = 0.45, mentioned: Fraction = 0.45, about: Fraction = 0.6
    ) -> None:
        self.quoted = quoted
        self.mentioned = mentioned
        self.about = about

    def observe(self, item: Item) -> Iterable[Signal]:
        vocabulary = item.vocabulary
        attacks = [
            attack for attack in _ATTACKS if not any(map(vocabulary.isdisjoint, attack.needs))
        ]
        if not attacks:
            return ()
        text = item.folded[:_MOST_CHARS]
        attacks = [each for each in attacks if _has_any(each.marks, text)]
        found = list(self._find(text, attacks))
        if not found:
            return ()
        topics = dict.fromkeys(match[0] for match in _ABOUT.finditer(text))
        left: float = self.about ** min(len(topics), 3)
        strength = noisy_or(weight for weight, _, _ in found) * left
        found.sort(key=lambda hit: -hit[0])
        reasons = dict.fromkeys(f"{attack.says} (“{words[:80]}”)" for _, attack, words in found)
        reason = "; ".join(list(reasons)[:2])
        if topics:
            reason += f"; though it speaks of {', '.join(list(topics)[:2])}"
        return (
            Signal(post=item.post.id, author=item.post.author, strength=strength, reason=reason),
        )

    def _find(self, text: str, attacks: Iterable[_Attack]) -> Iterator[tuple[float, _Attack, str]]:
        """The strongest use of each attack: its weight, and the words."""
        for attack in attacks:
            best: tuple[float, str] = (0.0, "")
            for at, match in enumerate(attack.pattern.finditer(text)):
                weight = attack.weight * self._use(text, match.start(), match.end())
                best = max(best, (weight, match[0]))
                if at == 20:
                    break
            if best[0]:
                yield best[0], attack, best[1]

    def _use(self, text: str, start: int, end: int) -> float:
        """1 for an attack that is used, less for one that is mentioned."""
        use = 1.0
        before = text[max(0, start - 3) : start].strip()
        if (
            before[-1:]
            and before[-1] in _OPENING
            and any(sign in _CLOSING for sign in text[end : end + 80])
        ):
            use *= self.quoted
        sentence = re.split(r"[.!?:\n] ", text[max(0, start - _NEAR) : start])[-1]
        if _BEFORE.search(sentence):
            use *= self.mentioned
        return use
