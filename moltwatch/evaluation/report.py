"""The outcome of an evaluation, as one value: for tables and for JSON."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from moltwatch.evaluation.ablation import Cut
from moltwatch.evaluation.coordination import CoordinationScore, score_coordination
from moltwatch.evaluation.items import ItemsScore, score_items
from moltwatch.evaluation.labels import ItemLabel, Labels
from moltwatch.evaluation.metrics import ratio
from moltwatch.evaluation.observer import Carried, Judged, Observer
from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.times import HOUR


class AlertRate(Struct, frozen=True, kw_only=True):
    """How often something is flagged: in a thousand posts, and in an hour of stream time."""

    kind: Kind
    flagged: int
    """At the shipped threshold."""
    strong: int
    """At 0.8 and above."""
    per_thousand: float | None
    strong_per_thousand: float | None
    per_hour: float | None
    strong_per_hour: float | None


class Items(Struct, frozen=True, kw_only=True):
    """Labelled items of one kind: those in the recording, those judged on their own, together."""

    recorded: ItemsScore
    alone: ItemsScore
    together: ItemsScore
    skipped: int
    """Neither in the recording nor with a text of their own."""


class Report(Struct, frozen=True, kw_only=True):
    """Everything measured in one run."""

    recording: str
    labels: tuple[str, ...]
    blind: bool
    heuristics: tuple[str, ...]
    posts: int
    accounts: int
    hours: float
    """Of stream time, from the first post to the last."""
    alerts: tuple[AlertRate, ...]
    coordinated: CoordinationScore | None
    persona: Items | None
    hazard: Items | None
    by_heuristic: dict[Kind, dict[str, Carried]]
    """Which heuristics stand behind flags on posts whose truth is known."""
    by_family: dict[Kind, dict[str, Carried]]
    ablation: dict[Kind, tuple[Cut, ...]] | None = None
    """Where it was asked for; empty for what there are no labels of."""


def make_report(
    recording: str,
    labels: Labels,
    observer: Observer,
    alone: Mapping[str, Judged],
    *,
    blind: bool,
    heuristics: Mapping[str, Kind],
    ablation: dict[Kind, tuple[Cut, ...]] | None = None,
) -> Report:
    """Put the outcome together; parts without labels, and kinds without heuristics, are None."""
    kinds = set(heuristics.values())
    coordinated = Kind.COORDINATED in kinds and bool(labels.accounts)
    personas = labels.personas if Kind.PERSONA in kinds else {}
    hazards = labels.hazards if Kind.HAZARD in kinds else {}
    session = observer.session
    return Report(
        recording=recording,
        labels=tuple(str(path) for path in labels.files),
        blind=blind,
        heuristics=tuple(heuristics),
        posts=session.posts,
        accounts=len(session.agents),
        hours=_hours(session),
        alerts=tuple(_alerts(kind, session) for kind in Kind),
        coordinated=score_coordination(labels, observer, session) if coordinated else None,
        persona=_items(Kind.PERSONA, personas, observer.judged, alone),
        hazard=_items(Kind.HAZARD, hazards, observer.judged, alone),
        by_heuristic=observer.contributions.heuristics,
        by_family=observer.contributions.families,
        ablation=ablation,
    )


def plain(value: object) -> object:
    """A result as what JSON knows, properties included."""
    if isinstance(value, Struct):
        names = [
            *value.__struct_fields__,
            *(name for name, member in vars(type(value)).items() if isinstance(member, property)),
        ]
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _alerts(kind: Kind, session: Session) -> AlertRate:
    flagged, strong = session.charges.by_kind[kind], session.charges.strong[kind]
    hours = _hours(session)
    return AlertRate(
        kind=kind,
        flagged=flagged,
        strong=strong,
        per_thousand=ratio(1_000 * flagged, session.posts),
        strong_per_thousand=ratio(1_000 * strong, session.posts),
        per_hour=ratio(flagged, hours),
        strong_per_hour=ratio(strong, hours),
    )


def _hours(session: Session) -> float:
    return 0.0 if session.first_at is None else (session.last_at - session.first_at) / HOUR


def _items(
    kind: Kind,
    labels: Mapping[str, ItemLabel],
    judged: Mapping[str, Judged],
    alone: Mapping[str, Judged],
) -> Items | None:
    if not labels:
        return None
    sure = [id for id, item in labels.items() if item.label is not None]
    return Items(
        recorded=score_items(kind, labels, judged),
        alone=score_items(kind, labels, alone),
        together=score_items(kind, labels, {**alone, **judged}),
        skipped=sum(id not in judged and id not in alone for id in sure),
    )
