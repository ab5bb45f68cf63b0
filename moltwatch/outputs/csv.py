"""Findings as CSV, for a spreadsheet: one table for all sorts of lines.

Unlike JSON lines, which keep the original text, cells hold the display form, and a cell that a
spreadsheet would take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
from io import StringIO

from moltwatch.model import Finding, FlaggedPost, Retracted, Verdict
from moltwatch.outputs.jsonl import own_first, score
from moltwatch.text import display
from moltwatch.times import Micros, format_time

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
    """The finding's cells by column."""
    if isinstance(finding, FlaggedPost):
        return {"type": "flagged", "kind": finding.kind.value, **_post(finding)}
    if isinstance(finding, Verdict):
        return {"type": "verdict", "first_at": _time(finding.first_at), **_post(finding)}
    if isinstance(finding, Retracted):
        return {
            "type": "retracted",
            "at": _time(finding.at),
            "kind": finding.kind.value,
            "id": finding.post,
        }
    return {
        "type": "group",
        "at": _time(finding.at),
        "kind": finding.kind.value,
        "group": finding.id,
        "state": finding.state.value,
        "into": finding.into,
        "n": finding.n,
        "accounts": " ".join(finding.accounts),
        "reason": finding.reason,
    }


def _post(finding: FlaggedPost | Verdict) -> dict[str, object]:
    post, scores = finding.post, finding.scores
    flags = own_first(finding) if isinstance(finding, FlaggedPost) else finding.flags
    return {
        "at": _time(finding.at),
        "persona": score(scores.persona),
        "coordinated": score(scores.coordinated),
        "hazard": score(scores.hazard),
        "id": post.id,
        "post_kind": post.kind,
        "thread": post.thread,
        "parent": post.parent,
        "author": post.author,
        "community": post.community,
        "title": post.title,
        "text": post.text,
        "created_at": _time(post.created_at),
        "link": post.link,
        "url": post.url,
        "source": post.source,
        "heuristics": " ".join(flag.heuristic for flag in flags),
        "reason": flags[0].reason if flags else None,
        "group": next((flag.group for flag in flags if flag.group), None),
    }


def _time(at: Micros | None) -> str | None:
    return None if at is None else format_time(at)
