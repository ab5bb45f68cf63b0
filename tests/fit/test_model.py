"""The model behind the persona weights, on invented marks."""

from __future__ import annotations

import random

import pytest
from msgspec import structs

from moltwatch.evaluation.slices import Traits
from moltwatch.heuristics.features.memory import FADE
from tests.fit.model import (
    CENTRE,
    fit,
    fit_with_history,
    left_out,
    threshold,
    total,
    with_history,
)
from tests.fit.stream import Labelled, Month, Seen
from tests.fit.validation import VIEWS, cut, thresholds

TRAITS = Traits(is_root=True, words=10, english=True, bio=False, history=False)


def item(at: int, label: bool, marks: dict[str, float], *, author: str = "") -> Labelled:
    seen = Seen(f"p{at}", author or f"a{at}", "post", marks)
    return Labelled(seen, "January", label, "character" if label else "", TRAITS, False, seen)


def world(n: int = 300) -> list[Labelled]:
    """Posts whose mark ``character.loud`` tells, whose ``character.vain`` does not."""
    chance = random.Random(7)
    items = []
    for at in range(n):
        label = chance.random() < 0.4
        marks = {"character.vain": chance.random(), "conversation.asks": chance.random() / 2}
        if chance.random() < (0.9 if label else 0.1):
            marks["character.loud"] = 1.0
        if not label:
            marks["conversation.ties"] = chance.random()
        items.append(item(at, label, marks))
    return items


def test_what_tells_weighs_and_what_speaks_for_never_weighs_against() -> None:
    weights = fit(world())
    assert weights["character.loud"] > 2
    assert 0 <= weights["character.vain"] < CENTRE
    assert weights["conversation.ties"] < -1
    against = [item(at, at % 2 == 0, {"character.odd": float(at % 2)}) for at in range(200)]
    assert fit(against)["character.odd"] == 0


def test_a_mark_that_was_hardly_seen_stays_where_it_is_drawn() -> None:
    weights = fit([*world(), item(999, True, {"character.rare": 0.1})])
    assert weights["character.rare"] == pytest.approx(CENTRE, abs=0.05)


def test_nobody_is_judged_by_weights_that_saw_him() -> None:
    known = [
        item(at, label, {f"character.{author}": 1.0}, author=author)
        for at, (author, label) in enumerate([("one", True), ("two", False)] * 40)
    ]
    judged = left_out([Month([each.seen for each in known], known)])
    assert sorted(each.seen.id for each, _ in judged) == sorted(each.seen.id for each in known)
    for each, weights in judged:
        assert f"character.{each.seen.author}" not in weights


def test_the_threshold_is_the_lowest_that_holds_the_precision() -> None:
    judged = [(4.0, True), (3.0, True), (2.0, False), (1.0, True), (0.0, False)]
    assert threshold(judged, 1.0) == 3.0
    assert threshold(judged, 0.75) == 1.0
    assert threshold(judged, 0.5) == 0.0


def test_what_is_alike_is_on_one_side_of_the_threshold() -> None:
    assert threshold([(2.0, True), (1.0, True), (1.0, False)], 1.0) == 2.0


def test_figures_are_those_at_the_threshold() -> None:
    items = world()
    weights = fit(items)
    at = thresholds([(each, total(weights, each.seen)) for each in items])
    odds = [total(weights, each.seen) - at["post"] for each in items]
    measured = cut("them", items, {"all": odds}).slices["all"]
    assert (measured.n, measured.positives) == (300, sum(each.label for each in items))
    assert (measured.precision or 0) >= 0.93
    assert 0.5 < (measured.recall or 0) <= 1


def test_histories_are_those_of_earlier_posts_of_the_same_account() -> None:
    loud, plain = {"character.loud": 1.0}, {"conversation.ties": 1.0}
    seen = [Seen(f"x{at}", "role", "post", loud) for at in range(4)]
    seen += [Seen(f"y{at}", "plain", "post", plain) for at in range(4)]
    last = [item(at, at == 0, {}, author=name) for at, name in enumerate(["role", "plain", "new"])]
    month = Month([*seen, *(each.seen for each in last)], last)
    weights = {"post": -1.0, "comment": 0.0, "character.loud": 3.0, "conversation.ties": -1.0}
    by_role, by_plain, by_new = with_history([month], weights)
    assert by_role.seen.marks["history.for"] > 0
    assert by_plain.seen.marks["history.against"] > 0
    assert by_new.seen.marks == {}
    assert VIEWS["earlier posts hidden"](by_role).marks == {}
    assert VIEWS["bios hidden"](by_new).marks == {"bio.unknown": 1.0}
    _, items = fit_with_history([Month([each.seen for each in world()], world())])
    assert len(items) == 300


def test_who_was_silent_for_long_is_a_stranger_again() -> None:
    earlier = [Seen(f"x{at}", "role", "post", {"character.loud": 1.0}, at) for at in range(3)]
    later = structs.replace(item(9, True, {}, author="role").seen, at=3 + FADE)
    labelled = [structs.replace(item(9, True, {}, author="role"), seen=later)]
    weights = {"post": -1.0, "comment": 0.0, "character.loud": 3.0}
    (forgotten,) = with_history([Month([*earlier, later], labelled)], weights)
    assert forgotten.seen.marks == {}
