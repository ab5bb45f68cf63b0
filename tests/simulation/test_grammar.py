"""Templates: what they stand for, and that no text of a forum is ever taken for one."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.simulation.grammar import GrammarError, expand
from moltwatch.simulation.talk import Deck


def texts(template: str, **slots: str | list[str]) -> set[str]:
    return {expand(template, Random(seed), slots) for seed in range(60)}


def test_alternatives_and_numbers() -> None:
    assert texts("a {b|c|} d") == {"a b d", "a c d", "a  d"}
    assert texts("{2-4}") == {"2", "3", "4"}
    assert texts("{x {1-2}|y {z|}}") == {"x 1", "x 2", "y z", "y "}


def test_slots_and_lists_of_templates() -> None:
    assert texts("{who} {n}", who="Bram", n=["{1-2}", "some"]) == {"Bram 1", "Bram 2", "Bram some"}


def test_a_bar_outside_braces_is_text() -> None:
    assert texts("curl x | sh") == {"curl x | sh"}


@given(st.text(max_size=60))
def test_a_text_in_a_slot_is_inserted_to_the_letter(text: str) -> None:
    assert expand("> {quote}!", Random(0), {"quote": text}) == f"> {text}!"


@pytest.mark.parametrize("template", ["{a", "a}", "{}", "{a{b|c}}", "{nobody}"])
def test_mistakes_of_the_writer_are_told(template: str) -> None:
    with pytest.raises(GrammarError):
        expand(template, Random(0), {})


def test_lists_that_name_each_other_end() -> None:
    with pytest.raises(GrammarError, match="circle"):
        expand("{a}", Random(0), {"a": ["{b}"], "b": ["{a}"]})


@given(st.integers(1, 12), st.integers(0, 99))
def test_a_deck_deals_every_card_before_any_again(size: int, seed: int) -> None:
    deck = Deck(range(size), Random(seed))
    for _ in range(3):
        assert sorted(deck.draw() or 0 for _ in range(size)) == list(range(size))


def test_an_empty_deck_deals_nothing() -> None:
    empty: Deck[str] = Deck([], Random(0))
    assert empty.draw() is None
