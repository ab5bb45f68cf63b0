"""Findings as CSV, for a spreadsheet: one table for all sorts of lines.

Unlike JSON lines, which keep the original text, cells hold the display form, and a cell that a
spreadsheet would take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
from io import StringIO

from msgspec.structs import asdict

from moltwatch.jsonl import GroupLine, RetractedLine, line_of
from moltwatch.model import Finding, Verdict
from moltwatch.text import display

COLUMNS = (
    "type", "at", "kind", "persona", "coordinated", "hazard",
    "id", "post_kind", "thread", "parent", "author", "community", "title", "text",
    "created_at", "link", "url", "source",
    "heuristics", "reason", "group", "state", "into", "n", "accounts", "first_at",
)  # fmt: skip
"""Columns of the table; what a sort of line does not have stays empty."""

_MOST_CHARS = 32_000
"""A spreadsheet's cell takes 32,767 characters."""


class CsvFormat:
    """Findings as rows; the head is the heading."""

    head = f"{','.join(COLUMNS)}\n".encode()

    def encode(self, finding: Finding) -> bytes:
        """The finding's row, in UTF-8."""
        out = StringIO()
        cells = row(finding)
        csv.writer(out, lineterminator="\n").writerow([cell(cells.get(name)) for name in COLUMNS])
        return out.getvalue().encode()


def cell(value: object) -> str:
    """A value as a cell that is harmless in a terminal and in a spreadsheet."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = display(str(value), _MOST_CHARS)
    # OWASP, "CSV injection": these start a formula. Blanks do not hide one from every program.
    return f"'{text}" if text.lstrip()[:1] in _FORMULA else text


_FORMULA = frozenset("=+-@＝＋－＠|%")


def row(finding: Finding) -> dict[str, object]:
    """The finding's cells by column: what its JSON line says, laid flat."""
    line = line_of(finding)
    cells: dict[str, object] = {"type": line.__struct_config__.tag, **asdict(line)}
    cells["kind"] = None if isinstance(finding, Verdict) else finding.kind.value
    if isinstance(line, GroupLine):
        return {**cells, "id": None, "group": line.id, "accounts": " ".join(line.accounts)}
    if isinstance(line, RetractedLine):
        return {**cells, "id": line.post}
    return {
        **asdict(line.post),
        "post_kind": line.post.kind,
        **cells,
        "heuristics": " ".join(flag.heuristic for flag in line.flags),
        "reason": line.flags[0].reason if line.flags else None,
        "group": next((flag.group for flag in line.flags if flag.group), None),
    }
