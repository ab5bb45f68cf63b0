"""From signals to a verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.heuristics.base import Signal
from moltwatch.heuristics.persona import prior, probability
from moltwatch.heuristics.verdict import Case, noisy_or
from moltwatch.model import Kind, Post


def case() -> Case:
    return Case(Post(id="p", thread="p", author="a", created_at=0, seen_at=0))


def signal(strength: float, reason: str = "because") -> Signal:
    return Signal(post="p", author="a", strength=strength, reason=reason)


@given(st.lists(st.floats(0, 1)))
def test_noisy_or_is_at_least_the_strongest_and_at_most_one(strengths: list[float]) -> None:
    together = noisy_or(strengths)
    assert max(strengths, default=0.0) - 1e-9 <= together <= 1.0


def test_hazards_of_one_family_count_once_and_of_two_together() -> None:
    one = case()
    one.add("x", Kind.HAZARD, "f", signal(0.4))
    one.add("y", Kind.HAZARD, "f", signal(0.3))
    assert one.fuse().score(Kind.HAZARD) == pytest.approx(0.4)
    one.add("z", Kind.HAZARD, "g", signal(0.5))
    assert one.fuse().score(Kind.HAZARD) == pytest.approx(0.7)


def test_persona_evidence_adds_up_and_may_speak_against() -> None:
    whole = case()
    before = prior(whole.post)
    whole.add("x", Kind.PERSONA, "f", signal(probability(before + 2.0)))
    alone = whole.fuse().score(Kind.PERSONA)
    assert alone >= 0.5
    whole.add("y", Kind.PERSONA, "g", signal(probability(before - 2.0)))
    assert whole.fuse().score(Kind.PERSONA) == pytest.approx(probability(before))
    assert [flag.heuristic for flag in whole.flags()] == ["x"]


def test_of_one_persona_family_the_strongest_counts_whichever_way() -> None:
    split = case()
    before = prior(split.post)
    split.add("x", Kind.PERSONA, "f", signal(probability(before + 0.5)))
    split.add("y", Kind.PERSONA, "f", signal(probability(before - 1.0)))
    assert split.fuse().score(Kind.PERSONA) == pytest.approx(probability(before - 1.0))


def test_kinds_do_not_mix() -> None:
    mixed = case()
    mixed.add("x", Kind.HAZARD, "f", signal(0.9))
    mixed.fuse()
    assert mixed.score(Kind.PERSONA) == mixed.score(Kind.COORDINATED) == 0.0


def test_a_heuristic_is_held_to_its_strongest_signal() -> None:
    held = case()
    assert held.add("x", Kind.HAZARD, "f", signal(0.6, "strong"))
    assert not held.add("x", Kind.HAZARD, "f", signal(0.2, "weak"))
    assert held.flags()[0].reason == "strong"


def test_reasons_come_strongest_first_and_quiet_ones_not_at_all() -> None:
    told = case()
    told.add("b", Kind.HAZARD, "f", signal(0.3))
    told.add("a", Kind.HAZARD, "g", signal(0.8))
    told.add("c", Kind.HAZARD, "h", signal(0.01))
    assert [flag.heuristic for flag in told.flags()] == ["a", "b"]
