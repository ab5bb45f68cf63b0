"""What was said of cases is said again of the same cases, and of no others."""

from __future__ import annotations

from pathlib import Path

from moltwatch.model import FlaggedPost, Kind, Post, Scores
from moltwatch.session import Session
from moltwatch.session.charge import Opinion
from moltwatch.tui.triage import Triage
from tests.tui.forum import START, FakeSource

SOURCE = FakeSource([Post(id="p", thread="p", author="crab", created_at=START, seen_at=START)])


def flag(session: Session, n: int, author: str) -> None:
    at = START + n
    one = Post(id=f"p{n}", thread=f"p{n}", author=author, created_at=at, seen_at=at)
    found = FlaggedPost(at=at, kind=Kind.PERSONA, post=one, scores=Scores(persona=0.9), flags=())
    session.take(one, [found])


def watched(n: int) -> Session:
    """As many accounts, each with a case."""
    session = Session()
    for number in range(n):
        flag(session, number, f"crab{number}")
    return session


def judge(triage: Triage, session: Session, at: int, opinion: Opinion | None) -> None:
    triage.judge(session, session.charges.cases[at].charges, opinion)


def told(session: Session) -> list[Opinion | None]:
    return [case.opinion for case in session.charges.cases]


def test_all_cases_of_another_session_are_recalled_however_many(tmp_path: Path) -> None:
    triage, session = Triage(tmp_path), watched(250)
    triage.recall(session, SOURCE)
    for at in range(250):
        judge(triage, session, at, Opinion.DISMISSED)
    for later in (triage, Triage(tmp_path)):
        session = watched(1)
        later.recall(session, SOURCE)
        for n in range(1, 250):  # between two frames
            flag(session, n, f"crab{n}")
        later.recall(session, SOURCE)
        assert told(session) == [Opinion.DISMISSED] * 250


def test_no_post_is_dismissed_that_nobody_dismissed(tmp_path: Path) -> None:
    triage, session = Triage(tmp_path), Session()
    flag(session, 0, "crab")
    triage.recall(session, SOURCE)
    judge(triage, session, 0, Opinion.DISMISSED)
    assert told(session) == [Opinion.DISMISSED]
    flag(session, 1, "crab")
    assert told(session) == [None], "it is the same case, and stands again"
    slow, quick = Session(), Session()
    later = Triage(tmp_path)
    for n in range(2):
        flag(slow, n, "crab")
        later.recall(slow, SOURCE)
        flag(quick, n, "crab")
    gone: list[str] = []
    later.recall(quick, SOURCE, lambda post, _: gone.append(post))
    for again in (slow, quick):
        [case] = again.charges.cases
        assert [charge.stands for charge in case.charges] == [False, True]
        assert again.charges.standing[Kind.PERSONA] == 1, "as the line at the top counts them"
    assert gone == ["p0"]


def test_what_was_confirmed_goes_on_growing(tmp_path: Path) -> None:
    triage, session = Triage(tmp_path), watched(1)
    triage.recall(session, SOURCE)
    judge(triage, session, 0, Opinion.CONFIRMED)
    again = watched(1)
    flag(again, 1, "crab0")
    Triage(tmp_path).recall(again, SOURCE)
    assert told(again) == [Opinion.CONFIRMED]


def test_a_dismissal_is_told_once(tmp_path: Path) -> None:
    triage, session = Triage(tmp_path), watched(2)
    triage.recall(session, SOURCE)
    judge(triage, session, 1, Opinion.DISMISSED)
    gone: list[tuple[str, Kind]] = []
    later, session = Triage(tmp_path), watched(2)
    for _ in range(3):
        later.recall(session, SOURCE, lambda post, kind: gone.append((post, kind)))
        session.charges.version += 1
    assert gone == [("p1", Kind.PERSONA)]


def test_runs_side_by_side_lose_nothing_of_each_other(tmp_path: Path) -> None:
    runs = [(Triage(tmp_path), watched(3)) for _ in range(2)]
    for triage, session in runs:
        triage.recall(session, SOURCE)
    (one, mine), (other, theirs) = runs
    judge(one, mine, 0, Opinion.CONFIRMED)
    judge(other, theirs, 1, Opinion.DISMISSED)
    one.pin("p0")
    other.pin("p1")
    judge(other, theirs, 1, None)
    judge(other, theirs, 2, Opinion.DISMISSED)
    one.pin("p2")
    third, session = Triage(tmp_path), watched(3)
    third.recall(session, SOURCE)
    assert told(session) == [Opinion.CONFIRMED, None, Opinion.DISMISSED]
    assert third.pinned == ["p0", "p1", "p2"]
