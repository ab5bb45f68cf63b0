"""What stops a run shows, and stays; nothing is left running."""

from __future__ import annotations

import asyncio
import gc
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from moltwatch.errors import RecordingError, SourceUnreachable
from moltwatch.times import MINUTE, SECOND
from moltwatch.tui.app import MoltwatchApp
from moltwatch.tui.player import AT_REST, IDLE, MOST_LEFT, Goal, Player, Run
from moltwatch.tui.widgets.notifications import SHORTEST
from tests.tui.driving import watching
from tests.tui.forum import START, Forum, script


async def test_a_recorder_that_cannot_write_stops_the_session_visibly() -> None:
    events, findings = script(minutes=5)
    failure = RecordingError("night.molt: no space left")
    async with watching(Forum(events, findings, fail=failure)) as watcher:
        watcher.app.frame += 10_000
        await watcher.frames(3)
        assert "stopped: night.molt: no space left" in watcher.text, "and it stays"
        assert "● stopped" in watcher.text
        assert watcher.app.failure is failure, "for the exit code"
        assert watcher.session.posts > 5, "what was seen can still be read"


async def test_a_source_that_cannot_be_reached_ends_it_so_that_the_shell_can_say_so() -> None:
    class Nowhere(Forum):
        async def open(self, goal: Goal | None) -> Run:
            raise SourceUnreachable("ws://x.invalid: no such host")

    events, _ = script(minutes=2)
    app = MoltwatchApp(Nowhere(events).open, fps=0, theme="tidepool")
    async with app.run_test():
        app.tick()
    assert isinstance(app.failure, SourceUnreachable)
    assert app.player.never_began


async def test_a_defect_shows_as_one_line_not_as_a_traceback() -> None:
    events, _ = script(minutes=3)
    async with watching(Forum(events, fail=ZeroDivisionError("boom"))) as watcher:
        assert "stopped: ZeroDivisionError: boom" in watcher.text
        assert watcher.app.failure is None and watcher.app.player.crash is not None


async def test_a_gap_is_told_and_marked() -> None:
    events, findings = script()
    async with watching(Forum(events, findings)) as watcher:
        await watcher.frames(4)
        assert "(90 s of forum time): connection reset" in watcher.text
        assert "╳" in watcher.text


async def test_notes_of_the_house_are_shown() -> None:
    events, findings = script(minutes=3)
    async with watching(Forum(events, findings)) as watcher:
        await watcher.wait(60)
        watcher.session.note("heuristic x failed (KeyError); goes on")
        await watcher.frames()
        assert "heuristic x failed" in watcher.text


async def test_of_several_notes_between_two_frames_none_is_lost() -> None:
    events, findings = script(minutes=3)
    async with watching(Forum(events, findings)) as watcher:
        await watcher.wait(60)
        told = []
        for heuristic in "xyz":
            watcher.session.note(f"heuristic {heuristic} failed")
        for _ in range(4):
            await watcher.frames(1)
            told.append(watcher.notice)
            await watcher.wait(SHORTEST / SECOND)
        assert [*dict.fromkeys(told)][-3:] == [f"heuristic {h} failed" for h in "xyz"]


async def test_a_notice_goes_by_the_wall_clock_though_nothing_moves() -> None:
    events, findings = script(minutes=5)
    async with watching(Forum(events, findings, play=START + MINUTE)) as watcher:
        await watcher.wait(60)
        await watcher.press("space", "b")
        assert watcher.app.player.transport and watcher.app.player.transport.paused
        await watcher.frames(20)
        assert watcher.notice.startswith("staying with this thread;")
        await watcher.wait(7.9)
        assert watcher.notice.startswith("staying with this thread;")
        await watcher.wait(0.2)
        assert watcher.notice == ""


async def test_stopping_closes_the_source() -> None:
    events, _ = script(minutes=5)
    forum = Forum(events, play=START + MINUTE)
    player = Player(forum.open)
    await player.start()
    await player.stop()
    assert forum.sources[0].closed
    await player.stop()


@pytest.mark.parametrize("at", [START - MINUTE, START + 500 * MINUTE])
async def test_seeking_past_either_end_ends_there(at: int) -> None:
    events, findings = script(minutes=5)
    forum = Forum(events, findings, play=START + 3 * MINUTE)
    async with watching(forum) as watcher:
        watcher.app.player.seek(at)
        await watcher.arrival()
        assert START <= watcher.session.now <= forum.events[-1].seen_at


