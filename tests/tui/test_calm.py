"""The list of threads does not twitch."""

from __future__ import annotations

from moltwatch.model import Post
from moltwatch.session import Session
from moltwatch.times import HOUR, SECOND, Micros
from moltwatch.tui.views.threads import MOST_SHOWN, ThreadsPane
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
        now = order(pane, session)
        if i > 60:
            seen.add(tuple(now))
    assert len(seen) == 1


def test_what_becomes_much_livelier_rises_and_sinks_again() -> None:
    session, pane = Session(), ThreadsPane(id="threads")
    at = START
    for i in range(40):
        at = START + i * 10 * SECOND
        write(session, "steady", at)
        if i == 0:
            write(session, "sudden", at)
        now = order(pane, session)
    assert now == ["steady", "sudden"]
    for _ in range(60):
        at += SECOND // 2
        write(session, "sudden", at)
        now = order(pane, session)
    assert now == ["sudden", "steady"]
    for _ in range(60):
        at += 10 * SECOND
        write(session, "steady", at)
        now = order(pane, session)
    assert now == ["steady", "sudden"]


def test_quiet_threads_stay_where_more_are_known_than_shown() -> None:
    session, pane = Session(), ThreadsPane(id="threads")
    for i in range(MOST_SHOWN + 100):
        write(session, f"t{i}", START + i * SECOND)
    write(session, "t5", START + 24 * HOUR)
    before = order(pane, session)
    assert len(before) == MOST_SHOWN and before[:2] == ["t5", f"t{MOST_SHOWN + 99}"]
    assert order(pane, session) == before
    write(session, "new", START + 24 * HOUR + SECOND)
    assert order(pane, session) == ["new", *before[:-1]]
