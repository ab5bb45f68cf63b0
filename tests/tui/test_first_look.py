"""Plain ``moltwatch``: within ten seconds something is flagged and explained, and nothing is empty
that could show something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from moltwatch.cli.replay import first_look
from moltwatch.cli.wiring import open_run
from moltwatch.config import Config
from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.sources.registry import Opening
from moltwatch.tui.app import MoltwatchApp
from moltwatch.tui.guide import SHOWS
from moltwatch.tui.player import Goal, Run
from tests.sources.fakes import HeldClock
from tests.tui.driving import drawn

SIZES = ((80, 24), (120, 40), (200, 60))


class Beginner:
    """Somebody who typed ``moltwatch``, and a clock that moves when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[Any] = []
        monkeypatch.setattr(
            "moltwatch.cli.replay.show", lambda *args, **rest: asked.append((args, rest))
        )
        first_look()
        [((self.sources, opening), rest)] = asked
        self.clock = HeldClock()
        self.app = MoltwatchApp(
            self.open, start=opening.start, fps=0, theme="tidepool", wall=self.clock.now, **rest
        )
        self.pilot: Pilot[None]

    async def open(self, goal: Goal | None) -> Run:
        session = Session()
        opening = Opening(clock=self.clock, start=goal.at if goal else None)
        run = await open_run(self.sources, opening, config=Config(), sinks=[session])
        return Run(run.source, session, run.pipeline)

    async def waits(self, seconds: float) -> None:
        """Wait, and see what has come by then."""
        self.clock.advance(seconds)
        for _ in range(10_000):
            await asyncio.sleep(0)
            if self.clock.waited_for:
                break
        assert self.clock.waited_for
        for _ in range(3):
            self.app.tick()
            await self.pilot.pause()

    @property
    def session(self) -> Session:
        assert self.app.player.session is not None
        return self.app.player.session

    @property
    def lines(self) -> list[str]:
        return [strip.text for strip in drawn(self.app)]


@asynccontextmanager
async def beginner(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> AsyncIterator[Beginner]:
    somebody = Beginner(monkeypatch)
    async with somebody.app.run_test(size=size) as pilot:
        somebody.pilot = pilot
        await somebody.waits(0)
        yield somebody


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_within_ten_seconds_something_is_flagged_and_explained(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with beginner(monkeypatch, size) as somebody:
        main = somebody.app.main
        assert main.thread.thread is not None
        assert main.thread.thread.root.author == "moltwatch-guide"
        assert not somebody.session.charges.by_kind[Kind.COORDINATED]
        notices: set[str] = set()
        for _ in range(10):
            await somebody.waits(1)
            blank = [line for line in somebody.lines if not line.strip(" ▕▏│")]
            assert len(blank) <= len(somebody.lines) // 5, "\n".join(somebody.lines)
            led = somebody.app.main.panes.reading_why
            told = any(SHOWS in line for line in somebody.lines)
            assert told or not led or SHOWS in notices, "nobody is led without a word"
            notices.add(SHOWS if told else "")
        text = " ".join(" ".join(somebody.lines).split())
        assert somebody.app.main.panes.reading_why
        assert "same words as" in text and "Great points here. I would only add" in text, text


async def test_whoever_presses_a_key_is_not_led_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async with beginner(monkeypatch, (120, 40)) as somebody:
        await somebody.pilot.press("j")
        for _ in range(10):
            await somebody.waits(1)
        assert somebody.session.charges.by_kind[Kind.COORDINATED]
        assert not somebody.app.main.panes.reading_why
