"""Reading a thread: what is repeated is folded, the newest is found, and the place is kept."""

from __future__ import annotations

from msgspec import structs

from moltwatch.model import Event, FlaggedPost, Kind, Scores
from moltwatch.times import SECOND
from moltwatch.tui.views.comment import CommentRow, RepeatsRow
from moltwatch.tui.views.newest import HOLD, SETTLED
from moltwatch.tui.widgets.pane import PostRow
from tests.evidence import evidence
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Forum, script
from tests.tui.test_outline import post


def row(watcher: Watcher) -> str:
    """What the cursor is on: a post, or the posts that repeat one."""
    current = watcher.main.thread.view.current
    if isinstance(current, RepeatsRow):
        return "again " + " ".join(node.id for node in current.nodes)
    assert isinstance(current, CommentRow)
    return current.node.id


def play(forum: Forum, second: int) -> None:
    moving = forum.sources[0].moving
    assert moving is not None
    moving.play(START + second * SECOND)


def centre(watcher: Watcher) -> str:
    """The thread, without the panes beside it."""
    return "\n".join(line[31:79] for line in watcher.text.split("\n")[1:])


async def test_repetition_is_folded_in_its_place_and_unfolds() -> None:
    events: list[Event] = [post(0), post(1, text="Loyal subjects!"), post(2, author="x")]
    events += [post(n, text="Loyal subjects!") for n in range(3, 15)]
    events += [post(n, text="this is number 2", author=f"smith_{n}") for n in range(20, 36)]
    flagged = FlaggedPost(
        at=START + 35 * SECOND,
        kind=Kind.COORDINATED,
        post=events[-1],  # type: ignore[arg-type]
        scores=Scores(coordinated=0.9),
        flags=(evidence(kind=Kind.COORDINATED, score=0.9),),
    )
    async with watching(Forum(events, {"35": [flagged]})) as watcher:
        main = watcher.main
        assert "31 posts" in centre(watcher), "folded ones count"
        shown = centre(watcher)
        again, more = "▸ says this again ×12", "▸ 16 more with the same words, 16 accounts ❖1"
        assert shown.count("Loyal subjects!") == shown.count("this is number 2") == 1
        assert shown.index("Loyal") < shown.index(again) < shown.index("number 2")
        assert shown.index("number 2") < shown.index(more)
        main.thread.view.focus()
        await watcher.press("g", "j", "j", "enter")
        assert centre(watcher).count("Loyal subjects!") > 8 and "▾ says this again" in watcher.text
        await watcher.press("j", "j", "z")
        assert again in watcher.text and row(watcher).startswith("again 3 4"), "from within as well"
        await watcher.press("z")
        assert "▾ says this again" in watcher.text
        await watcher.press("enter")
        assert again in watcher.text
        main.go_to("r", "30")
        assert row(watcher) == "30", "what is gone to unfolds itself"
        assert main.thread.move_to_post("9") and row(watcher) == "9"
        assert not main.thread.move_to_post("nowhere")
        await watcher.press("T", "g", "j", "j", "j")
        assert "▸ 28 more with words said before, 17 accounts ❖1" in watcher.text
        await watcher.press("h")
        assert row(watcher) == "r"
        await watcher.press("T", "G", "z", "h")
        assert row(watcher) == "2", "to what is repeated"


async def test_keys_of_the_tree_go_where_they_say_and_say_where_they_cannot() -> None:
    parents = {1: "r", 2: "1", 3: "2", 4: "r", 5: "4", 6: "r"}
    events: list[Event] = [post(0), *(post(n, of, author=f"a{n}") for n, of in parents.items())]
    late = [post(60, "3", author="late"), post(61, author="last"), post(62, "1", author="latest")]
    forum = Forum([*events, *late], play=START + 10 * SECOND)
    async with watching(forum) as watcher:
        view = watcher.main.thread.view
        view.focus()
        await watcher.press("g", "J", "j", "j")
        assert row(watcher) == "3"
        await watcher.press("h")
        assert row(watcher) == "2"
        await watcher.press("circumflex_accent")
        assert row(watcher) == "r"
        for key in ("h", "circumflex_accent"):
            await watcher.press(key)
            assert "this is the root" in watcher.notice
        await watcher.press("J", "J")
        assert row(watcher) == "4"
        await watcher.press("J", "J")
        assert row(watcher) == "6" and "no next top-level comment" in watcher.notice
        await watcher.press("z")
        assert "no replies to fold" in watcher.notice
        await watcher.press("enter")
        assert "this is all of it" in watcher.notice
        await watcher.press("K", "K", "z")
        assert row(watcher) == "1" and "▸ 2 replies" in centre(watcher)
        await watcher.press("K")
        assert "no previous top-level comment" in watcher.notice
        play(forum, 62)
        await watcher.frames()
        assert row(watcher) == "1" and "▸ 4 replies" in centre(watcher)
        await watcher.press("z", "j")
        assert row(watcher) == "2" and "number 60" in centre(watcher)
        await watcher.press("T")
        shown = centre(watcher)
        assert row(watcher) == "2" and "in order of time" in watcher.notice
        assert "a2 02:40:02 ↳ a1" in shown and "late 02:41:00 ↳ a3" in shown
        assert shown.index("number 6\n".strip()) < shown.index("number 60") < shown.index("r 62")
        await watcher.press("z")
        assert "replies are folded in the tree" in watcher.notice
        await watcher.press("h", "T")
        assert row(watcher) == "1" and "as a tree" in watcher.notice
        assert "↳" not in centre(watcher)


