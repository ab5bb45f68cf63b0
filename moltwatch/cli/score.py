"""``moltwatch score``: measure the heuristics against labels."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moltwatch.cli.options import HeuristicParam, SourceParam, config_option

if TYPE_CHECKING:
    from moltwatch.config import Config
    from moltwatch.evaluation.labels import Labels
    from moltwatch.evaluation.report import Report
    from moltwatch.heuristics.base import Heuristic
    from moltwatch.sources.base import Source


@click.command()
@click.argument("recording", type=SourceParam())
@click.argument("labels", metavar="[LABELS]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--blind", is_flag=True, help="Hide account names from the heuristics.")
@click.option(
    "--only",
    multiple=True,
    type=HeuristicParam(),
    metavar="NAME|FAMILY",
    help="Run only this heuristic or family; may be given several times.",
)
@click.option(
    "--without",
    multiple=True,
    type=HeuristicParam(),
    metavar="NAME|FAMILY",
    help="Leave out this heuristic or family; may be given several times.",
)
@click.option("--ablation", is_flag=True, help="Also each family alone, and all but it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
@config_option
def command(
    recording: str,
    labels: tuple[Path, ...],
    blind: bool,
    only: tuple[str, ...],
    without: tuple[str, ...],
    ablation: bool,
    as_json: bool,
    config_path: Path | None,
) -> None:
    """Measure the heuristics on a recording or archive with labels.

    LABELS are files, a folder, or the beginning of their names; without any, those beside the
    recording (NAME.coordination.csv, NAME.persona.jsonl, NAME.hazards.jsonl, as `moltwatch
    simulate` writes them). Labelled posts that are not in the recording, but have their text with
    them, are judged on their own.

    \b
    Examples:
      moltwatch score night.jsonl.zst
      moltwatch score archive.jsonl.gz labels/ --blind
      moltwatch score night.molt night. --without text --json | jq .coordinated.accounts
    """
    import msgspec

    from moltwatch.cli.wiring import run_async
    from moltwatch.config import load
    from moltwatch.evaluation.report import plain
    from moltwatch.evaluation.tables import print_tables

    config, choose = load(config_path), _chooser(only, without)
    report = run_async(
        lambda: _measure(recording, labels, config, choose, blind=blind, ablation=ablation)
    )
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(plain(report))) + b"\n")
    else:
        print_tables(report, sys.stdout)
    sys.stdout.flush()


async def _measure(
    recording: str,
    labels: Sequence[Path],
    config: Config,
    choose: Callable[[Heuristic], bool],
    *,
    blind: bool,
    ablation: bool,
) -> Report:
    from moltwatch.cli.wiring import FAST
    from moltwatch.evaluation.labels import read_labels
    from moltwatch.sources.base import SystemClock
    from moltwatch.sources.grammar import open_source

    source = await open_source(recording, clock=SystemClock(), speed=FAST)
    try:
        truth = read_labels(labels, recording)
        return await _report(
            recording, source, truth, config, choose, blind=blind, ablation=ablation
        )
    finally:
        await source.close()


async def _report(
    recording: str,
    source: Source,
    labels: Labels,
    config: Config,
    choose: Callable[[Heuristic], bool],
    *,
    blind: bool,
    ablation: bool,
) -> Report:
    from moltwatch.cli.progress import Progress
    from moltwatch.cli.wiring import Run, build_engine
    from moltwatch.evaluation.measurement import Measurement
    from moltwatch.pipeline import Pipeline

    progress = Progress(live=sys.stderr.isatty())
    if blind:
        source, labels = await _blinded(recording, source, labels)
    measured = Measurement(
        labels,
        lambda: build_engine(config, choose=choose).heuristics,
        ablation=ablation,
        complain=progress.note,
    )
    pipeline = Pipeline(source, measured.engine, [*measured.sinks, progress])
    async with progress.shown(source):
        await pipeline.run()
    progress.close(Run(source, measured.engine, pipeline))
    return measured.report(recording, blind=blind)


async def _blinded(recording: str, source: Source, labels: Labels) -> tuple[Source, Labels]:
    from moltwatch.evaluation.blinded import BlindSource
    from moltwatch.recording.base import find_recording
    from moltwatch.recording.blind import Blinder, names_in, pseudonym
    from moltwatch.recording.formats import open_recording

    reader = await open_recording(find_recording(recording))
    try:
        blinder = Blinder(await names_in(reader))
    finally:
        await reader.close()
    return BlindSource(source, blinder), labels.blinded(pseudonym, blinder.text)


def _chooser(only: tuple[str, ...], without: tuple[str, ...]) -> Callable[[Heuristic], bool]:
    from moltwatch.errors import UsageError
    from moltwatch.heuristics.registry import available, did_you_mean

    classes = available()
    known = sorted({*classes, *(cls.family for cls in classes.values())})
    for name in (*only, *without):
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(f"{name}: neither a heuristic nor a family{hint}")

    def choose(heuristic: Heuristic) -> bool:
        called = {heuristic.name, heuristic.family}
        return (not only or bool(called & set(only))) and not called & set(without)

    return choose
