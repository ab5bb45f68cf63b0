"""How soon something is there: ``python -m tests.bench.starts [RECORDING]``.

Whole processes, from the moment they are started: to their end, to their first line, or to the
bytes that paint the list of threads in a terminal of their own.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click

from moltwatch.paths import shipped
from tests.e2e.terminal import Terminal

ASKED, ANSWER = b"\x1b[c", b"\x1b]11;rgb:1111/1111/1111\x07\x1b[?62c"
"""What a screen asks of a terminal first, and what most of them answer at once."""

PAINTED = b"THREADS"
"""What is among the bytes of the first screen, and of nothing before it."""

LONGEST = 120.0
"""Seconds after which nothing more is to be expected."""

_HERE = Path(__file__).parents[2]


def to_end(*arguments: str) -> float:
    """Seconds until the command has ended."""
    begin = time.perf_counter()
    subprocess.run(_command(*arguments), cwd=_HERE, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def to_line(*arguments: str) -> float:
    """Seconds until it has written a line."""
    begin = time.perf_counter()
    with subprocess.Popen(
        _command(*arguments), cwd=_HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        took = time.perf_counter() - begin
        process.terminate()
    return took


def to_paint(folder: Path, *arguments: str) -> float:
    """Seconds until its screen is painted."""
    words = " ".join(_command(*arguments))
    begin = time.perf_counter()
    with Opening(f"PYTHONPATH={_HERE} exec {words}", folder) as terminal:
        painted = terminal.painted()
        took = time.perf_counter() - begin
        terminal.press("q")
        terminal.ends()
    if not painted:
        raise click.ClickException(f"nothing was painted: {words}")
    return took


class Opening(Terminal):
    """A terminal of which only the first screen is of interest."""

    def painted(self) -> bool:
        """Wait for it."""
        until, seen = time.perf_counter() + LONGEST, b""
        while time.perf_counter() < until and PAINTED not in seen:
            if select.select([self._fd], [], [], 0.1)[0]:
                came = os.read(self._fd, 1 << 20)
                seen += came
                if ASKED in came:
                    os.write(self._fd, ANSWER)
        return PAINTED in seen


def _command(*arguments: str) -> Sequence[str]:
    return [sys.executable, "-m", "moltwatch", *arguments]


def rows(recording: Path | None, runs: int, folder: Path) -> Iterator[tuple[str, float]]:
    """What is started, and the median of so many runs (seconds)."""
    first_look = str(shipped("recordings") / "first-look.jsonl.gz")
    night = str(shipped("recordings") / "night.jsonl.gz")
    yield "--version", median(to_end("--version") for _ in range(runs))
    told = median(to_line("flags", "--fresh", first_look) for _ in range(runs))
    yield "flags first-look, first line", told
    yield "plain, first paint", median(to_paint(folder) for _ in range(runs))
    painted = median(to_paint(folder, "replay", night) for _ in range(runs))
    yield "replay night, first paint", painted
    if recording is not None:
        name = str(recording.resolve())
        painted = median(to_paint(folder, "replay", name) for _ in range(runs))
        yield f"replay {recording.name}, first paint", painted


@click.command()
@click.argument("recording", type=click.Path(path_type=Path, exists=True), required=False)
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True)
def starts(recording: Path | None, runs: int) -> None:
    """Print how soon commands show something, RECORDING opened by a screen as well."""
    with TemporaryDirectory() as name:
        for what, seconds in rows(recording, runs, Path(name)):
            click.echo(f"{what:32}{seconds:7.2f} s")


if __name__ == "__main__":
    starts()
