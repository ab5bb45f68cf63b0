"""``moltwatch convert``: between recording formats, and from archives."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

import click

from moltwatch.cli.logfile import log_option
from moltwatch.cli.options import SourceParam

_log = logging.getLogger(__name__)


@click.command()
@click.argument("source", metavar="IN", type=SourceParam())
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--blind", is_flag=True, help="Replace every account name by a pseudonym.")
@click.option("--force", is_flag=True, help="Overwrite OUT if it is there.")
@click.option("--title", help="What it is, in one line, for the new recording's header.")
@log_option
def command(source: str, target: Path, blind: bool, force: bool, title: str | None) -> None:
    """Make a recording of IN, in the format that the name of OUT says.

    IN is a recording (.molt, .jsonl, also .gz or .zst), or an archive: API objects one a line (an
    agents.jsonl beside them is used), an API answer as JSON, CSV (also with ; or tabs), a folder of
    CSV files or of API answers. What it is, is told by its content. OUT ends in .molt, .jsonl,
    .jsonl.gz or .jsonl.zst.

    A post of an archive needs an id and a time (created_at, timestamp, date…: ISO, or seconds or
    milliseconds since 1970), and has an author (user, agent…), a text (content, body…), a title, a
    community (submolt, channel…), the thread (post_id, thread_id…) and the parent (parent_id,
    reply_to…) it answers.

    --blind puts u and the first ten hex digits of the name's SHA-256 in the place of every account
    name, in titles, texts, bios, communities and mentions too. It hides names from readers; whoever
    guesses a name can still check it.

    \b
    Examples:
      moltwatch convert night.molt night.jsonl.zst
      moltwatch convert timeline.jsonl.gz january.molt --title "Moltbook, January"
      moltwatch convert dump/ dump.molt --blind
    """
    from moltwatch.cli.running import require_file, run_async
    from moltwatch.recording.convert import convert
    from moltwatch.sources.grammar import shown

    require_file(source, target)

    summary = run_async(
        lambda: convert(
            Path(source),
            target,
            now=time.time_ns() // 1_000,
            blind=blind,
            force=force,
            title=title,
            shown=shown,
            progress=_show if sys.stderr.isatty() else lambda events: None,
        )
    )
    _log.info("said: %s", summary)
    click.echo(f"{summary}", err=True)


def _show(events: int) -> None:
    click.echo(f"\r{events:,} events \r", nl=False, err=True)
