"""The heuristics that run: how many flags each of them stands behind, and which of them failed."""

from __future__ import annotations

from collections import Counter

from moltwatch.heuristics.asking import Health
from moltwatch.heuristics.base import Heuristic
from moltwatch.session import Session
from moltwatch.tui.line import safe_line
from moltwatch.tui.symbols import sign
from moltwatch.tui.widgets.pane import Frame, ParagraphRow, PiecesRow, TitledPane
from moltwatch.tui.widgets.rows import Row
from moltwatch.tui.widgets.rowview import RowView
from moltwatch.wording import count

RECOUNT = 30
"""Frames between two counts: all flags of the session are gone through."""


class HeuristicsPane(TitledPane):
    """All of them, the one that flags most first."""

    def __init__(self) -> None:
        super().__init__(RowView(empty="no heuristic runs"))
        self._shown: object = None
        self._shown_at = -RECOUNT

    def reset(self) -> None:
        self._shown_at = -RECOUNT

    def draw(self, frame: Frame) -> None:
        session, engine = frame.session, frame.run.pipeline.engine
        failures = [health.failures for health in engine.health.values()]
        version = (id(session), session.charges.version, failures)
        if version == self._shown or frame.number - self._shown_at < RECOUNT:
            return
        self._shown, self._shown_at = version, frame.number
        flags = _flags_of_each(session)
        running = sorted(engine.heuristics, key=lambda one: (-flags[one.name], one.name))
        ill = sum(map(bool, failures))
        self.title_line.set(
            [("HEURISTICS ", "strong"), (f"{len(running):,}", "dim")],
            [(f"{sign('no')} {ill:,} failed ", "bad")] if ill else [],
        )
        self.view.set_rows(
            [row for one in running for row in _rows(one, flags[one.name], engine.health[one.name])]
        )


def _flags_of_each(session: Session) -> Counter[str]:
    """How many of the flags that stand each heuristic, by name, gives a reason for."""
    return Counter(
        name
        for case in session.charges.cases
        for charge in case.charges
        if charge.stands
        for name in {flag.heuristic for flag in charge.reasons}
    )


def _rows(heuristic: Heuristic, flags: int, health: Health) -> list[Row]:
    name, kind = heuristic.name, heuristic.kind
    rows: list[Row] = [
        PiecesRow(
            name,
            [
                (f"{sign(kind)} ", kind.value if flags else "faint"),
                (safe_line(name, 40), "strong" if flags else "dim"),
            ],
            [(f"{count(flags, 'flag')} ", "body" if flags else "faint")],
        )
    ]
    if health.failures:
        fate = "switched off" if health.off else "goes on"
        failed = f"failed {count(health.failures, 'time')}, {fate}: {health.last_error}"
        rows.append(ParagraphRow((name, "failed"), safe_line(failed), "bad", 4, 3))
    return rows
