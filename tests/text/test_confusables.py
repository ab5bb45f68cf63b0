"""Names that look the same have one skeleton, by Unicode's table."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.text import fold
from moltwatch.text.confusables import letters_that_pass, skeleton, stand_ins
from tests.confusables import HERE, compact, head_of

NAMES = st.text(st.sampled_from("abIl1|O0mrn.K\u0430\u0435\u041a\uff33\u200b\u0301éﬁ\U0001d403"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypal", "p\u0430yp\u0430l"),
        ("scope", "\u0455\u0441\u043e\u0440\u0435"),  # Cyrillic throughout
        ("paypal", "paypaI"),
        ("paypal", "paypa1"),
        ("MOLT", "M0LT"),
        ("molt", "rnolt"),
        ("Dog", "\uff24og"),
        ("Dog", "\U0001d403og"),
        ("caf\u00e9", "cafe\u0301"),
        ("molt", "mo\u2060lt"),
    ],
)
def test_what_looks_the_same_has_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("bot_1", "bot_2"), ("molt", "m0lt"), ("molt", "MOLT"), ("a_b", "a-b"), ("мир", "mup")],
)
def test_what_looks_different_has_two(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


def test_what_stands_for_what_is_told_letter_by_letter() -> None:
    assert stand_ins("p\u0430ypa1", "paypal") == [("\u0430", "a"), ("1", "l")]
    assert stand_ins("rnolt", "molt") == [("rn", "m")]
    assert stand_ins("molt", "molt") == []


@given(NAMES)
def test_a_skeleton_has_itself_for_a_skeleton(name: str) -> None:
    assert skeleton(skeleton(name)) == skeleton(name)
    assert stand_ins(name, name) == []


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_names_can_be_compared(one: str, other: str) -> None:
    for mine, theirs in stand_ins(one, other):
        assert mine in one and theirs in other and mine != theirs


def test_letters_that_pass_in_texts_come_from_the_same_table() -> None:
    letters = letters_that_pass()
    for letter, latin in zip(
        "аеорсухіјѕһԁкмтнвαορνιτκυχ", "aeopcyxijshdkmthbaopvitkux", strict=True
    ):
        assert letters[ord(letter)] == latin
        assert fold(f"{letter}xq") == f"{latin}xq"
    assert fold("5μm and 3σx") == "5μm and 3σx", "units and formulas are honest"


def test_the_table_is_what_its_maker_makes_of_unicode_s_file() -> None:
    table = HERE.read_text("ascii")
    head = head_of(table)
    original = ["# Version: 99.0.0", "", "0021 ;\t01C3 ;\tMA\t# ( ! )", "# total: 6565"]
    made = compact("\n".join(original), head)
    assert made.removeprefix(head_of(made)) == "1C3;21\n"
    assert "Version: 99.0.0" in head_of(made)
    assert "UNICODE LICENSE V3" in head
    lines = [line.partition(";") for line in table.removeprefix(head).splitlines()]
    again = [f"{code} ; {looks} ; MA" for looks, _, codes in lines for code in codes.split()]
    # Four digits at least, as Unicode writes them.
    padded = [
        " ".join(
            part.zfill(4) if part.isalnum() and part != "MA" else part for part in line.split()
        )
        for line in again
    ]
    version = next(line for line in head.splitlines() if line.startswith("# Version"))
    assert compact("\n".join([version, *padded]), head) == table


def test_what_is_no_such_file_is_told() -> None:
    with pytest.raises(ValueError, match=r"Unicode's confusables\.txt"):
        compact("{}", "# Version: 1")


def test_the_table_is_read_only_when_it_is_needed() -> None:
    asks = (
        "from moltwatch.text import confusables, fold; fold('plain ' * 9); fold('мир'); "
        "assert confusables._table.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", asks], check=True)
