"""What cannot be seen in a text, and what differs between copies, is found where it stands."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from moltwatch.text import count_hidden, differing, fold, hidden_runs, look_alikes

SIGNS = "ab 1\u200b\u200d\u202e\ufe0f\U000e0061🏴\U0001f9d1е"


def test_hidden_characters_are_named_by_the_row() -> None:
    spelt = "".join(chr(0xE0000 + ord(letter)) for letter in "obey me")
    text = f"a\u200b\u200b\u200bb{spelt}c\u200b\u2060\u200c\u2061\u2062d\u202e"
    told = [(start, end, what) for start, end, what in hidden_runs(text)]
    assert told == [
        (1, 4, "U+200B ×3"),
        (5, 12, "invisible “obey me”"),
        (13, 18, "5 invisible: U+200B U+2060 U+200C …"),
        (19, 20, "U+202E"),
    ]
    assert hidden_runs("plain") == hidden_runs("👩\u200d🚀 joined honestly") == []


@given(st.text(SIGNS, max_size=40))
def test_the_rows_are_all_that_is_hidden(text: str) -> None:
    runs = hidden_runs(text)
    assert sum(end - start for start, end, _ in runs) == count_hidden(text)
    assert all(a[1] < b[0] for a, b in pairwise(runs))


def test_look_alikes_stand_in_words_of_two_alphabets() -> None:
    text = "это pаypаl, not привет"
    places = look_alikes(text)
    assert places == [(5, "a"), (8, "a")]
    for at, letter in places:
        assert fold(text)[at] == letter
    assert look_alikes("привет мир, hello world") == []


def test_what_a_form_has_for_slots_is_marked() -> None:
    copies = [
        f"The swarm has arrived. Agent Smith {n} salutes m/general, all of it." for n in range(9)
    ]
    slots, alike = differing(copies[0], [*copies[1:], "nothing like it at all, my friends"])
    assert [copies[0][start:end] for start, end in slots] == ["0"]
    assert alike == list(range(8))
    assert differing("nobody says this", copies) == ([], [])
    assert differing("", [""]) == ([], [])


@given(st.text(SIGNS, max_size=30), st.lists(st.text(SIGNS, max_size=30), max_size=4))
def test_slots_lie_within_the_text_and_apart(text: str, others: list[str]) -> None:
    slots, alike = differing(text, others)
    assert all(0 <= start < end <= len(text) for start, end in slots)
    assert all(a[1] <= b[0] for a, b in pairwise(slots))
    assert all(0 <= at < len(others) for at in alike)
