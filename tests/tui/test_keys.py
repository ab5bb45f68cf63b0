"""Every key does what the help says."""

from __future__ import annotations

import webbrowser
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from rich.style import Style
from textual.fuzzy import Matcher

from moltwatch.model import Kind, Post
from moltwatch.session.charge import Opinion
from moltwatch.times import MINUTE
from moltwatch.tui.keys import KEYS
from moltwatch.tui.screens.help import HelpScreen
from moltwatch.tui.views.agent import FactRow
from moltwatch.tui.views.comment import CommentRow
from moltwatch.tui.widgets.rows import Look
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Forum, script


@pytest.fixture
async def watcher() -> AsyncIterator[Watcher]:
    events, findings = script()
    async with watching(Forum(events, findings)) as watcher:
        yield watcher


def opinion(watcher: Watcher) -> str:
    case = watcher.main.meant.case
    return str(case.opinion or "") if case else ""


async def test_opens_on_the_busiest_thread_and_follows_it(watcher: Watcher) -> None:
    assert watcher.main.thread.thread is watcher.session.threads.busiest(watcher.session.now)[0]
    assert watcher.main.thread.view.following
    assert "Do you keep a diary" in watcher.text


async def test_j_k_g_and_G_move_through_threads(watcher: Watcher) -> None:
    view = watcher.main.threads.view
    await watcher.press("g")
    assert view.cursor == 0
    await watcher.press("j", "down")
    assert view.cursor == 2
    assert watcher.main.thread.thread is view.current.thread  # type: ignore[union-attr]
    assert not watcher.main.roaming.on, "the user has picked one"
    await watcher.press("k", "up", "G")
    assert view.cursor == len(view.rows) - 1
    await watcher.press("pageup")
    assert view.cursor == 0


async def test_enter_opens_a_thread_and_tab_goes_round(watcher: Watcher) -> None:
    main = watcher.main
    assert main.focused is main.threads.view
    await watcher.press("enter")
    assert main.focused is main.thread.view
    await watcher.press("tab")
    assert main.focused is main.flags.view
    await watcher.press("shift+tab", "shift+tab")
    assert main.focused is main.threads.view


async def test_scrolling_up_lets_go_of_the_end_and_the_end_takes_hold(watcher: Watcher) -> None:
    view = watcher.main.thread.view
    view.focus()
    await watcher.press("pageup")
    assert not view.following
    await watcher.press("f")
    assert view.scroll_offset.y == view.max_scroll_y
    await watcher.press("g")
    assert view.scroll_offset.y == 0
    view.scroll_end(animate=False)
    await watcher.frames()
    assert watcher.main.thread.view.following


async def test_enter_unfolds_a_long_post(watcher: Watcher) -> None:
    main = watcher.main
    main.open_thread(watcher.session.threads.get("r0"))  # type: ignore[arg-type]
    main.thread.view.focus()
    await watcher.frames()
    rows = main.thread.view.rows
    long = next(row for row in rows if isinstance(row, CommentRow) and row.foldable)
    main.thread.view.move_to_key(long.key)
    folded = long.height(60)
    assert "more" in watcher.text
    await watcher.press("enter")
    assert long.height(60) > folded and "more" not in watcher.text.partition("WHAT MATTERS")[0]
    await watcher.press("enter")
    assert long.height(60) == folded


async def test_keys_that_come_at_once_act_in_order(watcher: Watcher) -> None:
    main = watcher.main
    assert main.focused is main.threads.view
    await watcher.strike("1", "enter")
    await watcher.frames()
    assert main.has_focus_within and main.panes.why.display, "enter is meant for the flags"
    await watcher.strike("escape", "escape", "tab", "k", "enter")
    await watcher.frames()
    assert main.focused is main.thread.view and not main.panes.why.display


async def test_enter_on_a_swarm_tells_why(watcher: Watcher) -> None:
    main = watcher.main
    swarm = next(c for c in watcher.session.charges.cases if c.kind is Kind.COORDINATED)
    main.flags.view.focus()
    main.flags.show_case(swarm)
    await watcher.press("enter")
    assert "WHAT SPEAKS FOR THE GROUP" in watcher.text
    await watcher.press("escape")
    assert "WHAT SPEAKS FOR" not in watcher.text and main.focused is main.flags.view


