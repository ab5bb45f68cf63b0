"""``--log FILE``: what a report of a bug needs. What was started and with which versions, how each
source fares, gaps, what was refused and why, errors with their tracebacks; and no secrets.

Whoever has something to tell tells it to the standard library's ``logging``, which goes nowhere
unless this file listens.
"""

from __future__ import annotations

import logging
import os
import platform
import re
import shlex
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import gmtime
from typing import Any, TypeVar

import click

from moltwatch import __version__
from moltwatch.cli import without_secrets
from moltwatch.errors import UsageError
from moltwatch.paths import without_home
from moltwatch.text import display_line

F = TypeVar("F", bound=Callable[..., Any])

LARGEST = 50_000_000
"""Bytes of a log. What would make it larger is left out, but for how the run ends."""

_LONGEST = 4_000
"""Characters of a line."""

_BEGIN = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ info moltwatch ")
"""How a log of ours begins."""

_WORD = re.compile(r"[^\s'\"<>]+")
_SCHEME = re.compile(r"(?<![\w+.-])[\w+.-]+:")
_OPENS = re.compile("[@?#]")
"""An address may hold a secret where one of these follows its scheme."""

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|BEARER")
"""In the name of a variable whose value is one."""

_SHORTEST = 6
"""Characters of a secret; what is shorter stands in too many words to be taken out."""

_ours = logging.getLogger("moltwatch")


def log_option(command: F) -> F:
    """``--log FILE``: from here on it is told what happens, until :func:`end`."""
    return click.option(
        "--log",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        expose_value=False,
        is_eager=True,  # so that what is wrong with the rest is told as well
        callback=_begin,
        help="Append to FILE what happens, for reports of bugs: versions, sources, gaps, refusals, "
        "errors. Secrets are left out.",
    )(command)


