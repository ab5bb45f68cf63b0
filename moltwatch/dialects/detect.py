"""The format of a file, told by its content: a suffix is only what somebody typed."""

from __future__ import annotations

from enum import StrEnum
from json import JSONDecodeError

from moltwatch.dialects.csv_rows import table_in
from moltwatch.dialects.fields import SEEN, first, read_json
from moltwatch.errors import RecordingError

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
                seen = first(value, SEEN) is not None
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
