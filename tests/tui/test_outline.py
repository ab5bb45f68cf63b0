"""In which rows a thread is shown: post by post the same as at once."""

from __future__ import annotations

from collections.abc import Hashable

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from moltwatch.model import Post
from moltwatch.session.thread import Thread
from moltwatch.times import SECOND
from moltwatch.tui.views.comment import CommentRow, Manner, RepeatsRow
from moltwatch.tui.views.outline import Outline, ThreadRow
from moltwatch.tui.widgets.rows import Look
from tests.tui.forum import START


def post(n: int, parent: str | None = None, text: str = "", author: str = "marl") -> Post:
    return Post(
        id=f"{n}" if n else "r",
        thread="r",
        parent=(parent or "r") if n else None,
        author=author,
        text=text or f"this is number {n}",
        created_at=START,
        seen_at=START + n * SECOND,
        title=None if n else "A thread",
    )


def seen(rows: list[ThreadRow]) -> list[tuple[Hashable, ...]]:
    return [
        (row.key, row.depth, *(node.id for node in row.nodes), row.open)
        if isinstance(row, RepeatsRow)
        else (row.key, row.depth, row.below.n if row.below else 0)
        for row in rows
    ]


def drawn(outline: Outline) -> str:
    lines = [
        line.strip(Style()).text
        for row in outline.rows
        for line in row.lines(80, lambda _: Style(), Look())
    ]
    return "\n".join(lines)


POSTS = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from(["a", "b", "a 1", "a 2"]), st.sampled_from("mn")),
    min_size=1,
    max_size=25,
)
"""Whom each answers, be that seen or not, what it says, and whose it is."""


@given(POSTS, st.lists(st.integers(0, 30), max_size=4), st.booleans())
def test_post_by_post_or_at_once_it_is_the_same(
    posts: list[tuple[int, str, str]], toggled: list[int], timely: bool
) -> None:
    manner = Manner()
    manner.timely = timely
    thread, grown = Thread("r"), Outline(manner)
    thread.add(post(0))
    view = list(grown.arrange(thread))
    moves = thread.moves
    for n, (parent, text, author) in enumerate(posts, 1):
        thread.add(post(n, str(parent) if parent else None, text, author))
        made = grown.add([thread.order[-1]]) if thread.moves == moves else None
        moves = thread.moves
        for at, rows in made or ():
            view[at:at] = rows
        if made is None:
            view = list(grown.arrange(thread))
        if n in toggled:
            grown.toggle(view[n % len(view)])
            view = list(grown.arrange(thread))
        before = seen(view)
        assert before == seen(grown.rows)
        assert before == seen(grown.arrange(thread))
        view = list(grown.rows)
        for node in thread.order:
            row = grown.showing(node)
            assert row in view
    for node in thread.order:
        if grown.reveal(node):
            grown.arrange(thread)
        shown = grown.showing(node)
        assert isinstance(shown, CommentRow) and shown.node is node, "nothing hides it"


def test_what_is_said_again_is_one_row_behind_it() -> None:
    thread, outline = Thread("r"), Outline(Manner())
    for n, text in enumerate(["", "Join us!", "No.", "join us 🦞", "Join  us!!"]):
        thread.add(post(n, text=text, author="king"))
    thread.add(post(5, "3", text="Why?"))
    assert [key[0] for key in seen(outline.arrange(thread))] == [
        *("r", "1", ("r", thread.nodes["1"].said), "2"),
        *("3", "5"),
    ], "signs and emoji make no other words, and what was answered stands for itself"
    thread.add(post(6, text="JOIN US", author="queen"))
    assert outline.add([thread.nodes["6"]]) == [], "a row that is there counts one more"
    repeats = outline.rows[2]
    assert isinstance(repeats, RepeatsRow)
    assert [node.id for node in repeats.nodes] == ["4", "6"]


def test_of_one_account_nearly_the_same_is_said_again() -> None:
    thread, outline = Thread("r"), Outline(Manner())
    thread.add(post(0))
    thread.add(post(1, text="![pepe](https://a.example/7.png) Pepe #7 on the road to 2000 🐸"))
    thread.add(post(2, text="Pepe #8 on the road to 2000", author="shy"))
    thread.add(post(3, text="![pepe](https://a.example/9.png) Pepe #9 on the road to 2000 🐸"))
    (_, _, repeats, other) = outline.arrange(thread)
    assert isinstance(repeats, RepeatsRow) and repeats.first is thread.nodes["1"]
    assert [node.id for node in repeats.nodes] == ["3"] and repeats.nearly
    assert isinstance(other, CommentRow) and other.node.author == "shy", "others' count as theirs"
    thread.add(post(4, text="https://b.example Pepe #10 on the road to 2000"))
    assert outline.add([thread.nodes["4"]]) == [], "a row that is there counts one more"
    thread.add(post(5, text="pepe #9 on the road to 2000", author="shy"))
    thread.add(post(6, text="Pepe #11 is off the road"))
    assert [len(rows) for _, rows in outline.add(thread.order[-2:]) or ()] == [2]
    assert "▸ 2 more by this account, nearly the same" in drawn(outline)
    thread.add(post(7, text=thread.nodes["3"].text, author="shy"))
    assert outline.add([thread.nodes["7"]]) == [], "who copies one of them stands with them"
    assert "▸ 3 more with nearly the same words, 2 accounts" in drawn(outline)
