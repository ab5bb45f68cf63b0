"""Marks of the persona heuristics, weighed as they were fitted."""

from __future__ import annotations

from moltwatch.heuristics.persona.weights import weights
from moltwatch.model import Fact, Mark


def mark(name: str, value: float, says: str = "", /, **facts: Fact) -> Mark:
    """A mark that goes by the fitted weight of this name; ``value`` is how much of it there is, 0
    to 1. ``says`` completes the sentence "the post …"; empty for what needs no mention."""
    return Mark(says, facts, weights().marks[name] * value, name, value)


def saturating(count: float, half: float = 1.0) -> float:
    """A count as a number from 0 to 1; ``half`` of them make 0.5."""
    return 1.0 - float(0.5 ** (count / half))
