"""``moltwatch heuristics``: what there is, each explained with its parameters."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from moltwatch.cli.options import HEURISTIC

if TYPE_CHECKING:
    from rich.console import Console

    from moltwatch.heuristics.registry import Description


@click.command()
@click.argument("name", required=False, type=HEURISTIC)
@click.option(
    "--default-config",
    "as_config",
    is_flag=True,
    help="A configuration file with every key and default.",
)
def command(name: str | None, as_config: bool) -> None:
    """List the heuristics, or explain one: what it looks at, its parameters, how good it is,
    when it fails.

    Parameters are set in the configuration file, in a section of the heuristic's name. In a pipe,
    the list is a line each: name, kind, family and summary, with tabs between them.

    \b
    Examples:
      moltwatch heuristics
      moltwatch heuristics near-duplicate
      moltwatch heuristics --default-config > ~/.config/moltwatch/config.toml
    """
    from moltwatch.errors import UsageError
    from moltwatch.heuristics.registry import available, describe, did_you_mean

    classes = available(lambda sentence: click.echo(f"moltwatch: {sentence}", err=True))
    if name is not None and name not in classes:
        raise UsageError(f"{name}: no such heuristic{did_you_mean(name, classes)}")
    chosen = [describe(cls) for key, cls in classes.items() if name in (None, key)]
    if as_config:
        sys.stdout.write(_configuration(chosen))
        return
    chosen.sort(key=lambda about: (about.kind, about.family, about.name))
    if name is None and not sys.stdout.isatty():
        for about in chosen:
            click.echo("\t".join((about.name, about.kind, about.family, _prose(about.summary))))
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    if name is None:
        _list(console, chosen)
    else:
        _explain(console, chosen[0])


def _configuration(descriptions: list[Description]) -> str:
    from moltwatch.config import annotated

    return annotated(
        (
            about.name,
            about.summary,
            {given.name: (given.default, given.meaning) for given in about.parameters},
        )
        for about in descriptions
    )


def _list(console: Console, descriptions: list[Description]) -> None:
    from rich.table import Table

    table = Table("heuristic", "kind", "family", "what it looks at", box=None, pad_edge=False)
    for about in descriptions:
        table.add_row(about.name, about.kind, about.family, _prose(about.summary))
    console.print(table)


def _explain(console: Console, about: Description) -> None:
    from rich.padding import Padding

    from moltwatch.config import as_toml

    texts = (about.summary, *about.detail.split("\n\n"))
    console.print(f"{about.name}: {about.kind.value}, family {about.family}\n", style="bold")
    console.print("\n\n".join(map(_prose, filter(None, texts))))
    if about.parameters:
        console.print(f"\nParameters, in the configuration under [heuristics.{about.name}]:")
    for given in about.parameters:
        console.print(f"  {given.name} = {as_toml(given.default)}  ({given.type})")
        if given.meaning:
            console.print(Padding(_prose(given.meaning), (0, 0, 0, 6), expand=False))
    _measured(console, about)
    if about.fails_when:
        console.print("\nFails when:")
        console.print(Padding(_prose(about.fails_when), (0, 0, 0, 2), expand=False))


def _measured(console: Console, about: Description) -> None:
    """How good it is; nothing of heuristics that others brought along."""
    from rich.padding import Padding

    from moltwatch.heuristics.quality import sentences

    told = list(sentences(about.name, about.kind))
    if told:
        console.print("\nMeasured quality:")
    for where, findings in told:
        console.print(Padding(where, (0, 0, 0, 2), expand=False))
        for finding in findings:
            console.print(Padding(finding, (0, 0, 0, 6), expand=False))


def _prose(text: str) -> str:
    """A docstring's paragraph as a person reads it: on one line, in single back-quotes."""
    return " ".join(text.split()).replace("``", "`")
