"""The list of threads does not twitch."""

from __future__ import annotations

from moltwatch.model import Post
from moltwatch.session import Session
from moltwatch.times import SECOND, Micros
from moltwatch.tui.widgets.threads_pane import ThreadsPane
from tests.tui.forum import START


def write(session: Session, thread: str, at: Micros) -> None:
    n = session.posts
    id, parent = (thread, None) if session.threads.get(thread) is None else (f"p{n}", thread)
    session.take(
        Post(id=id, thread=thread, parent=parent, author="ada", created_at=at, seen_at=at), []
    )


def order(pane: ThreadsPane, session: Session) -> list[str]:
    return [thread.id for thread in pane._sorted(session, set(), None)]


def test_two_lively_threads_do_not_take_turns() -> None:
    session, pane = Session(), ThreadsPane(id="threads")
    seen = set()
    for i in range(120):
        write(session, "ab"[i // 3 % 2], START + i * 2 * SECOND)
        pane._order = order(pane, session)
        if i > 60:
            seen.add(tuple(pane._order))
    assert len(seen) == 1


def test_what_becomes_much_livelier_rises_and_sinks_again() -> None:
    session, pane = Session(), ThreadsPane(id="threads")
    at = START
    for i in range(40):
        at = START + i * 10 * SECOND
        write(session, "steady", at)
        if i == 0:
            write(session, "sudden", at)
        pane._order = order(pane, session)
    assert pane._order == ["steady", "sudden"]
    for _ in range(60):
        at += SECOND // 2
        write(session, "sudden", at)
        pane._order = order(pane, session)
    assert pane._order == ["sudden", "steady"]
    for _ in range(60):
        at += 10 * SECOND
        write(session, "steady", at)
        pane._order = order(pane, session)
    assert pane._order == ["steady", "sudden"]