async def test_following_goes_to_the_newest_wherever_it_is_but_does_not_jump_about() -> None:
    late = {100: "3", 101: "r", 102: "5", 103: "r", 104: "7", 105: "r"}
    events: list[Event] = [post(n, author=f"a{n}") for n in range(60)]
    events += [post(n, of, author=f"a{n}") for n, of in late.items()]
    forum = Forum(events, play=START + 59 * SECOND)
    async with watching(forum) as watcher:
        view = watcher.main.thread.view
        view.focus()
        play(forum, 100)
        await watcher.frames(2)
        assert "+1 above" in watcher.text and "number 100" not in watcher.text, "not at once"
        await watcher.frames(SETTLED + 10)
        assert "number 100" in watcher.text and "above" not in watcher.text
        assert view.following and row(watcher) == "100"
        play(forum, 101)
        await watcher.frames()
        assert "number 100" in watcher.text and "+1 below" in watcher.text, "it holds"
        await watcher.frames(HOLD)
        assert "number 101" in watcher.text and view.at_end
        await watcher.frames(HOLD)
        for second in range(102, 106):
            play(forum, second)
            await watcher.frames(SETTLED - 15)
        assert view.at_end and "number 105" in watcher.text and "+2 above" in watcher.text
        await watcher.press("k", "k")
        await watcher.press("f")
        assert view.at_end and row(watcher) == "105" and "following" in watcher.notice
        await watcher.press("g", "f")
        assert row(watcher) == "105"
        view.scroll_to(y=0, animate=False, immediate=True)
        await watcher.frames()
        await watcher.press("f")
        await watcher.press("f")
        assert "no longer following" in watcher.notice
        assert not watcher.main.thread.view.following


async def test_what_is_left_out_is_said() -> None:
    wide, flag = "潮" * 300, "🇹🇷"
    full = " ".join(["abcdefghi"] * 200)
    events: list[Event] = [post(0), post(1, text=wide), post(2, text=full), post(3, text=flag * 9)]
    async with watching(Forum(events)) as watcher:
        assert watcher.text.count("▾ more") == 2 and "TR" * 9 in watcher.text
        watcher.main.thread.view.focus()
        await watcher.press("g", "j", "enter")
        assert watcher.text.count("潮") == 300 and watcher.text.count("▾ more") == 1


async def test_what_is_searched_for_is_marked_and_unfolded() -> None:
    def marks(text: str) -> list[tuple[int, int]]:
        at = text.lower().find("needle")
        return [(at, at + 6)] if at >= 0 else []

    hay = "\n".join(f"line {n}" for n in range(20))
    events: list[Event] = [
        post(0),
        post(1, text=f"a Needle in\n{hay}"),
        post(2, text=f"{hay} needle"),
    ]
    async with watching(Forum(events)) as watcher:
        thread = watcher.main.thread
        thread.highlight(marks)
        thread.move_to_post("2")
        await watcher.frames()
        strips = watcher.app.screen._compositor.render_strips()
        marked = [s.text for strip in strips for s in strip if s.style and s.style.reverse]
        assert marked == ["Needle", "needle"] or marked == ["needle"], "the second was unfolded"
        thread.highlight(None)
        await watcher.frames()
        strips = watcher.app.screen._compositor.render_strips()
        assert not any(s.style and s.style.reverse for strip in strips for s in strip)


async def test_lists_say_once_what_is_said_many_times() -> None:
    events: list[Event] = [post(0), post(1, text="Other words."), post(2, text="Loyal subjects!")]
    events += [post(n, text=f"loyal subjects {'👑' * n}") for n in range(3, 9)]
    async with watching(Forum(events), size=(160, 50)) as watcher:
        main = watcher.main
        assert main.latest.display
        main.latest.view.focus()
        await watcher.press("G")
        listed = [row.key for row in main.latest.view.rows]
        assert listed == ["r", "1", "8"] and watcher.text.count("×7") == 1
        await watcher.press("z")
        assert len(main.latest.view.rows) == 9 and main.latest.view.current is not None
        await watcher.press("z")
        assert len(main.latest.view.rows) == 3
        await watcher.press("k", "z")
        assert "nothing here is said more than once" in watcher.notice
        await watcher.press("a")
        main.agent.view.focus()
        assert "×7" in watcher.text.partition("LATEST")[2]
        for rows in (9, 3):
            main.agent.view.move_to_key("8")
            await watcher.press("z")
            assert sum(len(str(row.key)) == 1 for row in main.agent.view.rows) == rows


async def test_a_group_lists_its_words_once() -> None:
    events, findings = script()
    async with watching(Forum(events, findings), size=(160, 50)) as watcher:
        main = watcher.main
        main.open_group("g7")
        await watcher.frames()
        swarm = watcher.session.groups.get("g7")
        assert swarm is not None
        swarm.arrivals.append(
            structs.replace(swarm.arrivals[0], post="s0", author="CoralWitness17")
        )
        main.why._shown = None
        await watcher.frames()

        def listed() -> int:
            return sum(isinstance(row, PostRow) for row in main.why.view.rows)

        n = len(swarm.arrivals)
        main.why.view.focus()
        first = next(row for row in main.why.view.rows if isinstance(row, PostRow))
        main.why.view.move_to_key(first.key)
        assert first.right and listed() == n - 1
        await watcher.press("z")
        assert listed() == n
        await watcher.press("z", "j", "z")
        assert listed() == n - 1 and "nothing here is said more than once" in watcher.notice
