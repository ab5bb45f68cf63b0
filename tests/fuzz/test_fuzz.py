"""A few worse inputs for every parser; many more by hand, see :mod:`tests.fuzz`."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.fuzz.__main__ import fuzz
from tests.fuzz.mutate import LONGEST, mutated
from tests.fuzz.targets import Target, targets

CASES = 40
"""Inputs of each."""


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_what_nobody_would_send_is_refused_and_nothing_else_happens(target: Target) -> None:
    for seed in target.seeds():
        try:
            target.run(seed)
        except target.may_raise:
            continue
    found = list(fuzz(target, Random(f"{target.name} 1"), CASES))
    assert not found, f"{found[0].error!r} for {found[0].data!r}"


def test_a_parser_that_fails_is_found_with_what_it_failed_at() -> None:
    def run(data: bytes) -> None:
        if b"null" in data:
            raise KeyError("null")

    target = Target("failing", run, lambda: [b'{"a": 1, "b": [2]}'], (ValueError,))
    found = list(fuzz(target, Random(1), 500))
    assert found and all(b"null" in each.data for each in found)


def test_inputs_become_worse_in_many_ways_and_never_too_long() -> None:
    rng, seed = Random(7), b'{"id": "1", "votes": [1, 2], "author": {"name": "ada"}}'
    made = [mutated(seed, rng, [b"other"]) for _ in range(500)]
    assert max(map(len, made)) <= LONGEST and len(set(made)) > 400
    assert Counter(b"null" in each for each in made)[True] > 10
    assert [mutated(seed, Random(3), [b"x"]), made[0]] == [
        mutated(seed, Random(3), [b"x"]),
        mutated(seed, Random(7), [b"other"]),
    ]
