"""How well single posts are judged: persona and hazards, against labelled items.

Labels often go beyond a recording's end. Such an item is judged on its own, in a stream that holds
nothing but its author's bio and what it answers; it is told apart in the result, because a verdict
without history is a poorer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from moltwatch.evaluation.labels import ItemLabel
from moltwatch.evaluation.metrics import (
    Bin,
    Counts,
    Pair,
    auc,
    brier,
    calibration_error,
    reliability,
)
from moltwatch.evaluation.observer import Judged
from moltwatch.evaluation.slices import SLICES, Traits, traits
from moltwatch.heuristics.engine import Engine
from moltwatch.model import AgentSeen, Event, Kind, Post, Scores, Verdict
from moltwatch.pipeline import Sink
from moltwatch.times import DAY, Micros

_APART: Micros = 3 * DAY
"""Time between two items judged on their own: everything has faded in between."""


class SliceScore(Struct, frozen=True, kw_only=True):
    """Scores of those labelled items that have something in common."""

    n: int
    positives: int
    auc: float | None
    counts: Counts
    """At the shipped threshold."""


class ItemsScore(Struct, frozen=True, kw_only=True):
    """Scores of labelled items of one kind."""

    n: int
    positives: int
    auc: float | None
    """Area under the ROC curve."""
    auc_posts: float | None
    """Among roots alone."""
    auc_comments: float | None
    counts: Counts
    """At the shipped threshold."""
    recall_by_kind: dict[str, tuple[int, int]]
    """By kind of the label: found, of how many."""
    brier: float | None
    calibration_error: float | None
    """Expected calibration error over the bins of ``reliability``."""
    reliability: list[Bin]
    slices: dict[str, SliceScore]
    """By name, those of :data:`.slices.SLICES` to which any item belongs."""


def score_items(
    kind: Kind, labels: Mapping[str, ItemLabel], judged: Mapping[str, Judged]
) -> ItemsScore:
    """Compare verdicts with labels, where there are both."""
    both = [
        (judged[id].scores.of(kind), bool(item.label), judged[id].traits, item.kind or "")
        for id, item in labels.items()
        if id in judged and item.label is not None
    ]
    pairs: list[Pair] = [(score, truth) for score, truth, _, _ in both]
    slices: dict[str, SliceScore] = {}
    for name, belongs in SLICES.items():
        chosen = [(score, truth) for score, truth, traits, _ in both if belongs(traits)]
        if chosen:
            slices[name] = SliceScore(
                n=len(chosen),
                positives=sum(truth for _, truth in chosen),
                auc=auc(chosen),
                counts=Counts.at(Scores.THRESHOLD, chosen),
            )
    bins = reliability(pairs)
    by_kind: dict[str, tuple[int, int]] = {}
    for score, truth, _, name in both:
        if truth:
            found, of = by_kind.get(name, (0, 0))
            by_kind[name] = (found + (score >= Scores.THRESHOLD), of + 1)
    return ItemsScore(
        n=len(both),
        positives=sum(truth for _, truth in pairs),
        auc=auc(pairs),
        auc_posts=slices["posts"].auc if "posts" in slices else None,
        auc_comments=slices["comments"].auc if "comments" in slices else None,
        counts=Counts.at(Scores.THRESHOLD, pairs),
        recall_by_kind=dict(sorted(by_kind.items())),
        brier=brier(pairs),
        calibration_error=calibration_error(bins),
        reliability=bins,
        slices=slices,
    )


def judge_alone(labels: Iterable[ItemLabel], engine: Engine, *sinks: Sink) -> dict[str, Judged]:
    """Verdicts on items that have their text with them, each on its own; ``engine`` must be new and
    give verdicts, ``sinks`` are told of every event."""
    judged: dict[str, Judged] = {}
    wanted: dict[str, Traits] = {}
    for at, item in enumerate(labels, 1):
        if item.label is None or item.content is None:
            continue
        for event in _alone(item, at * _APART):
            if isinstance(event, Post) and event.id == item.id:
                bio = bool(item.bio)
                wanted[item.id] = traits(event, bio=bio, history=False, sample=item.sample)
            findings = engine.feed(event)
            for sink in sinks:
                sink.take(event, findings)
            _note(findings, wanted, judged)
    _note(engine.finish(), wanted, judged)
    return judged


def _alone(item: ItemLabel, at: Micros) -> list[Event]:
    author = item.author or f"unknown {at}"
    events: list[Event] = []
    if item.bio:
        events.append(AgentSeen(name=author, seen_at=at, bio=item.bio))
    thread = item.id if item.type != "comment" else f"{item.id} answers"
    if thread != item.id and item.in_reply_to:
        asked = Post(
            id=thread,
            thread=thread,
            author="somebody",
            text=item.in_reply_to,
            created_at=at,
            seen_at=at,
        )
        events.append(asked)
    events.append(
        Post(
            id=item.id,
            thread=thread,
            parent=None if thread == item.id else thread,
            author=author,
            title=item.title or None,
            text=item.content or "",
            created_at=at,
            seen_at=at,
        )
    )
    return events


def _note(
    findings: Iterable[object], wanted: Mapping[str, Traits], judged: dict[str, Judged]
) -> None:
    for finding in findings:
        if isinstance(finding, Verdict) and finding.post.id in wanted:
            id = finding.post.id
            judged[id] = Judged(wanted[id], finding.scores)
