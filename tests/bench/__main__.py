"""Runs the floor and the whole pipeline in turn over one recording and prints the ratio."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

import click

from moltwatch.paths import shipped

RUNS = 5


def run_floor(path: Path) -> None:
    """Decode, match form and words, one MinHash a post."""
    import msgspec
    from rensa import RMinHash

    from moltwatch.model import Event, Post
    from moltwatch.text import fold, words

    decoder = msgspec.json.Decoder(Event)
    with path.open("rb") as lines:
        next(lines)  # the header
        for line in lines:
            event = decoder.decode(line)
            if isinstance(event, Post):
                sketch = RMinHash(num_perm=64, seed=1)
                sketch.update(words(fold(event.body)))
                sketch.digest()


def run_pipeline(path: Path) -> None:
    """All that ``moltwatch flags`` does, but for writing the lines."""
    from moltwatch.cli.wiring import open_run
    from moltwatch.config import Config
    from moltwatch.sources.registry import FAST, Opening

    async def go() -> None:
        run = await open_run([str(path)], Opening(speed=FAST), config=Config())
        await run.pipeline.run()

    asyncio.run(go())


SUBJECTS = {"floor": run_floor, "pipeline": run_pipeline}


@click.command()
@click.argument("recording", type=click.Path(path_type=Path), required=False)
@click.option("--runs", default=RUNS, show_default=True, help="Runs of each, in turn.")
@click.option("--only", type=click.Choice(list(SUBJECTS)), hidden=True)
def bench(recording: Path | None, runs: int, only: str | None) -> None:
    """Print processor time and peak memory of the floor and of the pipeline, and their ratio."""
    recording = recording or shipped("recordings") / "night.jsonl.gz"
    if only:
        begun = process_time()
        SUBJECTS[only](recording)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        click.echo(f"{process_time() - begun} {peak}")
        return
    with TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.jsonl"
        moltwatch = [sys.executable, "-m", "moltwatch"]
        subprocess.run([*moltwatch, "convert", str(recording), str(plain)], check=True)
        seconds: dict[str, list[float]] = {name: [] for name in SUBJECTS}
        peaks: dict[str, list[int]] = {name: [] for name in SUBJECTS}
        for _ in range(runs):
            for name in SUBJECTS:
                command = [sys.executable, "-m", "tests.bench", str(plain), "--only", name]
                spent, most = subprocess.check_output(command, text=True).split()
                seconds[name].append(float(spent))
                peaks[name].append(int(most))
    for name in SUBJECTS:
        click.echo(f"{name:10} {median(seconds[name]):8.2f} s  {median(peaks[name]):6.0f} MiB peak")
    ratios = [a / b for a, b in zip(seconds["pipeline"], seconds["floor"], strict=True)]
    click.echo(f"{'ratio':10} {median(ratios):8.2f}    ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    bench()
