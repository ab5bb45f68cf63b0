"""What ``watch``, ``replay`` and plain ``moltwatch`` have in common: the screen over a run."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from moltwatch.cli.options import (
    THEME,
    LeastScore,
    kind_option,
    least_scores,
    min_score_option,
    show_secrets_option,
)
from moltwatch.errors import MoltwatchError, RecordingError
from moltwatch.model import Kind
from moltwatch.paths import state_folder

if TYPE_CHECKING:
    from moltwatch.sources.registry import Opening

F = TypeVar("F", bound=Callable[..., Any])

_log = logging.getLogger(__name__)


def screen_options(command: F) -> F:
    """Options of every command with a screen."""
    command = show_secrets_option("on the screen; lines of --pipe are data and have them anyway")(
        command
    )
    command = min_score_option(
        "Score from which --pipe writes a post and, for personas, the flags show it at first",
        "0.5, persona=0.8 on the screen",
    )(command)
    command = kind_option("Only flags of this kind, on the screen at first and in --pipe")(command)
    command = click.option(
        "--theme", metavar="NAME", type=THEME, help="Colours; `moltwatch themes` lists them."
    )(command)
    return click.option(
        "--pipe", is_flag=True, help="Write flagged posts to stdout while the screen runs."
    )(command)


def show(
    sources: Sequence[str],
    opening: Opening,
    *,
    config_path: Path | None = None,
    record: Path | None = None,
    force: bool = False,
    fresh: bool = False,
    pipe: bool = False,
    kinds: Sequence[str] = (),
    min_scores: Sequence[LeastScore] = (),
    theme: str | None = None,
    show_secrets: bool = False,
    host: str | None = None,
) -> None:
    """Run the screen until the user leaves it. Raises what stopped the run, if something did.

    ``kinds`` and ``min_scores`` choose what the flags show at first, where a key shows the rest,
    and which lines ``pipe`` writes.
    """
    from moltwatch.cli.running import ending_signals
    from moltwatch.cli.screen_runs import ScreenRuns, screen_thresholds
    from moltwatch.config import load
    from moltwatch.outputs.selection import Selection
    from moltwatch.outputs.stdout import PipeSink
    from moltwatch.sources.grammar import parse
    from moltwatch.tui import themes
    from moltwatch.tui.app import MoltwatchApp
    from moltwatch.tui.local_time import find_zone
    from moltwatch.tui.terminal import driver_for_terminal, is_light

    config = load(config_path)
    for source in sources:
        parse(source)  # a mistyped SOURCE is told before the screen covers the terminal
    if theme is not None:
        themes.find(theme)
    zone, complaint = find_zone(config.screen.zone)
    driver = driver_for_terminal()
    chosen = [Kind(kind) for kind in kinds] or tuple(Kind)
    _, wanted = screen_thresholds(min_scores)
    lines = (
        PipeSink(sys.stdout.buffer, Selection(kinds=chosen, thresholds=wanted)) if pipe else None
    )
    runs = ScreenRuns(
        sources,
        opening,
        config,
        config_path,
        min_scores=min_scores,
        record=record,
        force=force,
        fresh=fresh,
        lines=lines,
    )
    theme = theme or config.screen.theme or None
    app = MoltwatchApp(
        runs.open,
        start=opening.start,
        theme=theme,
        light=theme is None and is_light(),
        fps=config.screen.fps,
        signals=ending_signals(signal.SIGINT),
        kept_in=state_folder(),
        host=host,
        kinds=chosen,
        strength=least_scores(min_scores).get(Kind.PERSONA),
        zone=zone,
        complaints=[complaint] if complaint else (),
        show_secrets=show_secrets,
        driver_class=driver,
    )
    try:
        app.run()
    finally:
        runs.stop()
        if lines:
            lines.close()
        if session := app.player.session:
            _log.info("the screen saw %s; %s", session.counts.seen, session.counts.found)
    kept = record is not None and not isinstance(app.failure, RecordingError)
    if kept and session is not None and session.start is not None:
        click.echo(f"moltwatch: what was seen is in {record}", err=True)
    if app.failure:
        raise app.failure
    if defect := app.defect:
        raise MoltwatchError(f"stopped by a defect: {type(defect).__name__}: {defect}") from defect
    if app.interrupted:
        raise KeyboardInterrupt
