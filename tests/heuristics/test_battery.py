"""What every registered heuristic must stand: the same battery for all."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.heuristics.base import Heuristic, Signal
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.registry import available, describe, make
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.model import Event, Post
from moltwatch.times import SECOND
from tests.heuristics.coordination.forum import SAYINGS, START, Forum, in_order, profile, run
from tests.heuristics.coordination.test_campaigns import CAMPAIGNS

BUILT_IN = {n: c for n, c in available().items() if c.__module__.startswith("moltwatch.")}
every = pytest.mark.parametrize("cls", BUILT_IN.values(), ids=list(BUILT_IN))


class Taped(Heuristic):
    """Passes another heuristic's answers on, and keeps them."""

    def __init__(self, inner: Heuristic) -> None:
        self.inner = inner
        self.tape: list[Signal] = []
        self.name, self.kind, self.family = inner.name, inner.kind, inner.family  # type: ignore[misc]

    def observe(self, item: object) -> Iterable[Signal]:
        return self._keep(self.inner.observe(item))  # type: ignore[arg-type]

    def profile(self, agent: object) -> Iterable[Signal]:
        return self._keep(self.inner.profile(agent))  # type: ignore[arg-type]

    def advance(self, now: int) -> Iterable[Signal]:
        return self._keep(self.inner.advance(now))

    def _keep(self, signals: Iterable[Signal]) -> list[Signal]:
        kept = list(signals)
        self.tape += kept
        return kept


def signals(heuristic: Heuristic, events: Iterable[Event]) -> list[Signal]:
    """What a heuristic says of a stream; a failure is an error here."""
    complaints: list[str] = []
    taped = Taped(heuristic)
    engine = Engine([taped], GroupTracker(), complain=complaints.append)
    for event in in_order(events):
        engine.feed(event)
    assert complaints == []
    return taped.tape


def busy_day() -> list[Event]:
    forum = Forum()
    events: list[Event] = list(forum.chatter(2.5))
    for campaign, _ in CAMPAIGNS:
        events += campaign(forum)
    return events


@every
def test_says_what_it_does_and_when_it_fails(cls: type[Heuristic]) -> None:
    told = describe(cls)
    assert told.summary
    assert told.fails_when
    assert {p.name for p in told.parameters} == set(inspect.signature(cls).parameters)
    assert all(p.meaning for p in told.parameters)
    assert all(p.default is not inspect.Parameter.empty for p in told.parameters)


@every
def test_same_answers_from_a_twin(cls: type[Heuristic]) -> None:
    first = cls()
    settings = {p.name: getattr(first, p.name) for p in describe(cls).parameters}
    twin = make(cls, settings)
    events = busy_day()
    assert signals(first, events) == signals(twin, events)


@every
def test_signals_are_well_formed(cls: type[Heuristic]) -> None:
    events = busy_day()
    authors = {event.id: event.author for event in events if isinstance(event, Post)}
    told: set[tuple[str | None, str]] = set()
    for signal in signals(cls(), events):
        assert 0.0 <= signal.strength <= 1.0
        assert authors[signal.post] == signal.author
        assert signal.reason
        if signal.cluster is not None:
            assert (signal.cluster, signal.post) not in told, "told twice"
            told.add((signal.cluster, signal.post))


@every
def test_bare_posts_and_profiles_are_no_trouble(cls: type[Heuristic]) -> None:
    bare = [
        Post(id=f"b{n}", thread=f"b{n}", author=f"a{n}", created_at=START, seen_at=START + n)
        for n in range(5)
    ]
    lost = Post(
        id="c", thread="gone", parent="gone too", author="a1", created_at=START, seen_at=START + 9
    )
    signals(cls(), [profile("a1", ""), *bare, lost])


HOSTILE = (
    "\x00\x1b]0;title\x07\x1b[2J",
    "\ud800 lone \udfff surrogates",
    "\u202eright to left\u202c" + "\u200b" * 500,
    "a" * 200_000,
    "{" * 5_000 + "}" * 5_000,
    '{"op":"' + "x" * 5_000,
    "@" * 3_000 + "$" * 3_000 + "#" * 3_000,
    "http://" * 2_000,
    "a." * 8_000,
    "-." * 8_000 + "com",
    "m/" * 5_000,
    "!launch {" * 1_000,
    '"' * 4_000,
    "\n" * 50_000,
    "\u0301" * 5_000,
    "test " * 20_000,
    "0x" + "f" * 10_000,
    "аa" * 8_000,
)


@every
def test_hostile_text_is_no_trouble(cls: type[Heuristic]) -> None:
    forum = Forum()
    events = [
        forum.post(f"villain\ud800{n}\x1b", text, n * 10 + k, title=text[:300])
        for n, text in enumerate(HOSTILE)
        for k in range(4)
    ]
    signals(cls(), events)


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
    class Broken(Taped):
        def observe(self, item: object) -> Iterable[Signal]:
            raise RuntimeError("no luck")

    broken = Broken(BUILT_IN["template"]())
    broken.name = "broken"  # type: ignore[misc]
    complaints: list[str] = []
    healthy = Taped(BUILT_IN["same-text"]())
    engine = Engine([broken, healthy], GroupTracker(), complain=complaints.append)
    forum = Forum()
    text = "One sentence that is long enough to be remembered by all who read it twice."
    for n in range(9):
        engine.feed(forum.post(f"copyist{SAYINGS[n][:3]}", text, n))
    assert len(healthy.tape) == 9
    assert len(complaints) == engine.health["broken"].failures == 3
    assert complaints[-1].endswith("switched off")


def test_input_is_left_as_it_was() -> None:
    events, again = busy_day(), busy_day()
    run(events)
    assert events == again
    assert START % SECOND == 0
