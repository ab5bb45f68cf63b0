"""One event back, and the ways to gaps and marks."""

from __future__ import annotations

from pathlib import Path

import pytest

from moltwatch.session import Session
from moltwatch.times import MINUTE, SECOND
from moltwatch.tui.local_time import clock
from moltwatch.tui.screens.main import FORESIGHT
from moltwatch.tui.symbols import sign
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Forum, script


async def paused_at(watcher: Watcher, minutes: float) -> None:
    await watcher.press("space")
    watcher.app.player.seek(START + round(minutes * MINUTE))
    await watcher.arrival()


async def test_one_event_back_is_where_one_event_forward_came_from() -> None:
    events, findings = script()
    async with watching(Forum(events, findings, play=START + 10 * MINUTE)) as watcher:
        await watcher.press("comma")
        assert watcher.notice == "one event at a time only while paused: space pauses"
        await watcher.press("space")
        seen = watcher.session.counts.events
        for n in (seen - 1, seen - 2):
            await watcher.press("comma")
            await watcher.arrival()
            assert watcher.session.counts.events == n and watcher.app.player.paused
        assert len(watcher.forum.runs) == 3
        await watcher.press("full_stop")
        assert watcher.session.counts.events == seen - 1, "and on again"


async def test_two_steps_back_in_one_go_are_two() -> None:
    events, findings = script()
    async with watching(Forum(events, findings, play=START + 10 * MINUTE)) as watcher:
        await watcher.press("space")
        seen = watcher.session.counts.events
        watcher.app.player.step_back()
        watcher.app.player.step_back()
        await watcher.arrival()
        assert watcher.session.counts.events == seen - 2


async def test_from_the_end_one_event_back_leads_to_a_pause_before_it() -> None:
    events, findings = script(minutes=5)
    async with watching(Forum(events, findings)) as watcher:
        await watcher.frames(4)
        assert watcher.app.player.done
        seen = watcher.session.counts.events
        await watcher.press("comma")
        await watcher.arrival()
        assert watcher.session.counts.events == seen - 1
        assert watcher.app.player.paused and not watcher.app.player.done


async def test_before_the_first_event_there_is_none() -> None:
    events, findings = script(minutes=5)
    async with watching(Forum(events, findings, play=START)) as watcher:
        await watcher.press("space")
        while watcher.session.counts.events > 1:
            await watcher.press("comma")
            await watcher.arrival()
        await watcher.press("comma")
        assert watcher.notice == "this is the start"


@pytest.mark.parametrize("keys", [("comma",), ("left_parenthesis",), ("apostrophe",)])
async def test_a_live_source_has_no_way_back(keys: tuple[str, ...]) -> None:
    events, findings = script(minutes=5)
    async with watching(Forum(events, findings, live=True)) as watcher:
        await watcher.press(*keys)
        assert watcher.notice.endswith("on a live source; space freezes the screen")


async def test_what_is_recorded_is_played_once() -> None:
    events, findings = script(minutes=5)
    async with watching(Forum(events, findings, rewinds=False)) as watcher:
        await watcher.press("comma")
        assert watcher.notice.startswith("recorded or piped, a session is played once")


async def test_gaps_are_known_once_somebody_has_been_there() -> None:
    events, findings = script()
    [gap] = [event.seen_at for event in events if type(event).__name__ == "Gap"]
    async with watching(Forum(events, findings, play=gap - MINUTE)) as watcher:
        await watcher.press("right_parenthesis")
        assert watcher.notice.startswith("no gap after ") and watcher.notice.endswith(" is known")
        await paused_at(watcher, (gap - START) / MINUTE + 2)
        await watcher.press("left_parenthesis")
        await watcher.arrival()
        assert watcher.session.n_gaps == 1 and watcher.session.now == gap
        await watcher.press("left_parenthesis")
        assert watcher.notice.startswith("no gap before ")
        await paused_at(watcher, 3)
        assert watcher.session.n_gaps == 0
        await watcher.press("right_parenthesis")
        await watcher.arrival()
        assert watcher.session.n_gaps == 1, "the run before had been there"


async def test_marks_stay_and_lead_back(tmp_path: Path) -> None:
    events, findings = script()
    async with watching(Forum(events, findings, play=START + MINUTE), kept_in=tmp_path) as watcher:
        await paused_at(watcher, 10)
        here = watcher.app.player.now
        await watcher.press("m")
        assert watcher.notice == f"{clock(here)} is marked; \" and ' go from mark to mark"
        await watcher.press("quotation_mark")
        assert watcher.notice == f"no mark before {clock(here)} is known"
    async with watching(Forum(events, findings, play=START + MINUTE), kept_in=tmp_path) as watcher:
        await watcher.frames()
        assert sign("mark") in watcher.text, "on the time line, in the next run as well"
        await watcher.press("space", "apostrophe")
        await watcher.arrival()
        assert watcher.app.player.now == here
        await watcher.press("m")
        assert watcher.notice == f"{clock(here)} is no longer marked"
        await watcher.press("right_curly_bracket")
        assert sign("mark") not in watcher.text
    async with watching(Forum(events, findings, play=START + MINUTE), kept_in=tmp_path) as watcher:
        await watcher.press("apostrophe")
        assert watcher.notice.startswith("no mark after ")


async def test_a_second_has_one_mark() -> None:
    events, findings = script()
    async with watching(Forum(events, findings, play=START + MINUTE)) as watcher:
        triage = watcher.main.triage
        assert triage.mark(START + SECOND // 2) and not triage.mark(START + SECOND - 1)
        assert not triage.marks


# --- where somebody has gone on ahead -------------------------------------------------------------


@pytest.mark.parametrize(("n", "runs"), [(0, 1), (10_000, 2)])
async def test_a_way_on_begins_anew_where_that_is_nearer(n: int, runs: int) -> None:
    events, findings = script()
    forum = Forum(events, findings, play=START + MINUTE)
    forum.shortcut = lambda goal: n
    async with watching(forum) as watcher:
        before = watcher.session
        watcher.app.player.seek(START + 15 * MINUTE)
        assert not watcher.app.player.goes_back
        await watcher.arrival()
        assert len(forum.runs) == runs
        assert (watcher.session is before) == (runs == 1)
        assert watcher.session.now > START + 14 * MINUTE


async def test_how_all_of_it_ends_is_shown_before_it_has_come() -> None:
    events, findings = script()
    over = Forum(events, findings)
    async with watching(over) as watcher:
        await watcher.frames(4)
        last = watcher.session
    gaps = [gap.seen_at for gap in last.gaps]
    forum = Forum(events, findings, play=START + MINUTE)
    asked: list[bool] = []

    def outlook() -> Session | None:
        asked.append(True)
        return last if len(asked) > 1 else None

    forum.outlook = outlook
    async with watching(forum) as watcher:
        await watcher.frames(FORESIGHT)
        assert len(asked) == 1
        await watcher.press("right_square_bracket")
        assert "again goes there" not in watcher.notice
        await watcher.frames(3 * FORESIGHT)
        assert len(asked) == 2, "once it is known nobody asks again"
        await watcher.press("right_square_bracket")
        assert watcher.notice.endswith("] again goes there"), watcher.notice
        await watcher.press("right_parenthesis")
        await watcher.arrival()
        assert watcher.session.now == gaps[0]
