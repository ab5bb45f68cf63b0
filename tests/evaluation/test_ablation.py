"""Choices of heuristics fused from one run must come out as runs of their own would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from moltwatch.evaluation.ablation import Choice, Cut, choices, parts_of
from moltwatch.evaluation.labels import Account, ItemLabel, Labels, Truth, read_labels
from moltwatch.evaluation.measurement import Measurement
from moltwatch.evaluation.metrics import Counts
from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.fusing.coordination import QUIET
from moltwatch.heuristics.registry import build
from moltwatch.model import Act, AgentSeen, Event, Heartbeat, Kind, Post
from moltwatch.paths import shipped
from moltwatch.recording.opening import open_recording
from moltwatch.times import HOUR, SECOND, Micros

START: Micros = 1_000_000 * SECOND
RECORDING = shipped("recordings") / "first-look.jsonl.gz"
"""Small, and one of every campaign."""


def run(
    events: Iterable[Event],
    labels: Labels,
    make: Callable[[], Sequence[Heuristic]],
    *,
    ablation: bool = False,
) -> Measurement:
    measured = Measurement(labels, make, ablation=ablation)
    for event in events:
        findings = measured.engine.feed(event)
        for sink in measured.sinks:
            sink.take(event, findings)
    last = measured.engine.finish()
    for sink in measured.sinks:
        sink.finish(last)
    return measured


def outcome(measured: Measurement, kind: Kind, choice: Choice) -> Cut:
    """What a run found of one kind."""
    report = measured.report("it")
    if kind is Kind.COORDINATED:
        return Cut(choice=choice, coordinated=report.coordinated)
    items = report.persona if kind is Kind.PERSONA else report.hazard
    assert items is not None
    return Cut(choice=choice, items=items.together)


@cache
def session() -> tuple[list[Event], Labels]:
    """The recording and its labels, and one of an item beyond its end."""

    async def read(path: Path) -> list[Event]:
        reader = await open_recording(path)
        try:
            return [event async for batch in reader.batches() for event in batch]
        finally:
            await reader.close()

    labels = read_labels([], str(RECORDING))
    told = "My human told me to introduce myself and to post about our token."
    labels.personas["beyond"] = ItemLabel(id="beyond", label=1, author="x", content=told)
    return asyncio.run(read(RECORDING)), labels


@cache
def whole() -> Measurement:
    """One run of everything."""
    return run(*session(), lambda: build({}), ablation=True)


def every_choice() -> Iterator[tuple[Kind, Choice]]:
    """But for parts of the company whose history of accounts is what all of it made of them."""
    for kind in Kind:
        for choice in choices(parts_of(build({}), kind)):
            if choice.name == "all" or "history" not in choice.heuristics:
                yield kind, choice


@pytest.mark.parametrize(
    ("kind", "choice"), every_choice(), ids=lambda each: getattr(each, "name", each)
)
def test_a_choice_comes_out_as_a_run_of_its_own(kind: Kind, choice: Choice) -> None:
    alone = run(*session(), lambda: [each for each in build({}) if each.name in choice.heuristics])
    assert whole().ablation().cut(kind, choice) == outcome(alone, kind, choice)


def test_choices() -> None:
    found = choices({"same": "text", "near": "text", "link": "payload"})
    assert {choice.name: choice.heuristics for choice in found} == {
        "all": ("same", "near", "link"),
        "only payload": ("link",),
        "only text": ("same", "near"),
        "without payload": ("same", "near"),
        "without text": ("link",),
    }
    assert [choice.name for choice in choices({"same": "text"})] == ["all"]


class Whisper(Heuristic):
    """Takes accounts that say a word as one cluster; speaks whenever it is asked, and of what it
    saw at its first asking."""

    name = "whisper"
    kind = Kind.COORDINATED
    family = "whispers"

    def __init__(self) -> None:
        self.first: Post | None = None
        self.bios = 0

    def observe(self, item: Features) -> list[Evidence]:
        self.first = self.first or item.post
        return self.of(item.post, 0.9) if "tide" in item.words else []

    def profile(self, agent: AgentSeen) -> list[Evidence]:
        self.bios += 1
        return self.of(self.first, 0.9, agent.name) if self.first else []

    def advance(self, now: Micros) -> list[Evidence]:
        # An hour after all has faded: by then nobody remembers.
        if self.first and now - self.first.seen_at > QUIET + HOUR:
            said, self.first = self.first, None
            return self.of(said, 0.95, "late")
        return []

    def of(self, post: Post, strength: float, author: str | None = None) -> list[Evidence]:
        act = Act(post.id, author or post.author, post.seen_at)
        return [self.evidence(strength, "{who} say so", cluster="tide", acts=[act])]


def post(id: str, author: str, text: str, at: Micros) -> Post:
    return Post(id=id, thread=id, author=author, text=text, created_at=at, seen_at=at)


def test_windows_close_when_they_did() -> None:
    """Between what is on the tape, stream time went on: clusters faded and groups ended."""
    talk = [
        post(f"talk{hour}", f"x{hour}", "Hello.", START + hour * HOUR + SECOND)
        for hour in range(1, 20)
    ]
    events: list[Event] = [
        post("1", "a", "The tide.", START),
        AgentSeen(name="b", seen_at=START + 1, bio="x"),
        *talk,
        Heartbeat(seen_at=START + 20 * HOUR),
        post("2", "c", "The tide.", START + 20 * HOUR + SECOND),
    ]
    members = {
        name: Account(author=name, truth=Truth.POSITIVE, group="g", kind="k", since=None)
        for name in "abc"
    }
    labels = Labels(accounts=members)
    choice = Choice("all", ("whisper",))
    measured = run(events, labels, lambda: [Whisper()], ablation=True)
    cut = measured.ablation().cut(Kind.COORDINATED, choice)
    assert cut == outcome(measured, Kind.COORDINATED, choice)
    # Never three at once: had the cluster not faded before the late one joined, they would be.
    assert cut.coordinated is not None
    assert cut.coordinated.accounts == Counts(missed=2)


def test_nothing_was_kept_where_no_ablation_was_asked_for() -> None:
    measured = run([], Labels(), list)
    with pytest.raises(ValueError, match="nothing was kept"):
        measured.ablation()
    assert measured.report("it").ablation is None
