"""What is being read is not taken away, and nothing is painted that stands still."""

from __future__ import annotations

import pytest
from textual import events

from moltwatch.model import Event, Post
from moltwatch.session import Limits, Session
from moltwatch.sources.base import State
from moltwatch.times import HOUR, MINUTE, SECOND
from moltwatch.tui.auto_follow import HOLD, AutoFollow, Tiler
from moltwatch.tui.keys import KEYS
from moltwatch.tui.player import OVER
from moltwatch.tui.views.threads import SORTED_EVERY
from moltwatch.tui.widgets.pane import LEFT_ALONE
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Forum, script


def post(n: int, thread: str, at: int = 0, text: str = "hello") -> Post:
    root = n == 0
    when = START + at * SECOND
    return Post(
        id=thread if root else f"{thread}-{n}",
        thread=thread,
        parent=None if root else thread,
        author=f"agent{n % 7}",
        title=f"Thread {thread}" if root else None,
        text=text,
        created_at=when,
        seen_at=when,
    )


def burst(session: Session, thread: str, n: int, first: int = 1) -> None:
    """A thread becomes busy."""
    for i in range(first, first + n):
        at = (session.now - START) // SECOND
        session.take(post(i, thread, at), [])


def shown(watcher: Watcher) -> str:
    thread = watcher.main.thread.thread
    return thread.id if thread else ""


def roams(watcher: Watcher) -> bool:
    return watcher.main.roaming.on


def frozen(watcher: Watcher) -> bool:
    return watcher.app.player.frozen


def listed(watcher: Watcher) -> list[str]:
    return [row.target.thread for row in watcher.main.threads.view.rows if row.target]


