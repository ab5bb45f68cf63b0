"""Fits the weights of the persona marks: ``python -m tests.fit ../shared``.

Streams the real time line in order, so that every mark is what a live observer would have seen,
and fits a logistic regression on the labelled items: the given ones, and our own at a lower weight.
Marks that speak for a persona may not weigh below zero and are drawn towards one, since each was
thought of because it speaks for one: what few labelled items show is not taken to mean nothing.
Those of the conversation are free. Prints the cross-validated quality (folds by author) and writes
``material/weights.toml``.

The sum of the weights is then shifted so that 0.5 is where cross-validated precision reaches 0.93,
and stretched above it so that 0.8 is reached by the strongest 12 in 1,000 items of the time line:
the order stays what was fitted. One weight is set by hand: a text that its author has posted over
and over is as persona-driven as the first time, but no strong flag again.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from math import exp, log
from pathlib import Path

from moltwatch.heuristics import material
from tests.fit.stream import (
    FOLDER,
    OWN,
    Labelled,
    Watcher,
    persona_heuristics,
    read_jsonl,
    timeline,
)

RIDGE = 2.0
"""Penalty on the squared distance of a weight from where it is drawn, per item of weight 1."""
CENTRE = 1.0
"""Where the weights of marks that speak for a persona are drawn; those of the conversation to 0."""
FOLDS = 10
PRECISION = 0.93
STRONG = 12 / 1_000
BY_HAND = {"repetition.stale": -2.0}
OWN_WEIGHT = {"random": 0.8, "cue": 0.5}
WEIGHTS = Path(material.__file__).parent / "weights.toml"


def collect(shared: Path) -> tuple[list[Labelled], list[tuple[str, dict[str, float]]]]:
    """All labelled items, and the marks of everything in the time line."""
    given = {label["id"]: label for label in read_jsonl(shared / FOLDER / "persona_labels.jsonl")}
    own = {label["id"]: label for label in read_jsonl(OWN / "persona_own.jsonl")}
    watcher = Watcher(shared, persona_heuristics())
    found: list[Labelled] = []
    everything: list[tuple[str, dict[str, float]]] = []

    def keep(id: str, author: str, kind: str, marks: dict[str, float]) -> None:
        label = given.get(id) or own[id]
        if label["label"] is None:
            return
        weight = 1.0 if id in given else OWN_WEIGHT[label["sample"]]
        found.append(
            Labelled(
                id, author, kind, bool(label["label"]), label["kind"], weight, id in given, marks
            )
        )

    for post in timeline(shared):
        marks = watcher.see(post)
        everything.append((post.kind, marks))
        if post.id in given or post.id in own:
            keep(post.id, post.author, post.kind, marks)
    seen = {label.id for label in found}
    for id, label in given.items():
        if id not in seen and label["label"] is not None:
            keep(id, label["author"], label["type"], watcher.marks(watcher.alone(label)))
    return found, everything


Fitted = dict[str, float]
"""Weights by mark, with ``post`` and ``comment`` for the two priors."""


def sum_up(fitted: Mapping[str, float], kind: str, marks: Mapping[str, float]) -> float:
    return fitted[kind] + sum([fitted.get(name, 0.0) * value for name, value in marks.items()])


def fit(labelled: Sequence[Labelled], rounds: int = 400) -> Fitted:
    """Projected gradient descent with momentum on the penalised log-loss."""
    names = sorted({name for label in labelled for name in label.marks})
    centre = {name: 0.0 if _is_free(name) else CENTRE for name in names}
    weights: Fitted = dict.fromkeys(["post", "comment"], 0.0) | centre | BY_HAND
    speed = dict.fromkeys(weights, 0.0)
    total = sum(label.weight for label in labelled)
    for _ in range(rounds):
        slope = {
            name: RIDGE * (weight - centre[name]) if name in centre else 0.0
            for name, weight in weights.items()
        }
        for label in labelled:
            guess = 1.0 / (1.0 + exp(-sum_up(weights, label.kind, label.marks)))
            miss = (guess - label.label) * label.weight
            slope[label.kind] += miss
            for name, value in label.marks.items():
                slope[name] += miss * value
        for name in weights:
            if name in BY_HAND:
                continue
            speed[name] = 0.9 * speed[name] - 1.2 / total * slope[name]
            weights[name] += speed[name]
            if weights[name] < 0 and not _is_free(name):
                weights[name] = speed[name] = 0.0
    return weights


def _is_free(name: str) -> bool:
    """Whether a weight may be of either sign."""
    return name.partition(".")[0] in ("post", "comment", "conversation")


def cross_validate(labelled: Sequence[Labelled]) -> list[float]:
    """Log-odds of each item by a model that saw nothing of its author."""
    authors = sorted({label.author for label in labelled})
    # A fixed shuffle: the fold is a mix of the author's place in the alphabet.
    fold = {author: (at * 7919) % 1013 % FOLDS for at, author in enumerate(authors)}
    scores = [0.0] * len(labelled)
    for held in range(FOLDS):
        fitted = fit([label for label in labelled if fold[label.author] != held])
        for at, label in enumerate(labelled):
            if fold[label.author] == held:
                scores[at] = sum_up(fitted, label.kind, label.marks)
    return scores


def auc(scores: Sequence[float], truth: Sequence[bool]) -> float:
    """Area under the ROC curve, ties counted half."""
    positive = [score for score, true in zip(scores, truth, strict=True) if true]
    negative = [score for score, true in zip(scores, truth, strict=True) if not true]
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / (len(positive) * len(negative))


def threshold(scores: Sequence[float], labelled: Sequence[Labelled]) -> float:
    """The lowest log-odds from which the precision is held."""
    ranked = sorted(zip(scores, labelled, strict=True), key=lambda pair: -pair[0])
    hits = flagged = 0.0
    best = ranked[0][0]
    for score, label in ranked:
        flagged += label.weight
        hits += label.weight * label.label
        if hits / flagged >= PRECISION:
            best = score
    return best


def describe(scores: Sequence[float], labelled: Sequence[Labelled], at: float) -> str:
    lines = []
    for title, chosen in (("given", True), ("own", False), ("all", None)):
        pairs = [
            (score, label)
            for score, label in zip(scores, labelled, strict=True)
            if chosen in (None, label.given)
        ]
        areas = [
            auc(
                [s for s, label in pairs if label.kind in kinds],
                [label.label for _, label in pairs if label.kind in kinds],
            )
            for kinds in (("post", "comment"), ("post",), ("comment",))
        ]
        hits = [label for score, label in pairs if score >= at]
        positive = [label for _, label in pairs if label.label]
        right = sum(label.label for label in hits)
        recalls = {
            kind: sum(label.persona == kind and label.label for label in hits)
            / max(1, sum(label.persona == kind for label in positive))
            for kind in ("character", "manifesto", "brief", "promotion")
        }
        lines.append(
            f"{title} ({len(pairs)} items): AUC {areas[0]:.3f}, posts {areas[1]:.3f}, comments "
            f"{areas[2]:.3f}; precision {right / max(1, len(hits)):.2f}, recall "
            f"{right / len(positive):.2f} ("
            + ", ".join(f"{kind} {recall:.2f}" for kind, recall in recalls.items())
            + ")"
        )
    return "\n".join(lines)


def main() -> None:
    labelled, everything = collect(Path(sys.argv[1]))
    scores = cross_validate(labelled)
    at = threshold(scores, labelled)
    quality = describe(scores, labelled, at)
    fitted = fit(labelled)
    ranked = sorted((sum_up(fitted, kind, marks) for kind, marks in everything), reverse=True)
    strong = ranked[int(STRONG * len(ranked))]
    stretch = log(0.8 / 0.2) / (strong - at)
    half = sum(score >= at for score in ranked) / len(ranked)
    quality += (
        f"\nof 1,000 items of the time line {half * 1000:.0f} reach 0.5, "
        f"{STRONG * 1000:.0f} reach 0.8"
    )
    print(quality, f"\nthreshold {at:.2f}, stretch {stretch:.3f}")
    told = "\n".join(f"# {line}" for line in quality.splitlines())
    names = sorted(set(fitted) - {"post", "comment"})
    WEIGHTS.write_text(
        "# Weights of the persona marks: log-odds that a mark of 1 adds.\n"
        "# Fitted by tests/fit: logistic regression, the marks of a persona not below 0;\n"
        f"# ridge {RIDGE:g} around {CENTRE:g} for them, around 0 for those of the conversation;\n"
        f"# on {len(labelled)} labelled items, shifted so that 0 is the threshold.\n"
        f"# Cross-validated in {FOLDS} folds by author, at the threshold 0.5:\n{told}\n\n"
        "[prior]\n"
        + "".join(f"{kind} = {fitted[kind] - at:.3f}\n" for kind in ("post", "comment"))
        + f"\n[calibration]\nstretch = {stretch:.3f}\n\n[marks]\n"
        + "".join(f'"{name}" = {fitted[name]:.3f}\n' for name in names),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
