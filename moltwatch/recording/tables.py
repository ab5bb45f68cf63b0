"""CSV tables of posts, comments and agents, told apart by their columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain
from pathlib import Path

from moltwatch.errors import RecordingError, Rejects
from moltwatch.recording import dialect
from moltwatch.recording.streams import Damaged, chunks

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
    has_id = not names.isdisjoint((*dialect.OWN_ID, *dialect.POST_ID))
    has_text = not names.isdisjoint((*dialect.TEXT, "title"))
    if has_id and has_text and not names.isdisjoint(dialect.AUTHOR):
        roots = dialect.ROOT if names.isdisjoint(dialect.OWN_ID) else dialect.THREAD
        return Table.POSTS if names.isdisjoint(roots) else Table.COMMENTS
    if not names.isdisjoint(dialect.NAME) and not names.isdisjoint(("karma", *dialect.FOLLOWERS)):
        return Table.AGENTS
    return None


def table_in(header: str) -> Table | None:
    """What the first line of a file announces; None if it is no header row of ours."""
    try:
        return table_of(next(csv.reader([header], delimiter=_delimiter(header)), []))
    except csv.Error:  # a carriage return within a cell that is not quoted
        return None


def kind_of(path: Path) -> Table | None:
    """What a file's first row announces; None if it is no table of ours, or cannot be read."""
    try:
        return table_in(next(filter(str.strip, _text(path, Rejects())), ""))
    except RecordingError:
        return None


def rows(path: Path, rejects: Rejects) -> Iterator[tuple[dict[str, object], str]]:
    """Each row as a plain object, empty cells left out, with its place in the file.

    What a row is need not be said: :mod:`moltwatch.recording.plain` sees it by the same columns.
    """
    lines = _text(path, rejects)
    header = next(filter(str.strip, lines), "")
    reader = csv.reader(chain([header], lines), delimiter=_delimiter(header))
    columns: list[str] = []
    while True:
        where = f"{path.name} line {reader.line_num + 1}"
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


def _text(path: Path, rejects: Rejects) -> Iterator[str]:
    """Lines of a file, packed or not, with their line ends, as the csv module wants them."""
    rest = bytearray()
    try:
        for piece in chunks(path):
            rest += piece
            end = rest.rfind(b"\n") + 1
            yield from _lines(rest[:end])
            del rest[:end]
    except Damaged as reason:
        rejects.add(str(reason), path.name)
    yield from _lines(rest)


def _lines(text: bytearray) -> Iterator[str]:
    # Not str.splitlines, which also cuts at the form feeds and separators inside a body.
    return (line for line in io.StringIO(text.decode("utf-8", "replace"), newline=""))
