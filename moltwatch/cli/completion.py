"""``moltwatch completion``: a script for the shell that completes commands, options, heuristics and
sources."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print a completion script, to be sourced by the shell.

    \b
    Examples:
      eval "$(moltwatch completion bash)"                       in ~/.bashrc
      eval "$(moltwatch completion zsh)"                        in ~/.zshrc
      moltwatch completion fish > ~/.config/fish/completions/moltwatch.fish
    """
    from click.shell_completion import get_completion_class

    from moltwatch.cli import cli

    # The shell's class by name, without asking the shell itself: click runs bash to look at its
    # version, and the script may be wanted where there is no bash.
    found = get_completion_class(shell)
    assert found is not None
    maker = found(cli, {}, "moltwatch", "_MOLTWATCH_COMPLETE")
    click.echo(maker.source_template % maker.source_vars())
