"""``moltwatch record``: keep a session in a file, no screen and no heuristics."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from moltwatch.cli.logfile import log_option
from moltwatch.cli.options import (
    DurationParam,
    config_option,
    output_option,
    since_option,
    sources_argument,
)
from moltwatch.times import SECOND, Micros


@click.command()
@sources_argument
@output_option
@click.option(
    "--for",
    "limit",
    type=DurationParam(),
    metavar="TIME",
    help="Stop after this long, such as 10m or 2h; otherwise at Ctrl+C.",
)
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
@click.option(
    "--analyse",
    is_flag=True,
    help="Ask the heuristics as well and keep what they say, so that the recording opens at once.",
)
@since_option
@log_option
@config_option
def command(
    sources: tuple[str, ...],
    output: Path,
    limit: Micros | None,
    force: bool,
    analyse: bool,
    since: Micros | None,
    config_path: Path | None,
) -> None:
    """Record what sources deliver, in order of arrival, with gaps and silences.

    Stops with exit code 1 the moment it cannot write.

    \b
    Examples:
      moltwatch record ws://127.0.0.1:8765 -o night.molt
      moltwatch record moltbook: clawstr: -o both.jsonl.zst --for 8h --since 2h
      moltwatch record clawstr: -o night.molt --analyse
    """
    import asyncio

    from moltwatch.cli.progress import Progress
    from moltwatch.cli.running import run_async
    from moltwatch.cli.wiring import open_run
    from moltwatch.config import load
    from moltwatch.sources.registry import FAST, Opening

    config = load(config_path)
    progress = Progress(live=sys.stderr.isatty(), heuristics=analyse)

    async def work() -> None:
        run = await open_run(
            sources,
            Opening(speed=FAST, since=since),
            config=config,
            sinks=[progress],
            record=output,
            force=force,
            watch=analyse,
            complain=progress.note,
        )
        async with progress.over(run):
            try:
                async with asyncio.timeout(None if limit is None else limit / SECOND) as deadline:
                    await run.pipeline.run()
            except TimeoutError:
                if not deadline.expired():
                    raise

    run_async(work)
