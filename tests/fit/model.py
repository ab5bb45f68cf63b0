"""The model behind the persona weights: a logistic regression whose every part can be read.

Marks that speak for a persona may not weigh below zero and are drawn towards one, since each was
thought of because it speaks for one: what few labelled items show is not taken to mean nothing.
Those of the conversation, of what is not known and of the history are free and drawn to zero.

The history of an account is what the other marks made of its earlier posts, so it needs weights
itself: it is worked out with those fitted without it, and everything is fitted again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import exp

from msgspec import structs

from moltwatch.heuristics.features.memory import FADE
from moltwatch.heuristics.persona.base import MarkVector
from moltwatch.heuristics.persona.history import Record
from moltwatch.times import Micros
from tests.fit.stream import Labelled, Month, Seen

RIDGE = 4.0
"""Penalty on the squared distance of a weight from where it is drawn, per item of weight 1."""
CENTRE = 1.0
"""Where the weights of marks that speak for a persona are drawn."""
FREE = ("conversation.", "history.", "bio.unknown", "bio.assistant")
"""Beginnings of the marks whose weight may be of either sign."""
BY_HAND = {"repetition.stale": -2.0}
"""A text that its author has posted over and over is as persona-driven as the first time, but no
strong flag again."""
FOLDS = 10
OWN = {"random": 0.8, "doubtful": 0.6, "cue": 0.5, "june": 0.6}
"""What an item counts in the fit that one reader judged, by how it came to be read."""
ROUNDS = 250
PASSES = 2
"""How often the history is worked out, each time with better weights."""

Weights = dict[str, float]
"""By mark, with ``post`` and ``comment`` for the two priors."""


def importance(item: Labelled) -> float:
    """What an item counts in the fit."""
    return OWN[item.traits.sample] if item.own else 1.0


def total(weights: Mapping[str, float], seen: Seen) -> float:
    """The log-odds of a post."""
    marks = seen.marks
    return weights[seen.kind] + sum([weights.get(mark, 0.0) * marks[mark] for mark in marks])


def fit(items: Sequence[Labelled]) -> Weights:
    """Projected gradient descent with momentum on the penalised log-loss."""
    names = sorted({mark for item in items for mark in item.seen.marks})
    place = {name: at for at, name in enumerate(names, 2)}
    centre = [0.0, 0.0, *[0.0 if name.startswith(FREE) else CENTRE for name in names]]
    bounded = [False, False, *[not name.startswith(FREE) for name in names]]
    by_hand = {place[name] for name in BY_HAND if name in place}
    weights = [
        0.0,
        0.0,
        *[BY_HAND.get(name, at) for name, at in zip(names, centre[2:], strict=True)],
    ]
    rows = [
        (
            [int(item.seen.kind == "comment"), *[place[mark] for mark in item.seen.marks]],
            [1.0, *item.seen.marks.values()],
            float(item.label),
            importance(item),
        )
        for item in items
    ]
    step = 1.2 / sum(importance(item) for item in items)
    speed = [0.0] * len(weights)
    for _ in range(ROUNDS):
        slope = [RIDGE * (weight - drawn) for weight, drawn in zip(weights, centre, strict=True)]
        slope[0] = slope[1] = 0.0
        for places, values, label, counts in rows:
            odds = sum([weights[at] * value for at, value in zip(places, values, strict=True)])
            miss = (1.0 / (1.0 + exp(-odds)) - label) * counts
            for at, value in zip(places, values, strict=True):
                slope[at] += miss * value
        for at in range(len(weights)):
            if at in by_hand:
                continue
            speed[at] = 0.9 * speed[at] - step * slope[at]
            weights[at] += speed[at]
            if weights[at] < 0 and bounded[at]:
                weights[at] = speed[at] = 0.0
    return {
        "post": weights[0],
        "comment": weights[1],
        **{n: weights[at] for n, at in place.items()},
    }


def histories(month: Month, weights: Mapping[str, float]) -> Iterator[Seen]:
    """All posts of a month, marked with the histories that these weights give."""
    records: dict[str, Record] = {}
    last: dict[str, Micros] = {}
    for seen in month.seen:
        author = seen.author
        if last.get(author, seen.at) < seen.at - FADE:
            del records[author]  # forgotten, as in a live run
        last[author] = seen.at
        record = records.setdefault(author, Record())
        yield structs.replace(seen, marks=_and_history(seen.marks, record))
        record.take(total(weights, seen), seen.marks)


def with_history(months: Collection[Month], weights: Mapping[str, float]) -> list[Labelled]:
    """The labelled items of the months, marked in the same way; those later than the stream have
    no history."""
    found: list[Labelled] = []
    for month in months:
        wanted = {item.seen.id: item for item in month.labelled}
        found += [
            item.showing(seen.marks)
            for seen in histories(month, weights)
            if (item := wanted.pop(seen.id, None))
        ]
        found += wanted.values()
    return found


def _and_history(marks: Mapping[str, float], record: Record) -> Mapping[str, float]:
    vector = MarkVector()
    record.mark(vector)
    return {**marks, **vector.values}


def fit_with_history(months: Collection[Month]) -> tuple[Weights, list[Labelled]]:
    """Weights of all marks, and the labelled items with their histories."""
    items = [item for month in months for item in month.labelled]
    for _ in range(PASSES):
        items = with_history(months, fit(items))
    return fit(items), items


def left_out(months: Collection[Month]) -> list[tuple[Labelled, Weights]]:
    """Each labelled item with its history, and the weights that saw nothing of its author: those
    that judge it and those behind the history alike."""
    authors = sorted({item.seen.author for month in months for item in month.labelled})
    # A fixed shuffle: the fold is a mix of the author's place in the alphabet.
    fold = {author: (at * 7919) % 1013 % FOLDS for at, author in enumerate(authors)}
    found = []
    for held in range(FOLDS):
        strangers = {author for author in authors if fold[author] == held}
        weights, _ = fit_with_history([_by(set(authors) - strangers, month) for month in months])
        judged = with_history([_by(strangers, month) for month in months], weights)
        found += [(item, weights) for item in judged]
    return found


def _by(authors: AbstractSet[str], month: Month) -> Month:
    """A month of which only the labels of these authors are known."""
    return Month(month.seen, [item for item in month.labelled if item.seen.author in authors])


def threshold(judged: Iterable[tuple[float, bool]], precision: float) -> float:
    """The lowest of these log-odds from which the precision is held; each comes with its label."""
    ranked = sorted(judged, reverse=True)
    best, right = ranked[0][0], 0
    for n, (score, label) in enumerate(ranked, 1):
        right += label
        tied = n < len(ranked) and ranked[n][0] == score
        if right >= precision * n and not tied:
            best = score
    return best
