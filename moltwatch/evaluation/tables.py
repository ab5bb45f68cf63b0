"""The outcome of an evaluation as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from moltwatch.evaluation.coordination import CoordinationScore
from moltwatch.evaluation.items import ItemsScore
from moltwatch.evaluation.metrics import Counts
from moltwatch.evaluation.observer import Carried
from moltwatch.evaluation.report import Items, Report
from moltwatch.model import Kind
from moltwatch.text import display_line
from moltwatch.times import SECOND, format_duration

_WIDTH = 110
"""Columns, where the output is not a terminal."""
_MOST_NAMED = 10


def print_tables(report: Report, stream: IO[str]) -> None:
    """Write all tables of a report."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH
    names = " (names hidden)" if report.blind else ""
    console.print(
        f"{display_line(report.recording)}{names}: {report.posts:,} posts by "
        f"{report.accounts:,} accounts, {len(report.heuristics)} heuristics"
    )
    console.print(_alert_table(report))
    if report.coordinated:
        _print_coordination(console, report.coordinated)
    for kind, items in ((Kind.PERSONA, report.persona), (Kind.HAZARD, report.hazard)):
        if items:
            _print_items(console, kind, items)
    for kind in Kind:
        if report.by_heuristic[kind]:
            console.print(_evidence_table(kind, report.by_heuristic[kind], report.by_family[kind]))


def _alert_table(report: Report) -> Table:
    rows = (
        (
            alert.kind.value,
            f"{alert.flagged:,}",
            _number(alert.per_thousand, 1),
            f"{alert.strong:,}",
            _number(alert.strong_per_thousand, 1),
        )
        for alert in report.alerts
    )
    return _table(
        "Alert rate", ("kind", "≥ 0.5", "in 1,000 posts", "≥ 0.8", "in 1,000 posts"), rows
    )


def _print_coordination(console: Console, score: CoordinationScore) -> None:
    console.print(
        _table(
            "Coordinated",
            ("", "precision", "recall", "F1", "right", "wrong", "missed"),
            (
                ("by account", *_quality(score.accounts)),
                ("by post", *_quality(score.posts)),
            ),
        )
    )
    facts = [
        ("groups found", f"{score.groups_found} of {len(score.groups)}"),
        ("groups formed", f"{score.groups_formed:,}"),
        ("look-alikes flagged", f"{score.look_alikes_flagged} of {score.look_alikes}"),
        (
            "innocent posts flagged",
            f"{score.innocent_posts_flagged:,} of {score.innocent_posts:,} "
            f"({_number(score.per_thousand_innocent, 2)} in 1,000)",
        ),
        ("labelled accounts that did not post here", f"{score.absent:,}"),
    ]
    if score.false_accounts:
        facts.append(("wrongly flagged, most posts first", _names(score.false_accounts)))
    if score.missed_accounts:
        facts.append(("missed, most posts first", _names(score.missed_accounts)))
    console.print(_table("", ("", ""), facts))
    console.print(
        _table(
            "True groups",
            ("group", "kind", "members", "flagged", "found", "after the third", "seen as"),
            (
                (
                    group.name,
                    group.kind,
                    f"{group.members}",
                    f"{group.flagged}",
                    "yes" if group.found else "no",
                    _seconds(group.seconds),
                    _names(group.groups, 3),
                )
                for group in score.groups
            ),
        )
    )


def _print_items(console: Console, kind: Kind, items: Items) -> None:
    parts = [("all", items.together)]
    if items.alone.n:
        parts += [("in the recording", items.recorded), ("on their own", items.alone)]
    console.print(
        _table(
            f"{kind.value.capitalize()}, labelled items",
            ("", "items", "true", "AUC", "posts", "comments", "precision", "recall", "F1", "Brier"),
            ((name, *_item_cells(part)) for name, part in parts if part.n),
        )
    )
    if items.skipped:
        console.print(f"  {items.skipped:,} labelled items are not in the recording: left out")
    console.print(
        _table(
            "Recall by kind",
            ("kind", "found", "of", "recall"),
            (
                (name or "(none named)", f"{found}", f"{of}", f"{found / of:.2f}")
                for name, (found, of) in items.together.recall_by_kind.items()
            ),
        )
    )
    console.print(
        _table(
            "Calibration",
            ("score", "items", "mean score", "share true"),
            (
                (f"{b.low:.1f} to {b.high:.1f}", f"{b.n}", f"{b.mean_score:.2f}", f"{b.share:.2f}")
                for b in items.together.reliability
            ),
        )
    )


def _evidence_table(
    kind: Kind, heuristics: Mapping[str, Carried], families: Mapping[str, Carried]
) -> Table:
    rows: list[tuple[str, ...]] = []
    for prefix, table in (("", heuristics), ("family ", families)):
        rows.extend(
            (
                f"{prefix}{name}",
                f"{carried.right:,}",
                f"{carried.wrong:,}",
                f"{carried.only_right:,}",
                f"{carried.only_wrong:,}",
            )
            for name, carried in sorted(table.items())
        )
    return _table(
        f"{kind.value.capitalize()}: what stands behind flagged posts",
        ("heuristic", "right", "wrong", "right, one family only", "wrong, one family only"),
        rows,
    )


def _table(title: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    heads = tuple(heads)
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD if any(heads) else None,
        show_header=any(heads),
        pad_edge=True,
    )
    for at, head in enumerate(heads):
        words = at == 0 or head in ("kind", "found", "seen as", "")
        table.add_column(head, justify="left" if words else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(display_line(value)) for value in row))
    return table


def _quality(counts: Counts) -> tuple[str, ...]:
    return (
        _number(counts.precision, 3),
        _number(counts.recall, 3),
        _number(counts.f1, 3),
        f"{counts.hits:,}",
        f"{counts.false:,}",
        f"{counts.missed:,}",
    )


def _item_cells(score: ItemsScore) -> tuple[str, ...]:
    counts = score.counts
    areas = (score.auc, score.auc_posts, score.auc_comments)
    measures = (*areas, counts.precision, counts.recall, counts.f1, score.brier)
    return (f"{score.n:,}", f"{score.positives:,}", *(_number(value, 3) for value in measures))


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    span = format_duration(round(abs(seconds) * SECOND))
    return f"{span} before" if seconds < 0 else span


def _names(names: tuple[str, ...], most: int = _MOST_NAMED) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
