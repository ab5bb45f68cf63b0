"""What a command demands of its arguments before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from moltwatch.errors import UsageError


def forbid_source(path: Path, specs: Sequence[str], what: str) -> None:
    """Raise UsageError if what is written to ``path`` would be written over what is read."""
    from moltwatch.sources.grammar import recordings_among

    if path.exists() and any(map(path.samefile, recordings_among(specs))):
        raise UsageError(f"{path} is a SOURCE: name another file to {what} to")


def require_recording(spec: str) -> None:
    """Raise UsageError for a SOURCE that goes on for ever: what sums up needs an end."""
    from moltwatch.sources.grammar import recordings_among
    from moltwatch.text import display_line

    if spec != "-" and not recordings_among([spec]):
        told = display_line(spec)
        raise UsageError(f"{told} is no recording: moltwatch record {told} -o FILE makes one")


def require_file(spec: str, target: Path) -> None:
    """Raise UsageError for a SOURCE that is no file or folder: what is read twice has to stay."""
    from moltwatch.sources.grammar import recordings_among
    from moltwatch.text import display_line

    if not recordings_among([spec]):
        told = display_line(spec)
        raise UsageError(f"{told} is not a file: moltwatch record {told} -o {target} keeps it")
