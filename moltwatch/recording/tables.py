"""CSV tables of posts, comments and agents, told apart by their columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from moltwatch.errors import RecordingError, Rejects
from moltwatch.recording import dialect
from moltwatch.recording.streams import Damaged, chunks

csv.field_size_limit(64 << 20)  # a cell is a body, and bodies of megabytes occur


class Table(StrEnum):
    """What the rows of a table are."""

    POSTS = "posts"
    COMMENTS = "comments"
    AGENTS = "agents"


def table_of(columns: Sequence[str]) -> Table | None:
    """What a header row announces; None if it is none of ours."""
    names = {column.strip().removeprefix("\ufeff") for column in columns}
    has_text = not names.isdisjoint((*dialect.TEXT, "title"))
    if not names.isdisjoint(dialect.ID) and has_text and not names.isdisjoint(dialect.AUTHOR):
        return Table.POSTS if names.isdisjoint(dialect.THREAD) else Table.COMMENTS
    if not names.isdisjoint(dialect.NAME) and not names.isdisjoint(("karma", *dialect.FOLLOWERS)):
        return Table.AGENTS
    return None


def kind_of(path: Path) -> Table | None:
    """What a file's first row announces; None if it is no table of ours, or cannot be read."""
    try:
        first = next(csv.reader(_text(path, Rejects())), [])
    except (csv.Error, RecordingError):
        return None
    return table_of(first)


def rows(path: Path, rejects: Rejects) -> Iterator[tuple[dict[str, object], str]]:
    """Each row as a plain object, empty cells left out, with its place in the file.

    What a row is need not be said: :mod:`moltwatch.recording.plain` sees it by the same columns.
    """
    reader = csv.reader(_text(path, rejects))
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
            columns = [column.strip().removeprefix("\ufeff") for column in row]
        elif row:
            yield {key: cell for key, cell in zip(columns, row, strict=False) if cell}, where


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
