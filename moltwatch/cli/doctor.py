"""``moltwatch doctor``: what a report of a bug needs, as text to paste."""

from __future__ import annotations

import io
import locale
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click

from moltwatch import __version__
from moltwatch.cli import without_secrets
from moltwatch.cli.options import SourceParam
from moltwatch.errors import MoltwatchError
from moltwatch.paths import without_home

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
    if isinstance(sys.stdout, io.TextIOWrapper):  # what is wrong may be its encoding
        sys.stdout.reconfigure(errors="backslashreplace")
    wrong = 0
    for finding in _findings(sources):
        click.echo(_harmless(f"{finding.name}: {finding.told}"))
        if finding.remedy:
            wrong += 1
            click.echo(f"  wrong: {_harmless(finding.remedy)}")
    click.echo("nothing is wrong" if not wrong else f"wrong: {wrong}")
    ctx.exit(1 if wrong else 0)


def _findings(sources: Sequence[str]) -> Iterator[Finding]:
    """All of them. What cannot be looked at is itself wrong, and hides nothing of the rest."""
    parts: dict[str, Callable[[], Iterator[Finding]]] = {
        "versions": _machine,
        "terminal": _terminal,
        "configuration": _configuration,
        "folders": _folders,
        "keys": partial(_keys, os.environ, sources),
        "credentials": partial(_credentials, os.environ),
    }
    for name, part in parts.items():
        try:
            yield from part()
        except Exception as error:
            yield Finding(name, "cannot be looked at", f"{type(error).__name__}: {error}")
    for source in sources:
        yield from _source(source)


def _harmless(line: str) -> str:
    from moltwatch.text import display_line

    return display_line(without_home(without_secrets(line)), 1_000)


def _machine() -> Iterator[Finding]:
    yield Finding("moltwatch", __version__)
    yield Finding("python", f"{platform.python_version()} on {platform.platform()}")
    told = [f"{name} {version}" for name, version in packages() if version]
    missing = [name for name, version in packages() if not version]
    remedy = f"install {', '.join(missing)}: pip install moltwatch does" if missing else ""
    yield Finding("packages", ", ".join(told), remedy)


def packages() -> list[tuple[str, str]]:
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
    from rich.console import Console

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
    remedy = "" if os.environ.get("TERM") != "dumb" else _DUMB
    yield Finding("its settings", " ".join(said) or "none", remedy)
    yield Finding("colours", Console(force_terminal=True).color_system or "none")
    encoding = locale.getpreferredencoding(False)
    language = os.environ.get("LC_ALL") or os.environ.get("LANG") or "no LANG"
    plain = "ASCII signs, as MOLTWATCH_ASCII wants" if os.environ.get("MOLTWATCH_ASCII") else ""
    remedy = "" if plain or encoding.lower().replace("-", "") == "utf8" else _NOT_UNICODE
    yield Finding("encoding", ", ".join(filter(None, (encoding, language, plain))), remedy)


_DUMB = "the screen cannot be drawn there: set TERM to what the terminal is, as xterm-256color"
_NOT_UNICODE = "little of what agents write can be shown: set LANG to a language in UTF-8, C.UTF-8"


def _configuration() -> Iterator[Finding]:
    from moltwatch.cli.wiring import build_heuristics
    from moltwatch.config import load
    from moltwatch.heuristics.registry import available
    from moltwatch.paths import config_file

    path = config_file()
    there = "read" if path.exists() else "none: defaults"
    try:
        build_heuristics(load())  # it knows whether the heuristics can make use of their sections
        yield Finding("configuration", f"{path}, {there}")
    except MoltwatchError as error:
        yield Finding("configuration", str(path), str(error))
    broken: list[str] = []
    classes = available(broken.append)
    others = sorted(n for n, each in classes.items() if not each.__module__.startswith("moltwatch"))
    yield Finding("heuristics", f"{len(classes)}; of others: {', '.join(others) or 'none'}")
    for complaint in broken:
        yield Finding("plugin", complaint, "mend or uninstall the package that it came with")


