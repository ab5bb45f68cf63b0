"""What would have to be otherwise for a post not to be flagged.

The fusers are asked what the verdict would be without this reason or that one. Where a heuristic
knows from its own parameters what would have kept it silent, it is quoted; elsewhere the score is
told that would be left.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.fusing.coordination import UNCONFIRMED
from moltwatch.heuristics.persona.weights import calibrated, uncalibrated
from moltwatch.model import Evidence, Kind, Level, Scores
from moltwatch.odds import noisy_or
from moltwatch.wording import fields_of, sentence

MOST = 3
"""Ways out that are told, where each is enough by itself."""


class WayOut(Struct, frozen=True):
    """How a post would not have been flagged."""

    conditions: tuple[str, ...] = ()
    """Each completes "not flagged …"."""
    together: bool = False
    """It takes all of them; otherwise each is enough."""


def way_out(
    kind: Kind,
    score: float,
    reasons: Sequence[Evidence],
    heuristics: Mapping[str, Heuristic],
    threshold: float = Scores.THRESHOLD,
) -> WayOut:
    """The way out for a post with this score of a kind, flagged for these reasons."""
    if kind is Kind.PERSONA:
        return _of_persona(score, reasons, threshold)
    families: dict[str, list[Evidence]] = {}
    for reason in sorted(reasons, key=lambda each: -each.score):
        families.setdefault(reason.family, []).append(reason)
    order = list(families)

    def left(gone: Iterable[str]) -> float:
        return _fused(kind, [found[0] for family, found in families.items() if family not in gone])

    def told(gone: Sequence[str]) -> str:
        # What looks at the same thing falls with it; the strongest of a family speaks for all.
        strongest = families[gone[-1]][0]
        if known := condition(heuristics.get(strongest.heuristic), strongest):
            return f"if {known}"
        return f"without “{strongest.reason}” ({score:.2f} → {left(gone):.2f})"

    alone = [family for family in order if left([family]) < threshold]
    if alone:
        return WayOut(tuple([told([family]) for family in alone[:MOST]]))
    enough = next((n for n in range(1, len(order)) if left(order[:n]) < threshold), len(order))
    return WayOut(tuple([told(order[:n]) for n in range(1, enough + 1)]), together=True)


def condition(heuristic: Heuristic | None, found: Evidence) -> str:
    """What would have kept a heuristic silent about what it found; empty where it does not tell.

    It is empty as well where fewer accounts are told of than it asks for: some fell silent since,
    or are in no group, and "fewer than five" would be true of the four that are shown.
    """
    if heuristic is None:
        return ""
    try:
        template = heuristic.otherwise(found)
        parameters = inspect.signature(type(heuristic)).parameters
        known = {name: getattr(heuristic, name) for name in parameters if hasattr(heuristic, name)}
        if "accounts" in fields_of(template) and found.n < known["accounts"]:
            return ""
        return sentence(template, known) if template else ""
    except (KeyError, ValueError, TypeError, IndexError, AttributeError):
        return ""  # a third party's template that names what it does not have


def _fused(kind: Kind, left: Sequence[Evidence]) -> float:
    """The score that the strongest of the families that are left would make."""
    score = noisy_or(each.score for each in left)
    if kind is Kind.COORDINATED and len(left) < 2:
        sure = any(each.level is Level.CONCLUSIVE for each in left)
        return score if sure else min(score, UNCONFIRMED)
    return score


def _of_persona(score: float, reasons: Sequence[Evidence], threshold: float) -> WayOut:
    """Marks add up: each can be taken off by itself."""
    above = uncalibrated(score)
    marks = [
        (mark.weight, sentence(mark.says, mark.facts))
        for reason in reasons
        for mark in reason.marks
        if mark.says and mark.weight > 0
    ]
    marks.sort(key=lambda mark: -mark[0])
    alone: list[str] = []
    for weight, said in marks:
        left = calibrated(above - weight)
        if left < threshold:
            alone.append(f"without “{said}” ({score:.2f} → {left:.2f})")
    if alone:
        return WayOut(tuple(alone[:MOST]))
    taken: list[str] = []
    for weight, said in marks:
        above -= weight
        left = calibrated(above)
        taken.append(f"without “{said}” (→ {left:.2f})")
        if left < threshold:
            break
    return WayOut(tuple(taken), together=True)
