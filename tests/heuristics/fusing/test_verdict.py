"""From signals to a verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.heuristics.base import Signal
from moltwatch.odds import noisy_or, probability
from moltwatch.heuristics.persona.weights import prior
from moltwatch.heuristics.fusing.verdict import Case, Said
from moltwatch.model import Kind, Post


def said(heuristic: str, kind: Kind, family: str, strength: float, reason: str = "because") -> Said:
    signal = Signal(post="p", author="a", strength=strength, reason=reason)
    return heuristic, kind, family, signal


def case(*everything: Said) -> Case:
    """A case on a post of which all this was said."""
    case = Case(Post(id="p", thread="p", author="a", created_at=0, seen_at=0))
    case.weigh(everything)
    for one in everything:
        case.hold(one)
    return case


BEFORE = prior(case().post)


@given(st.lists(st.floats(0, 1)))
def test_noisy_or_is_at_least_the_strongest_and_at_most_one(strengths: list[float]) -> None:
    together = noisy_or(strengths)
    assert max(strengths, default=0.0) - 1e-9 <= together <= 1.0


def test_hazards_of_one_family_count_once_and_of_two_together() -> None:
    family = said("x", Kind.HAZARD, "f", 0.4), said("y", Kind.HAZARD, "f", 0.3)
    assert case(*family).score(Kind.HAZARD) == pytest.approx(0.4)
    both = case(*family, said("z", Kind.HAZARD, "g", 0.5))
    assert both.score(Kind.HAZARD) == pytest.approx(0.7)


def test_what_its_author_keeps_saying_adds_nothing() -> None:
    muted = Signal(post="p", author="a", strength=0.45, reason="again", muted=True)
    refrains = ("x", Kind.HAZARD, "f", muted), ("y", Kind.HAZARD, "g", muted)
    assert case(*refrains).score(Kind.HAZARD) == 0.45
    news = said("z", Kind.HAZARD, "h", 0.7)
    assert case(*refrains, news).score(Kind.HAZARD) == pytest.approx(0.7)


def test_persona_evidence_adds_up_and_may_speak_against() -> None:
    acts = said("x", Kind.PERSONA, "f", probability(BEFORE + 2.0))
    assert case(acts).score(Kind.PERSONA) >= 0.5
    whole = case(acts, said("y", Kind.PERSONA, "g", probability(BEFORE - 2.0)))
    assert whole.score(Kind.PERSONA) == pytest.approx(probability(BEFORE))
    assert [flag.heuristic for flag in whole.flags()] == ["x"]


def test_of_one_persona_family_the_strongest_counts_whichever_way() -> None:
    split = case(
        said("x", Kind.PERSONA, "f", probability(BEFORE + 0.5)),
        said("y", Kind.PERSONA, "f", probability(BEFORE - 1.0)),
    )
    assert split.score(Kind.PERSONA) == pytest.approx(probability(BEFORE - 1.0))


def test_kinds_do_not_mix() -> None:
    mixed = case(said("x", Kind.HAZARD, "f", 0.9))
    assert mixed.score(Kind.PERSONA) == mixed.score(Kind.COORDINATED) == 0.0


def test_a_heuristic_is_held_to_its_strongest_signal() -> None:
    held = case(
        said("x", Kind.HAZARD, "f", 0.6, "strong"), said("x", Kind.HAZARD, "f", 0.2, "weak")
    )
    assert [flag.reason for flag in held.flags()] == ["strong"]


def test_reasons_come_strongest_first_and_quiet_ones_not_at_all() -> None:
    told = case(
        said("b", Kind.HAZARD, "f", 0.3),
        said("a", Kind.HAZARD, "g", 0.8),
        said("c", Kind.HAZARD, "h", 0.01),
    )
    assert [flag.heuristic for flag in told.flags()] == ["a", "b"]


def test_reasons_of_other_kinds_may_be_left_out() -> None:
    told = case(said("a", Kind.HAZARD, "f", 0.8), said("b", Kind.COORDINATED, "g", 0.9))
    assert [flag.heuristic for flag in told.flags((Kind.COORDINATED,))] == ["b"]