def _folders() -> Iterator[Finding]:
    from moltwatch.analysis import answers_folder
    from moltwatch.paths import bundled_recordings, config_file, shipped, state_folder

    yield _folder("configuration folder", config_file().parent)
    yield _folder("state folder", state_folder(), "what you say of posts is not kept")
    yield _folder("cache folder", answers_folder(), "heuristics are asked anew each time")
    recordings = bundled_recordings()
    remedy = "" if recordings else "the recordings that come with moltwatch are gone: reinstall it"
    yield Finding("recordings", f"{shipped('recordings')}: {', '.join(recordings)}", remedy)


def _folder(name: str, path: Path, lost: str = "") -> Finding:
    """Whether something can be written there, or the folder be made; ``lost`` is what is missing
    otherwise."""
    nearest = next(each for each in (path, *path.parents) if os.access(each, os.F_OK))
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        return Finding(name, f"{path}, writable")
    remedy = f"{nearest} cannot be written to: {lost}" if lost else ""
    return Finding(name, f"{path}, not writable", remedy)


def _keys(environment: Mapping[str, str], sources: Sequence[str]) -> Iterator[Finding]:
    """Of each key, also of those that mappings of ``sources`` name, whether it is set, and who gets
    it; never the key."""
    from moltwatch.sources.forum.source import KEY as TOKEN
    from moltwatch.sources.live.addresses import Key, read_key
    from moltwatch.sources.moltbook.address import KEY

    known = [name for kind in _kinds() for name in _KEY.findall(kind)]
    named = map(Key, [*known, *_mapped_keys(sources)])
    for name, each in {key.variable: key for key in (*named, KEY, TOKEN)}.items():
        where = name if environment.get(name, "").strip() else f"{name}_FILE"
        try:
            key, whose = read_key(name, environment), each.whose(environment)
        except MoltwatchError as error:
            yield Finding(name, f"set, in {where}", str(error))
            continue
        empty = key is None and environment.get(f"{name}_FILE")
        remedy = f"the file that {name}_FILE names is empty" if empty else ""
        whose = f"{whose} alone" if whose else "the server that a SOURCE of its kind names"
        yield Finding(name, f"set, in {where}, for {whose}" if key else "not set", remedy)


def _mapped_keys(sources: Sequence[str]) -> Iterator[str]:
    from moltwatch.sources.grammar import parse
    from moltwatch.sources.mapped.source import mapped_address

    for source in sources:
        if source.startswith(("sse+", "json+")):
            # What is wrong with it is told where it is tried.
            with suppress(MoltwatchError):
                address = parse(source).text.partition("+")[2]
                if key := mapped_address(address, "ws", "wss", "http", "https")[1].key:
                    yield key


def _credentials(environment: Mapping[str, str]) -> Iterator[Finding]:
    """The file that agents on Moltbook have."""
    from moltwatch.sources.moltbook.address import BASE, HOST, credentials_file, key_for

    file = credentials_file(environment)
    rest = {name: value for name, value in environment.items() if not name.startswith("MOLTBOOK_")}
    if not file.exists():
        yield Finding("credentials", f"{file}, none")
    elif key_for(BASE, rest):
        yield Finding("credentials", f"{file}, a key for {HOST} alone")
    else:
        yield Finding(
            "credentials", str(file), "no key can be read there: mend it, or take it away"
        )


def _kinds() -> Iterator[str]:
    from moltwatch.sources.registry import KINDS

    return (kind.key for kind in KINDS)


def _source(source: str) -> Iterator[Finding]:
    from moltwatch.cli.running import run_async
    from moltwatch.cli.sources import check
    from moltwatch.sources.grammar import shown

    try:
        report = run_async(partial(check, source, WITHIN))
    except (MoltwatchError, OSError) as error:
        yield Finding(shown(source), "cannot be opened", str(error))
        return
    *told, last = report.lines
    for line in told:
        yield Finding(shown(source), line)
    remedy = "" if report.works else "it cannot be watched from here, for the reason above"
    yield Finding(shown(source), last, remedy)