@pytest.mark.parametrize("play", [START + 3 * MINUTE, START + 500 * MINUTE])
async def test_a_seek_lasts_until_the_new_run_is_open_however_long_that_takes(play: int) -> None:
    events, _ = script(minutes=5)
    forum = Forum(events, play=play)
    async with watching(forum) as watcher:
        player, before = watcher.app.player, watcher.session
        forum.gate, forum.play = asyncio.Event(), START
        player.seek(START + MINUTE)
        await watcher.frames(20)
        assert player.seeking and not player.done, "it is being opened"
        forum.gate.set()
        await watcher.arrival()
        assert watcher.session is not before
        assert START + MINUTE - 30 * SECOND <= watcher.session.now <= START + MINUTE


async def test_of_several_seeks_in_quick_succession_the_last_one_counts() -> None:
    events, _ = script(minutes=5)
    forum = Forum(events, play=START + 3 * MINUTE)
    async with watching(forum) as watcher:
        player = watcher.app.player
        forum.play = START
        for seconds in (150, 60, 120, 90):
            player.seek(START + seconds * SECOND)
            await asyncio.sleep(0)
        await watcher.arrival()
        assert [source.closed for source in forum.sources[:-1]] == [True] * (len(forum.runs) - 1)
        assert watcher.session is forum.runs[-1].session
        assert not forum.sources[-1].closed
        assert forum.sources[-1].moving and forum.sources[-1].moving.until == START + 90 * SECOND
    assert forum.sources[-1].closed


async def test_stopping_while_a_run_is_being_opened_waits_for_what_is_being_closed() -> None:
    events, _ = script(minutes=5)
    forum = Forum(events, play=START + 3 * MINUTE)
    player = Player(forum.open)
    await player.start()
    forum.gate = asyncio.Event()
    assert player.session is not None
    player.session.counts.now = START + 3 * MINUTE
    player.seek(START)
    await player.stop()
    forum.gate.set()
    await asyncio.sleep(0)
    assert [source.closed for source in forum.sources] == [True]


async def test_who_stops_it_before_it_has_begun_lets_nobody_wait() -> None:
    events, _ = script(minutes=5)
    player = Player(Forum(events).open)
    starting = asyncio.create_task(player.start())
    await asyncio.sleep(0)
    await player.stop()
    async with asyncio.timeout(5):
        await starting
    assert player.done and player.run is None


@pytest.mark.parametrize("paused", [False, True])
async def test_what_was_steered_on_the_way_back_holds_on_the_next(paused: bool) -> None:
    events, _ = script(minutes=5)
    forum = Forum(events, play=START + 3 * MINUTE)
    player = await begun(forum)
    player.seek(START + 2 * MINUTE)
    await until(lambda: len(forum.runs) == 2 and player.transport is forum.sources[1].transport)
    player.change_speed(+1)
    if paused:
        player.toggle_pause()
    player.seek(START + MINUTE)
    await until(lambda: len(forum.runs) == 3 and player.transport is forum.sources[2].transport)
    assert player.transport is not None
    assert (player.transport.speed, player.paused) == (2.0, paused)
    player.stay()
    assert player.transport.speed == 2.0 and player.paused == paused
    await player.stop()


# --- a way back that is given up ------------------------------------------------------------------


async def until(holds: Callable[[], bool]) -> None:
    """Let the runs work until it is so."""
    for _ in range(100_000):
        if holds():
            return
        await asyncio.sleep(0)
    pytest.fail("it never is")


async def begun(forum: Forum) -> Player:
    """A player whose first run has come as far as it may."""
    player = Player(forum.open)
    await player.start()
    await until(lambda: forum.sources[0].quiet)
    return player


