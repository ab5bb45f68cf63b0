"""Strangers' words in a Markdown document: nothing in them is markup, in whatever dialect.

Escaping with backslashes is not enough: GitHub and others make links of bare addresses, of names
after an ``@`` and of host names, wherever they stand but in code. So that is where words go, unless
they are so plain that no dialect makes anything of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_PLAIN = re.compile(
    r"(?:[^\W_]|[ ,;%()“”’·…×–−]|[.:](?![^\W_/])|(?<=\d)[.:](?=\d)|(?<=[^\W_])-(?=[^\W_]))*"
)
"""Letters, digits and marks that mean nothing; full stops and colons that end something or stand
in a number; hyphens inside words."""

_REFERENCE = re.compile(r"(?<![^\W_])(?:GH-\d|[0-9a-f]{7,40}(?![^\W_]))", re.IGNORECASE)
"""What GitHub takes for an issue or a commit."""

_TICKS = re.compile("`+")


def code(words: str) -> str:
    """As code: to the letter, and nothing but letters. ``words`` are on one line and not empty
    but for blanks; of nothing nothing is made."""
    if not words.strip():
        return ""
    longest = max((len(run) for run in _TICKS.findall(words)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if words[0] in "` " or words[-1] in "` " else ""
    return f"{ticks}{pad}{words}{pad}{ticks}"


def prose(words: str) -> str:
    """As part of a sentence where that is safe, otherwise as code. Not to stand at the beginning
    of a line, where ``1.`` would begin a list."""
    safe = _PLAIN.fullmatch(words) and not _REFERENCE.search(words)
    return words if safe else code(words)


def table(
    heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, words: Collection[int]
) -> list[str]:
    """Lines of a table whose cells hold our own words and numbers. The columns that are ``words``
    are set left, the others right; all are as wide in a terminal as they need to be."""
    widths = [max(3, *(len(row[at]) for row in (heads, *rows))) for at in range(len(heads))]
    left = [at in words for at in range(len(heads))]

    def line(cells: tuple[str, ...]) -> str:
        padded = (
            cell.replace("|", "¦").ljust(width) if is_left else cell.rjust(width)
            for cell, width, is_left in zip(cells, widths, left, strict=True)
        )
        return f"| {' | '.join(padded)} |"

    rule = (
        "-" * width if is_left else "-" * (width - 1) + ":"
        for width, is_left in zip(widths, left, strict=True)
    )
    return [line(heads), f"| {' | '.join(rule)} |", *map(line, rows)]