def _begin(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
    if path is None or ctx.resilient_parsing:
        return
    from moltwatch.cli.doctor import packages
    from moltwatch.sources.grammar import shown

    end()
    try:
        handler = LogFile(path)
    except OSError as error:
        raise UsageError(f"--log: cannot write {path}: {error.strerror or error}") from None
    logging.getLogger().addHandler(handler)
    _ours.setLevel(logging.INFO)
    python = f"Python {platform.python_version()} on {platform.platform()}"
    _ours.info("moltwatch %s, %s", __version__, python)
    _ours.info("packages: %s", ", ".join(f"{name} {version}" for name, version in packages()))
    _ours.info("begins: %s", shlex.join(map(shown, sys.argv[1:])))
    if handler.failure:
        _stop(handler)
        raise UsageError(f"--log: cannot write {path}: {handler.failure}")


def end(error: BaseException | None = None) -> None:
    """The run is over, by this error if by one; the log has its traceback."""
    for handler in [each for each in logging.getLogger().handlers if isinstance(each, LogFile)]:
        handler.make_room()
        if error is None:
            _ours.info("ended")
        elif isinstance(error, KeyboardInterrupt | click.exceptions.Abort):
            _ours.info("ended: interrupted")
        else:
            _ours.error("ended: %s: %s", type(error).__name__, error, exc_info=error)
        _stop(handler)
        if handler.failure:
            told = f"moltwatch: the log {handler.path} is not complete: {handler.failure}"
            with suppress(OSError):  # its terminal may have been closed
                click.echo(display_line(told), err=True)


def _stop(handler: LogFile) -> None:
    logging.getLogger().removeHandler(handler)
    _ours.setLevel(logging.NOTSET)
    handler.close()


class LogFile(logging.Handler):
    """A file of lines, each harmless and without secrets. Raises OSError if it cannot be written,
    UsageError if it is something else than a log. What fails later on is kept in ``failure``, for a
    log must not stop what it is about.

    Of what libraries say, warnings and errors are kept: the rest holds headers.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(logging.INFO)
        self.path = path
        self.failure = ""
        self._size = _size_of_log(path)
        self._most = LARGEST
        self._secrets = _secrets()
        self._file = path.open("a", encoding="utf-8", errors="backslashreplace")
        self.addFilter(lambda record: record.levelno >= logging.WARNING or _is_ours(record))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, and a traceback behind it."""
        if self.failure or self._size >= self._most:
            return
        try:
            told, *trace = self._without_secrets(_text(record)).splitlines()
            lines = [_stamp(record) + display_line(told, _LONGEST)]
            lines += [f"  | {_indented(line)}" for line in trace]
            self._write("".join(f"{line}\n" for line in lines))
            if self._size >= self._most:
                self._write("what follows is left out: this log is full, name another file\n")
        except OSError as error:
            self.failure = error.strerror or str(error)
        except Exception as error:
            self.failure = f"a line could not be written ({type(error).__name__})"

    def make_room(self) -> None:
        """However full it is, how the run ends belongs into it."""
        self._most = self._size + LARGEST

    def close(self) -> None:
        """No more comes."""
        try:
            self._file.close()
        except OSError as error:
            self.failure = self.failure or error.strerror or str(error)
        super().close()

    def _write(self, text: str) -> None:
        self._file.write(text)
        self._file.flush()
        self._size += len(text)

    def _without_secrets(self, text: str) -> str:
        from moltwatch.session.secrets import masked

        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = _WORD.sub(_without_address, without_secrets(text))
        return masked(without_home(text))


def _without_address(word: re.Match[str]) -> str:
    """A word, in which an address shows no secret."""
    from moltwatch.sources.grammar import shown

    scheme = _SCHEME.search(word[0])
    if scheme is None or not _OPENS.search(word[0], scheme.end()):
        return word[0]
    return word[0][: scheme.start()] + shown(word[0][scheme.start() :])


def _stamp(record: logging.LogRecord) -> str:
    moment = gmtime(record.created)
    date = f"{moment.tm_year}-{moment.tm_mon:02}-{moment.tm_mday:02}"
    time = f"{moment.tm_hour:02}:{moment.tm_min:02}:{moment.tm_sec:02}"
    whose = "" if _is_ours(record) else f"{record.name}: "
    return f"{date}T{time}Z {record.levelname.lower()} {whose}"


def _text(record: logging.LogRecord) -> str:
    """What is said, on a line; then the traceback, if there is one."""
    told = " ".join(record.getMessage().splitlines()) or "-"
    if record.exc_info and record.exc_info[1] is not None:
        told += f"\n{logging.Formatter().formatException(record.exc_info)}"
    return told


def _indented(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))] + display_line(line, _LONGEST)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == "moltwatch"


def _size_of_log(path: Path) -> int:
    """Bytes of a log that is there already. Raises UsageError if it is full, or is no log: whoever
    names a recording by mistake still has it afterwards."""
    if not path.is_file():
        return 0  # not there, or a device or a pipe
    with path.open("rb") as file:
        begin = file.read(100)
    if begin and not _BEGIN.match(begin):
        raise UsageError(f"--log: {path} exists and is no log of moltwatch: name another file")
    if (size := path.stat().st_size) >= LARGEST:
        raise UsageError(f"--log: {path} is full ({size:,} bytes): name another file")
    return size


def _secrets() -> list[str]:
    """Of the environment, and of the files that it names, the longest first."""
    found: set[str] = set()
    for name, value in os.environ.items():
        if _SECRET.search(name.upper()):
            found.add(value.strip())
            if name.endswith("_FILE"):
                with suppress(OSError, ValueError, RuntimeError):
                    found.add(_kept_in(Path(value.strip()).expanduser()))
    return sorted((each for each in found if len(each) >= _SHORTEST), key=len, reverse=True)


def _kept_in(path: Path) -> str:
    """What a file holds. A pipe is left to whoever needs the key: it can be read once only."""
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8") as file:
        return file.read(10_000).strip()