async def test_who_stays_stays_though_a_rush_was_on_its_way() -> None:
    events, _ = script(minutes=60)
    forum = Forum(events, play=START + MINUTE)
    player = await begun(forum)
    forum.gate = asyncio.Event()
    player.seek(START + 50 * MINUTE)
    player.seek(START + MINUTE // 2)
    assert player.goes_back and player.session is not None
    here = player.session.now
    assert player.stay().startswith("staying at ")
    await until(lambda: forum.sources[0].quiet)
    assert here - START < 2 * MINUTE and player.session.now - here < MINUTE
    await player.stop()


async def test_a_failure_is_known_again_once_the_way_back_is_given_up() -> None:
    events, _ = script(minutes=5)
    full = RecordingError("disk full")
    forum = Forum(events, fail=full)
    player = Player(forum.open)
    await player.start()
    await until(lambda: player.done)
    assert player.failure is full
    forum.gate = asyncio.Event()
    player.seek(START + MINUTE)
    await asyncio.sleep(0)
    player.stay()
    assert player.failure is full and player.done
    await player.stop()


@pytest.mark.parametrize("paused", [True, False])
async def test_a_start_that_is_given_up_leaves_a_pause_as_it_was(paused: bool) -> None:
    events, _ = script(minutes=5)
    forum = Forum(events, play=START + 2 * MINUTE)
    player = await begun(forum)
    assert player.transport is not None
    if paused:
        player.transport.pause()
    forum.gate = asyncio.Event()
    player.restart()
    assert not player.paused, "it is to play from the start"
    player.restart()
    player.stay()
    assert player.paused == paused
    player.restart()
    forum.gate.set()
    await until(lambda: len(forum.runs) == 2 and forum.sources[1].quiet)
    for _ in range(AT_REST + 2):
        player.settle()
    assert player.run is forum.runs[1] and not player.paused
    await player.stop()


@pytest.mark.parametrize("opens", [False, True], ids=["before it is open", "on its way"])
async def test_where_no_way_leads_back_the_run_on_the_screen_goes_on(opens: bool) -> None:
    events, _ = script(minutes=20)
    forum = Forum(events, play=START + 5 * MINUTE)
    async with watching(forum) as watcher:
        player = watcher.app.player
        if opens:
            forum.events, forum.fail = events[:3], RecordingError("the recording is gone")
        else:
            forum.refuses = RecordingError("the recording is gone")
        player.seek(START + 4 * MINUTE)
        await until(lambda: not player.seeking or player.done)
        await watcher.frames(3)
        assert "no way back: the recording is gone" in watcher.text
        assert not player.seeking and player.failure is None and not player.done
        before = watcher.session.posts
        moving = forum.sources[0].moving
        assert moving is not None
        moving.play(START + 9 * MINUTE)
        await until(lambda: forum.sources[0].quiet)
        assert watcher.session.posts > before and not forum.sources[0].closed


async def test_a_run_that_fails_while_it_rests_has_failed() -> None:
    events, _ = script(minutes=20)
    forum = Forum(events, fail=RecordingError("no space"), play=START + 5 * MINUTE)
    player = await begun(forum)
    forum.gate = asyncio.Event()
    moving = forum.sources[0].moving
    assert moving is not None and player.run is not None
    moving.play(START + 30 * MINUTE)
    player.seek(START + MINUTE)
    player.stay()
    await until(lambda: player.done)
    assert str(player.failure) == "no space"
    await player.stop()


# --- somebody goes on ahead -----------------------------------------------------------------------


@dataclass
class Scout:
    n: int = 0
    running: bool = True


async def test_it_is_said_how_far_the_heuristics_were_asked_ahead() -> None:
    events, findings = script(minutes=20)
    scout = Scout()
    forum = Forum(events, findings, play=START + 5 * MINUTE, ahead=scout)
    async with watching(forum, size=(120, 40)) as watcher:
        scout.n = len(events) // 4
        await watcher.frames()
        n = bisect_left([event.seen_at for event in events], events[-1].seen_at)
        told = f"{100 * scout.n // n} % analysed"
        assert told in watcher.text
        forum.sources[0].moving.measured = False  # type: ignore[union-attr]
        await watcher.frames()
        assert "being analysed" in watcher.text
        scout.running = False
        await watcher.frames()
        assert "analysed" not in watcher.text


# --- what is left behind --------------------------------------------------------------------------


async def test_sessions_that_were_left_make_room_when_nobody_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events, _ = script(minutes=30)
    collected: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda: collected.append(1))
    async with watching(Forum(events, play=START + 20 * MINUTE)) as watcher:
        player = watcher.app.player
        player.tidy(IDLE)
        assert not collected, "nothing was left"
        player.seek(START + MINUTE)
        player.tidy(IDLE)
        assert not collected, "it is on its way"
        await watcher.arrival()
        player.tidy(IDLE / 2)
        assert not collected, "somebody is at it"
        player.tidy(IDLE)
        player.tidy(IDLE)
        assert collected == [1]
        for minutes in range(19, 19 - 2 * MOST_LEFT - 1, -2):  # on, and then back
            player.tidy(0)
            assert collected == [1]
            player.seek(START + minutes * MINUTE)
            await watcher.arrival()
        player.tidy(0)
        assert collected == [1, 1], "they are too many"
