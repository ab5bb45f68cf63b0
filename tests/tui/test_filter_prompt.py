"""The filter: what is wrong shows while it is typed; what passes stays."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from textual.widgets import Input

from tests.tui.driving import Watcher, watching
from tests.tui.forum import Forum, script


@pytest.fixture
async def watcher() -> AsyncIterator[Watcher]:
    events, findings = script()
    async with watching(Forum(events, findings)) as watcher:
        yield watcher


async def test_what_is_wrong_shows_while_it_is_typed(watcher: Watcher) -> None:
    await watcher.press("slash")
    await watcher.type("autor:x")
    assert "no field is called 'autor'" in watcher.text and "author" in watcher.text
    await watcher.press("enter")
    assert watcher.main.prompt.display, "what is wrong cannot be entered"
    await watcher.press("escape")
    assert "autor" not in watcher.text and watcher.main.live_filter is None


async def test_threads_and_flags_that_do_not_pass_are_hidden_and_posts_fade(
    watcher: Watcher,
) -> None:
    main = watcher.main
    await watcher.press("slash")
    await watcher.type("flagged:coordinated")
    await watcher.press("enter")
    await watcher.frames(40)
    assert [row.key for row in main.threads.view.rows] == ["r3"]
    assert [row.case.group for row in main.flags.view.rows] == ["g7"]  # type: ignore[attr-defined]
    main.open_thread(watcher.session.threads.get("r3"))  # type: ignore[arg-type]
    await watcher.frames()
    assert len(main.thread.matches()) == 23 < len(main.thread.view.rows)


async def test_n_and_N_go_round_the_posts_that_pass(watcher: Watcher) -> None:
    main = watcher.main
    main.open_thread(watcher.session.threads.get("r0"))  # type: ignore[arg-type]
    main.set_filter("author:tinyowl")
    main.thread.view.focus()
    await watcher.press("g", "n")
    first = main.thread.view.cursor
    assert main.thread.node is not None and main.thread.node.author == "tinyowl"
    await watcher.press("n")
    assert main.thread.view.cursor > first
    await watcher.press("N", "N")
    assert main.thread.view.cursor == main.thread.matches()[-1], "and round"


async def test_escape_takes_the_filter_away(watcher: Watcher) -> None:
    main = watcher.main
    main.set_filter("flagged:hazard")
    await watcher.frames(40)
    some = len(main.threads.view.rows)
    main.threads.view.focus()
    await watcher.press("escape")
    await watcher.frames(40)
    assert main.live_filter is None
    assert len(main.threads.view.rows) == watcher.session.threads.n > some


async def test_what_matches_nothing_says_so_and_one_escape_clears_it(watcher: Watcher) -> None:
    main = watcher.main
    main.show_side("groups")
    main.set_filter("author:nobody")
    for _ in range(50):
        await watcher.frames(5)
        if main.live_filter and main.live_filter.nothing:
            break
    await watcher.frames()
    said = " ".join(line[:30].strip() for line in watcher.text.splitlines()[2:5])
    assert "nothing matches author:nobody, esc clears" in said
    assert "no match, esc clears" in watcher.text.splitlines()[1], "above the thread too"
    main.thread.view.focus()
    await watcher.press("escape")
    assert main.live_filter is None and main.side == "groups"
    await watcher.frames(40)
    assert len(main.threads.view.rows) == watcher.session.threads.n
    assert "nothing matches" not in watcher.text


async def test_the_filter_is_there_to_be_changed(watcher: Watcher) -> None:
    watcher.main.set_filter("hello")
    await watcher.press("slash")
    assert watcher.main.query_one(Input).value == "hello"


async def test_a_verdict_that_comes_later_counts() -> None:
    events, findings = script()
    forum = Forum(events, findings, play=events[0].seen_at + 200_000_000)
    async with watching(forum) as watcher:
        watcher.main.set_filter("flagged:persona")
        await watcher.frames(20)
        assert watcher.main.threads.view.rows == []
        moving = forum.sources[0].moving
        assert moving is not None
        moving.play(moving.end)
        await watcher.frames(40)
        assert len(watcher.main.threads.view.rows) > 3
