"""Several sources on the screen: each counts down, the worst is told first, none hides another."""

from __future__ import annotations

import pytest

from moltwatch.model import Event, Post
from moltwatch.sources.base import State, Status
from moltwatch.times import SECOND
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Forum

SMALL = (80, 24)


def said() -> list[Event]:
    return [Post(id="p", thread="p", author="ada", text="hello", created_at=START, seen_at=START)]


def status(name: str, state: State, seconds: float | None = None, detail: str = "") -> Status:
    until = None if seconds is None else START + round(seconds * SECOND)
    return Status(name=name, state=state, until=until, detail=detail)


def relays(*more: Status) -> list[Status]:
    return [*(status(f"relay{n}.example", State.LIVE) for n in range(4)), *more]


async def top(watcher: Watcher, *stand: Status) -> str:
    """The line at the top, with these sources."""
    watcher.forum.sources[0].parts = list(stand)
    watcher.main.header.refresh()  # in life no source changes its name
    await watcher.frames()
    return watcher.text.splitlines()[0]


@pytest.mark.parametrize(
    ("stand", "told"),
    [
        ([status("reef", State.LIVE)], "● reef connected  "),
        ([status("reef", State.POLLING, 12)], "● reef polling in 12 s  "),
        (
            [status("reef", State.RATE_LIMITED, 400, "HTTP 429")],
            f"○ reef rate-limited until {'02:46'} HTTP 429  ",
        ),
        (
            [status("a", State.LIVE), status("b", State.POLLING, 7)],
            "● b polling in 7 s  ● a connected",
        ),
        (relays(), "●●●● 4 connected  "),
        (
            relays(status("moltbook", State.POLLING, 7)),
            "●●●●● 5 connected  moltbook polling in 7 s",
        ),
        (
            relays(status("relay9", State.RECONNECTING, 4, "connection lost")),
            "○●●●● relay9 reconnecting in 4 s  ",
        ),
        (
            relays(status("b", State.FAILED), status("c", State.RATE_LIMITED, 20)),
            "✗○●●●● b failed  ",
        ),
        (relays(*relays(), status("b", State.FAILED)), "✗1 ●8  b failed"),
    ],
)
async def test_each_stands_on_the_line_at_the_top(stand: list[Status], told: str) -> None:
    async with watching(Forum(said(), live=True), size=SMALL) as watcher:
        line = await top(watcher, *stand)
    assert told in line
    assert len(line) == 80


async def test_a_long_story_leaves_room_for_the_rate() -> None:
    lost = status("a-relay-with-a-long-name.example", State.RECONNECTING, 4, "connection refused")
    lost.lost_at = START - 40 * SECOND
    async with watching(Forum(said(), live=True), size=SMALL) as watcher:
        line = await top(watcher, lost)
    assert "a-relay-… reconnecting in 4 s, gap of 40 s" in line
    assert "/min" in line
    async with watching(Forum(said(), live=True), size=(140, 24)) as watcher:
        assert "reconnecting in 4 s, gap of 40 s connection refused" in await top(watcher, lost)


async def test_it_counts_down_by_the_wall_clock() -> None:
    now = START
    async with watching(Forum(said(), live=True), size=SMALL) as watcher:
        watcher.app._wall = lambda: now
        assert "polling in 3 s" in await top(watcher, polling := status("b", State.POLLING, 3))
        now += 2 * SECOND
        assert "polling in 1 s" in await top(watcher, polling)


async def test_the_list_of_sources_has_all_of_them() -> None:
    ill = status("b\x1b[2J", State.FAILED, detail="HTTP 403\x1b]0;x\x07")
    ill.rejects.add("no author", "frame 3")
    ill.events, ill.gaps = 1_204, 2
    async with watching(Forum(said(), live=True)) as watcher:
        watcher.forum.sources[0].parts = relays(ill)
        await watcher.press("4")
        lines = [line[83:].strip() for line in watcher.text.splitlines()]
        assert lines.count("R tries again now") == 1
        for words in ("SOURCES 5", "✗ b␛[2J", "1,204 events, 2 gaps", "● relay3.example"):
            assert any(line.startswith(words) for line in lines), words
        assert any("no author" in line for line in lines)
        assert "\x1b]0" not in watcher.text
        await watcher.press("escape")
        assert "SOURCES" not in watcher.text


async def test_a_click_on_the_line_opens_the_list() -> None:
    async with watching(Forum(said(), live=True)) as watcher:
        await watcher.pilot.click("#header")
        await watcher.frames()
        assert watcher.main.panes.side == "sources"


async def test_trouble_is_said() -> None:
    async with watching(Forum(said(), live=True)) as watcher:
        await top(watcher, *relays(status("b", State.FAILED, detail="HTTP 403 Forbidden")))
        assert watcher.notice == "b failed (HTTP 403 Forbidden)"


async def test_a_key_tries_again_and_says_whom() -> None:
    async with watching(Forum(said(), live=True)) as watcher:
        source = watcher.forum.sources[0]
        source.parts = relays()
        await watcher.press("R")
        assert watcher.notice == "no source to try again: none waits, and none has failed"
        source.parts = relays(lost := status("b", State.FAILED, detail="HTTP 403 Forbidden"))
        await watcher.press("R")
        assert watcher.notice == "b cannot be tried again: start moltwatch anew"
        source.waiting = [lost]
        await watcher.press("R")
        assert watcher.notice == "trying again: b"
        assert source.waiting == []
