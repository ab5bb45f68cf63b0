"""What ``watch``, ``replay`` and plain ``moltwatch`` have in common: the screen over a run."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import structs

from moltwatch.cli.options import (
    THEME,
    LeastScore,
    kind_option,
    least_scores,
    min_score_option,
    show_secrets_option,
)
from moltwatch.errors import MoltwatchError, RecordingError
from moltwatch.model import SHIPPED, Kind
from moltwatch.paths import state_folder

if TYPE_CHECKING:
    from moltwatch.sources.registry import Opening
    from moltwatch.tui.player import Goal, Run

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
    from moltwatch.cli.analyse import Ahead, worth_it
    from moltwatch.cli.running import ending_signals
    from moltwatch.cli.wiring import open_run
    from moltwatch.config import load
    from moltwatch.outputs.selection import Selection
    from moltwatch.outputs.stdout import PipeSink
    from moltwatch.session import Session
    from moltwatch.sources.grammar import parse, recordings_among
    from moltwatch.tui import themes
    from moltwatch.tui.app import MoltwatchApp
    from moltwatch.tui.local_time import find_zone
    from moltwatch.tui.player import Run
    from moltwatch.tui.terminal import driver_for_terminal, is_light

    config = load(config_path)
    for source in sources:
        parse(source)  # a mistyped SOURCE is told before the screen covers the terminal
    if theme is not None:
        themes.find(theme)
    zone, complaint = find_zone(config.screen.zone)
    driver = driver_for_terminal()
    chosen = [Kind(kind) for kind in kinds] or tuple(Kind)
    least = least_scores(min_scores)
    wanted = SHIPPED.but(least)
    lowest = wanted.but({kind: min(wanted.of(kind), SHIPPED.of(kind)) for kind in Kind})
    selection = Selection(kinds=chosen, thresholds=wanted)
    ahead: list[Ahead] = []
    lines = PipeSink(sys.stdout.buffer, selection) if pipe else None

    async def open_screen_run(goal: Goal | None) -> Run:
        session = Session()
        run = await open_run(
            sources,
            structs.replace(opening, start=goal.at if goal and goal.n is None else None),
            config=config,
            sinks=[session, lines] if lines else [session],
            record=record,
            force=force,
            fresh=fresh and all(one.running for one in ahead),
            thresholds=lowest,
            higher=wanted,
            complain=session.note,
        )

        def dismiss(post: str, kind: Kind) -> None:
            retracted = run.engine.dismiss(post, kind)
            if lines:
                lines.say(retracted)

        rewinds = not pipe and record is None
        if run.asks and rewinds and not ahead and worth_it(recordings_among(sources)):
            ahead.append(Ahead(sources, config_path, fresh=fresh))
        return Run(
            run.source,
            session,
            run.pipeline,
            dismiss,
            recorded=record is not None,
            rewinds=rewinds,
            ahead=ahead[0] if ahead else None,
        )

    theme = theme or config.screen.theme or None
    app = MoltwatchApp(
        open_screen_run,
        start=opening.start,
        theme=theme,
        light=theme is None and is_light(),
        fps=config.screen.fps,
        signals=ending_signals(signal.SIGINT),
        kept_in=state_folder(),
        host=host,
        kinds=chosen,
        strength=least.get(Kind.PERSONA),
        zone=zone,
        complaints=[complaint] if complaint else (),
        show_secrets=show_secrets,
        driver_class=driver,
    )
    try:
        app.run()
    finally:
        for one in ahead:
            one.stop()
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
