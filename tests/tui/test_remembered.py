"""What was typed is kept for later runs: bounded, shared, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from moltwatch.tui.remembered import MOST_LINES, MOST_NAMED, Remembered, naming
from moltwatch.tui.state_file import Unusable


def test_lines_and_filters_are_kept_and_bounded(tmp_path: Path) -> None:
    first, second = Remembered(tmp_path), Remembered(tmp_path)
    for i in range(MOST_LINES + 5):
        first.add("search", f"word {i}")
    first.add("search", "word 9")
    second.add("filter", "a")  # another run beside it
    for i in range(MOST_NAMED + 1):
        second.name(f"f{i}", "karma \udce4")
    third = Remembered(tmp_path)
    assert len(third.lines("search")) == MOST_LINES and third.lines("search")[-1] == "word 9"
    assert third.lines("search").count("word 9") == 1 and third.lines("filter") == ["a"]
    assert len(third.filters) == MOST_NAMED and "f0" not in third.filters
    third.name("f5", "")
    assert "f5" not in Remembered(tmp_path).filters
    third.add("search", "x" * 5_000)
    assert third.lines("search")[-1] == "word 9", "too long to be one"


@pytest.mark.parametrize(
    "content", [b"", b"\xff{", b"[]", b'{"version": 1, "lines": 3}', b"[" * 9999]
)
def test_a_damaged_file_is_mended(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "prompts.json").write_bytes(content)
    held = Remembered(tmp_path)
    assert held.lines("search") == [] and held.filters == {}
    held.add("search", "karma")
    assert Remembered(tmp_path).lines("search") == ["karma"]


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_text('{"version": 2}')
    held = Remembered(tmp_path)
    held.add("search", "karma")
    assert held.lines("search") == ["karma"] and path.read_text() == '{"version": 2}'


def test_where_nothing_can_be_written_it_says_so_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    held = Remembered(tmp_path / "file")
    with pytest.raises(Unusable, match=r"is not kept for later: .*prompts\.json"):
        held.add("search", "karma")
    assert held.lines("search") == ["karma"]
    assert Remembered(None).lines("search") == []


def test_naming_is_told_from_a_filter() -> None:
    assert naming("quiet = -author:x") == ("quiet", "-author:x")
    assert naming(" a-b=") == ("a-b", "")
    for text in ("author=x", "persona = 0.7", "is = x", "a b = c", "x == y", "karma", ""):
        assert naming(text) is None
