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
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import gmtime
from typing import Any, TypeVar

import click

from moltwatch import __version__
from moltwatch.errors import UsageError
from moltwatch.text import display_line

F = TypeVar("F", bound=Callable[..., Any])

LARGEST = 50_000_000
"""Bytes of a log; what would make it larger is left out."""

_LONGEST = 4_000
"""Characters of a line."""

_ADDRESS = re.compile(r"[\w+.-]+:/?/?[^\s'\"<>]*[@?#][^\s'\"<>]*")
"""An address that may hold a secret."""

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL")
"""In the name of a variable whose value is one."""

_SHORTEST = 6
"""Characters of a secret; what is shorter stands in too many words to be taken out."""

_log = logging.getLogger("moltwatch")


def log_option(command: F) -> F:
    """``--log FILE``: from here on it is told what happens, until :func:`end`."""
    return click.option(
        "--log",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        expose_value=False,
        callback=_begin,
        help="Append to FILE what happens, for reports of bugs: versions, sources, gaps, refusals, "
        "errors. Secrets are left out.",
    )(command)


def _begin(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
    if path is None or ctx.resilient_parsing:
        return
    try:
        handler = LogFile(path)
    except OSError as error:
        raise UsageError(f"--log: cannot write {path}: {error.strerror or error}") from None
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False
    python = f"Python {platform.python_version()} on {platform.platform()}"
    _log.info("moltwatch %s, %s", __version__, python)
    _log.info("begins: %s", " ".join(sys.argv[1:]))


def end(error: BaseException | None = None) -> None:
    """The run is over, by this error if by one; the log has its traceback."""
    handlers = [each for each in _log.handlers if isinstance(each, LogFile)]
    if handlers and error is not None:
        _log.error("ended: %s: %s", type(error).__name__, error, exc_info=error)
    elif handlers:
        _log.info("ended")
    for handler in handlers:
        _log.removeHandler(handler)
        handler.close()
    if handlers:
        _log.setLevel(logging.NOTSET)
        _log.propagate = True


class LogFile(logging.Handler):
    """A file of lines, each harmless and without secrets. Raises OSError if it cannot be written;
    later on it is left as it is, for a log must not stop what it is about."""

    def __init__(self, path: Path) -> None:
        super().__init__(logging.INFO)
        self._file = path.open("a", encoding="utf-8", errors="backslashreplace")
        self._secrets = _secrets()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, and a traceback behind it."""
        moment = gmtime(record.created)
        stamp = f"{moment.tm_year}-{moment.tm_mon:02}-{moment.tm_mday:02}T"
        stamp += f"{moment.tm_hour:02}:{moment.tm_min:02}:{moment.tm_sec:02}Z"
        lines = [f"{stamp} {record.levelname.lower()} {record.getMessage()}"]
        if record.exc_info and record.exc_info[1] is not None:
            trace = logging.Formatter().formatException(record.exc_info)
            lines += [f"  | {line}" for line in trace.replace(str(Path.home()), "~").splitlines()]
        with suppress(OSError, ValueError):
            if self._file.tell() < LARGEST:
                self._file.writelines(f"{self._plain(line)}\n" for line in lines)
                self._file.flush()

    def _plain(self, line: str) -> str:
        from moltwatch.sources.grammar import shown

        for secret in self._secrets:
            line = line.replace(secret, "***")
        line = _ADDRESS.sub(lambda match: shown(match[0]), line)
        indent = line[: len(line) - len(line.lstrip(" "))]
        return indent + display_line(line, _LONGEST)

    def close(self) -> None:
        """No more comes."""
        with suppress(OSError):
            self._file.close()
        super().close()


def _secrets() -> list[str]:
    """Of the environment, and of the files that it names, the longest first."""
    found: set[str] = set()
    for name, value in os.environ.items():
        if _SECRET.search(name.upper()):
            found.add(value.strip())
            if name.endswith("_FILE"):
                with suppress(OSError, ValueError):
                    found.add(Path(value).expanduser().read_text("utf-8")[:10_000].strip())
    return sorted((each for each in found if len(each) >= _SHORTEST), key=len, reverse=True)
