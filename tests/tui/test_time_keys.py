"""Pausing, stepping, speed and seeking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import msgspec
import pytest
from rich.style import Style

from moltwatch.model import FlaggedPost, Kind, Post, Scores
from moltwatch.session.charge import Opinion
from moltwatch.session.timeline import Column
from moltwatch.sources.base import State
from moltwatch.times import DAY, MINUTE, SECOND
from moltwatch.tui.app import MoltwatchApp
from moltwatch.tui.local_time import clock
from moltwatch.tui.symbols import sign
from moltwatch.tui.widgets.seekbar import LABEL, begun
from tests.evidence import evidence
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Forum, script


@pytest.fixture
async def watcher() -> AsyncIterator[Watcher]:
    events, findings = script()
    async with watching(Forum(events, findings, play=START + 10 * MINUTE)) as watcher:
        yield watcher


async def test_space_pauses_and_goes_on(watcher: Watcher) -> None:
    transport = watcher.forum.sources[0].moving
    assert transport is not None
    await watcher.press("space")
    assert transport.paused and "paused" in watcher.text
    await watcher.press("space")
    assert not transport.paused


async def test_a_full_stop_lets_one_event_through_while_paused(watcher: Watcher) -> None:
    before = watcher.session.version
    await watcher.press("full_stop")
    assert watcher.session.version == before, "not while it plays"
    await watcher.press("space", "full_stop")
    assert watcher.session.version == before + 1


async def test_speed_goes_up_and_down(watcher: Watcher) -> None:
    transport = watcher.forum.sources[0].moving
    assert transport is not None
    await watcher.press("plus")
    assert transport.speed == 2 and "2×" in watcher.text
    await watcher.press("greater_than_sign")
    assert transport.speed == 5
    await watcher.press("minus", "less_than_sign", "minus")
    assert transport.speed == 0.5
    transport.speed = 1_000
    await watcher.press("plus")
    assert transport.speed == float("inf") and "max" in watcher.text
    await watcher.press("plus", "minus")
    assert transport.speed == 1_000


async def test_forward_rushes_in_the_same_run(watcher: Watcher) -> None:
    await watcher.press("shift+right")
    assert len(watcher.forum.runs) == 1
    assert watcher.session.now > START + 12 * MINUTE
    assert not watcher.app.player.seeking


async def test_back_opens_another_run_and_keeps_what_the_user_chose(watcher: Watcher) -> None:
    main = watcher.main
    main.triage.pinned.append("r1")
    main.open_thread(watcher.session.threads.get("r2"))  # type: ignore[arg-type]
    case = watcher.session.charges.cases[0]
    main.flags.show_case(case)
    main.flags.view.focus()
    await watcher.press("x")
    then = watcher.session
    await watcher.press("shift+left")
    await watcher.arrival()
    assert len(watcher.forum.runs) == 2 and watcher.forum.sources[0].closed
    assert watcher.session is not then
    assert START + 5 * MINUTE < watcher.session.now < START + 8 * MINUTE
    assert main.thread.thread is watcher.session.threads.get("r2")
    assert main.triage.pinned == ["r1"]
    assert watcher.session.charges.cases[0].opinion is Opinion.DISMISSED
    assert sum(thread.unread for thread in watcher.session.threads) == 0


async def test_0_starts_over(watcher: Watcher) -> None:
    await watcher.press("0")
    await watcher.arrival()
    assert watcher.session.now <= START + 20 * SECOND
    assert watcher.session.posts == 1


async def test_back_before_the_thread_that_was_read_the_busiest_is_shown(
    watcher: Watcher,
) -> None:
    main = watcher.main
    main.open_thread(watcher.session.threads.get("r3"))  # type: ignore[arg-type]
    await watcher.press("0")
    await watcher.arrival()
    assert main.thread.thread is watcher.session.threads.get("r0"), "r3 is not there yet"
    assert watcher.notice == (
        "“The Tidal Creed: join before the third m…” is not there yet; "
        "going with the busiest thread"
    )
    assert "busiest" in watcher.text
    main.notifications.display = False
    await watcher.press("right")
    assert watcher.notice == "", "told once"


async def test_what_lies_ahead_stays_on_the_time_line(watcher: Watcher) -> None:
    await watcher.press("shift+right", "shift+right", "0")
    await watcher.arrival()
    bar = watcher.main.seekbar.lines(120)[0].strip(watcher.main.seekbar.rich_style).text
    assert len(bar[30:].strip()) > 20


async def test_marks_lie_where_cases_begin_however_much_is_flagged() -> None:
    events, findings = script()
    kinds = {Kind.PERSONA: 0.7, Kind.COORDINATED: 0.7, Kind.HAZARD: 0.7}
    posts = [event for event in events if isinstance(event, Post)]
    for post in posts:
        findings[post.id] = [
            FlaggedPost(
                at=post.seen_at,
                kind=kind,
                post=msgspec.structs.replace(post, author=kind.value),
                scores=Scores(**{kind.value: score}),
                flags=(evidence(kind=kind, score=score),),
            )
            for kind, score in kinds.items()
            if kind is not Kind.HAZARD or post.seen_at > START + 10 * MINUTE
        ]
    async with watching(Forum(events, findings), size=(200, 60)) as watcher:
        marks = watcher.main.seekbar.lines(200)[1].strip(Style()).text[LABEL:]
        assert [letter for letter in marks if letter in "❖▲◆"] == ["❖", "▲"]
        assert marks.index("❖") == 0
        assert 9 / 30 <= marks.index("▲") / (200 - LABEL) < 11 / 30


def columns(*cases: Mapping[Kind, tuple[int, ...]]) -> list[Column]:
    """Columns in which cases of so much strength begin."""
    return [
        Column(
            cases={(kind, each): told.count(each) for kind, told in begin.items() for each in told}
        )
        for begin in cases
    ]


def drawn(begun: list[Kind | None]) -> str:
    return "".join(sign(kind) if kind else "─" for kind in begun)


def test_the_time_line_shows_every_group_and_of_personas_the_strongest() -> None:
    group, hazard, persona = (88,), (60,), (80,)
    every = {Kind.COORDINATED: group, Kind.HAZARD: hazard, Kind.PERSONA: persona}
    some = {Kind.HAZARD: hazard, Kind.PERSONA: persona}
    assert drawn(begun(columns(every, some, {}, {Kind.PERSONA: persona}), 2)) == "❖▲─◆"
    both = {Kind.COORDINATED: (71, 88)}
    assert drawn(begun(columns({}, both, some, {}), 3)) == "─❖❖─", "two of them take two cells"
    assert drawn(begun(columns({}, both, some, {}), 2)) == "❖❖▲─", "none under the play head"
    three = {Kind.COORDINATED: (71, 88, 90)}
    assert drawn(begun(columns({}, three, some, {}, {}), 4)) == "❖❖❖──", "and three take three"
    assert drawn(begun(columns({}, both, every), 0)) == "─❖❖", "no room on either side"
    strengths = [80, 81, 95, 80, 82, 90, 90, 97, 80, 81] * 4
    told = drawn(begun(columns(*({Kind.PERSONA: (n,)} for n in strengths)), 0))
    assert [strengths[i] for i, letter in enumerate(told) if letter == "◆"] == [97] * 4
    few = drawn(begun(columns(*({Kind.PERSONA: (n,)} for n in (80, 93, 91, 90))), 0))
    assert few == "─◆◆◆"
    same = drawn(begun(columns(*({Kind.PERSONA: (80,)} for _ in range(5))), 0))
    assert same == "◆" * 5, "no one of equals is stronger"


async def test_a_click_on_the_time_line_seeks(watcher: Watcher) -> None:
    await watcher.pilot.click("#seekbar", offset=(110, 0))
    await watcher.frames()
    assert watcher.session.now > START + 20 * MINUTE


async def test_live_there_are_no_keys_of_time() -> None:
    events, findings = script(minutes=4)
    async with watching(Forum(events, findings, live=True)) as watcher:
        assert "pause" not in watcher.text
        await watcher.press("space", "plus", "left", "0", "full_stop")
        assert len(watcher.forum.runs) == 1
        assert "live" in watcher.text


async def test_a_run_that_does_not_rewind_says_so() -> None:
    events, findings = script()
    forum = Forum(events, findings, play=START + 10 * MINUTE, rewinds=False)
    async with watching(forum) as watcher:
        await watcher.press("shift+left")
        assert len(forum.runs) == 1 and "no way back" in watcher.notice


async def test_who_reads_on_to_a_time_says_where_to_and_how_far_it_is() -> None:
    events, findings = script()
    forum = Forum(events, findings, play=START + MINUTE)
    app = MoltwatchApp(forum.open, fps=0, start=START + 9 * MINUTE, wall=lambda: START)
    async with app.run_test(size=(80, 24)) as pilot:
        watcher = Watcher(app, forum, pilot)
        assert app.player.target == START + 9 * MINUTE
        assert "on to 02:49:00" in watcher.text and "● going on" in watcher.text
        assert "esc stops" not in watcher.text, "it may be there in a moment"
        transport = forum.sources[0].moving
        assert transport is not None
        before = transport.events_before(START + 9 * MINUTE)
        assert before is not None and before < len(events)
        ways = ((0, "0 %"), (before // 2, "50 %"), (len(events), "99 %"))
        for width, height in ((60, 18), (80, 24), (200, 60)):
            await pilot.resize_terminal(width, height)
            for n, told in ways:
                transport.n_events = n
                watcher.main.seekbar.draw(app.player)
                lines = watcher.main.seekbar.lines(width)
                left = [line.strip(Style()).text[:LABEL] for line in lines]
                assert f" {told} read".ljust(LABEL) in left
        transport.n_events = before // 2
        app.player.target = START + 9 * MINUTE
        watcher.main.panes.underway.draw(app.player, START)
        watcher.main.panes.underway.draw(app.player, START + SECOND)
        await pilot.pause()
        assert "going on to 02:49:00 · 50 % read" in watcher.text
        assert "all before it is read first" in watcher.text
        assert "esc stops on the way" in watcher.text
        transport.measured = False
        forum.runs[0].session.counts.posts = 1_234
        watcher.main.panes.underway.draw(app.player, START + SECOND)
        await pilot.pause()
        assert "going on to 02:49:00 · 1,234 posts read" in watcher.text
        transport.n_events = 0
        await watcher.arrival()
        assert "going on" not in watcher.text and "▶ 1×" in watcher.text


async def test_esc_stays_with_what_is_on_the_screen_instead_of_going_back() -> None:
    events, findings = script()
    forum = Forum(events, findings, play=START + 10 * MINUTE)
    async with watching(forum, size=(120, 40)) as watcher:
        player, session = watcher.app.player, watcher.session
        first = forum.sources[0].moving
        assert first is not None
        now = first.clock = session.now + 4 * SECOND
        seen = session.now
        await watcher.frames()
        forum.play = START
        gate = forum.gate = asyncio.Event()
        await watcher.press("shift+left", "shift+left", "shift+left")
        await watcher.wait(2)
        assert "going back to 02:40:" in watcher.text and "0 posts read" in watcher.text
        assert "all before it is read again" in watcher.text and "esc stays here" in watcher.text
        first.play(START + 11 * MINUTE)
        await watcher.frames()
        assert (watcher.session.now, watcher.session) == (seen, session), "it rests"
        assert f"{clock(now)} UTC" in watcher.text, "and so does its clock"
        await watcher.press("escape")
        assert watcher.notice == f"staying at {clock(now)}" and not player.seeking
        assert "going back" not in watcher.text and "▶ 1×" in watcher.text
        assert watcher.session is session and session.now > seen, "and goes on"
        gate.set()
        await watcher.frames()
        assert len(forum.runs) == 1 and player.run is forum.runs[0], "nothing was opened"
        await watcher.press("shift+left")
        await watcher.arrival()
        assert watcher.session is not session and forum.sources[0].closed


async def test_esc_stops_a_way_on_where_it_has_come_to(watcher: Watcher) -> None:
    player, transport = watcher.app.player, watcher.forum.sources[0].moving
    assert transport is not None
    transport.skip_to = lambda at: None  # type: ignore[method-assign]
    now = watcher.session.now
    await watcher.strike("shift+right")
    assert player.seeking
    assert not player.goes_back
    await watcher.press("escape")
    assert (watcher.notice, player.target) == (f"stopped at {clock(now)}", None)
    assert transport.until == transport.position


async def test_the_clock_goes_on_where_nothing_happens(watcher: Watcher) -> None:
    transport = watcher.forum.sources[0].moving
    assert transport is not None
    here = watcher.session.now
    assert f"{clock(here)} UTC" in watcher.text and f"{clock(here)} / 03:" in watcher.text
    marks = watcher.text.splitlines()[-3]
    transport.clock = here + 2 * MINUTE
    later = clock(transport.clock)
    await watcher.frames()
    assert f"{later} UTC" in watcher.text and f"{later} / 03:" in watcher.text
    assert watcher.session.now == here, "nothing else knows of it"
    moved = watcher.text.splitlines()[-3]
    assert marks.index("┃") < moved.index("┃"), "nor does the play head stand still"
    await watcher.press("left")
    assert transport.until == transport.clock - (transport.end - transport.start) // 100
    await watcher.arrival()
    assert len(watcher.forum.runs) == 1, "nothing lies in between: nothing is read again"
    await watcher.press("shift+right")
    assert watcher.session.now > here


async def test_a_recording_of_days_says_which_day() -> None:
    events, findings = script()
    events.append(msgspec.structs.replace(events[-1], seen_at=START + 3 * DAY))
    forum = Forum(events, findings, play=START + 10 * MINUTE)
    async with watching(forum, size=(80, 24)) as watcher:
        assert "2 Feb 02:49 / 5 Feb" in watcher.text
        watcher.app.player.target = START + DAY
        watcher.main.seekbar.draw(watcher.app.player)
        assert "on to 3 Feb 02:40" in watcher.main.seekbar.lines(80)[0].strip(Style()).text


async def test_live_the_bar_says_how_the_source_stands() -> None:
    events, findings = script(minutes=4)
    async with watching(Forum(events, findings, live=True)) as watcher:
        for state, sign in ((State.CONNECTING, "○"), (State.RECONNECTING, "○"), (State.LIVE, "●")):
            watcher.forum.sources[0].status.state = state
            await watcher.frames()
            assert f"{sign} {state.value}" in watcher.text.splitlines()[-4]