async def test_groups_open_by_key_and_lead_to_their_posts(watcher: Watcher) -> None:
    main = watcher.main
    await watcher.press("2", "2")
    assert main.focused is main.groups.view
    assert "same text as 22 other accounts" in watcher.text, "as its newest post has it"
    await watcher.press("g", "enter")
    assert main.panes.reading_why and main.meant.case is not None
    assert main.meant.case.group == "g7" and main.why.group == "g7"
    for key in ("T", "circumflex_accent", "h", "J", "K", "f"):
        await watcher.press(key)
        assert watcher.notice == "esc first: the why is open"
        main.notifications.unsay(watcher.notice)
    await watcher.press("escape")
    assert main.focused is main.groups.view
    await watcher.pilot.resize_terminal(170, 40)
    await watcher.press("g", "enter")
    assert main.why.group == "g7" and main.panes.reading_why, "the same at any size"
    await watcher.press("G", "enter")
    assert main.thread.node is not None and main.thread.node.author == "TideWitness83"


async def test_a_group_has_one_size_everywhere(watcher: Watcher) -> None:
    """It has 23 accounts, and was told of when it had 21."""
    session = watcher.session
    swarm = session.groups.swarms[0]
    assert swarm.n >= max(swarm.group.n, len(swarm.members))
    size = f"{swarm.n:,} accounts"
    assert swarm.n > swarm.group.n and size in watcher.text
    await watcher.press("2", "2")
    assert size in watcher.text
    watcher.main.open_group("g7")
    await watcher.frames()
    assert f"GROUP ❖ 0.97  {size}" in watcher.text


async def test_a_shows_the_card_of_the_author(watcher: Watcher) -> None:
    main = watcher.main
    main.go_to("r2", "r2")
    main.thread.view.focus()
    await watcher.press("a")
    assert main.agent.name_shown == "Quillback"
    assert "Quillback watches the water." in watcher.text and "rhythm" in watcher.text
    assert "first post seen " in watcher.text and "active" not in watcher.text
    text = "about the same time between posts, burstiness -0.34"
    row, width = FactRow("rhythm", text), 34
    lines = [line.strip(Style()).text for line in row.lines(width, main.agent.view.style, Look())]
    assert len(lines) == row.height(width) == 3
    assert "".join(lines).split() == ["rhythm", *text.split()], "nothing is cut"
    await watcher.press("1")
    assert main.panes.side == "flags"
    await watcher.press("3")
    assert main.panes.side == "agent"


async def test_c_confirms_and_x_dismisses_and_again_takes_it_back(watcher: Watcher) -> None:
    session = watcher.session
    await watcher.press("left_square_bracket")
    case = watcher.main.meant.case
    assert case is not None and case.n == 1
    await watcher.press("c")
    assert opinion(watcher) == Opinion.CONFIRMED
    await watcher.press("x")
    assert opinion(watcher) == Opinion.DISMISSED and not case.stands
    assert watcher.forum.dismissed == [charge.key for charge in case.charges]
    thread = session.threads.get(case.latest.thread)
    assert thread is not None and case.kind not in thread.flagged
    await watcher.press("x")
    assert opinion(watcher) == "" and case.stands


async def test_p_pins(watcher: Watcher) -> None:
    main = watcher.main
    main.open_thread(watcher.session.threads.get("r7"))  # type: ignore[arg-type]
    main.thread.view.focus()
    await watcher.press("p")
    assert main.triage.pinned == ["r7"]
    await watcher.frames(40)
    assert main.threads.view.rows[0].key == "r7"
    await watcher.press("p")
    assert main.triage.pinned == []


async def test_the_deck_tiles_the_pinned_and_the_busiest(watcher: Watcher) -> None:
    main = watcher.main
    main.triage.pinned.append("r7")
    await watcher.press("d")
    tiles = [tile.thread.id for tile in main.deck.tiles if tile.display and tile.thread]
    assert len(tiles) == 4 and "r7" in tiles and "r0" in tiles
    await watcher.press("escape")
    assert not main.panes.has_class("decked")


async def test_w_hides_and_shows_the_side(watcher: Watcher) -> None:
    await watcher.press("w")
    assert "WHAT MATTERS" not in watcher.text
    await watcher.press("w")
    assert "WHAT MATTERS" in watcher.text


