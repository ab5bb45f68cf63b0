"""The latest posts of all threads, a line each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec import structs

from moltwatch.model import Post
from moltwatch.session import Session
from moltwatch.times import MINUTE, SECOND, format_time
from moltwatch.tui.views.latest import LatestRow
from moltwatch.tui.views.repeats import Times
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Forum, script


@pytest.fixture
async def tall() -> AsyncIterator[Watcher]:
    events, findings = script(minutes=6)
    async with watching(Forum(events, findings, play=START + 6 * MINUTE), size=(200, 60)) as w:
        yield w


async def test_a_tall_screen_shows_what_came_last(tall: Watcher) -> None:
    latest = tall.main.latest
    assert latest.display and "LATEST" in tall.text
    newest = tall.session.latest[-1]
    assert latest.view.rows[-1].key == newest.id
    assert newest.author in tall.text.partition("LATEST")[2]
    await tall.press("l")
    assert "LATEST" not in tall.text
    await tall.press("l")
    assert "LATEST" in tall.text


async def test_a_low_screen_shows_it_when_asked() -> None:
    events, findings = script(minutes=6)
    forum = Forum(events, findings, play=START + 6 * MINUTE)
    async with watching(forum, size=(80, 24)) as watcher:
        assert "LATEST" not in watcher.text
        await watcher.press("l")
        assert "LATEST" in watcher.text
        await watcher.pilot.resize_terminal(80, 60)
        await watcher.press("l")
        assert "LATEST" not in watcher.text, "what the user said counts for more than the room"


async def test_enter_leads_to_the_post(tall: Watcher) -> None:
    view = tall.main.latest.view
    view.focus()
    await tall.press("g", "enter")
    first = tall.session.latest[0]
    assert tall.main.thread.node is first
    assert tall.main.focused is tall.main.thread.view


async def test_it_stands_still_while_it_is_read() -> None:
    events, findings = script()
    forum = Forum(events, findings, play=START + 6 * MINUTE)
    async with watching(forum, size=(200, 60)) as watcher:
        latest = watcher.main.latest
        latest.view.focus()
        await watcher.press("g")
        before = [row.key for row in latest.view.rows]
        moving = forum.sources[-1].moving
        assert moving is not None
        moving.play(START + 12 * MINUTE)
        await watcher.frames()
        assert [row.key for row in latest.view.rows] == before
        held = watcher.session.posts - len(before)
        assert held > 0 and f"+{held} since" in watcher.text
        await watcher.press("f")
        assert latest.view.rows[-1].key == watcher.session.latest[-1].id


async def test_a_filter_leaves_what_passes(tall: Watcher) -> None:
    author = tall.session.latest[-1].author
    tall.main.set_filter(f"author:{author}")
    await tall.frames()
    rows = tall.main.latest.view.rows
    keys = {row.key for row in rows}
    assert keys == {node.id for node in tall.session.latest if node.author == author}
    tall.main.set_filter("author:nobody-of-that-name")
    await tall.frames()
    assert not tall.main.latest.view.rows
    assert "none of the latest passes the filter" in tall.text


async def test_what_was_there_is_not_news_when_other_posts_come() -> None:
    events, findings = script()
    forum = Forum(events, findings, play=START + 6 * MINUTE)
    async with watching(forum, size=(200, 60)) as watcher:
        view = watcher.main.latest.view
        watcher.main.set_filter(f"before:{format_time(START + 6 * MINUTE)}")
        await watcher.frames()
        before = watcher.session.posts
        assert len(view.rows) > 10
        watcher.cool()
        moving = forum.sources[-1].moving
        assert moving is not None
        moving.play(START + 6 * MINUTE + 20 * SECOND)
        await watcher.frames(4)
        assert before < watcher.session.posts < before + len(view.rows)
        assert view._fresh.keys().isdisjoint(row.key for row in view.rows)


def test_a_title_that_comes_later_is_shown() -> None:
    session = Session()
    comment = Post(id="c", thread="r", parent="r", author="ada", created_at=START, seen_at=START)
    session.take(comment, [])
    row = LatestRow(session.latest[0], session.names, Times(1), "02:40:00")
    before = row.stamp
    session.take(structs.replace(comment, id="r", parent=None, title="Tides", author="bob"), [])
    assert session.latest[0].thread.title == "Tides"
    assert row.stamp != before
