"""``moltwatch score``: measure the heuristics against labels."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moltwatch.cli.logfile import log_option
from moltwatch.cli.options import PART, SourceParam, config_option, fresh_option

if TYPE_CHECKING:
    from moltwatch.config import Config
    from moltwatch.evaluation.report import Report
    from moltwatch.heuristics.base import Heuristic


@click.command()
@click.argument("recording", type=SourceParam())
@click.argument("labels", metavar="[LABELS]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--blind", is_flag=True, help="Hide account names from the heuristics.")
@click.option(
    "--only",
    multiple=True,
    type=PART,
    metavar="NAME|FAMILY|KIND",
    help="Run only this heuristic, family or kind; may be given several times.",
)
@click.option(
    "--without",
    multiple=True,
    type=PART,
    metavar="NAME|FAMILY|KIND",
    help="Leave out this heuristic, family or kind; may be given several times.",
)
@click.option("--ablation", is_flag=True, help="Also each family alone, and all but it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
@fresh_option
@log_option
@config_option
def command(
    recording: str,
    labels: tuple[Path, ...],
    blind: bool,
    only: tuple[str, ...],
    without: tuple[str, ...],
    ablation: bool,
    as_json: bool,
    fresh: bool,
    config_path: Path | None,
) -> None:
    """Measure the heuristics on a recording or archive with labels.

    LABELS are files, a folder, or the beginning of their names; without any, those beside the
    recording (NAME.coordination.csv, NAME.persona.jsonl, NAME.hazards.jsonl, as `moltwatch
    simulate` writes them). Labelled posts that are not in the recording, but have their text with
    them, are judged alone.

    Coordination is a CSV table with the columns author and group, and if you like role (positive
    by default; hard_negative: innocent, looks guilty; anything else is left out), kind, first_ts.
    Accounts that are not listed are innocent. Persona and hazards are JSON lines with id and label
    (1, 0, or null for unsure), and if you like kind, author, bio, title, content; hazards are told
    by their kind or by "hazard" in the file's name.

    A group is found when half of its members are flagged, and its time to detect runs from the
    first act of the third member in the campaign to the first flag on any. "Alone" are posts of
    which one family only spoke. In the ablation families are measured by account (coordination)
    or labelled item; one run is enough for it.

    \b
    Examples:
      moltwatch score night
      moltwatch score archive.jsonl.gz labels/ --blind
      moltwatch score night --ablation --only coordinated
      moltwatch score night.molt night. --without text --json | jq .coordinated.accounts
    """
    import msgspec

    from moltwatch.cli.running import run_async
    from moltwatch.config import load
    from moltwatch.evaluation.report import plain
    from moltwatch.evaluation.tables import print_tables
    from moltwatch.jsonl import harmless

    config, choose = load(config_path), _chooser(only, without)
    report = run_async(
        lambda: _measure(
            recording, labels, config, choose, blind=blind, ablation=ablation, fresh=fresh
        )
    )
    if as_json:
        encoded = harmless(msgspec.json.encode(plain(report)))
        sys.stdout.buffer.write(msgspec.json.format(encoded) + b"\n")
    else:
        print_tables(report, sys.stdout)
    sys.stdout.flush()


async def _measure(
    recording: str,
    paths: Sequence[Path],
    config: Config,
    choose: Callable[[Heuristic], bool],
    *,
    blind: bool,
    ablation: bool,
    fresh: bool,
) -> Report:
    from moltwatch.analysis import Analysis
    from moltwatch.cli.progress import Progress
    from moltwatch.cli.wiring import Run, build_heuristics
    from moltwatch.evaluation.labels import read_labels
    from moltwatch.evaluation.measurement import Measurement, blinded
    from moltwatch.pipeline import Pipeline
    from moltwatch.sources.grammar import open_source
    from moltwatch.sources.registry import FAST, Opening

    _check(recording, bool(paths), blind)
    progress = Progress(live=sys.stderr.isatty())
    source = await open_source(recording, Opening(speed=FAST))
    try:
        labels = read_labels(paths, recording)
        if blind:
            source, labels = await blinded(recording, source, labels)
        heuristics = build_heuristics(config, choose)
        analysis = await Analysis.of(
            source,
            heuristics,
            config.heuristics,
            fresh=fresh,
            most_bytes=config.cache.megabytes * 1_000_000,
        )
        measured = Measurement(
            labels,
            lambda: build_heuristics(config, choose),
            ablation=ablation,
            complain=progress.note,
            analysis=analysis,
        )
        pipeline = Pipeline(source, measured.engine, [*measured.sinks, progress])
        async with progress.shown(source):
            await pipeline.run()
    finally:
        await source.close()  # also if it was never played
    progress.close(Run(source, measured.engine, pipeline))
    return measured.report(recording, blind=blind)


def _check(recording: str, labelled: bool, blind: bool) -> None:
    """Only what ends can be measured, and only a file can be read twice."""
    from moltwatch.cli.running import require_recording
    from moltwatch.errors import UsageError

    require_recording(recording)
    if recording != "-":
        return
    if blind:
        raise UsageError("--blind has to know all names beforehand: it needs a file")
    if not labelled:
        raise UsageError("standard input has no labels beside it: name LABELS")


def _chooser(only: tuple[str, ...], without: tuple[str, ...]) -> Callable[[Heuristic], bool]:
    from moltwatch.errors import UsageError
    from moltwatch.heuristics.registry import available, did_you_mean

    called = {name: {name, cls.family, cls.kind.value} for name, cls in available().items()}
    known = sorted(set().union(*called.values()))
    for name in (*only, *without):
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(f"{name}: no heuristic, family or kind of this name{hint}")
    chosen = {
        name
        for name, names in called.items()
        if (not only or names & set(only)) and not names & set(without)
    }
    if not chosen:
        raise UsageError("with these --only and --without no heuristic is left")
    return lambda heuristic: heuristic.name in chosen
