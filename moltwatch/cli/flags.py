"""``moltwatch flags``: flagged posts to standard output, no screen."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moltwatch.cli.logfile import log_option
from moltwatch.cli.options import (
    FilterParam,
    LeastScore,
    config_option,
    fresh_option,
    kind_option,
    least_scores,
    min_score_option,
    record_options,
    show_secrets_option,
    since_option,
    sources_argument,
)
from moltwatch.model import Kind, Thresholds
from moltwatch.outputs.formats import FormatName
from moltwatch.times import Micros

if TYPE_CHECKING:
    from moltwatch.session.filter import Filter


@click.command()
@sources_argument
@kind_option("Only lines of this kind; all posts are looked at anyway")
@min_score_option("Score at which a post makes a line")
@click.option(
    "--verdicts",
    is_flag=True,
    help="Instead, one line for every post, when nothing can change it any more; with "
    "--min-score, for every post that reaches it.",
)
@click.option(
    "--where",
    type=FilterParam(),
    metavar="FILTER",
    help="Only posts that match, such as 'author:~claw persona>0.7 -community:general'. Leaves "
    "out lines of groups, unless --groups.",
)
@click.option("--groups/--no-groups", default=None, help="Lines of groups as well, or not.")
@click.option(
    "--format",
    "form",
    type=click.Choice([name.value for name in FormatName]),
    help="[default: text on a terminal, jsonl in a pipe]",
)
@show_secrets_option("in text lines; JSON lines and CSV are data and have them anyway")
@since_option
@record_options
@fresh_option
@log_option
@config_option
def command(
    sources: tuple[str, ...],
    kinds: tuple[str, ...],
    min_scores: tuple[LeastScore, ...],
    verdicts: bool,
    where: Filter | None,
    groups: bool | None,
    form: str | None,
    show_secrets: bool,
    since: Micros | None,
    record: Path | None,
    force: bool,
    fresh: bool,
    config_path: Path | None,
) -> None:
    """Write flagged posts to standard output as they are flagged.

    A post makes a line for each kind whose threshold it crosses (most lines of a busy forum are
    weak personas: --min-score persona=0.8 leaves the strong ones), and a group one when it forms,
    doubles, merges or ends. Recordings are read as fast as they go.

    \b
    Examples:
      moltwatch flags night.molt --min-score persona=0.8 | jq -r 'select(.type=="flagged").post.id'
      moltwatch flags night.molt --min-score 0.6 --min-score persona=0.9 --no-groups
      moltwatch flags ws://127.0.0.1:8765 --kind coordinated --kind hazard
      tail -f posts.jsonl | moltwatch flags - --format text
      moltwatch flags archive.jsonl.gz --verdicts > verdicts.jsonl

    \b
    Lines, as JSON:
      flagged    at, post {id kind thread parent author community title text created_at link url
                 source}, persona, coordinated, hazard (0 to 1), flags [{heuristic kind score
                 reason evidence accounts n group}]; the first flag is of the kind that crossed
      group      id, at, kind, state (formed grew merged ended), into, n, accounts, reason
                 (accounts and evidence list ten at most, n counts them all)
      retracted  at, post, kind: a verdict was taken back
      verdict    as flagged, and first_at, when it first crossed, or null; with --verdicts

    \b
    Filters:
      swarm "exact phrase"           words and phrases of title and text; all must hold
      (a or b) not c -d              or, and, not, parentheses
      author:name  author:~part      whole value, part; also community, thread, parent, id,
                                     source, group, heuristic
      author:Ada                     accounts that are keys also by the name they give themselves
      title:part  text~/a.b/         part, regular expression; also link, url, reason
      persona>0.7                    also coordinated, hazard, score (the highest), length
      kind:comment  flagged:hazard   has:link has:title has:group has:reason
      after:2026-01-31T05:00         and before:
    """
    from moltwatch.cli.progress import Progress
    from moltwatch.cli.running import run_async
    from moltwatch.cli.wiring import open_run
    from moltwatch.config import load
    from moltwatch.outputs.formats import make_format
    from moltwatch.outputs.selection import Selection
    from moltwatch.outputs.stdout import LineSink
    from moltwatch.session.names import Names
    from moltwatch.sources.registry import FAST, Opening

    config = load(config_path)
    thresholds = Thresholds.all(config.flags.min_score).but(least_scores(min_scores))
    terminal = sys.stdout.isatty()
    progress = Progress(live=sys.stderr.isatty() and not terminal)
    names = Names()
    selection = Selection(
        kinds=[Kind(kind) for kind in kinds] or config.flags.kinds,
        where=where,
        groups=(config.flags.groups and where is None) if groups is None else groups,
        verdicts=verdicts,
        thresholds=thresholds if min_scores else None,
        names=names,
    )
    lines = LineSink(
        sys.stdout.buffer,
        make_format(
            FormatName(form) if form else None,
            terminal=terminal,
            names=names,
            show_secrets=show_secrets,
        ),
        selection,
    )

    async def work() -> None:
        run = await open_run(
            sources,
            Opening(speed=FAST, since=since),
            config=config,
            sinks=[names, lines, progress],
            record=record,
            force=force,
            verdicts=verdicts,
            thresholds=thresholds,
            fresh=fresh,
            complain=progress.note,
        )
        async with progress.over(run, lines if where is not None or kinds else None):
            await run.pipeline.run()

    run_async(work)
