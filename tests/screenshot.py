"""Makes the picture in the README: ``python -m tests.screenshot``.

The real screen over a bundled recording, drawn by textual and kept as SVG. With ``--all FOLDER``,
pictures at the sizes people have as well, to be looked at before a change of the screen is kept.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import click

from moltwatch.cli.wiring import open_run
from moltwatch.config import Config
from moltwatch.paths import shipped
from moltwatch.session import Session
from moltwatch.sources.registry import Opening
from moltwatch.times import Micros, parse_time
from moltwatch.tui.app import MoltwatchApp
from moltwatch.tui.player import Goal, Run

README = Path(__file__).parents[1] / ".github" / "screen.svg"
RECORDING = shipped("recordings") / "first-look.jsonl.gz"
MOMENT = parse_time("2026-02-14T18:11:40Z")
FONTS = '"Fira Code", "DejaVu Sans Mono", Menlo, Consolas, "Noto Sans Mono CJK SC", monospace'

KEYS = {
    "watching": (),
    "flag": ("left_square_bracket",),
    "groups": ("2", "2"),
    "group": ("2", "2", "enter"),
    "agent": ("left_square_bracket", "a"),
    "sources": ("4",),
    "latest": ("l",),
    "deck": ("d",),
    "why": ("left_square_bracket", "i"),
    "search": ("slash", *"claw", "enter"),
    "filter": ("ampersand", *"persona", "greater_than_sign"),
    "palette": ("ctrl+p",),
    "help": ("question_mark",),
}


class StoppedClock:
    """It is always now: a replay rushes to where it starts, and stays there."""

    def now(self) -> Micros:
        return 0

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def picture(
    size: tuple[int, int], keys: tuple[str, ...] = (), theme: str | None = None
) -> str:
    """The screen as SVG, at one moment of the recording and after ``keys``."""

    async def open_there(goal: Goal | None) -> Run:
        session = Session()
        run = await open_run(
            [str(RECORDING)],
            Opening(clock=StoppedClock(), start=goal.at if goal else None),
            config=Config(),
            sinks=[session],
        )
        return Run(run.source, session, run.pipeline)

    app = MoltwatchApp(open_there, start=MOMENT, fps=0, theme=theme, wall=lambda: 0)
    async with app.run_test(size=size) as pilot:
        seen = -1
        while (session := app.player.session) is None or session.version != seen:
            seen = session.version if session else -1
            for _ in range(20):
                await pilot.pause()
        for _ in range(60):  # what was fresh cools down
            app.tick()
        for key in keys:
            await pilot.press(key)
            app.tick()
        await pilot.pause()
        app.tick()
        await pilot.pause()
        return _with_local_fonts(app.export_screenshot(title="moltwatch"))


def _with_local_fonts(svg: str) -> str:
    """Without fonts from the net: a picture is a file, not a visit."""
    svg = re.sub(r"@font-face \{[^}]*\}", "", svg)
    return re.sub(r"font-family: ?[^;]+;", f"font-family: {FONTS};", svg)


@click.command()
@click.option("--all", "folder", type=click.Path(path_type=Path), help="Every size, to be seen.")
def main(folder: Path | None) -> None:
    """Write the picture in the README."""
    README.parent.mkdir(exist_ok=True)
    README.write_text(asyncio.run(picture((132, 40), KEYS["flag"] * 3, "tidepool")), "utf-8")
    if folder:
        folder.mkdir(exist_ok=True)
        for columns, rows in ((80, 24), (120, 40), (200, 60)):
            for name, keys in KEYS.items():
                svg = asyncio.run(picture((columns, rows), keys))
                (folder / f"{name}-{columns}x{rows}.svg").write_text(svg, "utf-8")


if __name__ == "__main__":
    main()
