"""The pass over a recording that goes on ahead of a screen, in a process of its own, so that the
next way through it asks no heuristic.

It is no command for people: ``flags`` and ``report`` keep what the heuristics say as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

from moltwatch.cli.options import (
    LeastScore,
    SourceParam,
    config_option,
    fresh_option,
    min_score_option,
)
from moltwatch.model import Event, Finding

if TYPE_CHECKING:
    from moltwatch.config import Config

PERIOD = 0.25
"""Seconds between two words of how far it is."""

NICENESS = 10
"""The screen goes first."""

WORTH_IT = 1_000_000
"""Bytes of a recording. A smaller one is read before anybody could have gone on ahead."""


@click.command()
@click.argument("sources", nargs=-1, required=True, type=SourceParam())
@min_score_option("As the screen has it")
@fresh_option
@config_option
def command(
    sources: tuple[str, ...],
    min_scores: tuple[LeastScore, ...],
    fresh: bool,
    config_path: Path | None,
) -> None:
    """Ask the heuristics about recordings, keep the state of a screen at moments of them, and write
    how many events that was."""
    from moltwatch.cli.running import run_async
    from moltwatch.config import load

    if hasattr(os, "nice"):
        os.nice(NICENESS)
    config = load(config_path)
    run_async(lambda: go_through(sources, config, min_scores, fresh=fresh))


async def go_through(
    sources: Sequence[str],
    config: Config,
    min_scores: Sequence[LeastScore] = (),
    *,
    fresh: bool = False,
) -> None:
    """The same, in this process."""
    from moltwatch.analysis import answers_folder
    from moltwatch.cli.screen_runs import screen_thresholds
    from moltwatch.cli.wiring import open_run
    from moltwatch.moments import KeepingMoments
    from moltwatch.session import Session
    from moltwatch.sources.registry import FAST, Opening

    thresholds = lowest, wanted = screen_thresholds(min_scores)
    session = Session()
    run = await open_run(
        sources,
        Opening(speed=FAST),
        config=config,
        sinks=[session, _Told()],
        fresh=fresh,
        thresholds=lowest,
        higher=wanted,
        moments=KeepingMoments(
            answers_folder(), session, thresholds, config.cache.megabytes * 1_000_000
        ),
    )
    await run.pipeline.run()


class _Told:
    """Writes how many events went by, a line now and then: whoever reads them may stop."""

    def __init__(self) -> None:
        self._n = 0
        self._next = 0.0

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        self._n += 1
        if self._n % 100 == 0 and time.monotonic() >= self._next:
            self._next = time.monotonic() + PERIOD
            print(self._n, flush=True)

    def finish(self, findings: Sequence[Finding]) -> None:
        print(self._n, flush=True)


class Ahead:
    """Such a process, as whoever started it sees it. Raises OSError if it cannot be started."""

    def __init__(
        self,
        sources: Sequence[str],
        config: Path | None,
        min_scores: Sequence[LeastScore] = (),
        *,
        fresh: bool,
    ) -> None:
        self.n = 0
        """Events about which it has asked."""
        options = ["--fresh"] * fresh + (["--config", str(config)] if config else [])
        for kinds, score in min_scores:
            name = f"{kinds[0]}=" if len(kinds) == 1 else ""
            options += ["--min-score", f"{name}{score!r}"]
        # It finds what we have found, and nothing that lies in the folder the user is in.
        path = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, *options, "--", *sources],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._listener = Thread(target=self._listen, name="ahead", daemon=True)
        self._listener.start()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def succeeded(self) -> bool:
        """It has come to the end, and what it found is kept if that was possible."""
        return self._process.poll() == 0

    def stop(self) -> None:
        """End it; what it has not finished is lost."""
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with suppress(ValueError):
                self.n = int(line)


def worth_it(paths: Sequence[Path]) -> bool:
    """Whether these recordings take so long that somebody should go on ahead."""
    try:
        return sum(path.stat().st_size for path in paths if path.is_file()) >= WORTH_IT
    except OSError:
        return False


if __name__ == "__main__":
    command()
