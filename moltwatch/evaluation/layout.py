"""How an evaluation's tables are set: one look for all of them, on a terminal of any width and in a
pipe, where lines are as long as they need and end where their text ends."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import IO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from moltwatch.evaluation.metrics import Counts
from moltwatch.text import display_line
from moltwatch.times import SECOND, format_duration

PIPED = 120
"""Columns where the output is no terminal, unless ``COLUMNS`` says otherwise."""
MOST_NAMED = 10


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
