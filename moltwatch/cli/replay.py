"""``moltwatch replay``: the screen over a recording, and ``moltwatch`` alone over a bundled one."""

from __future__ import annotations

from pathlib import Path

import click

from moltwatch.cli.logfile import log_option
from moltwatch.cli.options import (
    DurationParam,
    LeastScore,
    SourceParam,
    TimeParam,
    config_option,
    fresh_option,
)
from moltwatch.cli.screen import screen_options, show
from moltwatch.paths import shipped
from moltwatch.times import SECOND, Micros, parse_time

FIRST_LOOK = "first-look.jsonl.gz"
GUIDE = "moltwatch-guide"
"""Who explains it, in a thread of its own."""
ALIVE = parse_time("2026-02-14T18:01:44Z")
"""Twenty threads are there, and a few seconds later the first campaign is found."""


@click.command()
@click.argument("file", metavar="FILE", type=SourceParam())
@click.option(
    "--speed",
    default="1",
    show_default=True,
    help="A factor such as 10, or max; keys change it while it runs.",
)
@click.option(
    "--start",
    type=TimeParam(),
    metavar="TIME",
    help="Begin here; what comes before is read first, so that nothing it taught is missing.",
)
@click.option(
    "--max-idle",
    type=DurationParam(),
    metavar="SECONDS",
    help="Wait no longer than this for the next event, however long it took.",
)
@screen_options
@fresh_option
@log_option
@config_option
def command(
    file: str,
    speed: str,
    start: Micros | None,
    max_idle: Micros | None,
    pipe: bool,
    kinds: tuple[str, ...],
    min_scores: tuple[LeastScore, ...],
    theme: str | None,
    show_secrets: bool,
    fresh: bool,
    config_path: Path | None,
) -> None:
    """Replay a recording or an archive at any speed: pause, step, seek, back and forth.

    FILE may also be the name of a bundled recording: first-look, night or quiet-day.

    \b
    Examples:
      moltwatch replay night.molt --speed 10
      moltwatch replay night --start 2026-02-21T02:30
      moltwatch replay night.molt --max-idle 2
      moltwatch replay archive.jsonl.gz --speed max --min-score persona=0.9
    """
    from moltwatch.sources.registry import Opening
    from moltwatch.sources.replay import parse_speed

    opening = Opening(
        speed=parse_speed(speed),
        start=start,
        max_idle=None if max_idle is None else max_idle / SECOND,
    )
    show(
        [file],
        opening,
        fresh=fresh,
        config_path=config_path,
        pipe=pipe,
        kinds=kinds,
        min_scores=min_scores,
        theme=theme,
        show_secrets=show_secrets,
    )


def first_look() -> None:
    """The screen on the bundled recording, where it is alive, with the guide's thread open."""
    from moltwatch.sources.registry import Opening

    show([str(shipped("recordings") / FIRST_LOOK)], Opening(start=ALIVE), host=GUIDE)
