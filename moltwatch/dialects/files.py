"""What a file holds: its format, told by its content (a suffix is only what somebody typed), and
the rows of CSV tables of posts, comments and agents, told apart by their columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain
from json import JSONDecodeError

from moltwatch.bounded import LARGEST_LINE, TOO_LONG
from moltwatch.dialects import fields
from moltwatch.dialects.fields import read_json
from moltwatch.errors import RecordingError, Rejects

_DELIMITERS = ",;\t|"

csv.field_size_limit(LARGEST_LINE)  # a cell is a body, and bodies of megabytes occur


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
    measured = _Measured(chain([header], lines))
    reader = csv.reader(measured, delimiter=_delimiter(header))
    columns: list[str] = []
    while True:
        where = f"{name} line {measured.number + 1}"
        measured.begin_row()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            rejects.add("not CSV", where)
            continue
        except _TooLong:
            measured.skip_row()
            rejects.add(TOO_LONG, where)
            continue
        if not columns:
            columns = list(map(_name, row))
        elif row:
            yield {key: cell for key, cell in zip(columns, row, strict=False) if cell}, where


class _TooLong(Exception):
    """A row is longer than any post."""


class _Measured:
    """Lines of a table, with an eye on how long a row becomes that goes over several."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.number = 0
        """Lines read so far."""
        self._lines = lines
        self._length = self._quotes = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        self._length += len(line)
        self._quotes += line.count('"')
        if self._length > LARGEST_LINE:
            raise _TooLong
        return line

    def begin_row(self) -> None:
        self._length = self._quotes = 0

    def skip_row(self) -> None:
        """Pass over what is left of the row: it goes on as long as a quotation is open, and what
        stands in that must not be taken for rows."""
        while self._quotes % 2 and (line := next(self._lines, None)) is not None:
            self.number += 1
            self._quotes += line.count('"')


def _name(column: str) -> str:
    """What a column is called in API objects: ``Created At`` is ``created_at``."""
    name = column.strip().removeprefix("\ufeff")
    return name.lower().replace(" ", "_") if name[:1].isupper() or " " in name else name


def _delimiter(header: str) -> str:
    """What stands between cells: no name of a column holds any of these."""
    return max(_DELIMITERS, key=header.count)


ACCEPTED = (
    ".molt and .jsonl recordings (also packed with gzip or zstd), archives of API objects one a "
    "line, API answers as JSON, CSV with a header row, and a folder of CSV files or API answers"
)

_SQLITE = b"SQLite format 3\x00"
_LOOKED_AT = 20
"""Lines."""
SAMPLE = 1 << 16
"""Bytes that are enough to tell."""


class Format(StrEnum):
    """What a file holds."""

    MOLT = "molt"
    LINES = "lines"
    """Recording lines, with or without a header."""
    ARCHIVE = "archive"
    """Objects of any dialect, or whole API answers, one a line."""
    DOCUMENT = "document"
    """One JSON value over several lines."""
    CSV = "csv"


def detect_format(head: bytes, *, complete: bool, name: str) -> Format:
    """What begins with these bytes, which are all of it if ``complete``; ``name`` is for errors.

    Raises RecordingError if it is none of ours.
    """
    if head.startswith(_SQLITE):
        return Format.MOLT
    lines = [line for line in head.split(b"\n") if line.strip()]
    whole = lines if complete else lines[:-1]
    for number, line in enumerate(whole[:_LOOKED_AT]):
        try:
            value = read_json(line)
        except ValueError as error:
            if number == 0 and _goes_on(error):
                return Format.DOCUMENT
        else:
            if isinstance(value, dict):
                own = value.get("type") in ("header", "gap", "heartbeat")
                seen = fields.first(value, fields.SEEN) is not None
                return Format.LINES if own or seen else Format.ARCHIVE
            if isinstance(value, list) and value:
                return Format.ARCHIVE
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in b"{[":
        return Format.ARCHIVE  # its first line is torn, or longer than what was looked at
    if table_in(lines[0].decode("utf-8", "replace")):
        return Format.CSV
    raise RecordingError(f"{name} is {_describe(start)}. Accepted are {ACCEPTED}.")


def _goes_on(error: ValueError) -> bool:
    """The line is good JSON as far as it goes: a document goes on where a torn line does not."""
    if not isinstance(error, JSONDecodeError) or error.msg.startswith("Unterminated string"):
        return False
    return not error.doc[error.pos :].strip()


_KNOWN = {
    b"PAR1": "a Parquet file: save its table as CSV or JSON lines first",
    b"PK\x03\x04": "a zip archive or a spreadsheet: unpack it, or save it as CSV, first",
    b"BZh": "packed with bzip2: unpack it first",
    b"\xfd7zXZ": "packed with xz: unpack it first",
    b"\xff\xfe": "text in UTF-16: save it as UTF-8 first",
    b"\xfe\xff": "text in UTF-16: save it as UTF-8 first",
}
"""How files begin in which dumps of forums are handed round."""


def _describe(start: bytes) -> str:
    for magic, what in _KNOWN.items():
        if start.startswith(magic):
            return what
    sample = start[:24]
    if all(byte >= 0x20 or byte in b"\t\r\n" for byte in sample):
        return f"text that starts {sample.decode('utf-8', 'replace')!r}, not a recording"
    return f"binary data that starts {sample[:8].hex(' ')}, not a recording"
