"""``moltwatch doctor``: what a report of a bug needs, as text to paste."""

from __future__ import annotations

import locale
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click

from moltwatch import __version__
from moltwatch.cli.options import SourceParam
from moltwatch.errors import MoltwatchError

WITHIN = 10.0
"""Seconds that a source has to send something."""

_KEY = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
"""How the variable of a key is called."""

_TERMINAL = ("TERM", "COLORTERM", "COLORFGBG", "NO_COLOR", "TMUX", "MOLTWATCH_ASCII")
"""What in the environment decides how the screen looks."""


class Finding(NamedTuple):
    """One line, and what is to be done if something is wrong."""

    name: str
    told: str
    remedy: str = ""


@click.command()
@click.argument("sources", metavar="[SOURCE]...", nargs=-1, type=SourceParam())
@click.pass_context
def command(ctx: click.Context, sources: Sequence[str]) -> None:
    """Say how things stand here: versions, terminal, configuration, folders, keys, plugins, and
    whether each SOURCE can be reached.

    It is text to paste into a report of a bug: of keys it says only whether they are set, and your
    home folder is `~`. Nobody is asked anything but the sources that you name. Exit code 0 if
    nothing is wrong, 1 if something is; each trouble comes with what to do.

    \b
    Examples:
      moltwatch doctor
      moltwatch doctor clawstr: moltbook: > report.txt
    """
    wrong = 0
    for finding in (*_machine(), *_terminal(), *_files(), *_keys(os.environ), *_sources(sources)):
        click.echo(_harmless(f"{finding.name}: {finding.told}"))
        if finding.remedy:
            wrong += 1
            click.echo(f"  wrong: {_harmless(finding.remedy)}")
    click.echo("nothing is wrong" if not wrong else f"wrong: {wrong}")
    ctx.exit(1 if wrong else 0)


def _harmless(line: str) -> str:
    from moltwatch.text import display_line

    return display_line(line.replace(str(Path.home()), "~"), 1_000)


def _machine() -> Iterator[Finding]:
    yield Finding("moltwatch", __version__)
    yield Finding("python", f"{platform.python_version()} on {platform.platform()}")
    packages = [f"{name} {version}" for name, version in _packages() if version]
    missing = [name for name, version in _packages() if not version]
    remedy = f"install {', '.join(missing)}: pip install moltwatch does" if missing else ""
    yield Finding("packages", ", ".join(packages), remedy)


def _packages() -> list[tuple[str, str]]:
    """What moltwatch stands on, each with the version that is installed; empty for what is not."""
    from importlib.metadata import PackageNotFoundError, requires, version

    found: list[tuple[str, str]] = []
    try:
        required = requires("moltwatch") or []
    except PackageNotFoundError:  # run from a folder
        required = []
    for requirement in required:
        if "extra ==" not in requirement:
            name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
            try:
                found.append((name, version(name)))
            except PackageNotFoundError:
                found.append((name, ""))
    return found


def _terminal() -> Iterator[Finding]:
    streams = {"stdin": sys.stdin, "stdout": sys.stdout, "stderr": sys.stderr}
    ours = [name for name, stream in streams.items() if stream is not None and stream.isatty()]
    told = ", ".join(ours) if ours else "none of stdin, stdout, stderr"
    try:
        with Path("/dev/tty").open() as tty:
            columns, rows = os.get_terminal_size(tty.fileno())
        told += f"; {columns}×{rows}"
    except OSError:
        told += "; no terminal"
    yield Finding("terminal", told)
    said = [f"{name}={os.environ[name]}" for name in _TERMINAL if name in os.environ]
    yield Finding("its settings", " ".join(said) or "none")
    encoding = locale.getpreferredencoding(False)
    language = os.environ.get("LC_ALL") or os.environ.get("LANG") or "no LANG"
    yield Finding("encoding", f"{encoding}, {language}")


def _files() -> Iterator[Finding]:
    from moltwatch.config import load
    from moltwatch.heuristics.registry import available
    from moltwatch.paths import bundled_recordings, config_file, shipped, state_folder

    path = config_file()
    try:
        load()
        yield Finding("configuration", f"{path}, {'read' if path.exists() else 'none: defaults'}")
    except MoltwatchError as error:
        yield Finding("configuration", str(path), str(error))
    yield _folder("state folder", state_folder())
    recordings = bundled_recordings()
    remedy = "" if recordings else "the recordings that come with moltwatch are gone: reinstall it"
    yield Finding("recordings", f"{shipped('recordings')}: {', '.join(recordings)}", remedy)
    try:
        classes = available()
    except MoltwatchError as error:
        yield Finding("plugins", "cannot be loaded", str(error))
        return
    others = sorted(n for n, each in classes.items() if not each.__module__.startswith("moltwatch"))
    yield Finding("heuristics", f"{len(classes)}; of others: {', '.join(others) or 'none'}")


def _folder(name: str, path: Path) -> Finding:
    """Whether something can be written there, or the folder be made."""
    nearest = next(each for each in (path, *path.parents) if each.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        return Finding(name, f"{path}, writable")
    return Finding(name, str(path), f"{nearest} cannot be written to: what you say is not kept")


def _keys(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Of each key whether it is set, and for whom; never the key."""
    from moltwatch.sources.forum.protocol import TOKEN
    from moltwatch.sources.live.addresses import read_key
    from moltwatch.sources.moltbook.address import HOST_VARIABLE, credentials_file

    names = dict.fromkeys([*(name for kind in _kinds() for name in _KEY.findall(kind)), TOKEN])
    for name in names:
        where = name if environment.get(name, "").strip() else f"{name}_FILE"
        try:
            told = f"set, in {where}" if read_key(name, environment) else "not set"
            remedy = ""
        except MoltwatchError as error:
            told, remedy = f"set, in {where}", str(error)
        yield Finding(name, told, remedy)
    if host := environment.get(HOST_VARIABLE):
        yield Finding(HOST_VARIABLE, host)
    file = credentials_file(environment)
    yield Finding("credentials", f"{file}, {'there' if file.exists() else 'none'}")


def _kinds() -> Iterator[str]:
    from moltwatch.sources.registry import KINDS

    return (kind.key for kind in KINDS)


def _sources(sources: Sequence[str]) -> Iterator[Finding]:
    if not sources:
        return
    from moltwatch.cli.running import run_async
    from moltwatch.cli.sources import check
    from moltwatch.sources.grammar import shown

    for source in sources:
        try:
            report = run_async(partial(check, source, WITHIN))
        except MoltwatchError as error:
            yield Finding(shown(source), "cannot be opened", str(error))
            continue
        *told, last = report.lines
        for line in told:
            yield Finding(shown(source), line)
        remedy = "" if report.works else "it cannot be watched from here, for the reason above"
        yield Finding(shown(source), last, remedy)
