"""From evidence to the verdict on a post, each kind its own way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from moltwatch.heuristics.fusing.hazard import HazardFuser
from moltwatch.heuristics.fusing.open_posts import OpenPost
from moltwatch.heuristics.fusing.persona import PersonaFuser
from moltwatch.heuristics.persona.weights import above_threshold
from moltwatch.model import Evidence, Kind, Mark, Post
from moltwatch.odds import log_odds, noisy_or, probability

POST = Post(id="p", thread="p", author="a", created_at=0, seen_at=0)
BEFORE = above_threshold(POST, 0.0)


def hazard(heuristic: str, family: str, danger: float, says: str = "because") -> Evidence:
    return Evidence(heuristic, Kind.HAZARD, family, log_odds(danger), (Mark(says),))


def persona(heuristic: str, family: str, weight: float) -> Evidence:
    marks = (Mark("is so", weight=weight),)
    return Evidence(heuristic, Kind.PERSONA, family, weight, marks)


def opened(fuser: PersonaFuser | HazardFuser, *found: Evidence) -> OpenPost:
    """A post of which all this was found."""
    post = OpenPost(POST)
    for evidence in found:
        post.hold(fuser.told(POST, evidence))
    return post


@given(st.lists(st.floats(0, 1)))
def test_noisy_or_is_at_least_the_strongest_and_at_most_one(strengths: list[float]) -> None:
    together = noisy_or(strengths)
    assert max(strengths, default=0.0) - 1e-9 <= together <= 1.0


def test_hazards_of_one_family_count_once_and_of_two_together() -> None:
    family = [hazard("x", "f", 0.4), hazard("y", "f", 0.3)]
    assert HazardFuser().score(POST, family) == pytest.approx(0.4)
    both = [*family, hazard("z", "g", 0.5)]
    assert HazardFuser().score(POST, both) == pytest.approx(0.7)


def test_what_its_author_keeps_saying_adds_nothing() -> None:
    refrains = [
        structs.replace(hazard(heuristic, family, 0.45), muted=True)
        for heuristic, family in ("xf", "yg")
    ]
    assert HazardFuser().score(POST, refrains) == pytest.approx(0.45)
    news = hazard("z", "h", 0.7)
    assert HazardFuser().score(POST, [*refrains, news]) == pytest.approx(0.7)


def test_persona_evidence_adds_up_and_may_speak_against() -> None:
    acts, converses = persona("x", "f", 2.0 - BEFORE), persona("y", "g", BEFORE - 2.0)
    assert PersonaFuser().score(POST, [acts]) >= 0.5
    whole = PersonaFuser().score(POST, [acts, converses])
    assert whole == pytest.approx(probability(BEFORE))
    flags = opened(PersonaFuser(), acts, converses).flags()
    assert [flag.heuristic for flag in flags] == ["x"]


def test_of_one_persona_family_the_strongest_counts_whichever_way() -> None:
    split = [persona("x", "f", 0.5), persona("y", "f", -1.0)]
    assert PersonaFuser().score(POST, split) == pytest.approx(probability(BEFORE - 1.0))


def test_a_persona_flag_tells_its_most_telling_marks_first() -> None:
    marks = (Mark("is long", weight=-0.5), Mark("shouts", weight=0.2), Mark("signs", weight=1.0))
    evidence = Evidence("x", Kind.PERSONA, "f", 0.7, marks)
    assert PersonaFuser().told(POST, evidence).reason == "signs; shouts"


def test_a_heuristic_is_held_to_its_strongest_evidence() -> None:
    held = opened(HazardFuser(), hazard("x", "f", 0.6, "strong"), hazard("x", "f", 0.2, "weak"))
    assert [flag.reason for flag in held.flags()] == ["strong"]


def test_reasons_come_strongest_first_and_quiet_ones_not_at_all() -> None:
    told = opened(
        HazardFuser(), hazard("b", "f", 0.3), hazard("a", "g", 0.8), hazard("c", "h", 0.01)
    )
    assert [flag.heuristic for flag in told.flags()] == ["a", "b"]


def test_reasons_of_other_kinds_may_be_left_out() -> None:
    told = opened(HazardFuser(), hazard("a", "f", 0.8))
    assert told.flags((Kind.COORDINATED,)) == ()
    assert [flag.heuristic for flag in told.flags((Kind.HAZARD,))] == ["a"]
