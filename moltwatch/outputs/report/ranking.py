"""What a report tells of first, so that two runs agree."""

from __future__ import annotations

from collections import Counter
from typing import TypeVar

from moltwatch.outputs.report.summary import Spoken
from moltwatch.times import Micros

T = TypeVar("T")


def most_frequent(counted: Counter[T]) -> list[tuple[T, int]]:
    """The most frequent first; equal ones in the order of their names."""
    return sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))


def strongest_first(one: Spoken) -> tuple[float, Micros, str, str]:
    """Sorts flagged posts."""
    return -one.score, one.at, one.author, one.text
