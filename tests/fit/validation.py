"""How good the persona weights are on posts that they have not seen: of another month, of authors
left out; each slice with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import structs

from moltwatch.evaluation.metrics import auc
from moltwatch.evaluation.slices import SLICES
from moltwatch.heuristics.quality import Slice, Validation
from tests.fit.model import fit_with_history, left_out, threshold, total, with_history
from tests.fit.stream import Labelled, Month, Seen

PRECISION = 0.93
"""Of posts and of comments at the threshold, cross-validated, among what two readers judged."""
KINDS = ("brief", "character", "manifesto", "promotion")


def _hidden(item: Labelled, hidden: tuple[str, ...], **instead: float) -> Seen:
    marks = {mark: value for mark, value in item.seen.marks.items() if not mark.startswith(hidden)}
    return structs.replace(item.seen, marks={**marks, **instead})


VIEWS: Mapping[str, Callable[[Labelled], Seen]] = {
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


def thresholds(judged: Sequence[tuple[Labelled, float]]) -> dict[str, float]:
    """By kind of post, the log-odds from which the precision holds; each labelled item comes with
    its own. Only what two readers judged counts."""
    found = {"post": 0.0, "comment": 0.0}
    for kind in found:
        of_kind = [
            (odds, item.label) for item, odds in judged if item.seen.kind == kind and not item.own
        ]
        if of_kind:
            found[kind] = threshold(of_kind, PRECISION)
    return found


def across(title: str, fitted: Month, measured: Month) -> Validation:
    """Fitted on one month alone, threshold and all, and measured on the other."""
    weights, _ = fit_with_history([fitted])
    at = thresholds([(item, total(of, item.seen)) for item, of in left_out([fitted])])
    judged = with_history([measured], weights)
    odds = [total(weights, item.seen) - at[item.seen.kind] for item in judged]
    return cut(title, judged, {"all": odds})
