"""How lines can be written, by the names that ``--format`` knows: one format a file beside this."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from moltwatch.jsonl import JsonFormat
from moltwatch.model import Finding
from moltwatch.session.names import Names


class FormatName(StrEnum):
    """The formats there are."""

    JSONL = "jsonl"
    TEXT = "text"
    CSV = "csv"


class Format(Protocol):
    """Turns findings into bytes."""

    @property
    def head(self) -> bytes:
        """What stands before the first line."""

    def encode(self, finding: Finding) -> bytes:
        """All of a finding, newlines included, in UTF-8."""


def make_format(
    name: FormatName | None,
    *,
    terminal: bool,
    names: Names | None = None,
    show_secrets: bool = False,
) -> Format:
    """A format by name; without one, readable lines for a terminal and JSON lines otherwise.

    ``names`` is what readable lines call accounts, and ``show_secrets`` lets them repeat secrets
    that were posted; data keep all as it is.
    """
    if name is FormatName.CSV:
        from moltwatch.outputs.csv import CsvFormat

        return CsvFormat()
    if name is FormatName.TEXT or (name is None and terminal):
        # Imported here: rich takes as long to load as everything else together.
        from moltwatch.outputs.text import TextFormat

        return TextFormat(terminal, names, show_secrets)
    return JsonFormat()
