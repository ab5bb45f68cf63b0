"""Short ways to write and read whole recordings."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from moltwatch.dialects.lines import Header
from moltwatch.errors import Rejects
from moltwatch.model import Event
from moltwatch.recording.opening import create_recording, open_recording
from moltwatch.times import Micros

HEADER = Header(title="A test", origin="sim:?seed=1", created_at="2026-02-01T00:00:00Z")


async def write(path: Path, *batches: Sequence[Event], header: Header = HEADER) -> Path:
    writer = await create_recording(path, header, overwrite=True)
    for batch in batches:
        await writer.write(batch)
    await writer.close()
    return path


async def read(
    path: Path, start: Micros | None = None, size: int = 1_000, *, now: Micros | None = None
) -> tuple[list[Event], Rejects]:
    reader = await open_recording(path, now=now)
    try:
        return [e async for batch in reader.batches(start, size) for e in batch], reader.rejects
    finally:
        await reader.close()


def lines(path: Path, *parts: bytes) -> Path:
    path.write_bytes(b"".join(part + b"\n" for part in parts))
    return path


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(file.name for file in folder.iterdir())


def assert_ended(before: Sequence[threading.Thread]) -> None:
    """All threads begun since have come to their end, or do so now: a database left open has one
    that never does."""
    for thread in set(threading.enumerate()) - set(before):
        thread.join(10)
        assert not thread.is_alive()
