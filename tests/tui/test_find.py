"""Search, filter, going by name: what one types, what comes of it, and that nothing else does."""

from __future__ import annotations

import json
import string
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from textual import events
from textual.widgets import Input

from moltwatch.model import Event, Post
from moltwatch.session import Session
from moltwatch.session.thread import Node
from moltwatch.times import MINUTE
from moltwatch.tui.local_time import short_time
from moltwatch.tui.screens.help import HelpScreen
from moltwatch.tui.search import Search
from moltwatch.tui.views.latest import LatestRow
from moltwatch.tui.widgets.find_line import finding
from moltwatch.tui.widgets.prompt import PromptScreen
from tests.tui.driving import Watcher, watching
from tests.tui.forum import Forum, script


@pytest.fixture
async def watcher() -> AsyncIterator[Watcher]:
    events, findings = script()
    async with watching(Forum(events, findings), size=(120, 30)) as watcher:
        yield watcher


async def enter(watcher: Watcher, key: str, text: str) -> None:
    """Type it in the prompt of that key."""
    await watcher.strike(key)
    await fill(watcher, text)
    await watcher.strike("enter")
    await watcher.frames(6)


async def fill(watcher: Watcher, text: str) -> None:
    """Let this be what is typed; a key for each letter would take its time."""
    typed = watcher.app.screen.query_one(Input)
    typed.value = text
    typed.cursor_position = len(text)
    await watcher.pilot.pause()


async def press(watcher: Watcher, *keys: str) -> None:
    """Press a few keys, a frame after each."""
    for key in keys:
        await watcher.strike(key)
        watcher.app.tick()
    await watcher.frames(5)


def line(watcher: Watcher) -> str:
    """What stands above the time line."""
    found = watcher.main.finder.line
    return found.lines(found.size.width)[0].strip(found.rich_style).text if found.display else ""


def prompt(watcher: Watcher) -> PromptScreen:
    screen = watcher.app.screen
    assert isinstance(screen, PromptScreen)
    return screen


def at(watcher: Watcher) -> str:
    node = watcher.main.thread.node
    assert node is not None
    return node.id


# --- search ---------------------------------------------------------------------------------------


async def test_a_search_goes_from_match_to_match_across_threads_in_order_of_time(
    watcher: Watcher,
) -> None:
    nodes = [node for thread in watcher.session.threads for node in thread.order]
    wanted = [
        node.id
        for node in sorted(nodes, key=lambda node: (node.at, node.id))
        if "diary" in f"{node.title} {node.text}".lower()
    ]
    n = len(wanted)
    assert len({watcher.session.threads.node(id).thread.id for id in wanted}) > 3  # type: ignore[union-attr]
    assert line(watcher) == ""
    await enter(watcher, "slash", "DIARY")
    assert at(watcher) == wanted[-1], "from the end, the nearest is the last"
    assert line(watcher).startswith(f" /DIARY  {n} of {n} ")
    view = watcher.main.thread.view
    marked = [
        segment.text
        for y in range(view.size.height)
        for segment in view.render_line(y)
        if segment.style and segment.style.reverse
    ]
    assert marked and {text.lower() for text in marked} == {"diary"}, "marked in the text"
    assert watcher.main.focused is watcher.main.thread.view
    went = []
    for _ in range(6):
        await press(watcher, "N")
        went.append(at(watcher))
    assert went == wanted[-2:-8:-1]
    assert line(watcher).startswith(f" /DIARY  {n - 6} of {n} ")
    await press(watcher, "n")
    assert at(watcher) == wanted[-6]
    await press(watcher, "n", "n", "n", "n", "n", "n")
    assert "no later match" in watcher.notice and at(watcher) == wanted[-1]
    await press(watcher, "n")
    assert at(watcher) == wanted[0], "and round"
    await press(watcher, "escape")
    assert line(watcher) == "" and watcher.main.finder.search is None
    await press(watcher, "n")
    assert "nothing is searched for" in watcher.notice


