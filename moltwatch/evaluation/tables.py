"""The outcome of an evaluation as tables for people: one look for all of them, on a terminal of any
width and in a pipe, where lines are as long as they need and end where their text ends."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from moltwatch.evaluation.ablation import Cut
from moltwatch.evaluation.coordination import CoordinationScore, GroupScore
from moltwatch.evaluation.items import ItemsScore
from moltwatch.evaluation.metrics import Counts
from moltwatch.evaluation.observer import Carried
from moltwatch.evaluation.report import Items, Report
from moltwatch.model import SUREST_FIRST, Kind
from moltwatch.text import display_line
from moltwatch.times import SECOND, format_duration
from moltwatch.wording import count

PIPED = 120
"""Columns where the output is no terminal, unless ``COLUMNS`` says otherwise."""
MOST_NAMED = 10


def print_tables(report: Report, stream: IO[str]) -> None:
    """Write all tables of a report."""
    page = Page(stream)
    hidden = ", names hidden" if report.blind else ""
    page.say(f"{report.recording}{hidden}")
    page.say(
        f"{count(report.posts, 'post')} by {count(report.accounts, 'account')} in "
        f"{report.hours:,.1f} h, {count(len(report.heuristics), 'heuristic')}"
    )
    if report.labels:
        page.say(f"labels: {', '.join(Path(path).name for path in report.labels)}")
    page.show(_alerts(report))
    if report.coordinated:
        _coordination(page, report.coordinated)
    for kind, items in ((Kind.PERSONA, report.persona), (Kind.HAZARD, report.hazard)):
        if items:
            _items(page, kind, items)
    for kind in SUREST_FIRST:
        if report.by_heuristic[kind]:
            page.show(_evidence(kind, report.by_heuristic[kind], report.by_family[kind]))
    for kind in SUREST_FIRST if report.ablation else ():
        if report.ablation and report.ablation[kind]:
            page.show(_ablation(kind, report.ablation[kind]))


def _alerts(report: Report) -> Table:
    heads = ("Alerts", "≥ 0.5", "in 1,000", "an hour", "≥ 0.8", "in 1,000", "an hour")
    rows = (
        (
            alert.kind.value,
            f"{alert.flagged:,}",
            number(alert.per_thousand, 1),
            number(alert.per_hour, 1),
            f"{alert.strong:,}",
            number(alert.strong_per_thousand, 1),
            number(alert.strong_per_hour, 1),
        )
        for alert in sorted(report.alerts, key=lambda alert: SUREST_FIRST.index(alert.kind))
    )
    return table(heads, rows)


def _coordination(page: Page, score: CoordinationScore) -> None:
    heads = ("Coordinated", "precision", "recall", "F1", "right", "wrong", "missed")
    page.show(
        table(
            heads,
            (
                (name, *quality(got), f"{got.hits:,}", f"{got.false:,}", f"{got.missed:,}")
                for name, got in (("by account", score.accounts), ("by post", score.posts))
            ),
        )
    )
    told = [
        ("groups found", f"{score.groups_found} of {len(score.groups)} (half of their members)"),
        ("time to detect", _times(score.groups, score.median_seconds)),
        ("groups formed", f"{score.groups_formed:,}"),
        ("look-alikes flagged", f"{score.look_alikes_flagged} of {score.look_alikes}"),
        (
            "innocent posts flagged",
            f"{score.innocent_posts_flagged:,} of {score.innocent_posts:,} "
            f"({number(score.per_thousand_innocent, 2)} in 1,000)",
        ),
    ]
    if score.absent:
        told.append(("left out", f"{count(score.absent, 'labelled account')} never posted here"))
    if score.false_accounts:
        told.append(
            ("wrong, most flagged first", names(score.false_accounts, score.accounts.false))
        )
    if score.missed_accounts:
        told.append(
            ("missed, most posts first", names(score.missed_accounts, score.accounts.missed))
        )
    page.show(facts(told))
    if score.groups:
        columns = ("True groups", "kind", "flagged", "found", "3rd member\nto flag", "seen as")
        page.show(table(columns, map(_group, score.groups), words=(1, 3, 5)))


def _times(groups: tuple[GroupScore, ...], median: float | None) -> str:
    detected = [group for group in groups if group.seconds is not None]
    if not detected:
        return "never" if groups else "–"
    slowest = max(detected, key=lambda group: group.seconds or 0.0)
    missed = len(groups) - len(detected)
    never = f"; {missed} of {len(groups)} never" if missed else ""
    return f"median {delay(median)}, slowest {delay(slowest.seconds)} ({slowest.name}){never}"


def _group(group: GroupScore) -> tuple[str, ...]:
    more = len(group.groups) - 1
    return (
        group.name,
        group.kind,
        f"{group.flagged} of {group.members}",
        "yes" if group.found else "no",
        delay(group.seconds),
        group.groups[0] + (f" +{more}" if more else "") if group.groups else "",
    )


def _items(page: Page, kind: Kind, items: Items) -> None:
    score = items.together
    if not score.n:
        page.say(f"\n{kind.value.capitalize()}: none of the labelled items is in the recording")
        return
    parts = [("all", score)]
    if items.alone.n:
        parts += [("in the recording", items.recorded), ("judged alone", items.alone)]
    heads = (kind.value.capitalize(), "items", "true", "AUC", "posts", "comments")
    page.show(
        table(
            (*heads, "precision", "recall", "F1"),
            (
                (name, f"{part.n:,}", f"{part.positives:,}", *_areas(part), *quality(part.counts))
                for name, part in parts
                if part.n
            ),
        )
    )
    if items.skipped:
        page.say(f"{count(items.skipped, 'labelled item')} not in the recording, left out")
    if score.recall_by_kind:
        page.show(
            table(
                ("Recall by kind", "found", "of", "recall"),
                (
                    (name or "(none named)", f"{found}", f"{of}", f"{found / of:.2f}")
                    for name, (found, of) in score.recall_by_kind.items()
                ),
            )
        )
    page.show(
        table(
            ("Calibration", "items", "mean score", "share true"),
            (
                (f"{b.low:.1f} to {b.high:.1f}", f"{b.n}", f"{b.mean_score:.2f}", f"{b.share:.2f}")
                for b in score.reliability
            ),
        )
    )
    error, brier = number(score.calibration_error), number(score.brier)
    page.show(facts([("expected calibration error", error), ("Brier score", brier)]))


def _evidence(
    kind: Kind, heuristics: Mapping[str, Carried], families: Mapping[str, Carried]
) -> Table:
    what = "posts" if kind is Kind.COORDINATED else "items"
    heads = (
        f"{kind.value.capitalize()}:\nbehind flagged {what}",
        *(f"{of}\n{how}" for of in (what, "accounts", "alone") for how in ("right", "wrong")),
    )
    rows: list[tuple[str, ...]] = []
    for prefix, held in (("", heuristics), ("family ", families)):
        rows.extend((f"{prefix}{name}", *_carried(each)) for name, each in sorted(held.items()))
    return table(heads, rows)


def _carried(carried: Carried) -> tuple[str, ...]:
    figures = (
        *(carried.right, carried.wrong),
        *(carried.accounts_right, carried.accounts_wrong),
        *(carried.only_right, carried.only_wrong),
    )
    return tuple(f"{figure:,}" for figure in figures)


def _ablation(kind: Kind, cuts: tuple[Cut, ...]) -> Table:
    title = f"{kind.value.capitalize()}:\nfamilies"
    measures = ("precision", "recall", "F1")
    if kind is not Kind.COORDINATED:
        heads = (title, "AUC", "posts", "comments", *measures)
        return table(
            heads,
            (
                (cut.choice.name, *_areas(cut.items), *quality(cut.items.counts))
                for cut in cuts
                if cut.items
            ),
        )
    heads = (title, *measures, "groups\nfound", "groups\nformed", "look-\nalikes")
    return table(
        heads,
        (
            (
                cut.choice.name,
                *quality(cut.coordinated.accounts),
                f"{cut.coordinated.groups_found}",
                f"{cut.coordinated.groups_formed}",
                f"{cut.coordinated.look_alikes_flagged}",
            )
            for cut in cuts
            if cut.coordinated
        ),
    )


def _areas(score: ItemsScore) -> tuple[str, str, str]:
    return number(score.auc), number(score.auc_posts), number(score.auc_comments)


# --- what all tables look like --------------------------------------------------------------------


class Page:
    """Where tables are written to."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        if not self._console.is_terminal and "COLUMNS" not in os.environ:
            self._console.width = PIPED

    def say(self, sentence: str) -> None:
        """Write a line, however long, whatever it quotes."""
        self._stream.write(f"{display_line(sentence)}\n")

    def show(self, what: Table) -> None:
        """Write a table and an empty line before it, without the blanks that fill up its lines."""
        with self._console.capture() as captured:
            self._console.print(what)
        lines = (line.rstrip() for line in captured.get().strip("\n").splitlines())
        self._stream.write("\n" + "".join(f"{line}\n" for line in lines if line))


