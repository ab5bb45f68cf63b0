"""What it proves that several accounts bring one text."""

from __future__ import annotations

import re
from functools import cache

from moltwatch.heuristics.coordination.crowd import Crowd
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.material import read_material
from moltwatch.model import Level
from moltwatch.times import Micros

SURE, UNSURE = 0.95, Level.CORROBORATING.weight
"""What copies prove that one hand brought, and those that may have come about without."""

MOST_WORDS = 16
"""Words of a text up to which such a phrase is all it says: a longer one that ends in "try again
later" says something else besides."""


def weight_of_copies(crowd: Crowd, text: Text, accounts: int, at_once: Micros) -> float:
    """What a crowd of copies of a text proves (0 to 1): copies of which ``accounts`` came slower
    than ``at_once`` may be imitation, unless there are twice as many."""
    many = crowd.n >= 2 * accounts or crowd.span(accounts) <= at_once
    return SURE if many and not is_stock(text) else UNSURE


def is_stock(text: Text) -> bool:
    """Whether a text is the failure, refusal or idle answer of a framework or a model, which
    every agent that runs on it may post by mistake."""
    return len(text.words) <= MOST_WORDS and bool(_phrases().search(" ".join(text.words)))


@cache
def _phrases() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(read_material('stock')['phrases'])})\b")
