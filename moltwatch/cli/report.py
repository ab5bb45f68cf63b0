"""``moltwatch report``: what happened in a recording."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moltwatch.cli.logfile import log_option
from moltwatch.cli.options import (
    LeastScore,
    SourceParam,
    TimeParam,
    config_option,
    fresh_option,
    kind_option,
    least_scores,
    min_score_option,
    show_secrets_option,
)
from moltwatch.model import Kind, Thresholds
from moltwatch.times import EARLIEST, LATEST, Micros

if TYPE_CHECKING:
    from moltwatch.cli.progress import Progress
    from moltwatch.config import Config
    from moltwatch.outputs.report.summary import Collector, Summary


@click.command()
@click.argument("recording", type=SourceParam())
@click.option(
    "--html",
    "page",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with charts to FILE instead; it is whole in itself and needs no network.",
)
@click.option("--force", is_flag=True, help="Overwrite FILE if it is there.")
@kind_option("Tell only of what is flagged for this kind")
@min_score_option("Score at which a post counts as flagged")
@click.option(
    "--start",
    type=TimeParam(),
    default=EARLIEST,
    metavar="TIME",
    help="Tell only of what was seen from here on; what comes before is read for what it teaches.",
)
@click.option(
    "--end", type=TimeParam(), default=LATEST, metavar="TIME", help="Tell only of what came before."
)
@show_secrets_option("in the report")
@fresh_option
@log_option
@config_option
def command(
    recording: str,
    page: Path | None,
    force: bool,
    kinds: tuple[str, ...],
    min_scores: tuple[LeastScore, ...],
    start: Micros,
    end: Micros,
    show_secrets: bool,
    fresh: bool,
    config_path: Path | None,
) -> None:
    """Tell what happened in a recording or archive, as Markdown on standard output.

    When it was and how much was written; what was missed; who moved as one, with the reasons and
    what they said; the strongest personas; hazards; the busiest threads and accounts; and which
    heuristics stand behind the flags. The same recording gives the same report.

    \b
    Examples:
      moltwatch report night | less
      moltwatch report night.molt --html night.html
      moltwatch report archive.jsonl.gz --min-score persona=0.8 --start 2026-01-31T05:00
      moltwatch record ws://127.0.0.1:8765 -o today.molt; moltwatch report today.molt > today.md
    """
    from moltwatch.cli.running import require_recording, run_async
    from moltwatch.config import load
    from moltwatch.errors import UsageError

    config = load(config_path)
    require_recording(recording)
    if end <= start:
        raise UsageError("--end must come after --start")
    if page is not None:
        _check(page, recording, force)
    from moltwatch.cli.progress import Progress
    from moltwatch.outputs.report.summary import Collector

    thresholds = Thresholds.all(config.flags.min_score).but(least_scores(min_scores))
    told = [Kind(kind) for kind in kinds] or list(Kind)
    progress = Progress(live=sys.stderr.isatty(), kinds=told)
    collector = Collector(
        thresholds=thresholds,
        kinds=told,
        start=start,
        end=end,
        show_secrets=show_secrets,
    )
    summary = run_async(lambda: _gather(recording, config, collector, progress, thresholds, fresh))
    if page is None:
        from moltwatch.outputs.report.markdown import markdown

        sys.stdout.buffer.write(markdown(summary).encode())
        sys.stdout.flush()
        return
    from moltwatch.outputs.report.page import html

    _write(page, html(summary))


def _check(page: Path, recording: str, force: bool) -> None:
    """Raise MoltwatchError if the page cannot go there: before the recording is read, which takes
    its time."""
    from moltwatch.cli.running import forbid_source
    from moltwatch.errors import MoltwatchError, UsageError

    forbid_source(page, [recording], "write the page")
    if page.exists() and not force:
        raise UsageError(f"{page} exists; --force overwrites it")
    if not page.parent.is_dir():
        raise UsageError(f"{page}: there is no folder {page.parent}")
    special = page.exists() and not page.is_file()
    if not os.access(page if special else page.resolve().parent, os.W_OK):
        raise MoltwatchError(f"{page}: cannot be written (permission denied)")


def _write(page: Path, text: str) -> None:
    """Beside the old page and then in its place, so that a full disk leaves that as it was."""
    from moltwatch.errors import MoltwatchError

    special = page.exists() and not page.is_file()  # a device or a pipe is not to be replaced
    target = page.resolve()
    new = page if special else target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        new.write_text(text, "utf-8")
        if new is not page:
            new.replace(target)
    except OSError as error:
        if new is not page:
            with suppress(OSError):
                new.unlink()
        raise MoltwatchError(f"{page}: cannot be written ({error.strerror})") from None


async def _gather(
    recording: str,
    config: Config,
    collector: Collector,
    progress: Progress,
    thresholds: Thresholds,
    fresh: bool,
) -> Summary:
    from moltwatch.cli.wiring import open_run
    from moltwatch.sources.registry import FAST, Opening

    run = await open_run(
        [recording],
        Opening(speed=FAST),
        config=config,
        sinks=[collector, progress],
        verdicts=True,
        thresholds=thresholds,
        fresh=fresh,
        complain=progress.note,
    )
    async with progress.over(run):
        await run.pipeline.run()
    return collector.summary(run.source.status.name, rejects=run.rejects, failures=run.failures)
