"""What the screen is given to watch: one run of one source, and a way to have another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from moltwatch.model import Kind
from moltwatch.pipeline import Pipeline
from moltwatch.session import Session
from moltwatch.sources.base import Source
from moltwatch.times import Micros


@dataclass(frozen=True)
class Run:
    """One run: the pipeline feeds the session, the screen looks at it."""

    source: Source
    session: Session
    pipeline: Pipeline
    dismiss: Callable[[str, Kind], None] = lambda post, kind: None
    """Tells whoever else wants to know that the user takes back a verdict on a post."""
    recorded: bool = False
    """Whether it is being written to a file, which may be watched later."""
    rewinds: bool = True
    """Whether it may be opened again: not while it is recorded or piped, which would be twice."""


OpenRun = Callable[[Micros | None], Awaitable[Run]]
"""Opens a fresh run. With a time, its source rushes to it before it keeps its pace: the screen
seeks backwards by opening the source again, so that what it shows is always what was seen on the
way there."""
