"""The one grammar of SOURCE, the same in every command: ``-``, ``scheme:…``, or a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from msgspec import structs

from moltwatch.errors import UsageError
from moltwatch.recording.base import find_recording
from moltwatch.sources.base import Source
from moltwatch.sources.merge import merge
from moltwatch.sources.registry import RECORDING, STDIN, Opening, SourceSpec, by_scheme
from moltwatch.sources.replay import ReplaySource
from moltwatch.text import display_line, masked_address
from moltwatch.text.address import MASK

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)
_HOST_AND_PORT = re.compile(r"(localhost|[0-9.]+|\[[0-9a-f:]+\]):\d{1,5}(/.*)?", re.IGNORECASE)


def parse(text: str) -> SourceSpec:
    """Understand a SOURCE, without looking whether it can be reached.

    A known scheme comes first, then a file of that very name, so that a colon in a file's name does
    no harm. Raises UsageError for a scheme there is none of.
    """
    if not text:
        raise UsageError("an empty SOURCE")
    if text == "-":
        return SourceSpec(text=text, kind=STDIN)
    if match := _SCHEME.fullmatch(text):
        scheme = match[1].lower()
        if kind := dict(by_scheme()).get(scheme):
            return SourceSpec(text=text, kind=kind, scheme=scheme, rest=match[2])
        if not _exists(text):
            raise UsageError(_unknown(text, scheme))
    elif _HOST_AND_PORT.fullmatch(text) and not _exists(text):
        raise UsageError(_unknown(text, ""))
    return SourceSpec(text=text, kind=RECORDING, rest=text)


def shown(text: str) -> str:
    """A SOURCE as it may be shown and kept: names and passwords, and what its grammar does not know
    behind a question mark, are ``***``. Harmless to no terminal yet; see :mod:`moltwatch.text`."""
    match = _SCHEME.fullmatch(text)
    kind = dict(by_scheme()).get(match[1].lower()) if match else None
    if kind is not None:
        return masked_address(text, kind.parameters)
    return text if _exists(text) else masked_address(text)


async def open_source(source: str, opening: Opening) -> Source:
    """Make one source.

    A recording is opened at once, a connection only when batches are asked for. Raises UsageError
    if it makes no sense, SourceUnreachable if it names a file that is not there, RecordingError if
    that cannot be read.
    """
    return await open_sources([source], opening)


async def open_sources(sources: Sequence[str], opening: Opening) -> Source:
    """Make one source of one or several; see :func:`open_source` and :func:`~.merge.merge`."""
    specs = [parse(source) for source in sources]
    if sum(spec.kind is STDIN for spec in specs) > 1:
        raise UsageError("standard input can be read only once")
    if opening.since is not None and not any(spec.kind.past for spec in specs):
        with_past = ", ".join(f"{known}:" for known, kind in by_scheme() if kind.past)
        raise UsageError(f"--since: none of these can begin in the past, as {with_past} can")
    # A screen that goes back opens its sources once more: nothing is left of the first time.
    opening = structs.replace(opening, shared={})
    merged = merge([spec.kind.open(spec, opening) for spec in specs])
    if isinstance(merged, ReplaySource):
        await merged.open()
    return merged


def recordings_among(sources: Sequence[str]) -> list[Path]:
    """The files and folders among some sources. Raises SourceUnreachable if one is not there."""
    specs = map(parse, sources)
    return [find_recording(spec.rest) for spec in specs if spec.kind is RECORDING]


def _unknown(text: str, scheme: str) -> str:
    told = display_line(shown(text), 100)
    if _HOST_AND_PORT.fullmatch(text):
        return f"{told} is no SOURCE; did you mean ws://{told}?"
    schemes = [known for known, _ in by_scheme()]
    named = scheme if told.lower().startswith(scheme) else MASK  # it may be somebody's name
    near = get_close_matches(scheme, schemes, n=1, cutoff=0.5)
    close = ["moltbook"] if "moltbook.com" in text else near
    hint = f"; did you mean {close[0]}:?" if close else "."
    there_is = ", ".join(f"{known}:" for known in schemes)
    return f"no source {named}: ({told}){hint} There is: a recording, -, {there_is}"


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False
