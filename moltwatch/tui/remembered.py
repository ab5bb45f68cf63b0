"""What was typed, and the filters that were given names: kept from one run to the next in
``prompts.json`` in the user's state folder, which holds nothing of the forum."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
from msgspec import Struct

from moltwatch.session.filter import LONGEST
from moltwatch.session.filter_terms import FIELDS
from moltwatch.tui.state_file import Unusable, replace, why

MOST_LINES = 200
"""Lines remembered of each prompt; the oldest are forgotten first."""

MOST_NAMED = 100
LONGEST_NAME = 40

_LARGEST = 2_000_000
"""Bytes of a file that can be ours."""

_VERSION = 1

_NAMING = re.compile(rf"\s*([A-Za-z][\w-]{{0,{LONGEST_NAME - 1}}})\s*=(?!=)\s*(.*)", re.DOTALL)


class _File(Struct, kw_only=True):
    version: int = _VERSION
    lines: dict[str, list[str]] = {}
    """By prompt, the latest last."""
    filters: dict[str, str] = {}
    """By name, the one that was named last last."""


def naming(text: str) -> tuple[str, str] | None:
    """The name and the filter of ``name = filter``; None for anything else. What the language has
    a field for cannot be a name."""
    match = _NAMING.fullmatch(text)
    if match is None or match[1].lower() in (*FIELDS, "is", "and", "or", "not"):
        return None
    return match[1], match[2].strip()


class Remembered:
    """Lines by prompt, and filters by name. Nothing is kept beyond the run without a ``folder``."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = folder / "prompts.json" if folder else None
        self._held = _File()
        self._read = False

    def lines(self, prompt: str) -> list[str]:
        """What was typed there, the latest last."""
        self._load()
        return self._held.lines.get(prompt, [])

    @property
    def filters(self) -> dict[str, str]:
        """By name."""
        self._load()
        return self._held.filters

    def add(self, prompt: str, line: str) -> None:
        """It was typed there. Raises Unusable when it cannot be kept for later runs."""
        if not line or len(line) > LONGEST:
            return
        self._load(again=True)
        lines = [other for other in self.lines(prompt) if other != line]
        self._held.lines[prompt] = [*lines, line][-MOST_LINES:]
        self._keep()

    def name(self, name: str, expression: str) -> None:
        """Keep a filter under a name; without an expression, forget the one of that name. Raises
        Unusable when it cannot be kept for later runs."""
        self._load(again=True)
        self._held.filters.pop(name, None)
        if expression:
            self._held.filters[name] = expression
            while len(self._held.filters) > MOST_NAMED:
                del self._held.filters[next(iter(self._held.filters))]
        self._keep()

    def _load(self, *, again: bool = False) -> None:
        """Read what this run, and others that go on beside it, have written."""
        if self._path is None or (self._read and not again):
            return
        self._read = True
        try:
            with self._path.open("rb") as file:
                held = msgspec.convert(json.loads(file.read(_LARGEST)), _File)
        except (OSError, ValueError, RecursionError):
            return  # what this run knows stands; the next that is kept mends the file
        if held.version == _VERSION:
            self._held = held
        else:
            self._path = None  # a later moltwatch wrote it, and it is to be left alone

    def _keep(self) -> None:
        if self._path is None:
            return
        try:
            replace(self._path, json.dumps(msgspec.to_builtins(self._held)))
        except OSError as error:
            raise Unusable(
                f"what is typed is not kept for later: {self._path} cannot be written "
                f"({why(error)})"
            ) from None
