"""Measuring the heuristics on one recording, as figures to be shipped."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

import moltwatch
from moltwatch.evaluation.ablation import Ablation, Cut, parts_of
from moltwatch.evaluation.coordination import MANY, CoordinationScore, GroupScore
from moltwatch.evaluation.items import ItemsScore
from moltwatch.evaluation.labels import read_labels
from moltwatch.evaluation.measurement import Measurement, blinded
from moltwatch.evaluation.observer import Carried
from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.heuristics.quality import Outcome, Part, Set
from moltwatch.heuristics.registry import build
from moltwatch.model import Kind
from moltwatch.pipeline import Pipeline
from moltwatch.sources.grammar import open_source
from moltwatch.sources.registry import FAST, Opening

DIGITS = 3
NAMELESS = "other"
"""Labelled items of no kind."""


class Task(Struct, frozen=True):
    """A recording to measure on."""

    name: str
    title: str
    recording: Path
    labels: tuple[Path, ...]
    """None needed where they lie beside the recording."""
    command: str
    tuned: bool = False


def run(
    task: Task,
    make: Callable[[], Sequence[Heuristic]],
    *,
    ablation: bool,
    blind: bool = False,
    groups: GroupTracker | None = None,
) -> Measurement:
    """An evaluation, run to its end."""

    async def go() -> Measurement:
        recording = str(task.recording)
        source = await open_source(recording, Opening(speed=FAST))
        labels = read_labels(task.labels, recording)
        if blind:
            source, labels = await blinded(recording, source, labels)
        measured = Measurement(labels, make, ablation=ablation, groups=groups)
        await Pipeline(source, measured.engine, measured.sinks).run()
        return measured

    return asyncio.run(go())


def coordinating() -> list[Heuristic]:
    """The heuristics of coordination."""
    return [each for each in build({}) if each.kind is Kind.COORDINATED]


def measure(task: Task, date: str) -> Set:
    """Everything but what needs a run of its own."""
    measured = run(task, lambda: build({}), ablation=True)
    report = measured.report(task.name)
    coordinated, items = report.coordinated, {}
    for kind, scored in ((Kind.PERSONA, report.persona), (Kind.HAZARD, report.hazard)):
        if scored and scored.together.n:
            items[kind] = scored.together
    ablation = report.ablation or {}
    grouped = coordinated is not None and bool(coordinated.groups)
    labelled = (Kind.COORDINATED, *items) if grouped else tuple(items)
    return Set(
        title=task.title,
        tuned=task.tuned,
        measured=date,
        moltwatch=moltwatch.__version__,
        python=".".join(platform.python_version_tuple()[:2]),
        command=task.command,
        posts=report.posts,
        accounts=report.accounts,
        hours=round(report.hours, 1),
        alerts={alert.kind: _round(alert.per_thousand, 1) for alert in report.alerts},
        strong={alert.kind: _round(alert.strong_per_thousand, 1) for alert in report.alerts},
        true_groups=len(coordinated.groups) if coordinated else 0,
        not_found=sorted({_named(group) for group in coordinated.groups if not group.found})
        if coordinated
        else [],
        look_alikes=coordinated.look_alikes if coordinated else 0,
        innocent=_round(coordinated.per_thousand_innocent) if coordinated else 0.0,
        seconds=_maybe(coordinated.median_seconds, 1) if coordinated else None,
        recall={kind: _recalls(score) for kind, score in items.items()},
        items={kind: score.n for kind, score in items.items()},
        calibration={kind: _round(score.calibration_error) for kind, score in items.items()},
        families={
            kind: {cut.choice.name: outcome(cut) for cut in ablation[kind]} for kind in labelled
        },
        heuristics=_parts(measured.ablation(), measured.heuristics, labelled, report.by_heuristic),
    )


def measure_blind(task: Task) -> Outcome:
    """Coordination with all names hidden."""
    report = run(task, coordinating, ablation=False, blind=True).report(task.name, blind=True)
    assert report.coordinated is not None
    return _coordination(report.coordinated)


def outcome(cut: Cut) -> Outcome:
    """What a choice of heuristics achieves."""
    if cut.coordinated:
        return _coordination(cut.coordinated)
    assert cut.items is not None
    score = cut.items
    return Outcome(
        precision=_maybe(score.counts.precision),
        recall=_maybe(score.counts.recall),
        f1=_maybe(score.counts.f1),
        auc=_maybe(score.auc),
        posts=_maybe(score.auc_posts),
        comments=_maybe(score.auc_comments),
    )


def _coordination(score: CoordinationScore) -> Outcome:
    return Outcome(
        precision=_maybe(score.accounts.precision),
        recall=_maybe(score.accounts.recall),
        f1=_maybe(score.accounts.f1),
        groups=score.groups_found,
        formed=score.groups_formed,
        look_alikes=score.look_alikes_flagged,
    )


def _parts(
    ablation: Ablation,
    heuristics: list[Heuristic],
    kinds: Sequence[Kind],
    behind: Mapping[Kind, Mapping[str, Carried]],
) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    for kind in kinds:
        each = parts_of(heuristics, kind, families=False)
        cuts = {cut.choice.name: cut for cut in ablation.measure(kind, each)}
        for name in each:
            carried = behind[kind].get(name, Carried())
            parts[name] = Part(
                right=carried.right,
                wrong=carried.wrong,
                accounts_right=carried.accounts_right,
                accounts_wrong=carried.accounts_wrong,
                alone=_only(outcome(cuts[f"only {name}"]), "precision", "recall", "auc"),
                without=_only(outcome(cuts[f"without {name}"]), "f1", "auc"),
            )
    return dict(sorted(parts.items()))


def _named(group: GroupScore) -> str:
    kind = group.kind.replace("_", " ")
    few = f" (of which {group.members} posted here)" if group.members < MANY else ""
    return kind + few


def _only(full: Outcome, *fields: str) -> Outcome:
    """What is told of a heuristic: no more than is asked for."""
    left_out = {field: None for field in full.__struct_fields__ if field not in fields}
    return msgspec.structs.replace(full, **left_out)


def _recalls(score: ItemsScore) -> dict[str, float]:
    return {
        name or NAMELESS: round(found / of, 2) for name, (found, of) in score.recall_by_kind.items()
    }


def _maybe(value: float | None, digits: int = DIGITS) -> float | None:
    return None if value is None else round(value, digits)


def _round(value: float | None, digits: int = DIGITS) -> float:
    return round(value or 0.0, digits)
