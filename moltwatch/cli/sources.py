"""``moltwatch sources``: what can be watched, and whether it works."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

import click

from moltwatch.cli.options import DurationParam, SourceParam
from moltwatch.errors import MoltwatchError
from moltwatch.sources.registry import KINDS
from moltwatch.times import SECOND, Micros

if TYPE_CHECKING:
    from moltwatch.model import Event
    from moltwatch.sources.standing import Report


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the sources there are, with examples to copy, and the keys they need.

    A list on a terminal. In a pipe, a line each: name, schemes, summary, key it needs and
    examples, with tabs between them. Examples are quoted as a shell wants them.

    \b
    Examples:
      moltwatch sources
      moltwatch sources | cut -f 1,5
      moltwatch sources check mastodon+wss://mastodon.example
      moltwatch sources try mine.toml frame.json
    """
    if ctx.invoked_subcommand is not None:
        return
    if _is_terminal():
        _print_list()
        return
    for kind in KINDS:
        schemes = " ".join(f"{scheme}:" for scheme in kind.schemes)
        examples = shlex.join(kind.examples)
        click.echo("\t".join((kind.name, schemes, kind.summary, kind.key, examples)))


@command.command("check")
@click.argument("source", metavar="SOURCE", type=SourceParam())
@click.option(
    "--within",
    type=DurationParam(),
    default="30s",
    show_default=True,
    help="How long to wait for the first event.",
)
@click.pass_context
def check_command(ctx: click.Context, source: str, within: Micros) -> None:
    """Connect to SOURCE and say what works: reachable, allowed, first event after how long.

    Exit code 0 if it can be watched, also if nothing was said in that time; 3 if not.

    \b
    Examples:
      moltwatch sources check clawstr:
      moltwatch sources check 'json+ws://127.0.0.1:18789?map=openclaw' --within 5s
    """
    from moltwatch.cli.running import run_async

    report = run_async(lambda: check(source, within / SECOND))
    for line in report.lines:
        click.echo(line)
    ctx.exit(0 if report.works else 3)


@command.command("try")
@click.argument("mapping", metavar="MAPPING")
@click.argument("frames", metavar="FRAME.json", type=click.File("rb"))
@click.pass_context
def try_command(ctx: click.Context, mapping: str, frames: BinaryIO) -> None:
    """Show the events that MAPPING, a file or a preset, makes of saved frames.

    FRAME.json holds one frame, one a line, or server-sent events as they came; `-` is standard
    input. What does not fit is said on stderr, with the path that failed, and the exit code is 1,
    as it is if no frame makes an event.

    \b
    Examples:
      moltwatch sources try mine.toml frame.json
      curl -N https://forum.example/events | head -20 | moltwatch sources try chatr -
    """
    from moltwatch.dialects.mapped import apply
    from moltwatch.sources.base import SystemClock
    from moltwatch.sources.mapped.source import load_mapping
    from moltwatch.sources.mapped.sse import read_frames

    followed = load_mapping(mapping)
    fits, made = True, 0
    for number, frame in enumerate(read_frames(frames.read()), 1):
        outcome = apply(
            followed, frame, source=followed.source or "example", now=SystemClock().now()
        )
        _print_events(outcome.events)
        made += len(outcome.events)
        complaints = [str(miss) for miss in outcome.misses]
        if not outcome.rules:
            complaints.append("no event rule takes it: `when` holds for none")
        elif not outcome.events and not complaints:
            rules = ", ".join(map(str, outcome.rules))
            click.echo(f"frame {number}: taken by event {rules}, which makes nothing", err=True)
        for complaint in complaints:
            click.echo(f"frame {number}: {complaint}", err=True)
        fits = fits and not complaints
    if fits and not made:
        raise MoltwatchError("no frame makes an event")
    ctx.exit(0 if fits else 1)


async def check(source: str, limit: float) -> Report:
    from moltwatch.sources.grammar import open_source
    from moltwatch.sources.registry import FAST, Opening
    from moltwatch.sources.standing import check

    opening = Opening(speed=FAST, tries=2)
    return await check(await open_source(source, opening), opening.clock, limit=limit)


def _print_events(events: Sequence[Event]) -> None:
    """Recording lines in a pipe; on a terminal, a field a line."""
    from moltwatch.dialects.lines import encode
    from moltwatch.jsonl import harmless
    from moltwatch.text import display_line

    for event in events:
        if not _is_terminal():
            click.echo(harmless(encode(event).encode()))
            continue
        click.echo(type(event).__name__)
        for name in event.__struct_fields__:
            if (value := getattr(event, name)) is not None:
                click.echo(f"  {name:<10} {display_line(str(value), 300)}")


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _print_list() -> None:
    """Not a table: an example that is broken over lines cannot be copied."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(markup=False, highlight=False)
    for kind in KINDS:
        console.print(Text.assemble((kind.name, "bold")))
        key = f"key: {kind.key}" if kind.key else ""
        for line in filter(None, (kind.summary, key)):
            console.print(Padding(line, (0, 0, 0, 2)))
        for example in kind.examples:
            console.print(f"    {shlex.quote(example)}", style="cyan", soft_wrap=True)
