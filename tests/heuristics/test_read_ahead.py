"""Reading ahead is quicker and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.errors import UsageError
from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.memory.texts import Text
from moltwatch.heuristics.registry import build, make
from moltwatch.heuristics.verdicts.groups import GroupBook
from moltwatch.model import Event, Finding, FlaggedPost, Kind
from tests.heuristics.coordination.forum import Forum, in_order
from tests.heuristics.coordination.test_campaigns import CAMPAIGNS


def evening() -> list[Event]:
    forum = Forum()
    events: list[Event] = list(forum.chatter(0.3))
    for campaign, _ in CAMPAIGNS[:3]:
        events += campaign(forum)
    return in_order(events)


EVENING = evening()


def pieces(events: Sequence[Event], sizes: Sequence[int]) -> Iterator[Sequence[Event]]:
    at = n = 0
    while at < len(events):
        size = sizes[n % len(sizes)]
        yield events[at : at + size]
        at, n = at + size, n + 1


def findings(sizes: Sequence[int] = ()) -> list[Finding]:
    engine = Engine(build({}), GroupBook())
    found: list[Finding] = []
    for piece in pieces(EVENING, sizes or [1]):
        if sizes:
            engine.read_ahead(piece)
        found += [finding for event in piece for finding in engine.feed(event)]
    return found + engine.finish()


PLAIN = findings()


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=4))
def test_how_far_ahead_is_read_changes_nothing(sizes: list[int]) -> None:
    assert PLAIN and findings(sizes) == PLAIN


class Counting(Heuristic):
    """Speaks of long texts, and cannot read one of them."""

    name = "counting"
    kind = Kind.HAZARD
    family = "test"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.questions = (self._length,)

    def observe(self, item: Item) -> Iterable[Signal]:
        if item.text.once(self._length) > 10:
            post = item.post
            return (Signal(post=post.id, author=post.author, strength=0.9, reason="long"),)
        return ()

    def _length(self, text: Text) -> int:
        self.asked.append(text.body)
        if text.body == "unreadable":
            raise RuntimeError("cannot read this")
        return len(text.body)


def test_what_is_read_ahead_is_asked_once_and_a_failure_waits_for_its_turn() -> None:
    forum, heuristic, complaints = Forum(), Counting(), list[str]()
    texts = ["a long enough text", "unreadable", "another text, long enough"]
    posts = [forum.post(f"author{n}", text, n) for n, text in enumerate(texts)]
    engine = Engine([heuristic], GroupBook(), complain=complaints.append)
    engine.read_ahead(posts)
    assert heuristic.asked == texts[:2] and not complaints
    found = [finding for post in posts for finding in engine.feed(post)]
    assert {f.post.text for f in found if isinstance(f, FlaggedPost)} == {texts[0], texts[2]}
    assert heuristic.asked == [*texts[:2], texts[1], texts[2]]
    assert len(complaints) == 1 and "cannot read this" in complaints[0]


def test_who_is_switched_off_is_not_read_ahead_for() -> None:
    forum, heuristic = Forum(), Counting()
    engine = Engine([heuristic], GroupBook())
    for n in range(3):
        engine.feed(forum.post("author", "unreadable", n))
    assert engine.health["counting"].off
    heuristic.asked.clear()
    engine.read_ahead([forum.post("author", "more", 9)])
    assert heuristic.asked == []


def test_questions_that_are_no_functions_are_refused() -> None:
    class Odd(Counting):
        def __init__(self) -> None:
            super().__init__()
            self.questions = ("how long?",)  # type: ignore[assignment]

    with pytest.raises(UsageError, match="questions"):
        make(Odd, {})
