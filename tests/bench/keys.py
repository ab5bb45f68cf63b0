"""From a key to its paint: ``python -m tests.bench.keys``.

The screen runs in a terminal of its own over a fast source. Keys are pressed at uneven times; what
the terminal is sent is kept with the moment it came, and drawn afterwards, so that drawing costs
the measurement nothing. A key's time ends with the bytes after which its effect is on the screen.
"""

from __future__ import annotations

import os
import random
import select
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from math import inf
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click
import pyte

from moltwatch.paths import shipped
from tests.e2e.terminal import Terminal

EFFECTS = (("2", "GROUPS"), ("4", "SOURCES"), ("5", "HEURISTICS"))
"""Keys, pressed in turns, and what is on the screen then and only then."""

PAUSE = (0.1, 0.3)
"""Seconds between two keys."""

LAST = 2.0
"""Seconds after the last."""


class Chunk(NamedTuple):
    at: float
    data: bytes


class Press(NamedTuple):
    at: float
    effect: str


class Taken(NamedTuple):
    """What was measured."""

    seconds: list[float]
    """From each key to its paint."""
    rate: float
    """Events that the screen took in, a second."""
    painted: float
    """Bytes to the terminal, a second."""


class Tap(Terminal):
    """A terminal that keeps what it is sent, and when."""

    def keys(self, n: int, seed: int = 1) -> tuple[list[Press], list[Chunk]]:
        """Press so many, and a little longer take what comes."""
        chance = random.Random(seed)
        presses: list[Press] = []
        chunks: list[Chunk] = []
        for key, effect in islice(cycle(EFFECTS), n):
            chunks += self._take(chance.uniform(*PAUSE))
            presses.append(Press(time.perf_counter(), effect))
            self.press(key)
        chunks += self._take(LAST)
        return presses, chunks

    def _take(self, seconds: float) -> Iterator[Chunk]:
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if select.select([self._fd], [], [], left)[0]:
                yield Chunk(time.perf_counter(), os.read(self._fd, 1 << 20))


def latencies(
    presses: Sequence[Press], chunks: Sequence[Chunk], size: tuple[int, int]
) -> Iterator[float]:
    """Draw what came, and tell when the effect of each press was there (seconds)."""
    screen = pyte.Screen(*size)
    stream = pyte.ByteStream(screen)
    waiting = deque(presses)
    for chunk in chunks:
        stream.feed(chunk.data)
        pressed = [press for press in waiting if press.at <= chunk.at]
        # Who is late may be overtaken: where the effect of a later key is seen, all before it were.
        while pressed and not _shows(screen, pressed[-1].effect):
            pressed.pop()
        for press in pressed:
            yield chunk.at - press.at
            waiting.popleft()
    yield from (inf for _ in waiting)


def _shows(screen: pyte.Screen, words: str) -> bool:
    rows = (screen.buffer[y] for y in range(screen.lines))
    return any(words in "".join(row[x].data for x in range(screen.columns)) for row in rows)


def measure(recording: Path, rate: int, presses: int, size: tuple[int, int]) -> Taken:
    """Press so many keys while the screen is fed at a rate."""
    with TemporaryDirectory() as name:
        folder, root = Path(name), Path(__file__).parents[2]
        python = f"PYTHONPATH={root} {sys.executable}"
        command = (
            f"{python} -m tests.bench.feed {recording.resolve()} {rate} 2>fed "
            f"| {python} -m moltwatch watch -"
        )
        with Tap(command, folder, columns=size[0], rows=size[1]) as terminal:
            terminal.shows("THREADS")
            terminal.keys(len(EFFECTS))  # a view is laid out when it is shown for the first time
            begin = time.perf_counter()
            pressed, chunks = terminal.keys(presses)
            spent = time.perf_counter() - begin
            terminal.press("q")
            terminal.ends()
        fed = (folder / "fed").read_text().split()
    return Taken(
        list(latencies(pressed, chunks, size)),
        int(fed[0]) / float(fed[1]),
        sum(len(chunk.data) for chunk in chunks) / spent,
    )


@click.command()
@click.argument("recording", type=click.Path(path_type=Path, exists=True), required=False)
@click.option(
    "--rate", type=click.IntRange(1), default=5_000, show_default=True, help="Events a second."
)
@click.option("--presses", type=click.IntRange(2), default=100, show_default=True)
@click.option("--columns", type=click.IntRange(60), default=120, show_default=True)
@click.option("--rows", type=click.IntRange(18), default=40, show_default=True)
def keys(recording: Path | None, rate: int, presses: int, columns: int, rows: int) -> None:
    """Print how long it takes from a key to the bytes that paint its effect.

    The screen watches RECORDING (JSON lines, plain or packed with gzip; the bundled night if none
    is named) on standard input, over and over and at the rate that is asked for, as far as it can
    take that in.
    """
    taken = measure(
        recording or shipped("recordings") / "night.jsonl.gz", rate, presses, (columns, rows)
    )
    told = [1_000 * seconds for seconds in taken.seconds]
    click.echo(f"{rate:,} events/s asked for, {taken.rate:,.0f} taken in; {columns}×{rows}")
    click.echo(
        f"{len(told)} keys: median {median(told):.1f} ms, p95 {quantiles(told, n=20)[-1]:.1f} ms"
    )
    click.echo(f"{taken.painted / 1_000:.1f} kB/s to the terminal")


if __name__ == "__main__":
    keys()
