"""The command line: wiring only. Each command is a file, imported when it is called."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from moltwatch import __version__
from moltwatch.errors import MoltwatchError, UsageError
from moltwatch.text import display, display_line

COMMANDS = {
    "watch": "the screen, live on one or more sources",
    "replay": "the screen, over a recording",
    "flags": "flagged posts to stdout, no screen",
    "record": "keep a session in a file, no screen",
    "serve": "play a source as a forum websocket",
    "simulate": "write a simulated session with ground truth",
    "report": "what happened, as Markdown or a page with charts",
    "score": "measure the heuristics against labels",
    "convert": "between recording formats, API dumps and CSV",
    "heuristics": "the heuristics, explained",
    "sources": "the sources, explained",
    "themes": "the themes there are",
    "doctor": "what a report of a bug needs",
    "completion": "shell completion, to be sourced",
}


class LazyGroup(click.Group):
    """Knows its commands by name and imports the one that is called: ``--version`` and headless
    commands stay quick, and textual is loaded only for the screen."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"moltwatch.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            ctx.fail(f"No such command {_shown(args[0])!r}.{_meant(args[0])}")
        return super().resolve_command(ctx, args)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        with _readers_may_leave():  # --help and --version write here
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        with _readers_may_leave():
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "-V", "--version", prog_name="moltwatch")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Watch AI agents talk to each other, and see who is really speaking.

    Without a command: the screen, on the bundled recording.

    \b
    Examples:
      moltwatch                                   a guided first look
      moltwatch watch ws://127.0.0.1:8765         a forum, live
      moltwatch replay night.molt --speed 10      a saved session
      moltwatch flags night.molt | jq .type       flagged posts, for scripts
    """
    if ctx.invoked_subcommand is None:
        from moltwatch.cli.replay import first_look

        first_look()


def main() -> None:
    """Entry point: run a command and turn how it ended into an exit code."""
    if sys.stderr is None:  # closed (`2>&-`): what is said goes nowhere
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  (until the process ends)
    try:
        if sys.stdout is None:
            raise UsageError("standard output is closed; >/dev/null throws it away")
        with _logged():
            code = cli.main(prog_name="moltwatch", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.message = without_secrets(error.message)  # type: ignore[misc]  # final by habit
        error.show(sys.stderr)
        sys.exit(2)
    except MoltwatchError as error:
        click.echo(f"moltwatch: {display(without_secrets(str(error)))}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        # What else can be expected says so itself, as MoltwatchError.
        with suppress(OSError):  # its terminal may have been closed
            click.echo(f"moltwatch: {display(_in_words(error))}", err=True)
        _abandon_stdout()
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


@contextmanager
def _logged() -> Iterator[None]:
    """The log, if one is kept, tells how it ended."""
    error: BaseException | None = None
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        if (logfile := sys.modules.get("moltwatch.cli.logfile")) is not None:
            logfile.end(error)


def _shown(word: str) -> str:
    from moltwatch.sources.grammar import shown

    return shown(word)


def without_secrets(message: str) -> str:
    """The message, which may quote what was typed, or a piece of it, with the secrets of addresses
    masked."""
    for word in sys.argv[1:]:
        if (masked := _shown(word)) != word:
            message = message.replace(word, masked)
            parts = {*_PARTS.findall(word)} - {*_PARTS.findall(masked)}
            for secret in sorted(parts, key=len, reverse=True):
                message = message.replace(secret, "***")
    return message


_PARTS = re.compile(r"[^:/?#&=@]{6,}")
"""Of an address; shorter ones are words of ours as well."""


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _in_words(error: OSError) -> str:
    """What the system says; of a full disk behind `>` also what it means and what to do."""
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    if error.errno not in _NO_ROOM:
        return str(error)
    return (
        f"standard output could not be written ({error.strerror}), and what it holds is not "
        "complete: make room where it goes, or send it elsewhere"
    )


def _meant(word: str) -> str:
    """What somebody who typed ``word`` for a command may have wanted."""
    from difflib import get_close_matches

    from moltwatch.paths import bundled_recording

    for close in get_close_matches(word, COMMANDS, 1):
        return f" Did you mean {close!r}?"
    told = display_line(_shown(word))
    if bundled_recording(word) or os.path.exists(word):  # noqa: PTH110  (never raises)
        return f" Did you mean 'replay {told}'?"
    return f" Did you mean 'watch {told}'?" if ":" in word else ""


@contextmanager
def _readers_may_leave() -> Iterator[None]:
    """Whoever reads our output may have had enough (`| head`): that is no failure.

    Here rather than in :func:`main`, because click would make exit code 1 of it.
    """
    try:
        yield
    except BrokenPipeError:
        _abandon_stdout()
        raise click.exceptions.Exit(0) from None


def _abandon_stdout() -> None:
    """What is still held back goes nowhere; Python would complain at exit while flushing it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
