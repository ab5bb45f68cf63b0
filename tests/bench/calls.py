"""How many function calls a post takes: a number that no other program on the machine moves."""

from __future__ import annotations

import asyncio
from cProfile import Profile
from os import devnull
from pathlib import Path


def calls(recording: Path, configuration: Path) -> int:
    """Function calls, those of built-ins counted, of all that ``moltwatch flags`` does with a
    recording once it is open."""
    from moltwatch.cli.wiring import open_run
    from moltwatch.config import load
    from moltwatch.outputs.formats import FormatName, make_format
    from moltwatch.outputs.selection import Selection
    from moltwatch.outputs.stdout import LineSink
    from moltwatch.session.names import Names
    from moltwatch.sources.registry import FAST, Opening

    profile = Profile()

    async def go() -> None:
        names = Names()
        chosen = Selection(names=names)
        lines = LineSink(out, make_format(FormatName.JSONL, terminal=False, names=names), chosen)
        config = load(configuration)
        run = await open_run(
            [str(recording)], Opening(speed=FAST), config=config, sinks=[names, lines], fresh=True
        )
        profile.enable()
        await run.pipeline.run()
        profile.disable()

    with open(devnull, "wb") as out:
        asyncio.run(go())
    return sum(entry.callcount for entry in profile.getstats())