async def test_a_search_goes_to_the_nearest_match_from_where_one_reads(watcher: Watcher) -> None:
    main = watcher.main
    nodes = [node for thread in watcher.session.threads for node in thread.order]
    nodes.sort(key=lambda node: (node.at, node.id))
    diary = [node for node in nodes if "diary" in f"{node.title} {node.text}".lower()]
    nearest = "nothing later matches: this is the last, N goes back in time"
    r0 = watcher.session.threads.get("r0")
    assert r0 is not None

    def after(node: Node) -> str:
        return next(other.id for other in diary if (other.at, other.id) >= (node.at, node.id))

    here = r0.order[len(r0.order) // 3]
    main.go_to("r0", here.id)
    main.thread.view.focus()
    await enter(watcher, "slash", "diary")
    assert at(watcher) == after(here) != diary[-1].id, "from the cursor on"
    await press(watcher, "escape")
    main.thread.view.leave()
    main.thread.view.scroll_to(y=0, animate=False, immediate=True)
    await watcher.frames()
    await enter(watcher, "slash", "diary")
    assert at(watcher) == after(r0.root), "where there is none, from the first in sight"
    await press(watcher, "escape", "l")
    main.latest.view.focus()
    await press(watcher, "g")
    target = main.latest.view.target
    assert target is not None and (listed := watcher.session.threads.node(target.post))
    await enter(watcher, "slash", "diary")
    assert at(watcher) == after(listed), "or from the post under the cursor of a list"
    assert watcher.notice != nearest
    await press(watcher, "escape", "f")
    await enter(watcher, "slash", "BrineOracle")
    assert watcher.notice == nearest


def test_the_number_of_matches_is_told_once_it_is_known() -> None:
    search = Search("karma")
    session = Session()
    assert finding(search, None, None).found == "searching…"
    search._found.append((1, "p", "t"))
    assert finding(search, None, 0).found == "searching…"
    search._found.clear()
    search.work(session)
    assert finding(search, None, None).found == "nothing matches"


async def test_words_find_authors_and_communities_and_expressions_work_as_well(
    watcher: Watcher,
) -> None:
    session = watcher.session
    by_hand: dict[str, Callable[[Any], bool]] = {
        "tinyowl": lambda node: node.author == "tinyowl",
        "poetry": lambda node: node.post.community == "poetry",
        "今日": lambda node: "今日" in node.text,
        "flagged:coordinated": lambda node: any(c.case.group for c in node.charges),
        "diary -author:Marl": lambda node: (
            "diary" in f"{node.title} {node.text}".lower() and node.author != "Marl"
        ),
    }
    for expression, passes in by_hand.items():
        watcher.main.finder.look_for(expression)
        await watcher.frames(10)
        n = sum(passes(node) for thread in session.threads for node in thread.order)
        said = line(watcher)
        assert f" /{expression}  " in said and f" of {n} " in said, said
    await enter(watcher, "slash", "xyzzy")
    assert line(watcher).startswith(" /xyzzy  nothing matches")
    assert f"nothing matches xyzzy in the {watcher.session.posts} posts kept" in watcher.notice


async def test_what_comes_later_is_counted() -> None:
    events, findings = script()
    forum = Forum(events, findings, play=events[0].seen_at + 200_000_000)
    async with watching(forum) as watcher:
        await enter(watcher, "slash", "mint")
        before = watcher.main.finder.search
        assert before is not None and before.n == 1
        watcher.main.finder.hide("flagged:persona")
        await watcher.frames(10)
        assert watcher.main.threads.view.rows == []
        moving = forum.sources[0].moving
        assert moving is not None
        moving.play(moving.end)
        await watcher.frames(10)
        assert len(watcher.main.threads.view.rows) > 3, "a verdict that comes later counts"
        watcher.main.finder.hide("")
        await watcher.frames(10)
        search = watcher.main.finder.search
        assert search is not None and search.n == 1 and search.complete


# --- filter ---------------------------------------------------------------------------------------


async def test_a_filter_hides_what_does_not_pass_and_says_how_much(watcher: Watcher) -> None:
    main = watcher.main
    await enter(watcher, "ampersand", "flagged:coordinated")
    assert [row.key for row in main.threads.view.rows] == ["r3"]
    assert [card.case.group for card in main.flags.ranking.cards()] == ["g7"]
    assert "the filter hides 1 case" in watcher.text
    main.go_to("r3")
    await watcher.frames()
    shown = [row.key for row in main.thread.view.rows]
    assert shown == ["r3", *(f"s{i}" for i in range(23))], "the root, and what passes"
    posts = watcher.session.posts
    assert f"& flagged:coordinated  hides {posts - 23} posts" in line(watcher)
    main.go_to("r3", "c17")
    assert "the filter hides that post" in watcher.notice
    await enter(watcher, "slash", "third moon")
    assert line(watcher).startswith(" /third moon  nothing matches"), "it is hidden"
    assert "nothing matches third moon in the 23 posts that the filter leaves" in watcher.notice
    await enter(watcher, "slash", "shell")
    assert " of 23 " in line(watcher) and "hides" in line(watcher), "both"
    await press(watcher, "escape")
    assert "shell" not in line(watcher) and "hides" in line(watcher)
    await press(watcher, "ampersand")
    assert prompt(watcher).value == "flagged:coordinated", "it is there to be changed"
    await press(watcher, "ctrl+u", "enter")
    assert line(watcher) == "" and main.live_filter is None
    await watcher.frames(10)
    assert len(main.threads.view.rows) == watcher.session.threads.n
    main.panes.show_side("groups")
    await enter(watcher, "ampersand", "author:nobody")
    said = " ".join(line[:30].strip() for line in watcher.text.splitlines()[2:5])
    assert "nothing matches author:nobody, esc clears" in said
    assert "nothing matches, esc clears" in line(watcher)
    await press(watcher, "escape")
    assert main.live_filter is None and main.panes.side == "groups"
    await watcher.frames(10)
    assert len(main.threads.view.rows) == watcher.session.threads.n
    assert "nothing matches author" not in watcher.text


async def test_the_latest_posts_are_those_that_pass() -> None:
    events, findings = script()
    async with watching(Forum(events, findings), size=(120, 60)) as watcher:
        await enter(watcher, "ampersand", "-author:Marl -author:tinyowl")
        rows = [row for row in watcher.main.latest.view.rows if isinstance(row, LatestRow)]
        assert len(rows) > 20 and {"Marl", "tinyowl"}.isdisjoint(row.node.author for row in rows)


# --- what is typed --------------------------------------------------------------------------------


async def test_tab_completes_fields_and_values_and_what_is_wrong_stands_under_its_place(
    watcher: Watcher,
) -> None:
    await press(watcher, "slash")
    session = watcher.session
    for typed, completed in (
        ("au", "author:"),
        ("author:tiny", "author:tinyowl"),
        ("hello -author:Sable", "hello -author:Sable_of_the_Reef"),
        ("(community:日", "(community:日本語"),
        ("kind:c", "kind:comment"),
        ("heuristic:near", "heuristic:near-duplicate"),
        ("group:", "group:g7"),
        ("persona>0.5 fla", "persona>0.5 flagged:"),
    ):
        await fill(watcher, typed)
        await watcher.strike("tab")
        assert prompt(watcher).value == completed
    await fill(watcher, "author:")
    busiest = sorted(session.agents, key=lambda agent: -agent.n)
    await press(watcher, "tab", "tab")
    assert prompt(watcher).value == f"author:{busiest[1].name}", "those who wrote most come first"
    assert f"▌ {busiest[1].name}" in watcher.text
    await press(watcher, "shift+tab")
    assert prompt(watcher).value == f"author:{busiest[0].name}"
    await fill(watcher, "")
    await watcher.strike(*"潮 autor:x")
    await watcher.frames()
    typed, wrong = watcher.text.splitlines()[-2:]
    # Of the two cells that the wide letter takes, the text has one.
    assert typed.index("autor") + 1 == wrong.index("^^^^^")
    assert "no field is called 'autor'" in wrong and "author" in wrong
    await press(watcher, "enter")
    assert prompt(watcher).value == "潮 autor:x", "what is wrong cannot be entered"
    await fill(watcher, "hello " * 15 + "persona>x")
    await watcher.frames()
    typed, wrong = watcher.text.splitlines()[-2:]
    assert wrong.rindex("^") == typed.rindex("x") and "not a number" in wrong
    await press(watcher, "escape")
    assert watcher.main.finder.search is None and line(watcher) == ""


async def test_arrows_go_through_what_was_typed_in_this_run_and_earlier(tmp_path: Path) -> None:
    events, findings = script()
    async with watching(Forum(events, findings), kept_in=tmp_path) as watcher:
        await enter(watcher, "slash", "diary")
        await enter(watcher, "slash", "shell")
        await enter(watcher, "ampersand", "quiet = -author:Marl -author:tinyowl")
        assert "kept as quiet" in watcher.notice and "& is:quiet  hides" in line(watcher)
    async with watching(Forum(events, findings), kept_in=tmp_path) as watcher:
        await watcher.strike("slash", "n", "up", "up")
        assert prompt(watcher).value == "diary"
        await watcher.strike("down")
        assert prompt(watcher).value == "shell"
        await watcher.strike("down", "down")
        assert prompt(watcher).value == "n", "what was begun is not lost"
        await press(watcher, "escape")
        await watcher.strike("ampersand", *"is:", "tab")
        assert prompt(watcher).value == "is:quiet"
        await watcher.strike("enter")
        await watcher.frames(10)
        kept = sum(node.author not in ("Marl", "tinyowl") for node in watcher.session.latest)
        assert watcher.main.live_filter is not None and watcher.main.live_filter.n >= kept
        await enter(watcher, "ampersand", "quiet =")
        assert "quiet is forgotten" in watcher.notice
    held = json.loads((tmp_path / "prompts.json").read_text())
    assert held["filters"] == {} and held["lines"]["search"] == ["diary", "shell"]


async def test_no_key_of_a_prompt_reaches_what_lies_behind(watcher: Watcher) -> None:
    main = watcher.main
    await press(watcher, "enter", "g", "j")
    transport = watcher.app.player.transport
    assert transport is not None

    def behind() -> tuple[Any, ...]:
        return (
            main.focused,
            main.thread.thread,
            main.thread.view.cursor,
            main.thread.view.following,
            main.threads.view.cursor,
            main.flags.view.cursor,
            main.panes.side,
            main.roaming.on,
            frozenset(main.panes.classes),
            main.finder.filter,
            main.finder.search,
            list(watcher.app.main.triage.pinned),
            [case.opinion for case in watcher.session.charges.cases],
            watcher.app.theme,
            (transport.paused, transport.speed, watcher.app.player.target),
            list(watcher.app.screen_stack[:-1]),
        )

    keys = list(string.printable[:95])
    keys += ["tab", "shift+tab", "up", "down", "left", "right", "shift+left", "shift+right"]
    keys += ["home", "end", "pageup", "pagedown", "delete", "insert", "f1", "f2", "f12"]
    keys += [f"ctrl+{letter}" for letter in "abdefghijklnopqrstuvwxyz"]  # m is enter
    chosen = "atcgATCG"
    few = ["tab", *"bxqf pn/&=:", "ctrl+p", "ctrl+q", "shift+tab", "down"]
    for key, pressed in (
        ("slash", keys),
        ("ampersand", [*few, *chosen]),
        ("colon", [*few, *chosen]),
        ("equals_sign", [*(one for one in keys[:95:2] if one not in chosen), *few]),
    ):
        await watcher.strike(key)
        before, screen = behind(), watcher.app.screen
        await watcher.strike(*pressed)
        await watcher.frames(1)
        assert watcher.app.screen is screen and behind() == before, key
        await watcher.pilot.click(offset=(50, 8))
        assert watcher.app.screen_stack == before[-1], "a click elsewhere closes it"
        assert behind()[:-1] == before[:-1], "and does no more"


# --- by name --------------------------------------------------------------------------------------


async def test_colon_goes_to_what_has_that_id_address_or_name(watcher: Watcher) -> None:
    await enter(watcher, "colon", "tinyowls")
    remark = watcher.text.splitlines()[-1]
    assert "^^^^^^^^ nothing that is kept is called so" in remark and "tinyowl" in remark
    await press(watcher, "escape")
    await press(watcher, "colon", "tab")
    assert prompt(watcher).value, "tab goes through what can be done"
    await fill(watcher, "ondine")
    await watcher.strike("tab", "tab")
    await watcher.frames()
    assert "agent" in watcher.text and prompt(watcher).value == "ondine_fan_3"
    await watcher.strike("enter")
    assert watcher.main.agent.name_shown == "ondine_fan_3"
    main = watcher.main
    await enter(watcher, "colon", "c17")
    assert at(watcher) == "c17", "a post, by its id"
    await enter(watcher, "colon", "https://forum.invalid/post/r4")
    assert main.thread.thread is watcher.session.threads.get("r4"), "a thread, by its address"
    await enter(watcher, "colon", "retry storms")
    assert main.thread.thread is watcher.session.threads.get("r1"), "a thread, by its title"
    await enter(watcher, "colon", "tinyowl")
    assert main.panes.side == "agent" and main.agent.name_shown == "tinyowl"
    await enter(watcher, "colon", "g7")
    assert main.panes.reading_why and main.why.group == "g7" and main.focused is main.why.view
    await press(watcher, "escape")
    await enter(watcher, "colon", "m/poetry")
    assert main.live_filter is not None and main.live_filter.expression == "community:poetry"
    assert [row.key for row in main.threads.view.rows] == ["r2"]
    await enter(watcher, "colon", "this help")
    assert isinstance(watcher.app.screen, HelpScreen), "and does by name what a key does"


# --- from what is under the cursor ----------------------------------------------------------------


async def test_colon_goes_to_a_time_of_a_replay_and_does_nothing_for_nothing(
    watcher: Watcher,
) -> None:
    session, threads = watcher.session, watcher.main.threads.view
    middle = (session.start or 0) + (session.now - (session.start or 0)) // 2 // MINUTE * MINUTE
    await watcher.press("colon")
    await watcher.type(short_time(middle))
    assert f"{short_time(middle)}" in watcher.text and "Mon 2 Feb" in watcher.text
    await watcher.press("enter")
    await watcher.arrival()
    assert abs(watcher.session.now - middle) <= MINUTE and watcher.session is not session
    at = threads.cursor
    held = watcher.session
    await watcher.press("colon")
    await watcher.type("goto 2026-02-03T02:00")
    await watcher.press("enter")
    assert watcher.notice == (
        "3 Feb 02:00 is not in this recording: it goes from 2 Feb 02:40 to 2 Feb 03:10"
    )
    assert watcher.session is held and not watcher.app.player.seeking
    shown = watcher.text.replace(watcher.notice, "")
    await watcher.strike("colon", "enter")
    await watcher.frames()
    assert not isinstance(watcher.app.screen, PromptScreen), "nothing typed only closes"
    assert watcher.text.replace(watcher.notice, "") == shown and threads.cursor == at
    async with watching(Forum(script(minutes=2)[0], live=True)) as live:
        await live.press("colon")
        await live.type("02:41")
        await live.press("enter")
        assert "live" in live.notice and "no way through time" in live.notice


async def test_quick_filters_from_what_is_under_the_cursor(watcher: Watcher) -> None:
    main = watcher.main
    main.go_to("r3", "s9")
    main.focus_thread()
    await press(watcher, "equals_sign")
    shown = watcher.text.splitlines()[-1]
    assert all(f" {word} " in shown for word in ("KelpWitness44", "general", "g7")), shown
    assert "hide instead" in shown
    await press(watcher, "z")
    assert "one of these, or esc" in watcher.text, "no key is without effect"
    await press(watcher, "A")
    assert main.live_filter is not None
    assert main.live_filter.expression == "-author:KelpWitness44"
    await press(watcher, "equals_sign", "g")
    assert main.live_filter.expression == "-author:KelpWitness44 group:g7"
    await press(watcher, "equals_sign", "minus", "c")
    assert main.live_filter.expression == "-author:KelpWitness44 group:g7 -community:general"
    await press(watcher, "equals_sign", "c")
    assert main.live_filter.expression == "-author:KelpWitness44 group:g7 community:general"
    await press(watcher, "equals_sign", "c")
    assert main.live_filter.expression == "-author:KelpWitness44 group:g7", "again takes it away"
    main.set_filter("diary or shell")
    await press(watcher, "equals_sign", "t")
    assert main.live_filter.expression == "(diary or shell) thread:r3"
    main.set_filter("")
    main.go_to("r2", "r2")
    await press(watcher, "equals_sign", "g")
    assert "no group here" in watcher.text
    await press(watcher, "escape")
    assert len(watcher.app.screen_stack) == 2 and main.live_filter is None


async def test_a_name_that_means_something_to_the_language_is_quoted() -> None:
    events, findings = script()
    odd = 'or (x) "y" \\ [b]z[/b]'
    events = [_renamed(event, odd) for event in events]
    async with watching(Forum(events, findings)) as watcher:
        watcher.main.go_to("r2", "r2")
        watcher.main.focus_thread()
        await press(watcher, "equals_sign", "a")
        await watcher.frames(10)
        filter = watcher.main.live_filter
        assert filter is not None and filter.n > 1
        await press(watcher, "equals_sign", "a")
        assert line(watcher) == ""
        await watcher.strike("slash")
        await fill(watcher, "author:or")
        await watcher.strike("tab")
        await watcher.frames()
        assert '"or (x) \\"y\\"' in prompt(watcher).value


def _renamed(event: Event, name: str) -> Event:
    if isinstance(event, Post) and event.author == "Quillback":
        return structs.replace(event, author=name)
    return event


async def test_what_is_typed_in_one_go_reaches_the_prompt(watcher: Watcher) -> None:
    main = watcher.main
    await press(watcher, "enter")
    pinned, side = list(main.triage.pinned), main.panes.side
    for letter in "/xpd2q":  # commands, if they went by the prompt
        watcher.app.post_message(events.Key({"/": "slash"}.get(letter, letter), letter))
    await watcher.frames(2)
    assert isinstance(watcher.app.screen, PromptScreen)
    assert watcher.app.screen.value == "xpd2q"
    assert (list(main.triage.pinned), main.panes.side) == (pinned, side)
    assert not main.panes.has_class("decked")


async def test_a_filter_in_use_goes_on_when_its_name_is_forgotten(watcher: Watcher) -> None:
    finder = watcher.main.finder
    finder.name("quiet", "author:Ondine")
    watcher.main.set_filter("is:quiet")
    finder.look_for("is:quiet")
    finder.name("quiet", "")
    await watcher.press("tab", "equals_sign", "c")
    assert finder.filter and finder.filter.expression.startswith("is:quiet community:")
    watcher.main.set_filter("")
    assert finder.search and finder.search.expression == "is:quiet"


async def test_keys_that_come_faster_than_word_of_them_mean_the_same(watcher: Watcher) -> None:
    watcher.main.finder.remember("search", "diary")
    watcher.main.finder.remember("search", "shell")
    await watcher.strike("slash", "n", "up", "up", "down")
    assert prompt(watcher).value == "shell"
    await watcher.strike("down")
    assert prompt(watcher).value == "n", "what was begun is not lost"
