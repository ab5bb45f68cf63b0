"""What every registered heuristic must stand, and that the battery notices who does not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from moltwatch.heuristics.base import Act, Evidence, Features, Heuristic, Text
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.heuristics.registry import available
from moltwatch.model import Event, FlaggedPost, Kind, Mark, Post
from moltwatch.testing import check_heuristic
from tests.heuristics.coordination.forum import SAYINGS, Forum, in_order
from tests.heuristics.coordination.test_campaigns import CAMPAIGNS

BUILT_IN = {n: c for n, c in available().items() if c.__module__.startswith("moltwatch.")}
every = pytest.mark.parametrize("cls", BUILT_IN.values(), ids=list(BUILT_IN))


def busy_day() -> list[Event]:
    forum = Forum()
    events: list[Event] = list(forum.chatter(2.5))
    for campaign, _ in CAMPAIGNS:
        events += campaign(forum)
    return events


@every
def test_built_ins_stand_the_battery(cls: type[Heuristic]) -> None:
    check_heuristic(cls, in_order(busy_day()))


class Honest(Heuristic):
    """Counts posts.

    Parameters
    most: how many are enough

    Fails when
    nobody counts.
    """

    name = "honest"
    kind = Kind.COORDINATED
    family = "test"

    def __init__(self, most: int = 30) -> None:
        self.most = most
        self.n = 0

    def observe(self, item: Features) -> Iterable[Evidence]:
        self.n += 1
        if self.n <= self.most:
            yield self.told(item)

    def told(self, item: Features) -> Evidence:
        return self.evidence(0.5, "{who} of {most}", cluster="all", acts=[item.act], most=self.most)


class Silent(Honest):
    """Does not say when it is wrong."""


class Mute(Honest):
    __doc__ = Honest.__doc__

    def told(self, item: Features) -> Evidence:
        return self.evidence(0.5, "{others} of {nobody}", cluster="all", acts=[item.act])


class Loud(Honest):
    __doc__ = Honest.__doc__

    def told(self, item: Features) -> Evidence:
        return self.evidence(1.5, "{who}", cluster="all", acts=[item.act])


class Twice(Honest):
    __doc__ = Honest.__doc__

    def observe(self, item: Features) -> Iterable[Evidence]:
        return [self.told(item), self.told(item)]


class Lying(Honest):
    __doc__ = Honest.__doc__

    def told(self, item: Features) -> Evidence:
        act = Act(item.post.id, "somebody else", item.post.seen_at)
        return self.evidence(0.5, "{who}", cluster="all", acts=[act])


class Alone(Honest):
    __doc__ = Honest.__doc__

    def told(self, item: Features) -> Evidence:
        return self.evidence(0.5, "{who}", acts=[item.act])


class Forgetful(Honest):
    __doc__ = Honest.__doc__
    seen = 0

    def observe(self, item: Features) -> Iterable[Evidence]:
        type(self).seen += 1
        return [self.told(item)] if self.seen < 99 else []


class Fragile(Honest):
    __doc__ = Honest.__doc__

    def observe(self, item: Features) -> Iterable[Evidence]:
        return [self.told(item)] if item.post.text[0] else []


class Strange(Honest):
    __doc__ = Honest.__doc__

    def __init__(self, *, most: int = 30, least: int = 1) -> None:
        super().__init__(most)
        self.least = least


def test_who_is_honest_stands_it() -> None:
    check_heuristic(Honest)


@pytest.mark.parametrize(
    ("cls", "wrong"),
    [
        (Silent, "Fails when"),
        (Mute, "cannot be worded"),
        (Loud, "not 0 to 1"),
        (Twice, "twice"),
        (Lying, "never seen"),
        (Alone, "nothing that is shared"),
        (Forgetful, "something else"),
        (Fragile, "IndexError"),
        (Strange, "least is not explained"),
    ],
)
def test_who_is_not_is_told_what_is_wrong(cls: type[Heuristic], wrong: str) -> None:
    with pytest.raises(AssertionError, match=wrong):
        check_heuristic(cls)


@given(
    texts=st.lists(
        st.tuples(st.sampled_from("abcdefg"), st.text(max_size=60), st.integers(0, 5)), max_size=30
    )
)
@settings(max_examples=40, deadline=None)
def test_any_text_at_all_goes_through(texts: list[tuple[str, str, int]]) -> None:
    forum = Forum()
    events: list[Post] = []
    for n, (author, text, above) in enumerate(texts):
        thread = events[-above].id if 0 < above <= len(events) else None
        events.append(forum.post(author, text, n, thread=thread))
    complaints: list[str] = []
    heuristics = [cls() for cls in BUILT_IN.values()]
    engine = Engine(heuristics, GroupTracker(), complain=complaints.append)
    for event in events:
        engine.feed(event)
    engine.finish()
    assert complaints == []


def test_a_heuristic_that_raises_is_isolated() -> None:
    class Broken(Honest):
        name = "broken"

        def observe(self, item: Features) -> Iterable[Evidence]:
            raise RuntimeError("no luck")

    complaints: list[str] = []
    healthy = Honest()
    engine = Engine([Broken(), healthy], GroupTracker(), complain=complaints.append)
    forum = Forum()
    for n in range(9):
        engine.feed(forum.post(f"copyist{SAYINGS[n][:3]}", "One sentence.", n))
    assert healthy.n == 9
    assert len(complaints) == engine.health["broken"].failures == 3
    assert complaints[-1].endswith("switched off")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"marks": (Mark("{absent}"),)}, "cannot be worded"),
        ({"weight": float("nan")}, "weighs nan"),
        ({"cluster": None}, "names nothing that is shared"),
        ({"acts": ()}, "no post that shows it"),
        ({"marks": ()}, "says nothing"),
        ({"family": "another"}, "in another's name"),
        ({"acts": ("a post",)}, "acts"),
        ({"marks": (Mark("{who} and {what}", {"what": b"bytes"}),)}, "marks"),  # type: ignore[dict-item]
    ],
    ids=lambda given: "" if isinstance(given, str) else next(iter(given)),
)
def test_evidence_that_cannot_be_told_is_the_fault_of_who_gave_it(
    wrong: dict[str, object], reason: str
) -> None:
    class Careless(Honest):
        name = "careless"

        def told(self, item: Features) -> Evidence:
            return structs.replace(super().told(item), **wrong)

    complaints: list[str] = []
    engine = Engine([Careless(), Honest()], GroupTracker(), complain=complaints.append)
    forum = Forum()
    found = [
        each
        for n in range(9)
        for each in engine.feed(forum.post(f"copyist{SAYINGS[n][:3]}", "One sentence.", n))
    ]
    engine.finish()
    assert engine.health["careless"].off
    assert engine.health["careless"].found == 0
    assert engine.health["honest"].found == 9
    assert reason in complaints[0]
    assert all(
        flag.reason for each in found if isinstance(each, FlaggedPost) for flag in each.flags
    )


def test_a_text_is_read_once_and_who_finds_nothing_is_not_asked() -> None:
    class Reading(Honest):
        name = "reading"
        read_of: ClassVar[list[str]] = []

        def read(self, text: Text) -> str | None:
            self.read_of.append(text.body)
            if "unreadable" in text.body:
                raise RuntimeError("cannot read this")
            return text.body.upper() if "claw" in text.body else None

        def told(self, item: Features) -> Evidence:
            assert item.shown_to(self) == item.post.body.upper()
            return super().told(item)

    complaints: list[str] = []
    reading = Reading()
    engine = Engine([reading, Honest()], GroupTracker(), complain=complaints.append)
    forum = Forum()
    bodies = ["a claw", "no such thing", "a claw", "unreadable claw", "unreadable claw"]
    more = ["unreadable too", "unreadable as well"]
    for n, body in enumerate([*bodies, *more, "the last claw"]):
        engine.feed(forum.post(f"reader{n}x", body, n))
    assert Reading.read_of == [*dict.fromkeys(bodies), *more]
    assert reading.n == 2
    assert engine.health["reading"].failures == len(complaints) == 3
    assert complaints[-1].endswith("switched off")
