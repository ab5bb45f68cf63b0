"""How much hangs on each number: F1 of coordination when one parameter of one heuristic is scaled.

Nothing of coordination is fitted, so nothing can be cross-validated; what can be asked is whether a
number sits on a plateau or at the edge of a cliff. What the other heuristics say does not depend on
it: they are run once and kept on tape, and all variants of a heuristic run side by side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from unittest.mock import patch

from msgspec import Struct

from moltwatch.errors import UsageError
from moltwatch.evaluation.ablation import Ablation, Choice
from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.fusing import coordination
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.heuristics.quality import Outcome
from moltwatch.heuristics.registry import describe, make
from moltwatch.model import Evidence, Kind
from moltwatch.times import Micros
from tests.quality.measure import Task, coordinating, outcome, run

FACTORS = (0.5, 0.75, 1.33, 2.0)
SIDE_BY_SIDE = 100
"""Variants in one run: each keeps a memory of its own."""
FELL = 0.02
"""A fall of F1 worth a mark."""

_FUSING = {
    coordination: (
        *("FEWEST_SHARED", "LEAST_COVERED", "LEAST_TO_SPREAD"),
        *("NEARLY_ALL", "LEAST_COMMON", "FEWEST_COMMON"),
    ),
}
"""Numbers of how evidence is put together."""


class Variant(Struct, frozen=True):
    """A heuristic with one number changed."""

    heuristic: str
    parameter: str
    default: float
    factor: float
    made: Heuristic

    @property
    def name(self) -> str:
        return f"{self.heuristic}.{self.parameter} x{self.factor}"


class _Deaf(GroupTracker):
    """Only what is on tape counts: in the run itself nothing is put together."""

    def add(self, evidence: Evidence, now: Micros) -> None:
        """Nothing."""


def variants(only: Collection[str] = ()) -> Iterator[Variant]:
    """All that a configuration allows; of numbers that scaling does not change, none."""
    for heuristic in coordinating():
        if only and heuristic.name not in only:
            continue
        cls = type(heuristic)
        for given in describe(cls).parameters:
            default = given.default
            if isinstance(default, bool) or not isinstance(default, int | float):
                continue
            for factor in FACTORS:
                value = _scaled(default, factor)
                if value == default:
                    continue
                try:
                    made = make(cls, {given.name: value})
                except UsageError:
                    continue
                variant = Variant(heuristic.name, given.name, default, factor, made)
                vars(made)["name"] = variant.name
                yield variant


def plateau(task: Task, only: Collection[str] = (), *, blind: bool = False) -> str:
    """The table: a line for each number, a column for each factor. ``blind`` hides all names, which
    tells more where one group with telling names carries everything."""
    rows: dict[tuple[str, float], dict[float, Outcome]] = {}
    fusing: dict[tuple[str, float], dict[float, Outcome]] = {}
    whole = Outcome()
    usual = [each.name for each in coordinating()]
    every = variants(only)
    while chunk := list(islice(every, SIDE_BY_SIDE)):
        ablation = _run(task, chunk, blind)
        whole = _outcome(ablation, usual)
        for each in chunk:
            names = [name for name in usual if name != each.heuristic] + [each.name]
            row = rows.setdefault((f"{each.heuristic}.{each.parameter}", each.default), {})
            row[each.factor] = _outcome(ablation, names)
        if not (only or fusing):
            fusing = _fusing(ablation, usual)
    lines = [_line("F1 of coordination by account", "is", [f"× {factor:g}" for factor in FACTORS])]
    for (name, default), row in {**rows, **fusing}.items():
        cells = [_cell(row.get(factor), whole) for factor in FACTORS]
        lines.append(_line(name, f"{default:g}", cells))
    return (
        f"{task.title}{', names hidden' * blind}: "
        f"precision {whole.precision}, recall {whole.recall}, F1 {whole.f1}\n"
        "▼ where F1 falls by more than 0.02, ! where precision does; · where it cannot be set\n\n"
        + "\n".join(lines)
    )


def _fusing(
    ablation: Ablation, names: Sequence[str]
) -> dict[tuple[str, float], dict[float, Outcome]]:
    rows: dict[tuple[str, float], dict[float, Outcome]] = {}
    for module, constants in _FUSING.items():
        for constant in constants:
            default = getattr(module, constant)
            row = rows[f"{module.__name__.rpartition('.')[2]}.{constant}", default] = {}
            for factor in FACTORS:
                with patch.object(module, constant, _scaled(default, factor)):
                    row[factor] = _outcome(ablation, names)
    return rows


def _run(task: Task, chunk: Sequence[Variant], blind: bool) -> Ablation:
    def everything() -> list[Heuristic]:
        return [*coordinating(), *(each.made for each in chunk)]

    return run(task, everything, ablation=True, blind=blind, groups=_Deaf()).ablation()


def _outcome(ablation: Ablation, names: Sequence[str]) -> Outcome:
    return outcome(ablation.cut(Kind.COORDINATED, Choice("", tuple(names))))


def _scaled(default: float, factor: float) -> float:
    return round(default * factor) if isinstance(default, int) else default * factor


def _cell(got: Outcome | None, whole: Outcome) -> str:
    if got is None:
        return "·"
    fell = (whole.f1 or 0) - (got.f1 or 0) > FELL
    unsure = (whole.precision or 0) - (got.precision or 0) > FELL
    return f"{got.f1 or 0:.3f}" + "▼" * fell + "!" * unsure


def _line(name: str, default: str, cells: Sequence[str]) -> str:
    return f"{name:34} {default:>9}" + "".join(f"{cell:>9}" for cell in cells)
