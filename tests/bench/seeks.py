"""From one time to another: ``python -m tests.bench.seeks [RECORDING]``.

The screen is open over a recording that was gone through before. A seek's time ends with the frame
that shows where it led; of steps back each begins where the last one ended.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import click

from moltwatch.cli.analyse import go_through
from moltwatch.cli.screen_runs import ScreenRuns
from moltwatch.config import Config
from moltwatch.paths import shipped
from moltwatch.sources.registry import Opening
from moltwatch.tui.app import MoltwatchApp
from moltwatch.tui.player import Player

STEPS = 10
"""Steps back, one event each."""

LONGEST = 120.0
"""Seconds after which a seek has failed."""


async def measure(recording: Path, seeks: int, size: tuple[int, int]) -> tuple[list[float], ...]:
    """Seconds that so many seeks took to anywhere, and :data:`STEPS` of one event back."""
    runs = ScreenRuns([str(recording)], Opening(), Config(), None)
    app = MoltwatchApp(runs.open)
    chance = random.Random(1)
    async with app.run_test(size=size) as pilot:
        player = app.player
        while player.transport is None or player.transport.events_before(0) is None:
            await pilot.pause()
        player.toggle_pause()
        start, end = player.transport.start, player.transport.end
        anywhere = [
            await _took(app, lambda: player.seek(chance.randrange(start, end)))
            for _ in range(seeks)
        ]
        await _took(app, lambda: player.seek(end - (end - start) // 10))
        back = [await _took(app, player.step_back) for _ in range(STEPS)]
    runs.stop()
    return anywhere, back


async def _took(app: MoltwatchApp, act: Callable[[], str]) -> float:
    """Seconds until it is shown what that leads to."""
    player: Player = app.player
    begin = time.perf_counter()
    if why := act():
        raise click.ClickException(why)
    while player.seeking:
        await asyncio.sleep(0.001)
        if time.perf_counter() - begin > LONGEST:
            raise click.ClickException("it did not arrive")
    app.tick()
    took = time.perf_counter() - begin
    await asyncio.sleep(0.2)  # what comes after it is not a part of the next
    return took


@click.command()
@click.argument("recording", type=click.Path(path_type=Path, exists=True), required=False)
@click.option("--seeks", type=click.IntRange(2), default=40, show_default=True)
@click.option("--columns", type=click.IntRange(60), default=120, show_default=True)
@click.option("--rows", type=click.IntRange(18), default=40, show_default=True)
def seeks(recording: Path | None, seeks: int, columns: int, rows: int) -> None:
    """Print how long it takes to come to a time of RECORDING (the bundled night if none is named),
    after it was gone through once."""
    recording = recording or shipped("recordings") / "night.jsonl.gz"
    with TemporaryDirectory() as folder:
        if "XDG_CACHE_HOME" not in os.environ:
            os.environ["XDG_CACHE_HOME"] = folder
        begin = time.perf_counter()
        stdout, sys.stdout = sys.stdout, Path(os.devnull).open("w")  # noqa: SIM115
        asyncio.run(go_through([str(recording)], Config()))
        sys.stdout = stdout
        click.echo(f"gone through in {time.perf_counter() - begin:.1f} s")
        anywhere, back = asyncio.run(measure(recording, seeks, (columns, rows)))
    for what, seconds in (("anywhere", anywhere), ("one event back", back)):
        told = [1_000 * each for each in seconds]
        p95 = quantiles(told, n=20)[-1]
        click.echo(
            f"{what}: {len(told)} seeks, median {median(told):.0f} ms, p95 {p95:.0f} ms, "
            f"longest {max(told):.0f} ms"
        )


if __name__ == "__main__":
    seeks()
