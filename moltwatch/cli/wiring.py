"""How a run is put together: sources, engine, recorder and sinks. What all commands that watch
have in common."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from moltwatch import __version__
from moltwatch.analysis import (
    AnalysedRecording,
    Analysis,
    Keeping,
    Key,
    answers_folder,
    programs_of,
)
from moltwatch.cli.running import forbid_source
from moltwatch.config import Config
from moltwatch.dialects.lines import Header
from moltwatch.errors import Rejects, UsageError
from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.model import SHIPPED, Thresholds
from moltwatch.pipeline import Pipeline, Sink
from moltwatch.recording.base import Writer, find_recording
from moltwatch.sources.base import Clock, Source
from moltwatch.sources.registry import Opening
from moltwatch.times import format_time

if TYPE_CHECKING:
    from moltwatch.known import Known
    from moltwatch.moments import KeepingMoments, Moment
    from moltwatch.session import Session


@dataclass
class Run:
    """One run, ready to be started with ``await run.pipeline.run()``."""

    source: Source
    engine: Engine
    pipeline: Pipeline
    key: Key | None = None
    """What is kept of the recordings that it plays has this key; None if nothing is."""

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
    thresholds: Thresholds = SHIPPED,
    higher: Thresholds | None = None,
    watch: bool = True,
    fresh: bool = False,
    moments: KeepingMoments | None = None,
    heuristics: Sequence[Heuristic] | None = None,
    key: Key | None = None,
    complain: Callable[[str], None] = lambda _: None,
) -> Run:
    """Open sources (several are merged by time) and build what they flow through.

    ``record`` keeps the session in a new file, made when the first events come, an old one being
    replaced if ``force``; ``watch`` is False where nothing but the recording is wanted, and no
    heuristic runs. What heuristics said of a recording before is not asked again, unless ``fresh``.
    ``moments`` are kept of a recording that turns out to be the same in every run. ``heuristics``
    that nobody has asked yet and the ``key`` of a recording may be given; otherwise they are made.
    Raises UsageError, SourceUnreachable or RecordingError before anything is running.
    """
    from moltwatch.sources.grammar import open_sources

    gc.set_threshold(*_GC)
    opening = opening or Opening()
    if heuristics is None:
        heuristics = build_heuristics(config, complain=complain) if watch else []
    async with AsyncExitStack() as opened:
        writer = _writer(record, force, specs, opening.clock, complain) if record else None
        if writer:
            opened.push_async_callback(writer.close)
        source = await open_sources(specs, opening)
        opened.push_async_callback(source.close)
        most_bytes = config.cache.megabytes * 1_000_000 if watch else 0
        analysis = await Analysis.of(
            source, heuristics, config.heuristics, fresh=fresh, most_bytes=most_bytes, key=key
        )
        keeping = Keeping(answers_folder(), most_bytes) if writer and most_bytes else None
        # What is installed while it is recorded is not what was asked.
        programs = None
        if keeping:
            with suppress(OSError):
                programs = programs_of(heuristics)
        engine = Engine(
            heuristics,
            GroupTracker(),
            verdicts=verdicts,
            thresholds=thresholds,
            higher=higher,
            complain=complain,
            answers=analysis.answers if analysis else None,
            keep=[each.add for each in (analysis, keeping) if each],
        )
        opened.pop_all()  # the pipeline closes them
    if analysis:
        analysis.engine = engine
        sinks = [*sinks, analysis]
    if analysis and moments and len(source.statuses) == 1:
        analysis.moments = moments
        moments.engine = engine
        sinks = [*sinks[:-1], moments, analysis]
    if writer and keeping and record:
        make_key = partial(Key, [record], heuristics, config.heuristics, programs=programs)
        writer = AnalysedRecording(writer, keeping, make_key, engine)
        sinks = [*sinks, keeping]
    pipeline = Pipeline(source, engine, sinks, writer=writer)
    run = Run(source, engine, pipeline, key=analysis.key if analysis else None)
    if moments:
        moments.refused = lambda: run.rejects
    return run


async def open_known_run(
    known: Known,
    moment: Moment,
    spec: str,
    opening: Opening,
    *,
    heuristics: Sequence[Heuristic],
    thresholds: Thresholds,
    higher: Thresholds | None,
) -> tuple[Run, Session]:
    """A run over a recording of which all is known, from a moment on, and its session. Raises
    MoltwatchError if what is kept is damaged."""
    from moltwatch.sources.replay import Playhead

    gc.set_threshold(*_GC)
    engine = Engine(
        heuristics,
        GroupTracker(),
        thresholds=thresholds,
        higher=higher,
        answers=known.kept.answers(moment.n),
    )
    session = known.moments.read(moment, engine)
    playhead = Playhead(
        opening.clock, opening.speed, start=opening.start or 0, max_idle=opening.max_idle
    )
    path = find_recording(spec)
    source = known.play(moment, spec=spec, path=path, start=opening.start, playhead=playhead)
    await source.open()
    source.status.gaps = session.counts.gaps
    return Run(source, engine, Pipeline(source, engine, [session]), key=known.key), session


def build_heuristics(
    config: Config,
    choose: Callable[[Heuristic], bool] = lambda _: True,
    complain: Callable[[str], None] = lambda _: None,
) -> list[Heuristic]:
    """All heuristics as configured, or those of them that ``choose`` wants.

    Raises UsageError that names the configuration file.
    """
    from moltwatch.heuristics.registry import build

    try:
        return list(filter(choose, build(config.heuristics, complain)))
    except UsageError as error:
        raise UsageError(f"{config.path}: {error}" if config.path else str(error)) from None


def _writer(
    path: Path, force: bool, specs: Sequence[str], clock: Clock, complain: Callable[[str], None]
) -> Writer:
    from moltwatch.recording.opening import PlannedRecording
    from moltwatch.sources.grammar import shown

    forbid_source(path, specs, "record")
    header = Header(
        title=f"recorded by moltwatch {__version__}",
        origin=" ".join(map(shown, specs)),
        created_at=format_time(clock.now()),
    )
    return PlannedRecording(path, header, overwrite=force, complain=complain)