async def test_b_stays_and_roams(watcher: Watcher) -> None:
    await watcher.press("b")
    assert not watcher.main.roaming.on and watcher.notice.startswith("staying with this")
    await watcher.press("b")
    assert watcher.main.roaming.on


async def test_help_lists_every_key_and_closes(watcher: Watcher) -> None:
    await watcher.press("question_mark")
    assert isinstance(watcher.app.screen, HelpScreen)
    rows = watcher.app.screen.query_one("#help").rows  # type: ignore[attr-defined]
    assert len(rows) > sum(len(keys) for keys in KEYS.values())
    await watcher.press("escape")
    assert not isinstance(watcher.app.screen, HelpScreen)


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_the_palette_reaches_everything(watcher: Watcher, key: str) -> None:
    named = {command.title for command in watcher.app.get_system_commands(watcher.main)}
    assert {
        "Hide what does not pass a filter",
        "Faster",
        "Pin the thread: on top, and in the deck",
    } <= named
    await watcher.press(key)
    await watcher.type("deck several")
    await watcher.press("enter")
    for _ in range(50):
        if watcher.main.panes.has_class("decked"):
            break
        await watcher.frames(1)
    assert watcher.main.panes.has_class("decked")


async def test_the_palette_knows_the_theme_by_that_word(watcher: Watcher) -> None:
    matcher = Matcher("theme")
    named = watcher.app.get_system_commands(watcher.main)
    best = max(named, key=lambda command: matcher.match(command.title))
    assert best.title == "Choose the theme"


async def test_t_chooses_a_theme(watcher: Watcher) -> None:
    await watcher.press("t")
    await watcher.type("daylight")
    await watcher.press("enter")
    for _ in range(50):
        if watcher.app.theme == "daylight":
            break
        await watcher.frames(1)
    assert watcher.app.theme == "daylight"


async def test_y_copies_what_is_safe_to_paste(watcher: Watcher) -> None:
    watcher.main.go_to("r5", "h1")
    watcher.main.thread.view.focus()
    await watcher.press("y")
    assert watcher.app.clipboard.startswith("weather_helper\nIgnore what")
    assert "\x1b" not in watcher.app.clipboard


@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:alert(1)", "-o x"])
async def test_o_opens_no_other_address(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("moltwatch.tui.screens.main.has_browser", lambda: True)
    events, _ = script(minutes=1)
    roots = [event for event in events if isinstance(event, Post)][:1]
    forum = Forum([replace(post, url=address, link=address) for post in roots], {})
    async with watching(forum) as watcher:
        monkeypatch.setattr(watcher.app, "open_url", opened.append)
        watcher.main.go_to(roots[0].thread, roots[0].id)
        watcher.main.thread.view.focus()
        await watcher.press("o")
        assert opened == [] and "no web address" in watcher.notice


async def test_o_opens_web_addresses_only(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(watcher.app, "open_url", opened.append)
    monkeypatch.setattr("moltwatch.tui.screens.main.has_browser", lambda: True)
    watcher.main.go_to("r1", "r1")
    watcher.main.thread.view.focus()
    await watcher.press("o")
    assert opened == ["https://forum.invalid/post/r1"]
    watcher.main.go_to("r5", "h1")
    await watcher.press("o")
    assert len(opened) == 1 and "no web address" in watcher.notice
    monkeypatch.setattr("moltwatch.tui.screens.main.has_browser", lambda: False)
    watcher.main.go_to("r1", "r1")
    await watcher.press("o")
    assert len(opened) == 1 and watcher.app.clipboard == opened[0]


def test_a_browser_in_the_terminal_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from moltwatch.tui.terminal import has_browser

    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("w3m"))
    assert not has_browser()
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.BackgroundBrowser("firefox"))
    assert has_browser()


async def test_q_and_ctrl_c_quit() -> None:
    for key in ("q", "ctrl+c"):
        events, findings = script(minutes=5)
        forum = Forum(events, findings, play=START + MINUTE)
        async with watching(forum) as watcher:
            await watcher.pilot.press(key)
        assert forum.sources[0].closed, "recordings and connections are closed"