def threads_of(*names: str) -> list[Event]:
    """Each with a root and 40 comments, the first the liveliest."""
    made: list[Event] = []
    for at, name in enumerate(reversed(names)):
        made += [post(n, name, at * 30 + n // 2) for n in range(40)]
    return sorted(made, key=lambda each: each.seen_at)


async def test_reading_a_thread_ends_roaming_until_it_is_asked_for_again() -> None:
    async with watching(Forum(threads_of("a", "b", "c"), live=True)) as watcher:
        main, session = watcher.main, watcher.session
        assert roams(watcher) and shown(watcher) == "a"
        burst(session, "b", 300, 100)
        await watcher.frames()
        assert shown(watcher) == "a", "a hold is seconds, however many frames"
        await watcher.wait(HOLD / SECOND)
        assert shown(watcher) == "b", "and no longer"
        view = main.thread.view
        view.post_message(events.MouseScrollUp(view, 40, 10, 0, -1, 0, False, False, False))
        await watcher.frames()
        assert not roams(watcher) and "b goes with the busiest again" in watcher.notice
        burst(session, "c", 3_000, 100)
        await watcher.wait(60)
        assert shown(watcher) == "b"
        await watcher.press("b")
        assert shown(watcher) == "c" and roams(watcher)
        await watcher.press("tab")
        assert main.focused is view and not roams(watcher), "the cursor is in it"
        await watcher.press("b")
        main.set_filter("hello")
        await watcher.frames()
        assert not roams(watcher) and shown(watcher) == "c", "and so does a filter"


async def test_after_a_seek_the_busiest_is_chosen_by_what_is_busy_then() -> None:
    made = [post(n, "early", n) for n in range(300)]
    made += [post(n, "late", 3_600 + n * 20) for n in range(20)]
    forum = Forum(made, play=START + 299 * SECOND)
    async with watching(forum) as watcher:
        assert shown(watcher) == "early"
        watcher.app.player.seek(START + 3_950 * SECOND)
        await watcher.arrival()
        assert shown(watcher) == "late"
        assert listed(watcher)[0] == "late"


def test_a_tile_that_is_read_keeps_its_thread() -> None:
    session, tiler = Session(), Tiler()
    for event in threads_of("a", "b"):
        session.take(event, [])
    assert [t.id for t in tiler.choose(session, 2, [], 0) if t] == ["a", "b"]
    for name in "cdefgh":
        session.take(post(0, name, 120), [])
        burst(session, name, 300)
    kept = [t.id for t in tiler.choose(session, 2, [], HOLD - 1) if t]
    assert kept == ["a", "b"], "it is not yet time"
    read = [t.id for t in tiler.choose(session, 2, [], HOLD, read={"b"}) if t]
    assert read[1] == "b" and read[0] != "a"


def test_a_clock_that_is_set_back_does_not_hold_a_thread_for_ever() -> None:
    session, roaming = Session(), AutoFollow()
    for event in threads_of("a", "b"):
        session.take(event, [])
    first = roaming.choose(session, None, HOUR)
    burst(session, "b", 300, 100)
    later = roaming.choose(session, first, 0)
    assert (first and first.id, later and later.id) == ("a", "b")


async def test_the_list_of_threads_is_not_sorted_under_the_cursor_nor_while_locked() -> None:
    async with watching(Forum(threads_of("a", "b", "c"), live=True)) as watcher:
        session = watcher.session
        before = listed(watcher)
        burst(session, "c", 300, 100)
        await watcher.frames()
        assert listed(watcher) == before == ["a", "b", "c"], "not yet"
        await watcher.wait(SORTED_EVERY / SECOND)
        await watcher.frames()
        assert listed(watcher)[0] == "c"
        await watcher.press("j", "j")
        assert "held" in watcher.text.splitlines()[1]
        burst(session, "b", 5_000, 100)
        session.take(post(0, "new", 100), [])
        await watcher.wait(LEFT_ALONE / SECOND - 1)
        await watcher.frames()
        assert listed(watcher) == ["c", "a", "b", "new"], "what is new comes at the end"
        await watcher.press("L", "escape")
        assert watcher.main.threads.view.cursor < 0
        await watcher.wait(600)
        await watcher.frames()
        assert listed(watcher)[0] == "c" and "locked" in watcher.text.splitlines()[1]
        await watcher.press("L")
        assert listed(watcher)[0] == "b" and "locked" not in watcher.text


async def test_a_list_that_is_left_shows_the_open_thread_and_left_alone_its_top() -> None:
    names = [f"t{n:02}" for n in range(40)]
    async with watching(Forum(threads_of(*names), live=True), size=(120, 30)) as watcher:
        view = watcher.main.threads.view
        await watcher.press("G", "enter")
        assert shown(watcher) == "t39" and view.scroll_offset.y > 0
        await watcher.wait(SORTED_EVERY / SECOND)
        await watcher.frames()
        burst(watcher.session, "t20", 50, 100)
        await watcher.wait(SORTED_EVERY / SECOND)
        await watcher.frames()
        titles = watcher.text.splitlines()[2:]
        assert any("Thread t39" in line[:30] for line in titles), "the open thread is in sight"
        await watcher.press("tab", "shift+tab", "escape", "j", "k")
        assert "held, esc" in watcher.text.splitlines()[1]
        await watcher.wait(LEFT_ALONE / SECOND)
        await watcher.frames()
        assert view.cursor < 0 and "held" not in watcher.text.splitlines()[1]
        assert not roams(watcher) and shown(watcher), "what is read stays"


async def test_G_takes_up_again_and_leaves_a_list_where_it_is() -> None:
    async with watching(Forum(threads_of("a", "b", "c"), live=True)) as watcher:
        await watcher.press("j", "space")
        before = shown(watcher)
        burst(watcher.session, "c", 10, 100)
        await watcher.press("G")
        assert not frozen(watcher) and shown(watcher) == before
        await watcher.press("G")
        assert shown(watcher) == "c"


async def test_what_is_on_the_screen_is_not_let_go() -> None:
    async with watching(Forum(threads_of("a", "b"), live=True)) as watcher:
        threads = watcher.session.threads
        await watcher.press("enter", "g")
        threads._limits = Limits(posts=60)
        at = shown(watcher)
        for n in range(300):
            watcher.session.take(post(0, f"t{n}", 100), [])
        assert threads.get("t0") is None and threads.posts == 81, "no more than the two, and one"
        await watcher.press("j")
        assert threads.get(at) is not None and threads.node(at) is not None
        assert "Thread a" in watcher.text


# --- freezing -------------------------------------------------------------------------------------


async def test_live_space_freezes_and_G_takes_up_again() -> None:
    async with watching(Forum(threads_of("a", "b", "c"), live=True), size=(120, 40)) as watcher:
        session = watcher.session
        await watcher.press("space")
        before = watcher.text.splitlines()
        assert "frozen · +0 new" in before[-4] and "G takes up again" in before[-2]
        burst(session, "c", 312, 100)
        await watcher.wait(600)
        await watcher.frames()
        after = watcher.text.splitlines()
        assert "‖ frozen · +312 new" in after[-4]
        assert after[:-4] == before[:-4], "nothing moves by itself"
        await watcher.press("j", "j", "enter", "k")
        assert frozen(watcher) and "Thread b" in watcher.text, "one may go on reading"
        assert session.posts == 120
        await watcher.press("G")
        assert not frozen(watcher) and "frozen" not in watcher.text
        assert session.posts == 432
        await watcher.press("space", "space")
        assert not frozen(watcher), "space takes up as well"


async def test_a_replay_that_has_ended_keeps_what_was_there_and_says_how_to_go_on() -> None:
    recorded, findings = script(minutes=5)
    async with watching(Forum(recorded, findings)) as watcher:
        await watcher.frames(100)  # what was fresh is so no longer
        body = watcher.text.splitlines()[1:-4]
        await watcher.press("space")
        assert watcher.text.splitlines()[1:-4] == body
        assert watcher.notice == f"nothing to pause: {OVER}"
        assert "0 plays again, ← back" in watcher.text.splitlines()[-2]
        transport = watcher.app.player.transport
        assert transport is not None
        transport.pause()
        await watcher.press("0")
        await watcher.arrival()
        assert watcher.session.posts and not watcher.app.player.paused, "it plays"


# --- every key ------------------------------------------------------------------------------------

_ELSEWHERE = ("quit", "app.")
"""Leaves, or is textual's own."""


async def without_effect(watcher: Watcher) -> list[str]:
    """Keys after which the screen is as it was and nothing is said."""
    silent = []
    notices, screen = watcher.main.notifications, watcher.app.screen
    before = watcher.strips
    for key in (key for keys in KEYS.values() for key in keys):
        if key.action.startswith(_ELSEWHERE):
            continue
        notices.text = ""
        await watcher.strike(key.keys.split(",")[0])
        if not notices.text:
            await watcher.frames(2)
            after = watcher.strips
            if not notices.text and after == before:
                silent.append(f"{key.shown} {key.action}")
            before = after
        if watcher.app.screen is not screen:
            await watcher.strike("escape")
    return silent


@pytest.mark.parametrize("empty", [True, False])
async def test_no_key_is_silently_without_effect(empty: bool) -> None:
    recorded, findings = script(minutes=4)
    forum = Forum([] if empty else recorded, findings, live=True)
    async with watching(forum, size=(80, 18)) as watcher:
        assert await without_effect(watcher) == []


# --- painting and notices -------------------------------------------------------------------------


async def test_what_stands_still_is_not_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded, findings = script(minutes=8)
    async with watching(Forum(recorded, findings)) as watcher:
        app, painted = watcher.app, []
        await watcher.frames(100)
        display = app._display

        def note(screen: object, what: object) -> None:
            if what is not None:
                painted.append(what)
            display(screen, what)  # type: ignore[arg-type]

        monkeypatch.setattr(app, "_display", note)
        start = app._wall()
        for frame in range(60):
            monkeypatch.setattr(app, "_wall", lambda n=frame: start + n * SECOND // 30)
            app.tick()
            await watcher.pilot.pause(0)
            app.screen._on_timer_update()
        assert painted == []
        assert not watcher.main.stirs, "most frames are not even drawn"
        watcher.main.seekbar._shown = None
        await watcher.press("j")
        assert painted and watcher.main.threads.view.cursor >= 0


async def test_a_notice_moves_nothing_and_one_about_the_size_goes_with_it() -> None:
    recorded, findings = script(minutes=5)
    async with watching(Forum(recorded, findings), size=(120, 40)) as watcher:
        await watcher.wait(60)
        places = [pane.region for pane in watcher.main.query("Pane, SeekBar, Keys")]
        watcher.main.say("something happened")
        await watcher.frames()
        assert "something happened" in watcher.text.splitlines()[-1]
        assert [pane.region for pane in watcher.main.query("Pane, SeekBar, Keys")] == places
        await watcher.pilot.resize_terminal(20, 6)
        await watcher.frames()
        assert watcher.main.notifications.text.startswith("20×6 is too small")
        await watcher.pilot.resize_terminal(200, 60)
        await watcher.frames()
        assert "too small" not in watcher.text


async def test_a_gap_says_what_it_is_and_two_sources_of_one_name_are_told_apart() -> None:
    recorded, findings = script()
    async with watching(Forum(recorded, findings, play=START + 40 * MINUTE)) as watcher:
        for _ in range(4):
            await watcher.wait(3)
        said = watcher.main.notifications.text
        assert said.startswith("not all was received from ")
        assert "(90 s of forum time): connection reset" in said


def test_sources_of_one_name_are_numbered() -> None:
    from moltwatch.sources.merge import merge
    from tests.tui.forum import FakeSource

    sources = [FakeSource([post(0, "a")], live=True) for _ in range(3)]
    sources[2].status.name = "reef"
    merged = merge(sources)
    assert [status.called for status in merged.statuses] == ["tidepool 1", "tidepool 2", "reef"]
    assert all(status.state is State.LIVE for status in merged.statuses)
