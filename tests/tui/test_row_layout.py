"""Which row is on which line."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from moltwatch.tui.line import Line, StyleOf
from moltwatch.tui.widgets.rows import AT_ONCE, Look, RowLayout, Target


@dataclass
class Tall:
    """A row whose height is all that matters; it grows where it is narrow."""

    key: Hashable
    tall: int
    stamp: Hashable = 0
    target: Target | None = None

    def height(self, width: int) -> int:
        return self.tall if width >= 40 else 2 * self.tall

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        raise NotImplementedError


HEIGHTS = st.lists(st.integers(1, 9), max_size=40)


@given(HEIGHTS, HEIGHTS, st.sampled_from([20, 80]))
def test_every_line_belongs_to_one_row(first: list[int], more: list[int], width: int) -> None:
    rows = [Tall(i, tall) for i, tall in enumerate([*first, *more])]
    stack = RowLayout()
    stack.resize(80)
    stack.replace(rows[: len(first)])
    stack.extend(rows[len(first) :])
    stack.resize(width)
    lines = [i for i, row in enumerate(rows) for _ in range(row.height(width))]
    assert [stack.at(y) for y in range(stack.height)] == lines
    for i, row in enumerate(rows):
        assert stack.bottom(i) - stack.top(i) == row.height(width)
        assert stack.find(row.key) == i


def test_outside_of_all_rows() -> None:
    stack = RowLayout()
    assert stack.at(0) == -1 and stack.find("a") is None
    stack.replace([Tall("a", 2), Tall("b", 3)])
    assert stack.at(-4) == 0 and stack.at(99) == 1


@given(HEIGHTS, st.lists(st.tuples(st.integers(-3, 60), st.integers(0, 30)), max_size=6))
def test_guessed_heights_are_found_out_wherever_somebody_looks(
    heights: list[int], looks: list[tuple[int, int]]
) -> None:
    rows = [Tall(i, tall) for i, tall in enumerate(heights * (60 // max(1, len(heights)) + 1))]
    stack = RowLayout(lambda row, width: 3)
    stack.resize(80)
    stack.replace(rows)
    assert stack.guessed == (len(rows) if len(rows) > AT_ONCE else 0)
    for first, n in looks:
        stack.find_out(first, first + n)
        for i in range(max(0, first), min(len(rows), first + n)):
            assert stack.bottom(i) - stack.top(i) == rows[i].height(80)
        stack.insert(min(max(0, first), len(rows)), [new := Tall(f"{first} {n}", 5)])
        rows.insert(min(max(0, first), len(rows)), new)
    while stack.guessed:
        stack.find_out(stack.guessed - 7, stack.guessed)
    lines = [i for i, row in enumerate(rows) for _ in range(row.height(80))]
    assert [stack.at(y) for y in range(stack.height)] == lines
