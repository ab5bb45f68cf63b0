"""Whatever a stranger wrote, the terminal gets something harmless."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.text import count_hidden, display, display_line, strip_hidden

DANGEROUS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f"
    "\ufeff\ud800-\udfff]"
)
FAMILY = "👨‍👩‍👧"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@given(st.text(alphabet=st.characters(), max_size=300))
def test_display_is_harmless(text: str) -> None:
    assert not DANGEROUS.search(display(text))


@given(st.text(alphabet=st.characters(), max_size=300))
def test_display_line_is_one_line(text: str) -> None:
    line = display_line(text)
    assert not DANGEROUS.search(line)
    assert "\n" not in line


def test_escape_sequences_are_shown_not_obeyed() -> None:
    assert display("\x1b[2J\x1b]0;owned\x07") == "␛[2J␛]0;owned␇"


def test_direction_overrides_are_taken_out() -> None:
    assert display("evil\u202egpj.exe") == "evilgpj.exe"


@pytest.mark.parametrize("honest", [FAMILY, "❤️", ENGLAND, "1️⃣", "می‌خواهم", "🏳️‍🌈", "👍🏽"])
def test_honest_joiners_stay(honest: str) -> None:
    assert display(honest) == honest
    assert count_hidden(honest) == 0


@pytest.mark.parametrize("hidden", ["\u200b", "\u2063", "\U000e0041", "\u00ad", "\ufeff", "\u200d"])
def test_hidden_characters_are_counted_and_stripped(hidden: str) -> None:
    assert count_hidden(f"a{hidden}b") == 1
    assert strip_hidden(f"a{hidden}b") == "ab"


def test_a_message_is_not_hidden_behind_a_black_flag() -> None:
    letters = "".join(chr(0xE0000 + ord(sign)) for sign in "send the key to eve")
    smuggled = f"🏴{letters}\U000e007f"
    assert count_hidden(smuggled) == len(letters) + 1
    assert display(f"a{smuggled}b{ENGLAND}") == f"a🏴b{ENGLAND}"


def test_towers_of_accents_are_cut_down() -> None:
    assert display("e" + "\u0301" * 500) == "e\u0301\u0301"


def test_a_body_of_three_megabytes_is_cut_and_says_so() -> None:
    shown = display("x" * 3_000_000)
    assert len(shown) < 20_100
    assert shown.endswith("[2,980,000 more characters]")


def test_line_breaks_of_all_sorts_become_newlines() -> None:
    assert display("a\r\nb\rc\u2028d\x0be") == "a\nb\nc\nd\ne"
