"""CSV tables of posts, comments and agents, told apart by their columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain

from moltwatch.dialects import fields
from moltwatch.errors import Rejects

_DELIMITERS = ",;\t|"

csv.field_size_limit(64 << 20)  # a cell is a body, and bodies of megabytes occur


class Table(StrEnum):
    """What the rows of a table are."""

    POSTS = "posts"
    COMMENTS = "comments"
    AGENTS = "agents"


def table_of(columns: Sequence[str]) -> Table | None:
    """What a header row announces; None if it is none of ours."""
    names = set(map(_name, columns))
    has_id = not names.isdisjoint((*fields.OWN_ID, *fields.POST_ID))
    has_text = not names.isdisjoint((*fields.TEXT, "title"))
    if has_id and has_text and not names.isdisjoint(fields.AUTHOR):
        roots = fields.ROOT if names.isdisjoint(fields.OWN_ID) else fields.THREAD
        return Table.POSTS if names.isdisjoint(roots) else Table.COMMENTS
    if not names.isdisjoint(fields.NAME) and not names.isdisjoint(("karma", *fields.FOLLOWERS)):
        return Table.AGENTS
    return None


def table_in(header: str) -> Table | None:
    """What the first line of a file announces; None if it is no header row of ours."""
    try:
        return table_of(next(csv.reader([header], delimiter=_delimiter(header)), []))
    except csv.Error:  # a carriage return within a cell that is not quoted
        return None


def rows(
    lines: Iterator[str], rejects: Rejects, name: str
) -> Iterator[tuple[dict[str, object], str]]:
    """Each row as a plain object, empty cells left out, with its place in the file ``name``.

    ``lines`` keep their line ends, as the csv module wants them. What a row is need not be said:
    :mod:`.api_objects` sees it by the same columns.
    """
    header = next(filter(str.strip, lines), "")
    reader = csv.reader(chain([header], lines), delimiter=_delimiter(header))
    columns: list[str] = []
    while True:
        where = f"{name} line {reader.line_num + 1}"
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            rejects.add("not CSV", where)
            continue
        if not columns:
            columns = list(map(_name, row))
        elif row:
            yield {key: cell for key, cell in zip(columns, row, strict=False) if cell}, where


def _name(column: str) -> str:
    """What a column is called in API objects: ``Created At`` is ``created_at``."""
    name = column.strip().removeprefix("\ufeff")
    return name.lower().replace(" ", "_") if name[:1].isupper() or " " in name else name


def _delimiter(header: str) -> str:
    """What stands between cells: no name of a column holds any of these."""
    return max(_DELIMITERS, key=header.count)
