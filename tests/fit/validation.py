"""How good the persona weights are on posts that they have not seen: of another month, of authors
left out; each slice with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import structs

from moltwatch.evaluation.metrics import auc
from moltwatch.evaluation.slices import SLICES
from moltwatch.heuristics.quality import Slice, Validation
from tests.fit.model import (
    Weights,
    cross_validated,
    fit_with_history,
    threshold,
    total,
    with_history,
)
from tests.fit.stream import Labelled, Month, Seen

PRECISION = 0.93
"""Of posts and of comments at the threshold, cross-validated, among what two readers judged."""
KINDS = ("brief", "character", "manifesto", "promotion")


def _hidden(item: Labelled, hidden: tuple[str, ...], **instead: float) -> Seen:
    marks = {mark: value for mark, value in item.seen.marks.items() if not mark.startswith(hidden)}
    return structs.replace(item.seen, marks={**marks, **instead})


KNOWING: Mapping[str, Callable[[Labelled], Seen]] = {
    "all": lambda item: item.seen,
    "bios hidden": lambda item: _hidden(
        item, ("bio.", "character.bio", "promotion.bio"), **{"bio.unknown": 1.0}
    ),
    "earlier posts hidden": lambda item: _hidden(
        item, ("history.", "repetition.", "promotion.again", "framing.kept")
    ),
    "on a new forum, nothing else seen": lambda item: item.cold,
}
"""How a labelled post shows itself to somebody who knows less."""


def cut(title: str, items: Sequence[Labelled], scores: Mapping[str, Sequence[float]]) -> Validation:
    """The figures of all slices; ``scores`` are log-odds, the threshold at 0: ``all``, and others
    by what was known. Only what two readers judged counts."""
    judged = [
        (item, score) for item, score in zip(items, scores["all"], strict=True) if not item.own
    ]
    pairs = {
        name: [(score, item.label) for item, score in zip(items, odds, strict=True) if not item.own]
        for name, odds in scores.items()
    }
    for name, belongs in SLICES.items():
        pairs[name] = [(score, item.label) for item, score in judged if belongs(item.traits)]
    slices = {name: _slice(chosen) for name, chosen in pairs.items() if chosen}
    recall = {}
    for kind in KINDS:
        hits = [score >= 0 for item, score in judged if item.label and item.persona == kind]
        if hits:
            recall[kind] = round(sum(hits) / len(hits), 2)
    return Validation(title=title, slices=slices, recall=recall)


def _slice(pairs: Sequence[tuple[float, bool]]) -> Slice:
    positives = sum(label for _, label in pairs)
    flagged = [label for score, label in pairs if score >= 0]
    area = auc(pairs)
    return Slice(
        n=len(pairs),
        positives=positives,
        auc=None if area is None else round(area, 3),
        precision=round(sum(flagged) / len(flagged), 3) if flagged else None,
        recall=round(sum(flagged) / positives, 3) if positives else None,
    )


def settled(weights: Weights, items: Sequence[Labelled], scores: Sequence[float]) -> Weights:
    """The weights with their priors shifted so that 0 is the threshold, for posts and for comments;
    ``scores`` are the cross-validated log-odds of the items."""
    shifted = dict(weights)
    for kind in ("post", "comment"):
        of_kind = [
            (score, item.label)
            for score, item in zip(scores, items, strict=True)
            if item.seen.kind == kind and not item.own
        ]
        if of_kind:
            shifted[kind] -= threshold(of_kind, PRECISION)
    return shifted


def shifted(
    before: Weights, after: Weights, items: Sequence[Labelled], scores: Sequence[float]
) -> list[float]:
    """The scores with the threshold at 0."""
    return [
        score + after[item.seen.kind] - before[item.seen.kind]
        for item, score in zip(items, scores, strict=True)
    ]


def across(title: str, fitted: Month, measured: Month) -> Validation:
    """Fitted on one month alone, threshold and all, and measured on the other."""
    weights, items = fit_with_history([fitted])
    threshold_at_zero = settled(weights, items, cross_validated(items))
    judged = with_history([measured], threshold_at_zero)
    scores = [total(threshold_at_zero, item.seen) for item in judged]
    return cut(title, judged, {"all": scores})
