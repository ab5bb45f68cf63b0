"""``moltwatch themes``: the themes there are, and how to make one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from moltwatch.cli.options import THEME

if TYPE_CHECKING:
    from moltwatch.tui.themes import Theme


@click.command()
@click.argument("name", required=False, type=THEME)
def command(name: str | None) -> None:
    """List the themes, or print the file of one, to begin your own with.

    A theme is a TOML file of colours. Your own lie in the folder `themes` beside the configuration
    file, and go before shipped ones of the same name. In a pipe, a line each: name, dark or light,
    description and file, with tabs between them.

    \b
    Examples:
      moltwatch themes
      moltwatch themes tidepool > ~/.config/moltwatch/themes/mine.toml
      moltwatch replay night.molt --theme mine
    """
    from moltwatch.tui.themes import find, load_all

    complaints: list[str] = []
    themes = load_all(complaints)
    if name not in themes:  # else nothing of others: `> mine.toml` has just made an empty one
        for complaint in complaints:
            click.echo(f"moltwatch: {complaint}", err=True)
    if name is not None:
        click.echo(find(name).path.read_text("utf-8"), nl=False)
    elif sys.stdout.isatty():
        _print_swatches(list(themes.values()))
    else:
        for theme in themes.values():
            shade = "dark" if theme.file.dark else "light"
            click.echo("\t".join((theme.name, shade, theme.file.description, str(theme.path))))


def _print_swatches(themes: Sequence[Theme]) -> None:
    from rich.console import Console
    from rich.text import Text

    from moltwatch.tui.themes import user_folder

    console = Console(markup=False, highlight=False)
    for theme in themes:
        line = Text.assemble((f"{theme.name:<12}", "bold"))
        inks = theme.file.moltwatch
        shown = (
            theme.file.colors.primary,
            theme.file.colors.accent,
            inks.persona,
            inks.coordinated,
        )
        for color in (*shown, inks.hazard, *inks.voices):
            line.append("██", _rich_color(color))
        line.append(f"  {theme.file.description}")
        console.print(line)
    console.print(f"\nYour own: {user_folder()}", style="dim")


def _rich_color(color: str) -> str:
    """Textual's names of the terminal's colours, as rich has them."""
    return color.removeprefix("ansi_").replace("default", "none")
