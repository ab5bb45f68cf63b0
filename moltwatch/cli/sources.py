"""``moltwatch sources``: what can be watched."""

from __future__ import annotations

import sys

import click

from moltwatch.sources.registry import KINDS


@click.command()
def command() -> None:
    """List the sources there are, with examples to copy.

    A table on a terminal. In a pipe, a line each: name, schemes, summary, key it needs and
    examples, with tabs between them.

    \b
    Examples:
      moltwatch sources
      moltwatch sources | cut -f 1,5
    """
    if _is_terminal():
        _print_table()
        return
    for kind in KINDS:
        schemes = " ".join(f"{scheme}:" for scheme in kind.schemes)
        click.echo("\t".join((kind.name, schemes, kind.summary, kind.key, " ".join(kind.examples))))


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _print_table() -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_lines=False, pad_edge=False)
    table.add_column("source", style="bold", no_wrap=True)
    table.add_column("what it is")
    table.add_column("SOURCE", style="cyan", overflow="fold")
    table.add_column("key")
    for kind in KINDS:
        table.add_row(kind.name, kind.summary, "\n".join(kind.examples), kind.key or "none")
    Console(markup=False, highlight=False).print(table)
