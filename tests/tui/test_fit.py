"""Where there is no room for everything, what matters stays: on the line at the top, in the footer,
in the help."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from moltwatch.sources.base import State, Status
from moltwatch.times import MINUTE, SECOND
from moltwatch.tui.line import Line, truncate, wrap
from moltwatch.tui.screens.help import help_rows
from moltwatch.tui.widgets.footer import Keys
from moltwatch.tui.widgets.pane import PiecesRow
from moltwatch.tui.widgets.rowview import RowView
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Forum, script

POLLING = Status(name="moltbook", state=State.POLLING, until=START + 12 * SECOND)
WELL = Status(name="relay.example", state=State.LIVE)
ILL = Status(name="relay9.example", state=State.RECONNECTING, until=START + 4 * SECOND)
ILL.detail = "connection lost"


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5))), st.integers(0, 60))
def test_what_fits_is_the_highest_ranked_in_order(parts: list[tuple[int, int]], room: int) -> None:
    kept = truncate(parts, room, width=lambda part: part[0], rank=lambda part: part[1])
    assert sum(width for width, _ in kept) <= room
    left = list(parts)
    for part in kept:
        assert part in left
        del left[: left.index(part) + 1]
    dropped = list(parts)
    for part in kept:
        dropped.remove(part)
    if dropped and kept:
        assert max(rank for _, rank in dropped) <= min(rank for _, rank in kept)


@pytest.mark.parametrize("columns", [80, 100, 120])
@pytest.mark.parametrize("stand", [[WELL], [POLLING, WELL], [ILL, WELL]], ids=["one", "two", "ill"])
async def test_the_top_line_tells_what_was_found(columns: int, stand: list[Status]) -> None:
    events, findings = script()
    forum = Forum(events, findings, play=START + 21 * MINUTE, live=True)
    async with watching(forum, size=(columns, 24)) as watcher:
        forum.sources[0].parts = stand
        watcher.main.header.refresh()
        await watcher.frames()
        line = watcher.text.splitlines()[0]
    assert len(line) == columns and line.endswith(("03:10:16 UTC ", "03:10:16 "))
    assert line.endswith("UTC ") or columns == 80 or ILL in stand, (
        "the zone goes before what was found"
    )
    for part in ("/min", "◆10", "❖23", "▲1", *(["╳1"] if columns >= 100 else [])):
        assert part in line
    if columns == 100:
        assert "168 posts" in line, "counts do not go all at once"


async def footers(watcher: Watcher) -> list[str]:
    """The last line with the focus on each of the panes."""
    found = []
    for _ in range(3):
        found.append(" ".join(watcher.text.splitlines()[-1].split()))
        await watcher.press("tab")
        await watcher.wait(60)  # what was said lies over the keys for a while
    return found


@pytest.mark.parametrize("columns", [60, 80, 100, 120])
async def test_the_footer_always_says_how_to_leave(columns: int) -> None:
    events, findings = script(minutes=6)
    forum = Forum(events, findings, play=START + 6 * MINUTE)
    async with watching(forum, size=(columns, 24)) as watcher:
        lines = await footers(watcher)
        await watcher.pilot.resize_terminal(120, 24)
        await watcher.frames()
        wide = watcher.text.splitlines()[-1]
    assert [line.split()[1] for line in lines] == ["open", "unfold", "why"]
    assert all(line.endswith("? help q quit") and "] next case" in line for line in lines)
    assert all("2 groups" in line for line in lines) == (columns >= 100)
    assert "2 groups" in wide, "what was left out comes back"


async def test_the_help_is_whole_at_80_columns() -> None:
    events, findings = script(minutes=5)
    async with watching(Forum(events, findings, play=START + MINUTE), size=(80, 24)) as watcher:
        await watcher.press("question_mark")
        width = watcher.app.screen.query_one(RowView).scrollable_content_region.width
        assert "◆ persona" in watcher.text
    for row in help_rows():
        assert isinstance(row, PiecesRow)
        edge = 1
        assert edge + sum(cell_len(text) for text, _ in row.left) <= width, row.left


async def test_a_click_on_a_key_is_as_good_as_the_key() -> None:
    events, findings = script(minutes=6)
    async with watching(Forum(events, findings, play=START + 6 * MINUTE)) as watcher:
        place = watcher.text.splitlines()[-1].index("groups")
        await watcher.pilot.click(Keys, offset=(place, 0))
        await watcher.frames()
        assert watcher.main.panes.side == "groups"


def test_an_address_is_not_broken_where_it_fits_on_a_line_of_its_own() -> None:
    lines, _ = wrap("a problem, https://reefdrop.example/claim now.", 30, 5)
    assert "https://reefdrop.example/claim" in lines


def test_a_line_is_cut_once() -> None:
    line = Line(12).add("a name that is long").add(" 2×")
    assert line.strip(Style()).text == "a name that…"
    wide = Line(8).add("名前がとても").add(" 2×")
    assert wide.strip(Style()).text == "名前が… "


async def test_a_terminal_too_small_is_told_and_works() -> None:
    events, findings = script(minutes=6)
    async with watching(Forum(events, findings, play=START + 6 * MINUTE)) as watcher:
        await watcher.pilot.resize_terminal(40, 12)
        await watcher.frames()
        assert "40×12 is too small" in watcher.notice
        await watcher.press("left_square_bracket", "question_mark", "escape")
        await watcher.pilot.resize_terminal(120, 40)
        await watcher.frames()
        assert "THREADS" in watcher.text and "WHAT MATTERS" in watcher.text


async def test_a_card_says_what_is_held_against_an_account() -> None:
    events, findings = script()
    async with watching(Forum(events, findings), size=(160, 50)) as watcher:
        await watcher.press("left_square_bracket", "a")
        card = watcher.text.partition("AGENT")[2]
        case = watcher.main.meant.case
        assert case is not None
        assert f"{case.kind.value} {case.score:.2f}" in card
        assert case.latest.reasons[0].reason[:20] in card
