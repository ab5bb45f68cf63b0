"""The tree as it grows on the screen, and which thread gets the light."""

from __future__ import annotations

from moltwatch.model import Edit, Event, Post
from moltwatch.session import Session
from moltwatch.times import SECOND
from moltwatch.tui.auto_follow import BETTER, HOLD, AutoFollow, Tiler
from moltwatch.tui.views.comment import CommentRow
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Forum


def post(n: int, thread: str = "r", parent: str | None = None, text: str | None = None) -> Post:
    root = f"{n}" == thread or n == 0
    return Post(
        id=thread if root else f"{n}",
        thread=thread,
        parent=None if root else parent or thread,
        author=f"agent{n}",
        text=f"hello {n}" if text is None else text,
        created_at=START,
        seen_at=START + n * SECOND,
        title="A thread" if root else None,
    )


def shown(watcher: Watcher) -> list[tuple[str, int]]:
    rows = watcher.main.thread.view.rows
    return [(row.node.id, row.depth) for row in rows if isinstance(row, CommentRow)]


def walked(watcher: Watcher) -> list[tuple[str, int]]:
    thread = watcher.session.threads.get("r")
    assert thread is not None
    return [(node.id, depth) for node, depth in thread.walk()]


async def test_leaf_by_leaf_or_at_once_it_is_the_same_tree() -> None:
    # Answers to the last, to the root, far above, to what was not seen, and what was not seen.
    parents = [None, "r", "1", "2", "r", "4", "1", "99", "7", "r", "6", "98", "r"]
    events: list[Event] = [post(n, parent=parent) for n, parent in enumerate(parents)]
    events += [post(98, parent="10"), post(99, parent="2"), post(100)]
    forum = Forum(events, play=START)
    async with watching(forum) as watcher:
        moving = forum.sources[0].moving
        assert moving is not None
        for event in events:
            moving.play(event.seen_at)
            watcher.main.thread._rest_until = 0
            await watcher.frames(1)
            assert shown(watcher) == walked(watcher)


async def test_a_reader_is_not_moved_by_what_comes_in_above() -> None:
    events: list[Event] = [post(n) for n in range(60)]
    events += [post(100 + n, parent="1", text=f"above\nthe\nreader {n}") for n in range(5)]
    forum = Forum(events, play=START + 59 * SECOND)
    async with watching(forum) as watcher:
        main = watcher.main
        main.open_thread(watcher.session.threads.get("r"))  # type: ignore[arg-type]
        main.thread.view.focus()
        await watcher.press("pageup")
        view = main.thread.view
        before = watcher.text.split("\n")[3:20]
        moving = forum.sources[0].moving
        assert moving is not None and not view.following
        moving.play(moving.end)
        main.thread._rest_until = 0
        await watcher.frames()
        centre = slice(32, 78)
        after = watcher.text.split("\n")[3:20]
        assert [line[centre] for line in after] == [line[centre] for line in before]
        assert "+5 above" in watcher.text


async def test_an_edit_shows() -> None:
    events: list[Event] = [
        post(0),
        post(1, text="before"),
        Edit(id="1", seen_at=START + 5 * SECOND, text="after"),
    ]
    forum = Forum(events, play=START + SECOND)
    async with watching(forum) as watcher:
        assert "before" in watcher.text
        moving = forum.sources[0].moving
        assert moving is not None
        moving.play(moving.end)
        await watcher.frames()
        assert "after" in watcher.text and "edited" in watcher.text and "before" not in watcher.text


async def test_ten_thousand_comments_draw_only_what_is_in_sight() -> None:
    events: list[Event] = [post(n) for n in range(10_000)]
    async with watching(Forum(events, live=True)) as watcher:
        for _ in range(40):
            await watcher.frames(1)
            if watcher.session.posts == 10_000:
                break
        watcher.main.thread._rest_until = 0
        await watcher.frames(2)
        view = watcher.main.thread.view
        assert len(view.rows) == 10_000
        drawn: list[object] = []
        for row in view.rows:
            assert isinstance(row, CommentRow)
        view._strips.clear()
        view.refresh()
        await watcher.frames(1)
        drawn = list(view._strips.keys())
        assert 0 < len(drawn) < 60


def test_the_roamer_stays_until_another_is_clearly_busier() -> None:
    session = Session()
    for n in range(10):
        session.take(post(n, "a"), [])
    roamer = AutoFollow()
    first = roamer.choose(session, None, 0)
    assert first is not None and first.id == "a"
    for n in range(200, 212):
        session.take(post(n, "b"), [])
    assert roamer.choose(session, first, HOLD - 1) is first, "not yet"
    rates = [thread.rate.per_minute(session.now) for thread in session.threads]
    assert max(rates) > BETTER * min(rates)
    second = roamer.choose(session, first, HOLD)
    assert second is not None and second.id == "b"
    assert roamer.choose(session, first, 2 * HOLD, {"a"}) is first, "the filter leaves only this"


def test_tiles_keep_their_threads() -> None:
    session = Session()
    for i, name in enumerate("abcdef"):
        for n in range(6 - i):
            session.take(post(10 * i + n + 1, name), [])
    tiler = Tiler()
    first = [thread.id for thread in tiler.choose(session, 2, [], 0) if thread]
    assert first == ["a", "b"]
    for n in range(500, 520):
        session.take(post(n, "c"), [])
    kept = [thread.id for thread in tiler.choose(session, 2, [], HOLD) if thread]
    assert set(kept) & set(first), "still among the busiest"
    pinned = [thread.id for thread in tiler.choose(session, 2, ["f"], HOLD + 1) if thread]
    assert "f" in pinned


async def test_the_thread_of_a_host_is_opened_and_stayed_with() -> None:
    busy = [post(n) for n in range(40)]
    hosted = Post(id="h", thread="h", author="host", created_at=START, seen_at=START + 3 * SECOND)
    events: list[Event] = [*busy[:3], hosted, *busy[3:]]
    forum = Forum(events, play=START + 2 * SECOND)
    async with watching(forum, host="host") as watcher:
        main, moving = watcher.main, forum.sources[0].moving
        assert moving is not None and main.thread.thread is not None
        assert main.thread.thread.id == "r", "until it is there, the busiest"
        moving.play(START + 40 * SECOND)
        await watcher.wait(HOLD / SECOND + 1)
        assert main.thread.thread.id == "h"
        await watcher.press("b")
        await watcher.wait(HOLD / SECOND + 1)
        assert main.thread.thread.id == "r", "whoever wants to roam may"
