"""A forum may write what it likes: the grid holds, and nothing it wrote does anything."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from moltwatch.model import AgentSeen, Delete, Edit, Event, FlaggedPost, Kind, Post, Scores
from moltwatch.times import SECOND
from moltwatch.tui.line import Line, safe, safe_line, shorten, web_address, wrap
from tests.evidence import evidence
from tests.tui.driving import watching
from tests.tui.forum import START, Findings, Forum

NASTY = (
    "\x1b[2J\x1b]0;owned\x07 and \x9b31m",
    "[bold red]markup[/] [link=https://x.invalid]click[/link] [@click=app.quit()]go[/]",
    "right\u202eto left\u2066 \u200b\u200d\u2060hidden",
    "👩‍💻👨‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇩🇪 ❤️ 👍🏽 1️⃣",
    "潮" * 300,
    "z" + "\u0301" * 80 + "algo",
    "﷽" * 10,
    "no\tbreak" + "x" * 5_000,
    "\n" * 200 + "deep",
    "\ud800 lone \x00 null",
    "क्षत्रिय ไทยไทย עברית العربية",
    "",
)


def hostile_events() -> tuple[list[Event], Findings]:
    events: list[Event] = []
    findings: Findings = {}
    for i, text in enumerate(NASTY):
        at = START + i * SECOND
        root = Post(
            id=f"r{i}",
            thread=f"r{i}",
            author=text or "x",
            community=text,
            title=text,
            text=text,
            url=text,
            created_at=at,
            seen_at=at,
            source=text,
        )
        answer = Post(
            id=f"c{i}",
            thread="r0",
            parent=f"r{i}",
            author=text or "x",
            text=text,
            created_at=at,
            seen_at=at,
        )
        reason = evidence(heuristic=text, kind=Kind.HAZARD, score=0.9, reason=text, group=text)
        findings[f"c{i}"] = [
            FlaggedPost(
                at=at, kind=Kind.HAZARD, post=answer, scores=Scores(hazard=0.9), flags=(reason,)
            )
        ]
        events += [AgentSeen(name=text or "x", seen_at=at, bio=text, display=text), root, answer]
        events.append(Edit(id=f"r{i}", seen_at=at, text=text * 2))
    events.append(Delete(id="r3", seen_at=START + 60 * SECOND))
    return events, findings


@pytest.mark.parametrize("size", [(80, 24), pytest.param((200, 50), marks=pytest.mark.slow)])
async def test_the_grid_holds_and_nothing_escapes(size: tuple[int, int]) -> None:
    events, findings = hostile_events()
    async with watching(Forum(events, findings), size) as watcher:
        for keys in ((), ("d",), ("d", "2"), ("left_square_bracket",) * 3, ("3", "a")):
            await watcher.press(*keys)
            lines = watcher.text.split("\n")
            assert len(lines) == size[1]
            assert {cell_len(line) for line in lines} == {size[0]}
            assert not re.search(
                "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]",
                watcher.text.replace("\n", ""),
            )
        for thread in watcher.session.threads:
            watcher.main.open_thread(thread)
            await watcher.frames(2)
            assert {cell_len(line) for line in watcher.text.split("\n")} == {size[0]}
        assert watcher.app.is_running


@given(st.text(max_size=200), st.integers(2, 60), st.integers(1, 9))
def test_wrapping_keeps_to_the_width_and_loses_nothing(text: str, width: int, most: int) -> None:
    harmless = safe(text)
    lines, more = wrap(harmless, width, most)
    assert len(lines) <= most
    assert all(cell_len(line) <= width for line in lines)
    kept = "".join("".join(lines).split())
    assert "".join(harmless.split()).startswith(kept)
    if not more:
        assert kept == "".join(harmless.split())


@given(st.text(max_size=200), st.integers(2, 60), st.integers(1, 9))
def test_shortening_says_that_it_did(text: str, width: int, most: int) -> None:
    lines = shorten(safe(text), width, most)
    assert all(cell_len(line) <= width for line in lines)
    assert not wrap(safe(text), width, most)[1] or lines[-1].endswith("…")


@given(st.lists(st.text(max_size=30), max_size=5), st.integers(1, 40))
def test_a_line_is_exactly_as_wide_as_it_should_be(pieces: list[str], width: int) -> None:
    from rich.style import Style

    line = Line(width)
    for piece in pieces:
        line.add(safe_line(piece))
    assert line.strip(Style()).cell_length == width


@given(st.text())
def test_what_is_safe_is_equally_wide_everywhere(text: str) -> None:
    """Letter by letter and as a whole: no sequence on which terminals disagree is left."""
    line = safe_line(text)
    assert cell_len(line) == sum(cell_len(letter) for letter in line)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://user:pass@x.invalid/",
        "https://x.invalid/ --evil",
        "https://x.invalid/\x1b]0;x\x07",
        "https://x.invalid/`id`",
        "https://x.invalid/'$(id)'",
        "http://",
        "http://[::1",
        "https://x.invalid:99999/",
        "https://бад.invalid/",
        "https://x.invalid/" + "a" * 3_000,
        "-https://x.invalid",
    ],
)
def test_hostile_addresses_are_refused(url: str | None) -> None:
    assert web_address(url) is None


@pytest.mark.parametrize("url", ["https://x.invalid/post/1?a=b#c", "http://x.invalid:8080/~me"])
def test_plain_addresses_are_fine(url: str) -> None:
    assert web_address(url) == url
