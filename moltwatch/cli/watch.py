"""``moltwatch watch``: the screen, live."""

from __future__ import annotations

from pathlib import Path

import click

from moltwatch.cli.logfile import log_option
from moltwatch.cli.options import (
    LeastScore,
    config_option,
    record_options,
    since_option,
    sources_argument,
)
from moltwatch.cli.screen import screen_options, show
from moltwatch.times import Micros


@click.command()
@sources_argument
@since_option
@record_options
@screen_options
@log_option
@config_option
def command(
    sources: tuple[str, ...],
    since: Micros | None,
    record: Path | None,
    force: bool,
    pipe: bool,
    kinds: tuple[str, ...],
    min_scores: tuple[LeastScore, ...],
    theme: str | None,
    show_secrets: bool,
    config_path: Path | None,
) -> None:
    """Watch one or more sources live; several are merged by time.

    The screen draws on the terminal itself, so that stdout stays free for --pipe.

    \b
    Examples:
      moltwatch watch ws://127.0.0.1:8765
      moltwatch watch ws://127.0.0.1:8765 --record tonight.molt
      moltwatch watch clawstr: moltbook: --since 2h
      moltwatch watch moltbook: --kind hazard --kind coordinated --min-score 0.8
      moltwatch watch 'sim:?rate=20' --pipe | jq 'select(.type=="flagged").post.author'
      tail -f posts.jsonl | moltwatch watch -
    """
    from moltwatch.sources.registry import Opening

    show(
        sources,
        Opening(since=since),
        config_path=config_path,
        record=record,
        force=force,
        pipe=pipe,
        kinds=kinds,
        min_scores=min_scores,
        theme=theme,
        show_secrets=show_secrets,
    )
