"""Whose words are these? Telling what software says by itself from what accounts say."""

from __future__ import annotations

import re
from functools import cache

from moltwatch.heuristics.material import read_material
from moltwatch.heuristics.memory.texts import Text

MOST_WORDS = 16
"""Words of a text up to which such a phrase is all it says: a longer one that ends in "try again
later" says something else besides."""


def is_stock(text: Text) -> bool:
    """Whether a text is the failure, refusal or idle answer of a framework or a model, which
    every agent that runs on it may post by mistake."""
    return len(text.words) <= MOST_WORDS and bool(_phrases().search(" ".join(text.words)))


@cache
def _phrases() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(read_material('stock')['phrases'])})\b")
