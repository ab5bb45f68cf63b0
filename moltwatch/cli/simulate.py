"""``moltwatch simulate``: write a simulated session with ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from moltwatch.cli.options import SESSION, TimeParam, output_option
from moltwatch.times import Micros

if TYPE_CHECKING:
    from moltwatch.dialects.lines import Header
    from moltwatch.simulation.simulate import Settings, Simulation


@click.command()
@output_option
@click.option(
    "--session",
    metavar="NAME",
    type=SESSION,
    help="One that comes with moltwatch (first-look, night, quiet-day); takes no other settings.",
)
@click.option("--agents", type=click.IntRange(12, 5_000), help="Ordinary accounts.  [200]")
@click.option(
    "--rate",
    type=click.FloatRange(0.01, 5_000),
    help="Posts and comments a minute on average; campaigns come on top.  [12]",
)
@click.option("--hours", type=click.FloatRange(0.01, 336), help="How long it lasts.  [1]")
@click.option("--seed", type=click.IntRange(0), help="The same seed, the same file.  [1]")
@click.option(
    "--start", type=TimeParam(), metavar="TIME", help="First moment.  [2026-02-14T18:00:00Z]"
)
@click.option("--campaigns", metavar="LIST", help="all, none, or names with commas.  [all]")
@click.option("--labels", is_flag=True, help="Write the ground truth beside it.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def command(
    output: Path,
    session: str | None,
    agents: int | None,
    rate: float | None,
    hours: float | None,
    seed: int | None,
    start: Micros | None,
    campaigns: str | None,
    labels: bool,
    force: bool,
) -> None:
    """Write a simulated session: agents that talk, and campaigns among them.

    With --labels the ground truth comes beside it as NAME.coordination.csv, NAME.persona.jsonl and
    NAME.hazards.jsonl, which `moltwatch score` reads. Campaigns: clones, templates, emoji, links,
    ring, names, registrations, mint; flood (one account) and hazards are nuisances without
    coordination. The phrase book has an end: far above 20 posts a minute, or after hours, ordinary
    accounts repeat each other, and are flagged for it.

    \b
    Examples:
      moltwatch simulate -o evening.jsonl.gz --hours 3 --seed 7 --labels
      moltwatch simulate -o calm.molt --campaigns none --rate 2 --hours 12
      moltwatch simulate -o night.jsonl.gz --session night --labels
    """
    from moltwatch.cli.running import run_async
    from moltwatch.dialects.lines import Header
    from moltwatch.errors import UsageError
    from moltwatch.simulation.campaigns import kinds_of
    from moltwatch.simulation.simulate import SESSIONS, Settings, Simulation
    from moltwatch.times import format_time

    chosen = {
        "agents": agents,
        "rate": rate,
        "seed": seed,
        "start": start,
        "campaigns": None if campaigns is None else kinds_of(campaigns, "--campaigns"),
        "hours": hours,
    }
    chosen = {key: value for key, value in chosen.items() if value is not None}
    if session is None:
        settings = Settings(**{"hours": 1.0, **chosen})  # type: ignore[arg-type]
        title, origin = "simulated", origin_of(settings)
    elif session not in SESSIONS:
        raise UsageError(f"--session: no {session!r}; there is {', '.join(SESSIONS)}")
    elif chosen:
        raise UsageError(f"--session is a whole: it takes no --{next(iter(chosen))}")
    else:
        settings, title = SESSIONS[session].settings, SESSIONS[session].title
        origin = f"simulate --session {session}"
    simulation = Simulation(settings, labels=labels)
    header = Header(
        title=title,
        origin=origin,
        created_at=format_time(settings.start),  # not the clock: the same seed, the same bytes
        simulated=True,
    )
    posts = run_async(lambda: _write(simulation, output, header, force))
    written = [output, *(simulation.truth.write_beside(output) if labels else [])]
    names = ", ".join(str(path) for path in written)
    click.echo(f"{posts:,} posts and comments: {names}", err=True)


def origin_of(settings: Settings) -> str:
    """The simulated SOURCE that says the same."""
    kinds = ",".join(settings.campaigns) or "none"
    return (
        f"sim:?agents={settings.agents}&rate={settings.rate:g}&seed={settings.seed}"
        f"&hours={settings.hours:g}&campaigns={kinds}"
    )


async def _write(simulation: Simulation, output: Path, header: Header, force: bool) -> int:
    """Write all events, or leave nothing; returns the number of posts and comments."""
    import asyncio
    from itertools import islice

    from moltwatch.model import Post
    from moltwatch.recording.base import BATCH
    from moltwatch.recording.opening import check_suffix, create_recording, whole

    check_suffix(output)
    posts, events = 0, simulation.events()
    with whole(output, overwrite=force) as part:
        writer = await create_recording(part, header, overwrite=True)
        try:
            while batch := list(islice(events, BATCH)):
                posts += sum(isinstance(event, Post) for event in batch)
                await writer.write(batch)
                await asyncio.sleep(0)  # so that an interrupt is heard
        finally:
            await writer.close()
    return posts
