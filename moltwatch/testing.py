"""What every heuristic must stand: ``check_heuristic`` for your own, in a test of yours.

    from moltwatch.testing import check_heuristic

    def test_shouting() -> None:
        check_heuristic(Shouting)

A heuristic is put through a small simulated forum with all its campaigns, through bare posts and
through hostile ones. It has to explain itself, say the same of the same stream again, leave its
input as it was, and give evidence whose sentences can be worded.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from copy import deepcopy
from functools import cache

from moltwatch.heuristics.base import Features, Heuristic, Text, check_evidence
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.heuristics.registry import check_class, describe, make
from moltwatch.model import AgentSeen, Event, Evidence, Kind, Post
from moltwatch.simulation.simulate import Settings, Simulation
from moltwatch.times import SECOND, Micros

__all__ = ["check_heuristic"]

_START: Micros = 1_800_000_000 * SECOND

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
    "\u0430a" * 8_000,
    "{n} {0.__class__} %s {who",
)
"""Texts that have hurt programs."""


def check_heuristic(cls: type[Heuristic], events: Iterable[Event] | None = None) -> None:
    """Check a heuristic with its default parameters. ``events`` are a stream in order of
    ``seen_at`` to try it on; a simulated one unless given. What a heuristic never finds in it is
    not checked: hand over events in which there is some.

    Raises AssertionError that says what is wrong.
    """
    _check_description(cls)
    stream = list(simulated()) if events is None else list(events)
    before = deepcopy(stream)
    found = _run(cls(), stream)
    _require(stream == before, cls, "changes the events that it is given")
    first = cls()
    settings = {given.name: getattr(first, given.name) for given in describe(cls).parameters}
    again = _run(make(cls, settings), stream)
    _require(found == again, cls, "says something else of the same stream the second time")
    _check_evidence(cls, found, stream)
    for unusual in (bare(), hostile()):
        _check_evidence(cls, _run(cls(), unusual), unusual)


def _check_description(cls: type[Heuristic]) -> None:
    try:
        check_class(cls)
    except TypeError as error:
        raise AssertionError(f"{cls.__name__}: {error}") from None
    about = describe(cls)
    _require(bool(about.summary), cls, "has no docstring")
    _require(bool(about.fails_when), cls, 'does not say when it is wrong: a section "Fails when"')
    first = cls()
    for given in about.parameters:
        named = f"parameter {given.name}"
        _require(bool(given.meaning), cls, f'{named} is not explained in a section "Parameters"')
        _require(given.default is not inspect.Parameter.empty, cls, f"{named} has no default")
        _require(hasattr(first, given.name), cls, f"{named} is no attribute of the same name")


def _check_evidence(cls: type[Heuristic], found: Sequence[Evidence], stream: list[Event]) -> None:
    authors = {event.id: event.author for event in stream if isinstance(event, Post)}
    told: set[tuple[str, str]] = set()
    listening = cls()
    for evidence in found:
        try:
            check_evidence(listening, evidence)
        except (TypeError, ValueError) as error:
            raise AssertionError(f"{cls.name}: {error}") from None
        if evidence.kind is not Kind.COORDINATED:
            continue
        for act in evidence.acts:
            _require(authors.get(act.post) == act.author, cls, f"speaks of {act}, never seen")
            key = (evidence.cluster or "", act.post)
            _require(key not in told, cls, f"tells of {act.post} twice")
            told.add(key)


def _require(holds: bool, cls: type[Heuristic], otherwise: str) -> None:
    if not holds:
        raise AssertionError(f"{cls.name}: {otherwise}")


class _Listening(Heuristic):
    """Passes on what another heuristic answers, and keeps it."""

    def __init__(self, asked: Heuristic) -> None:
        vars(self).update(name=asked.name, kind=asked.kind, family=asked.family)
        self._asked = asked
        self.found: list[Evidence] = []

    def read(self, text: Text) -> object:
        return text.shown_to(self._asked)

    def observe(self, item: Features) -> Iterable[Evidence]:
        return self._keep(self._asked.observe(item))

    def profile(self, agent: AgentSeen) -> Iterable[Evidence]:
        return self._keep(self._asked.profile(agent))

    def advance(self, now: Micros) -> Iterable[Evidence]:
        return self._keep(self._asked.advance(now))

    def _keep(self, answer: Iterable[Evidence]) -> list[Evidence]:
        found = list(answer)
        self.found += found
        return found


def _run(heuristic: Heuristic, stream: Iterable[Event]) -> list[Evidence]:
    """All that a heuristic finds in a stream."""
    listening = _Listening(heuristic)

    def fail(sentence: str) -> None:
        raise AssertionError(sentence)

    engine = Engine([listening], GroupTracker(), complain=fail)
    for event in stream:
        engine.feed(event)
    engine.finish()
    return listening.found


@cache
def simulated() -> tuple[Event, ...]:
    """Two hours of a simulated forum with every campaign."""
    return tuple(Simulation(Settings(hours=2.0, rate=14.0, seed=5)).events())


def bare() -> list[Event]:
    """Posts with nothing in them, a profile without a word, an answer to what was never seen."""
    posts: list[Event] = [
        Post(id=f"b{n}", thread=f"b{n}", author=f"a{n}", created_at=_START, seen_at=_START + n)
        for n in range(5)
    ]
    lost = Post(
        id="lost", thread="gone", parent="gone too", author="a1", created_at=0, seen_at=_START + 9
    )
    return [AgentSeen(name="a1", bio="", seen_at=_START), *posts, lost]


def hostile() -> list[Event]:
    """Every hostile text from four accounts, as title and text."""
    texts = [(text, n, k) for n, text in enumerate(HOSTILE) for k in range(4)]
    return [
        Post(
            id=f"h{n}.{k}",
            thread=f"h{n}.{k}",
            author=f"villain\ud800{k}\x1b",
            title=text[:300],
            text=text,
            created_at=_START + (n * 10 + k) * SECOND,
            seen_at=_START + (n * 10 + k) * SECOND,
        )
        for text, n, k in texts
    ]
