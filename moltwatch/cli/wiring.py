"""How a run is put together: sources, engine, recorder and sinks. What all commands that watch
have in common."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from moltwatch import __version__
from moltwatch.config import Config
from moltwatch.errors import Rejects, UsageError
from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.model import Scores
from moltwatch.pipeline import Pipeline, Sink
from moltwatch.recording.base import Header, Writer
from moltwatch.sources.base import Clock, Source
from moltwatch.sources.registry import Opening
from moltwatch.times import format_time

T = TypeVar("T")


@dataclass
class Run:
    """One run, ready to be started with ``await run.pipeline.run()``."""

    source: Source
    engine: Engine
    pipeline: Pipeline

    @property
    def rejects(self) -> Rejects:
        """What the source and the intake refused, together."""
        together = Rejects()
        for status in self.source.statuses:
            together.update(status.rejects)
        together.update(self.pipeline.rejects)
        return together

    @property
    def failures(self) -> list[str]:
        """What is to be said of heuristics that failed."""
        return [
            f"heuristic {name} failed {health.failures} times ({health.last_error})"
            + (" and was switched off" if health.off else "")
            for name, health in self.engine.health.items()
            if health.failures
        ]


_GC = (50_000, 20, 50)
"""Millions of small objects come and go here and next to none form a cycle: to look for cycles as
often as Python does by default takes a tenth of all the time."""


async def open_run(
    specs: Sequence[str],
    opening: Opening | None = None,
    *,
    config: Config,
    sinks: Sequence[Sink] = (),
    record: Path | None = None,
    force: bool = False,
    verdicts: bool = False,
    threshold: float = Scores.THRESHOLD,
    watch: bool = True,
    complain: Callable[[str], None] = lambda _: None,
) -> Run:
    """Open sources (several are merged by time) and build what they flow through.

    ``record`` keeps the session in a new file, made when the first events come, an old one being
    replaced if ``force``; ``watch`` is False where nothing but the recording is wanted, and no
    heuristic runs. Raises UsageError, SourceUnreachable or RecordingError before anything is
    running.
    """
    from moltwatch.sources.grammar import open_sources

    gc.set_threshold(*_GC)
    opening = opening or Opening()
    writer = _writer(record, force, specs, opening.clock) if record else None
    engine = build_engine(
        config,
        verdicts=verdicts,
        threshold=threshold,
        choose=lambda _: watch,
        complain=complain,
    )
    source = await open_sources(specs, opening)
    return Run(source, engine, Pipeline(source, engine, sinks, writer=writer))


def build_engine(
    config: Config,
    *,
    verdicts: bool = False,
    threshold: float = Scores.THRESHOLD,
    choose: Callable[[Heuristic], bool] = lambda _: True,
    complain: Callable[[str], None] = lambda _: None,
) -> Engine:
    """The engine with all heuristics as configured, or those of them that ``choose`` wants.

    Raises UsageError that names the configuration file.
    """
    from moltwatch.heuristics.registry import build
    from moltwatch.heuristics.verdicts.groups import GroupBook

    try:
        heuristics = list(filter(choose, build(config.heuristics, complain)))
    except UsageError as error:
        raise UsageError(f"{config.path}: {error}" if config.path else str(error)) from None
    return Engine(
        heuristics, GroupBook(), verdicts=verdicts, threshold=threshold, complain=complain
    )


def _writer(path: Path, force: bool, specs: Sequence[str], clock: Clock) -> Writer:
    from moltwatch.recording.creating import PlannedRecording

    forbid_source(path, specs, "record")
    header = Header(
        title=f"recorded by moltwatch {__version__}",
        origin=" ".join(specs),
        created_at=format_time(clock.now()),
    )
    return PlannedRecording(path, header, overwrite=force)


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


def ending_signals(*more: signal.Signals) -> list[signal.Signals]:
    """Signals that end a run in good order, and ``more``; those that whoever started us had ignored
    (``nohup``) stay so."""
    wanted = (signal.SIGTERM, signal.SIGHUP, *more)
    return [ending for ending in wanted if signal.getsignal(ending) is not signal.SIG_IGN]


def run_async(work: Callable[[], Awaitable[T]]) -> T:
    """Run to the end. An interrupt, a request to terminate or a terminal that went away cancels the
    work, so that recordings are closed, and raises KeyboardInterrupt.

    A request to terminate is not passed on as an interrupt: what a script starts with ``&`` ignores
    those.
    """

    async def main() -> T:
        task = asyncio.current_task()
        assert task is not None
        for ending in ending_signals():
            asyncio.get_running_loop().add_signal_handler(ending, task.cancel)
        return await work()

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
