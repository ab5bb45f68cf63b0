"""The door lets clean events through in stream time and counts the rest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moltwatch.bounded import LONGEST_ID
from moltwatch.intake import LONGEST_NAME, Intake
from moltwatch.model import AgentSeen, Delete, Event, Gap, Heartbeat, Post
from moltwatch.times import LATEST, SECOND


def post(id: str = "p1", at: int = SECOND, author: str = "ada", text: str = "hello") -> Post:
    return Post(id=id, thread=id, author=author, text=text, created_at=at, seen_at=at)


def test_stream_time_never_runs_back() -> None:
    intake = Intake()
    admitted = intake.admit(
        [post("a", 5 * SECOND), post("b", 3 * SECOND), Heartbeat(seen_at=SECOND)]
    )
    assert [event.seen_at for event in admitted] == [5 * SECOND] * 3
    assert isinstance(admitted[1], Post)
    assert admitted[1].created_at == 3 * SECOND, "what the forum said is kept"


def test_a_repeat_and_a_reused_id_are_told_apart() -> None:
    intake = Intake()
    assert len(intake.admit([post(), post(), post(text="something else")])) == 1
    assert intake.rejects.counts == {"seen before": 1, "id used again for another post": 1}


def test_bad_items_cost_only_themselves() -> None:
    intake = Intake()
    bad: list[Event] = [
        post(id=""),
        post(id="x" * (LONGEST_ID + 1)),
        post("n1", author=""),
        post("n2", author="x" * (LONGEST_NAME + 1)),
        post("t1", at=-1),
        post("t2", at=LATEST),
        Delete(id="", seen_at=SECOND),
        AgentSeen(name="", seen_at=SECOND),
        Post(id="s", thread="t", parent="s", author="a", created_at=0, seen_at=0),
        Post(id="u", thread="t", parent="x" * 600, author="a", created_at=0, seen_at=0),
        Post(id="v", thread="t", community="x" * 600, author="a", created_at=0, seen_at=0),
        Gap(seen_at=SECOND, since=SECOND, until=0, reason="clock"),
    ]
    admitted = intake.admit([post("first"), *bad, post("last")])
    assert [event.id for event in admitted if isinstance(event, Post)] == ["first", "last"]
    assert intake.rejects.total == len(bad)
    assert intake.now == SECOND, "a broken clock does not move the stream's"


def test_a_comment_answers_something_and_a_root_nothing() -> None:
    comment, root = Intake().admit(
        [
            Post(id="c", thread="t", author="ada", created_at=SECOND, seen_at=SECOND),
            Post(id="r", thread="r", parent="t", author="ada", created_at=SECOND, seen_at=SECOND),
        ]
    )
    assert isinstance(comment, Post)
    assert isinstance(root, Post)
    assert (comment.parent, root.parent) == ("t", None)


events = st.builds(
    post,
    id=st.text(max_size=3),
    at=st.integers(-SECOND, LATEST + SECOND),
    author=st.text(max_size=2),
    text=st.sampled_from(["a", "b"]),
)


@given(st.lists(events, max_size=30), st.integers(1, 10))
def test_batches_do_not_matter(stream: list[Post], size: int) -> None:
    whole, cut = Intake(), Intake()
    expected = whole.admit(stream)
    got = [e for i in range(0, len(stream), size) for e in cut.admit(stream[i : i + size])]
    assert got == expected
    assert cut.rejects.counts == whole.rejects.counts
    assert len(expected) + whole.rejects.total == len(stream)
    times = [event.seen_at for event in expected]
    assert times == sorted(times)
    ids = [event.id for event in expected if isinstance(event, Post)]
    assert len(ids) == len(set(ids))
