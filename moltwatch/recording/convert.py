"""From any recording or archive to a new recording, whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct, field

from moltwatch.dialects.lines import Header, tag
from moltwatch.errors import RecordingError, Rejects, UsageError
from moltwatch.model import AgentSeen, Event, Post
from moltwatch.recording.base import Reader, find_recording
from moltwatch.recording.imports import ArchiveReader, profiles_beside
from moltwatch.recording.opening import (
    check_free,
    check_suffix,
    create_recording,
    open_recording,
    whole,
)
from moltwatch.recording.pseudonymise import Blinder, names_in
from moltwatch.times import Micros, format_time
from moltwatch.wording import count


class Summary(Struct, kw_only=True):
    """What a conversion took, left out, and had to put elsewhere."""

    counts: Counter[str] = field(default_factory=Counter)
    """Events by type, as the recording calls it."""
    accounts: set[str] = field(default_factory=set)
    """Authors and profiles."""
    first: Micros | None = None
    last: Micros | None = None
    rejects: Rejects = field(default_factory=Rejects)
    notes: list[str] = field(default_factory=list)

    @property
    def events(self) -> int:
        return self.counts.total()

    def add(self, event: Event) -> None:
        self.counts[tag(event)] += 1
        if isinstance(event, Post):
            self.accounts.add(event.author)
        elif isinstance(event, AgentSeen):
            self.accounts.add(event.name)
        self.first = event.seen_at if self.first is None else self.first
        self.last = max(event.seen_at, self.last or 0)

    def __str__(self) -> str:
        rest = [
            count(n, kind)
            for kind, n in sorted(self.counts.items())
            if kind not in ("post", "agent")
        ]
        parts = [
            f"{self.counts['post']:,} posts and comments",
            f"{len(self.accounts):,} agents ({self.counts['agent']:,} profiles)",
            *rest,
            str(self.rejects) if self.rejects else "0 rejected",
        ]
        when = (
            f"\n{format_time(self.first)} to {format_time(self.last)}"
            if self.first is not None and self.last is not None
            else ""
        )
        return ", ".join(parts) + when + "".join(f"\n{note}" for note in self.notes)


async def convert(
    source: Path,
    target: Path,
    *,
    now: Micros,
    blind: bool = False,
    force: bool = False,
    title: str | None = None,
    shown: Callable[[str], str] = str,
    progress: Callable[[int], None] = lambda events: None,
) -> Summary:
    """Write what is in ``source`` as the new recording ``target``.

    ``now`` is the wall clock's time: it dates the recording, and archives are not believed beyond
    it. ``shown`` takes the secrets out of a SOURCE, which an old header may still hold.
    ``progress`` is told how many events are done. The target appears when it is complete.
    Raises SourceUnreachable if there is no source, UsageError for a target that is no recording's
    name or is the source, and RecordingError.
    """
    source = find_recording(str(source))
    check_suffix(target)
    _check_target(source, target, force=force)
    reader = await open_recording(source, now=now)
    try:
        header = _header(reader, title, now, shown)
        blinder = Blinder(await _names(reader, source)) if blind else None
        header = blinder.header(header) if blinder else header
        with whole(target, overwrite=force) as part:
            summary = await _copy(reader, part, header, blinder, progress)
            if summary.rejects and not summary.events:
                raise RecordingError(
                    f"nothing in {source} could be used ({summary.rejects}). "
                    "`moltwatch convert --help` says what a post needs."
                )
            return summary
    finally:
        await reader.close()


async def _copy(
    reader: Reader,
    target: Path,
    header: Header,
    blinder: Blinder | None,
    progress: Callable[[int], None],
) -> Summary:
    summary = Summary()
    writer = await create_recording(target, header, overwrite=True)
    try:
        async for batch in reader.batches():
            for event in batch:
                summary.add(event)
            await writer.write([blinder.event(e) for e in batch] if blinder else batch)
            progress(summary.events)
    finally:
        await writer.close()
    summary.rejects = reader.rejects
    summary.notes = _notes(reader)
    return summary


def _header(reader: Reader, title: str | None, now: Micros, shown: Callable[[str], str]) -> Header:
    old = reader.header
    return msgspec.structs.replace(
        old,
        title=old.title if title is None else title,
        origin=" ".join(map(shown, old.origin.split(" "))),
        created_at=old.created_at or format_time(now),
    )


async def _names(reader: Reader, source: Path) -> set[str]:
    names = await names_in(reader)
    beside = None if isinstance(reader, ArchiveReader) else profiles_beside(source)
    if beside is not None:
        names |= await names_in(await open_recording(beside))
    return names


def _notes(reader: Reader) -> list[str]:
    if not isinstance(reader, ArchiveReader):
        return []
    notes = [f"left out {path.name}: no posts, comments or agents" for path in reader.ignored]
    if reader.disorder.misdated:
        notes.append(
            f"{reader.disorder.misdated:,} dated before 2000 or in the future: kept, at the time "
            "of their neighbours"
        )
    if reader.disorder.late:
        notes.append(
            f"{reader.disorder.late:,} far out of order: kept, at the time of their neighbours "
            "(sort the archive by time for better)"
        )
    return notes


def _check_target(source: Path, target: Path, *, force: bool) -> None:
    if target.exists() and target.samefile(source):
        raise UsageError(f"{target} is the input: name another file for the output")
    check_free(target, overwrite=force)
