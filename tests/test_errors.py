"""What is refused is counted, with a reason and a place."""

from __future__ import annotations

import pytest

from moltwatch.errors import MoltwatchError, Rejects, SourceUnreachable, UsageError


def test_rejects_tell_reason_count_and_first_place() -> None:
    rejects = Rejects()
    assert not rejects
    rejects.add("no author", "line 7")
    rejects.add("no author", "line 9")
    rejects.add("not JSON", "line 8")
    assert rejects.total == 3
    assert list(rejects) == [("no author", 2, "line 7"), ("not JSON", 1, "line 8")]
    assert str(rejects) == (
        "3 rejected: no author (2, first at line 7); not JSON (1, first at line 8)"
    )


def test_rejects_add_up() -> None:
    one, other = Rejects(), Rejects()
    one.add("no id", "line 1")
    other.add("no id", "line 4")
    other.add("no time", "line 5")
    one.update(other)
    assert list(one) == [("no id", 2, "line 1"), ("no time", 1, "line 5")]


def test_reasons_that_quote_the_input_cannot_fill_the_memory() -> None:
    rejects = Rejects()
    for number in range(10_000):
        rejects.add(f"reason {number}")
    assert len(rejects.counts) <= 101
    assert rejects.total == 10_000


@pytest.mark.parametrize(
    ("error", "code"), [(MoltwatchError, 1), (UsageError, 2), (SourceUnreachable, 3)]
)
def test_errors_carry_their_exit_code(error: type[MoltwatchError], code: int) -> None:
    assert error("why").exit_code == code