def table(
    heads: Iterable[str], rows: Iterable[Iterable[str]], *, words: Iterable[int] = ()
) -> Table:
    """A table whose first head is its title. Columns are numbers but for the first and those in
    ``words``; only the last may be broken."""
    heads, words = tuple(heads), {0, *words}
    made = Table(
        box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0), header_style=""
    )
    for at, head in enumerate(heads):
        made.add_column(
            Text(head, style="bold" if at == 0 else ""),
            justify="left" if at in words else "right",
            no_wrap=at < len(heads) - 1,
            overflow="fold",
            vertical="top",
        )
    for row in rows:
        made.add_row(*(Text(display_line(value)) for value in row))
    return made


def facts(pairs: Iterable[tuple[str, str]]) -> Table:
    """Names and values, one a line."""
    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        made.add_row(Text(name), Text(display_line(value)))
    return made


def number(value: float | None, digits: int = 3) -> str:
    """A figure; a dash where it is undefined."""
    return "–" if value is None else f"{value:,.{digits}f}"


def quality(counts: Counts) -> tuple[str, str, str]:
    """Precision, recall and F1."""
    return number(counts.precision), number(counts.recall), number(counts.f1)


def delay(seconds: float | None) -> str:
    """How long after the third member's act; below zero it was before."""
    if seconds is None:
        return "never"
    early = " before it" if seconds < 0 else ""
    return format_duration(round(abs(seconds) * SECOND)) + early


def names(some: tuple[str, ...], all: int) -> str:
    """The first few of ``all`` names."""
    shown = some[:MOST_NAMED]
    more = f" and {all - len(shown):,} more" if all > len(shown) else ""
    return ", ".join(shown) + more
