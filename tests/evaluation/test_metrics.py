"""Measures against values worked out by hand and against their definitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.evaluation.metrics import (
    Bin,
    Counts,
    Pair,
    auc,
    brier,
    calibration_error,
    reliability,
)

PAIRS: list[Pair] = [(0.1, False), (0.4, True), (0.4, False), (0.8, True)]


def test_auc_of_known_cases() -> None:
    assert auc([(0.1, False), (0.4, False), (0.35, True), (0.8, True)]) == 0.75
    assert auc(PAIRS) == 0.875  # one tie between the classes counts half
    assert auc([(0.2, True), (0.2, False)]) == 0.5
    assert auc([(0.9, False), (0.1, True)]) == 0.0


@pytest.mark.parametrize("truth", [True, False])
def test_auc_of_one_class_is_undefined(truth: bool) -> None:
    assert auc([(0.3, truth), (0.6, truth)]) is None
    assert auc([]) is None


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.booleans()), max_size=25))
def test_auc_is_the_share_of_pairs_in_the_right_order(pairs: list[Pair]) -> None:
    true = [score for score, truth in pairs if truth]
    untrue = [score for score, truth in pairs if not truth]
    wins = sum((a > b) + (a == b) / 2 for a in true for b in untrue)
    if true and untrue:
        assert auc(pairs) == pytest.approx(wins / (len(true) * len(untrue)))
    else:
        assert auc(pairs) is None


def test_counts() -> None:
    counts = Counts.at(0.4, PAIRS)
    assert counts == Counts(hits=2, false=1, missed=0)
    assert (counts.precision, counts.recall, counts.f1) == (2 / 3, 1.0, 0.8)
    assert Counts.at(0.5, PAIRS) == Counts(hits=1, false=0, missed=1)
    nothing = Counts()
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert Counts(missed=3).f1 == 0.0


def test_brier() -> None:
    assert brier([(1.0, True), (0.0, False)]) == 0
    assert brier([(0.5, True), (0.5, False)]) == 0.25
    assert brier([(0.8, True), (0.4, False)]) == pytest.approx(0.1)
    assert brier([]) is None


def test_reliability() -> None:
    assert reliability([(0.0, False), (0.09, False), (0.5, True), (0.55, False), (1.0, True)]) == [
        Bin(low=0.0, high=0.1, n=2, mean_score=0.045, share=0.0),
        Bin(low=0.5, high=0.6, n=2, mean_score=0.525, share=0.5),
        Bin(low=0.9, high=1.0, n=1, mean_score=1.0, share=1.0),
    ]


def test_calibration_error() -> None:
    # Nine items that are told 0.9 of which two thirds are true, and one that is rightly told 0.
    pairs = [*[(0.9, True)] * 6, *[(0.9, False)] * 3, (0.0, False)]
    assert calibration_error(reliability(pairs)) == pytest.approx(0.9 * (0.9 - 2 / 3))
    assert calibration_error(reliability([(1.0, True), (0.0, False)])) == 0
    assert calibration_error([]) is None
