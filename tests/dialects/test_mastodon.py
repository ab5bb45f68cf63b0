"""Mastodon's statuses and frames kept in files, and its HTML as the text that was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.dialects.lines import Lines
from moltwatch.dialects.mastodon import LONGEST_HTML, html_to_text
from moltwatch.model import AgentSeen, Delete, Edit, Post
from moltwatch.times import SECOND, parse_time
from tests.recording.files import read
from tests.sources.mastodon.test_feed import feed, frame, status

AT = parse_time("2023-11-14T22:13:00Z")
BOB = {"acct": "bob@reef.example", "username": "bob", "display_name": "Bob", "note": ""}
ADA = AgentSeen(name="ada", seen_at=AT, display="Ada", bio="I am Ada", source="mastodon")


def later(seconds: int) -> str:
    return f"2023-11-14T22:13:{seconds:02}.000Z"


BOOST = status("9", "", created_at=later(9), reblog=status("1"))
REPLY = status("2", "<p>two</p>", created_at=later(2), in_reply_to_id="1", account=BOB)
DEEPER = status("3", "three &amp; all", created_at=later(3), in_reply_to_id="2")


@pytest.mark.parametrize("indent", [None, 1])
async def test_an_answer_with_statuses(tmp_path: Path, indent: int | None) -> None:
    """The newest first, as timelines are; a comment is in the thread of what its parent answers."""
    path = tmp_path / "timeline.json"
    path.write_text(json.dumps([BOOST, DEEPER, REPLY, status("1", reblog=None)], indent=indent))
    events, rejects = await read(path)
    assert list(rejects) == [("a boost, not a post", 1, "line 1" if indent is None else path.name)]
    posts = [event for event in events if isinstance(event, Post)]
    assert [(post.id, post.thread, post.parent) for post in posts] == [
        ("1", "1", None),
        ("2", "1", "1"),
        ("3", "1", "2"),
    ]
    assert [post.text for post in posts] == ["hello", "two", "three & all"]
    assert [post.author for post in posts] == ["ada", "bob@reef.example", "ada"]
    assert [post.seen_at for post in posts] == [AT, AT + 2 * SECOND, AT + 3 * SECOND]
    assert {post.source for post in posts} == {"mastodon"}
    profiles = [event for event in events if isinstance(event, AgentSeen)]
    assert sorted((agent.name, agent.bio) for agent in profiles) == [
        ("ada", "I am Ada"),
        ("bob@reef.example", None),
    ]


async def test_a_folder_of_pages(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_text("\n".join(map(json.dumps, (REPLY, DEEPER))))
    (tmp_path / "2.json").write_text(json.dumps([status("1")], indent=2))
    events, rejects = await read(tmp_path)
    assert {event.id for event in events if isinstance(event, Post)} == {"1", "2", "3"}
    assert not rejects


async def test_frames_of_the_stream(tmp_path: Path) -> None:
    """An edit counts when it was made, a delete, which says nothing of time, when it stands."""
    path = tmp_path / "stream.jsonl"
    changed = status("1", "<p>changed</p>", edited_at=later(5))
    frames = [
        frame("update", status("1")),
        frame("status.update", changed),
        frame("delete", "1"),
        frame("announcement", {"id": "1"}),
    ]
    path.write_bytes(b"\n".join(frames))
    events, rejects = await read(path)
    assert not rejects
    agent, post, edit, delete = events
    at = AT + 5 * SECOND
    assert agent == ADA
    assert isinstance(post, Post)
    assert edit == Edit(id="1", text="changed", seen_at=at, source="mastodon")
    assert delete == Delete(id="1", seen_at=at, source="mastodon")


@pytest.mark.parametrize("line", [status("7"), json.loads(frame("update", status("7")))])
def test_what_is_piped_in_is_what_the_live_source_gives(line: dict[str, Any]) -> None:
    """Observed now, by the same reader."""
    lines = Lines("standard input", source="tide.example", now=lambda: AT + SECOND)
    piped = lines.read([json.dumps(line).encode()])
    assert piped == feed().receive(frame("update", status("7")), AT + SECOND)


async def test_a_timeline_of_a_real_shape(shared: Path) -> None:
    events, rejects = await read(shared / "cases" / "mastodon-dump" / "mastodon.json")
    posts = [event for event in events if isinstance(event, Post)]
    assert [post.author for post in posts] == ["ada@sea.example", "bob@sea.example"]
    assert posts[0].text == "Low water at six & rising x.example"
    assert [reason for reason, _, _ in rejects] == ["a boost, not a post"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain & simple", "plain & simple"),
        ("<p>one<br>two</p><p>three</p>", "one\ntwo\n\nthree"),
        ("<p>a &lt;b&gt; &amp; c</p>", "a <b> & c"),
        (
            '<a href="https://x.example/long"><span class="invisible">https://</span>'
            '<span class="ellipsis">x.example/l</span><span class="invisible">ong</span></a>',
            "https://x.example/long",
        ),
        ("<p>x</p><script>alert(1)</script>after", "x\n\nafter"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>zero\u200bwidth \u202e</p>", "zero\u200bwidth \u202e"),
        ("<p>never closed <b", "never closed "),
    ],
)
def test_html_becomes_what_was_written(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


@given(st.text(st.sampled_from("<>/!-[]&#;pb a\"'=\n")) | st.text())
def test_any_markup_can_be_read(markup: str) -> None:
    html_to_text(markup)


def test_absurd_markup_stays_as_it_is() -> None:
    absurd = "<!--" * LONGEST_HTML
    assert html_to_text(absurd) is absurd
