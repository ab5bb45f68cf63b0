"""Runs the floor, the base, each heuristic and all of them in turns, and prints what they cost."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click
import msgspec

from moltwatch.heuristics.registry import available
from moltwatch.paths import shipped
from moltwatch.wording import count
from tests.bench.calls import calls
from tests.bench.floor import is_post, opened, posts
from tests.bench.process import Used, configured, use

BASE = "same-text"
"""The heuristic that the others are measured on top of."""

REAL = Path("data", "moltbook-2026-01", "timeline.jsonl.gz")
"""The real time line, in the folder of shared data."""

COUNTED = 2_000
"""Posts whose function calls are counted."""


class Turn(NamedTuple):
    """The floor, the base and something else, run one after the other."""

    name: str
    floor: Used
    base: Used
    used: Used


class Bench:
    """One recording, run as often as one likes."""

    def __init__(self, recording: Path, folder: Path, heuristics: Sequence[str]) -> None:
        self.recording = recording
        self.n = sum(1 for _ in posts(recording))
        """Posts."""
        self.names = [*heuristics, "all", "known"]
        """The last is all of them, where what they say is known from the run before."""
        self.turns: list[Turn] = []
        classes = available()
        self._configurations = {
            each: configured(folder, each, [name for name in classes if name not in (BASE, each)])
            for each in ("base", *heuristics)
        }
        plugins = [n for n, cls in classes.items() if not cls.__module__.startswith("moltwatch.")]
        self._configurations["all"] = configured(folder, "all", plugins)

    def turn(self, name: str) -> None:
        """Run what is told of ``name``, and what it is held against."""
        floor = use("tests.bench.floor", self.recording)
        self.turns.append(Turn(name, floor, self._flags("base"), self._flags(name)))

    def _flags(self, name: str) -> Used:
        asked = () if name == "known" else ("--fresh",)
        configuration = self._configurations["all" if name == "known" else name]
        return use("moltwatch", "flags", self.recording, "--config", configuration, *asked)

    def calls(self, name: str, recording: Path) -> int:
        """Function calls that another recording takes."""
        return calls(recording, self._configurations[name])

    def table(self) -> Iterator[str]:
        """A line for everything that was run."""
        floor = median([turn.floor.seconds for turn in self.turns])

        def line(name: str, seconds: Iterable[float], sign: str = "") -> str:
            spent = median(seconds)
            each, ratio = spent / self.n * 1e6, spent / floor
            return f"{name:20}{spent:{sign}9.2f}{each:{sign}12.1f}{ratio:{sign}10.2f}"

        yield f"{'':20}{'CPU s':>9}{'µs a post':>12}{'× floor':>10}"
        yield line("floor", [floor])
        yield line("base", [turn.base.seconds for turn in self.turns])
        for name in self.names:
            of = [turn for turn in self.turns if turn.name == name]
            if name in ("all", "known"):
                yield line(name, [turn.used.seconds for turn in of])
            else:
                yield line(name, [turn.used.seconds - turn.base.seconds for turn in of], "+")

    @property
    def peak(self) -> float:
        """Memory at most of all (MiB)."""
        return max(turn.used.peak for turn in self.turns if turn.name == "all")


def first_posts(recording: Path, folder: Path, most: int) -> Path:
    """A recording of the first posts of another, of what else stands between them, and of the
    profiles beside it that are their authors'."""
    path = folder / f"{recording.name.partition('.')[0]}.jsonl"
    with opened(recording) as lines, path.open("wb") as out:
        n = 0
        for line in lines:
            n += is_post(line)
            if n > most:
                break
            out.write(line)
    profiles = recording.parent / "agents.jsonl"
    if profiles.exists():
        authors = {item.author for item in posts(path) if isinstance(item.author, str)}
        with profiles.open("rb") as lines, (folder / profiles.name).open("wb") as out:
            out.writelines(
                line for line in lines if msgspec.json.decode(line).get("name") in authors
            )
    return path


@click.command()
@click.argument("recording", type=click.Path(path_type=Path, exists=True), required=False)
@click.option(
    "--shared",
    type=click.Path(path_type=Path, exists=True),
    help="Folder of real data: run its time line instead of the bundled night.",
)
@click.option(
    "--runs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Runs of each; the median counts. The floor and the base run before each of them.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Of the heuristics run only this one, may be repeated; 'all' for none of them alone.",
)
@click.option("--posts", "most", type=click.IntRange(1), help="Run only the first posts.")
def bench(
    recording: Path | None, shared: Path | None, runs: int, only: tuple[str, ...], most: int | None
) -> None:
    """Print what moltwatch costs, held against a floor.

    The floor decodes each line, finds the words, and makes one MinHash a post. The base is
    `moltwatch flags` with same-text alone; each other heuristic is what it adds to the base; all is
    `moltwatch flags` as it is shipped. Everything is a process of its own, counted from its start
    to its end in processor time, start-up included, and they run in turns: floor, base, one; floor,
    base, another. One run of each is noisy; function calls count built-ins too.

    RECORDING is a file of JSON lines, plain or packed with gzip, of events or of objects of the
    API; the bundled night if none is named, which takes about a minute. Known is all once more, of
    a recording of which it is known what the heuristics say.

    \b
    Examples:
      python -m tests.bench
      python -m tests.bench --only vocabulary --only template --runs 9
      python -m tests.bench --shared ../shared --only all --runs 3
      python -m tests.bench timeline.jsonl.gz --posts 20000
    """
    if recording is None:
        recording = shared / REAL if shared else shipped("recordings") / "night.jsonl.gz"
    names = [name for name in available() if name != BASE]
    if unknown := set(only) - {"all", *names}:
        raise click.UsageError(f"no such heuristic: {', '.join(sorted(unknown))}")
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        part, beginning = folder / "part", folder / "beginning"
        part.mkdir()
        beginning.mkdir()
        if most:
            recording = first_posts(recording, part, most)
        running = Bench(recording, folder, [name for name in names if not only or name in only])
        click.echo(f"{recording.name}: {running.n:,} posts, {count(runs, 'run')}")
        turns = running.names * runs
        with click.progressbar(turns, item_show_func=str, file=sys.stderr) as bar:
            for name in bar:
                running.turn(name)
        for line in running.table():
            click.echo(line)
        few = first_posts(recording, beginning, COUNTED)
        n = sum(1 for _ in islice(posts(few), COUNTED))
        counted = ", ".join(
            f"{name} {running.calls(name, few) / n:,.0f}" for name in ("base", "all")
        )
        click.echo(f"function calls a post, of the first {n:,}: {counted}")
        click.echo(f"peak memory of all: {running.peak:,.0f} MiB")


if __name__ == "__main__":
    bench()
