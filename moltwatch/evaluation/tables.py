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
_AREAS = ("AUC", "posts", "comments")
_QUALITY = ("precision", "recall", "F1")


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
    _alerts(page, report)
    if report.coordinated:
        _coordination(page, report.coordinated)
    for kind, items in ((Kind.PERSONA, report.persona), (Kind.HAZARD, report.hazard)):
        if items:
            _items(page, kind, items)
    for kind in SUREST_FIRST:
        if report.by_heuristic[kind]:
            _evidence(page, kind, report.by_heuristic[kind], report.by_family[kind])
    for kind in SUREST_FIRST if report.ablation else ():
        if report.ablation and report.ablation[kind]:
            _ablation(page, kind, report.ablation[kind])


def _alerts(page: Page, report: Report) -> None:
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
    page.table(heads, rows)


def _coordination(page: Page, score: CoordinationScore) -> None:
    heads = ("Coordinated", *_QUALITY, "right", "wrong", "missed")
    rows = (
        (name, *quality(got), f"{got.hits:,}", f"{got.false:,}", f"{got.missed:,}")
        for name, got in (("by account", score.accounts), ("by post", score.posts))
    )
    page.table(heads, rows)
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
    page.facts(told)
    if score.groups:
        columns = ("True groups", "kind", "flagged", "found", "3rd member\nto flag", "seen as")
        page.table(columns, map(_group, score.groups), words=(1, 3, 5))


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
    page.table(
        (kind.value.capitalize(), "items", "true", *_AREAS, *_QUALITY),
        (
            (name, f"{part.n:,}", f"{part.positives:,}", *_areas(part), *quality(part.counts))
            for name, part in parts
            if part.n
        ),
    )
    if kind is Kind.PERSONA:
        page.table(
            ("Among them", "items", "true", "AUC", *_QUALITY),
            (
                (
                    name,
                    f"{part.n:,}",
                    f"{part.positives:,}",
                    number(part.auc),
                    *quality(part.counts),
                )
                for name, part in score.slices.items()
            ),
        )
    if items.skipped:
        page.say(f"{count(items.skipped, 'labelled item')} not in the recording, left out")
    if score.recall_by_kind:
        page.table(
            ("Recall by kind", "found", "of", "recall"),
            (
                (name or "(none named)", f"{found}", f"{of}", f"{found / of:.2f}")
                for name, (found, of) in score.recall_by_kind.items()
            ),
        )
    page.table(
        ("Calibration", "items", "mean score", "share true"),
        (
            (f"{b.low:.1f} to {b.high:.1f}", f"{b.n}", f"{b.mean_score:.2f}", f"{b.share:.2f}")
            for b in score.reliability
        ),
    )
    error, brier = number(score.calibration_error), number(score.brier)
    page.facts([("expected calibration error", error), ("Brier score", brier)])


def _evidence(
    page: Page, kind: Kind, heuristics: Mapping[str, Carried], families: Mapping[str, Carried]
) -> None:
    what = "posts" if kind is Kind.COORDINATED else "items"
    heads = (
        f"{kind.value.capitalize()}:\nbehind flagged {what}",
        *(f"{of}\n{how}" for of in (what, "accounts", "alone") for how in ("right", "wrong")),
    )
    rows: list[tuple[str, ...]] = []
    for prefix, held in (("", heuristics), ("family ", families)):
        rows.extend((f"{prefix}{name}", *_carried(each)) for name, each in sorted(held.items()))
    page.table(heads, rows)


def _carried(carried: Carried) -> tuple[str, ...]:
    figures = (
        *(carried.right, carried.wrong),
        *(carried.accounts_right, carried.accounts_wrong),
        *(carried.only_right, carried.only_wrong),
    )
    return tuple(f"{figure:,}" for figure in figures)


def _ablation(page: Page, kind: Kind, cuts: tuple[Cut, ...]) -> None:
    title = f"{kind.value.capitalize()}:\nfamilies"
    rows: list[tuple[str, ...]] = []
    for cut in cuts:
        if score := cut.coordinated:
            counted = (score.groups_found, score.groups_formed, score.look_alikes_flagged)
            rows.append((cut.choice.name, *quality(score.accounts), *map(str, counted)))
        elif cut.items:
            rows.append((cut.choice.name, *_areas(cut.items), *quality(cut.items.counts)))
    if kind is Kind.COORDINATED:
        heads = (title, *_QUALITY, "groups\nfound", "groups\nformed", "look-\nalikes")
    else:
        heads = (title, *_AREAS, *_QUALITY)
    page.table(heads, rows)


def _areas(score: ItemsScore) -> tuple[str, str, str]:
    return number(score.auc), number(score.auc_posts), number(score.auc_comments)


# --- what all tables look like --------------------------------------------------------------------


class Page:
    """Where tables are written to, which look all alike here."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        if not self._console.is_terminal and "COLUMNS" not in os.environ:
            self._console.width = PIPED

    def say(self, sentence: str) -> None:
        """Write a line, however long, whatever it quotes."""
        self._stream.write(f"{display_line(sentence)}\n")

    def table(
        self, heads: tuple[str, ...], rows: Iterable[Iterable[str]], *, words: Iterable[int] = ()
    ) -> None:
        """Write a table whose first head is its title. Columns are numbers but for the first and
        those in ``words``; only the last may be broken."""
        words = {0, *words}
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
        self._write(made, rows)

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Write names and values, one a line."""
        made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        made.add_column(no_wrap=True)
        made.add_column(overflow="fold")
        self._write(made, pairs)

    def _write(self, made: Table, rows: Iterable[Iterable[str]]) -> None:
        """Write it and an empty line before it, without the blanks that fill up its lines."""
        for row in rows:
            made.add_row(*(Text(display_line(value)) for value in row))
        with self._console.capture() as captured:
            self._console.print(made)
        lines = (line.rstrip() for line in captured.get().strip("\n").splitlines())
        self._stream.write("\n" + "".join(f"{line}\n" for line in lines if line))


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
