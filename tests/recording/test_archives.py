"""Dumps of a forum, made here and real, become recordings without a loss."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from moltwatch.errors import RecordingError
from moltwatch.model import AgentSeen, Event, Post
from moltwatch.recording.imports import ArchiveReader
from moltwatch.recording.opening import open_recording
from moltwatch.times import parse_time
from tests.recording.files import read


def dump(path: Path, *items: dict[str, Any]) -> Path:
    text = "".join(json.dumps(item) + "\n" for item in items)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def at(second: int) -> str:
    return f"2026-02-01T12:00:{second:02}.5+00:00"


def table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


async def test_a_timeline_with_its_agents(tmp_path: Path) -> None:
    path = dump(
        tmp_path / "timeline.jsonl.gz",
        {"type": "post", "id": "r", "submolt": "general", "author": "nova", "title": "Hi",
         "content": None, "url": "https://example.org", "upvotes": 3, "downvotes": 1,
         "created_at": at(1)},
        {"type": "comment", "id": "c", "post_id": "r", "parent_id": None, "author": "ix",
         "content": "hello", "upvotes": 0, "downvotes": 0, "created_at": at(3)},
        {"type": "comment", "id": "d", "post_id": "r", "parent_id": "c", "author": "nova",
         "content": "", "upvotes": 0, "downvotes": 0, "created_at": at(2)},
        {"type": "comment", "id": "e", "post_id": None, "author": "nova", "created_at": at(3)},
    )  # fmt: skip
    dump(
        tmp_path / "agents.jsonl", {"name": "nova", "description": "I count.", "karma": 7}, {"x": 1}
    )
    events, rejects = await read(path)
    start = parse_time(at(1))
    assert events == [
        AgentSeen(name="nova", seen_at=start, bio="I count.", karma=7, source="moltbook"),
        Post(id="r", thread="r", author="nova", community="general", title="Hi", created_at=start,
             seen_at=start, link="https://example.org", score=2, source="moltbook"),
        Post(id="d", thread="r", parent="c", author="nova", created_at=parse_time(at(2)),
             seen_at=parse_time(at(2)), score=0, source="moltbook"),
        Post(id="c", thread="r", parent="r", author="ix", text="hello",
             created_at=parse_time(at(3)), seen_at=parse_time(at(3)), score=0, source="moltbook"),
    ]  # fmt: skip
    assert sorted(rejects) == [
        ("comment without its post", 1, "line 4"),
        ("no id", 1, "agents.jsonl line 2"),
    ]


async def test_a_folder_of_tables(tmp_path: Path) -> None:
    """The newest first, as a database gives them; bodies with breaks, quotes and other scripts."""
    table(
        tmp_path / "b_posts.csv",
        "id,agent_name,submolt,title,content,url,score,comment_count,created_at",
        f"q,ix,general,Later,,https://forum.example/post/q,0,0,{at(9)}",
        f'p,nova,general,"Say ""hi""","one\n\n二, 三\f4",https://forum.example/post/p,5,1,{at(1)}',
    )
    table(
        tmp_path / "a_comments.csv",
        "id,post_id,post_url,agent_name,parent_id,content,score,created_at",
        f"c,p,https://forum.example/post/p,ix,,hello,0,{at(5)}",
        ",,,,,,,",
    )
    table(
        tmp_path / "agents.csv",
        "name,description,karma,follower_count,following_count,is_claimed,first_seen_at,created_at",
        "nova,I count.,48,8,7,1,2026-02-01T12:00:03,2026-01-29T14:21:09.705204+00:00",
    )
    table(tmp_path / "communities.csv", "name,description,subscriber_count", "general,all,5")
    reader = await open_recording(tmp_path)
    events = [e async for batch in reader.batches() for e in batch]
    assert [type(e).__name__ for e in events] == ["Post", "AgentSeen", "Post", "Post"]
    root, nova, comment, later = events
    assert isinstance(root, Post)
    assert (root.title, root.text, root.url) == (
        'Say "hi"',
        "one\n\n二, 三\f4",
        "https://forum.example/post/p",
    )
    assert isinstance(nova, AgentSeen)
    assert nova.created_at == parse_time("2026-01-29T14:21:09.705204Z")
    assert isinstance(comment, Post)
    assert (comment.thread, comment.parent, comment.author) == ("p", "p", "ix")
    assert isinstance(later, Post)
    assert later.text == ""
    assert list(reader.rejects) == [("no id", 1, "a_comments.csv line 3")]
    assert isinstance(reader, ArchiveReader)
    assert [file.name for file in reader.ignored] == ["communities.csv"]


async def test_one_table_alone(tmp_path: Path) -> None:
    path = table(tmp_path / "x", "id,author,content,created_at", f"p,nova,hello,{at(1)}")
    (post,) = (await read(path))[0]
    assert isinstance(post, Post)
    assert post.text == "hello"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
async def test_a_table_of_other_names_and_marks(tmp_path: Path, mark: str) -> None:
    """``post_id`` is the post's own id where there is no other."""
    path = table(
        tmp_path / "export.csv",
        mark.join(["Post ID", "User", "Body", "Timestamp", "reply_to", "Channel"]),
        mark.join(
            ["1", "nova", "one, two; three" if mark in "\t|" else "one", "1769767200", "", "a"]
        ),
        mark.join(["2", "ix", "two", "1769767201", "1", "a"]),
        mark.join(["3", "nova", "three", "1769767202", "2", "a"]),
    )
    events, rejects = await read(path)
    assert not rejects
    posts = [event for event in events if isinstance(event, Post)]
    assert [(p.id, p.thread, p.parent, p.author, p.community) for p in posts] == [
        ("1", "1", None, "nova", "a"),
        ("2", "1", "1", "ix", "a"),
        ("3", "1", "2", "nova", "a"),
    ]
    assert posts[2].seen_at == 1_769_767_202_000_000


@pytest.mark.parametrize("backwards", [False, True])
async def test_a_chain_of_answers_is_one_thread(tmp_path: Path, backwards: bool) -> None:
    """Where nothing says which thread it is, and whichever comes first in the file."""
    items: list[dict[str, Any]] = [
        {"_id": f"m{n}", "username": "nova", "message": "?", "ts": 1_769_767_200_000 + n,
         "parent_id": f"m{n - 1}" if n else None}
        for n in range(5)
    ]  # fmt: skip
    events, _ = await read(dump(tmp_path / "m.ndjson", *items[:: -1 if backwards else 1]))
    posts = [event for event in events if isinstance(event, Post)]
    assert [(post.thread, post.parent) for post in posts] == [
        ("m0", None), ("m0", "m0"), ("m0", "m1"), ("m0", "m2"), ("m0", "m3"),
    ]  # fmt: skip


async def test_a_document_over_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    item = {"id": "p", "author": {"name": "nova"}, "content": "x", "created_at": at(1)}
    path.write_text(json.dumps({"success": True, "posts": [item, {"id": "q"}]}, indent=2))
    events, rejects = await read(path)
    assert [e.id for e in events if isinstance(e, Post)] == ["p"]
    assert dict(rejects.counts) == {"no time": 1}
    path.write_text(path.read_text()[:-20])
    with pytest.raises(RecordingError, match=r"answer\.json: not JSON"):
        await read(path)


async def test_passes_agree_and_seek(tmp_path: Path) -> None:
    path = dump(
        tmp_path / "a.jsonl",
        *({"id": f"p{n}", "author": "a", "content": "x", "created_at": at(n)} for n in range(9)),
    )
    reader = await open_recording(path)
    first = [e async for batch in reader.batches() for e in batch]
    again = [e async for batch in reader.batches(size=2) for e in batch]
    assert first == again
    span = await reader.span()
    assert span is not None
    assert (span.start, span.end, span.events) == (parse_time(at(0)), parse_time(at(8)), 9)
    late = [e async for batch in reader.batches(parse_time(at(5))) for e in batch]
    assert late == first[5:]


async def test_a_profile_that_repeats_beside_every_post_comes_once(tmp_path: Path) -> None:
    author = {"name": "nova", "description": "I count."}
    items = [
        {"id": f"{n}", "author": author, "content": "x", "created_at": at(n)} for n in range(5)
    ]
    events, _ = await read(dump(tmp_path / "a.jsonl", *items))
    assert Counter(type(e).__name__ for e in events) == {"Post": 5, "AgentSeen": 1}


async def test_a_folder_of_answers(tmp_path: Path) -> None:
    """Page by page, as an API gives them, on one line or several, the newest first."""
    for page, indent in ((1, None), (2, 2)):
        posts = [
            {
                "id": f"p{page}{n}",
                "author": {"name": "nova"},
                "title": "Hi",
                "created_at": at(9 - n),
            }
            for n in range(3)
        ]
        answer = {"success": True, "data": {"posts": posts, "page": page}}
        (tmp_path / f"page{page}.json").write_text(json.dumps(answer, indent=indent))
    dump(tmp_path / "agents.jsonl", {"name": "nova", "description": "I count.", "karma": 7})
    (tmp_path / "notes.txt").write_text("Taken on a Sunday")
    events, rejects = await read(tmp_path)
    assert not rejects
    assert [event.bio for event in events if isinstance(event, AgentSeen)] == ["I count."]
    posts_read = [event for event in events if isinstance(event, Post)]
    assert {post.id for post in posts_read} == {"p10", "p11", "p12", "p20", "p21", "p22"}
    assert in_order(events)
    reader = await open_recording(tmp_path)
    assert isinstance(reader, ArchiveReader)
    assert [path.name for path in reader.ignored] == ["notes.txt"]


async def test_a_folder_of_other_things(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("Dear diary")
    with pytest.raises(RecordingError, match="without a CSV table"):
        await open_recording(tmp_path)


async def test_a_torn_answer_costs_none_of_its_neighbours(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        post = {"id": f"p{number}", "author": "ada", "content": "hi", "created_at": at(number)}
        text = json.dumps({"posts": [post]}, indent=1)
        (tmp_path / f"{number}.json").write_text(text[:-20] if number == 2 else text)
    events, rejects = await read(tmp_path)
    assert [event.id for event in events if isinstance(event, Post)] == ["p1", "p3"]
    assert list(rejects) == [("a file that cannot be read", 1, "2.json")]


async def test_blank_lines_before_a_header(tmp_path: Path) -> None:
    path = table(tmp_path / "posts.csv", "", "id;author;content;date", f"p1;ada;hi;{at(1)}")
    for where in (path, tmp_path):
        events, rejects = await read(where)
        assert [event.id for event in events if isinstance(event, Post)] == ["p1"]
        assert not rejects


# --- real data ------------------------------------------------------------------------------------


def in_order(events: list[Event]) -> bool:
    return all(a.seen_at <= b.seen_at for a, b in pairwise(events))


@pytest.mark.slow
async def test_real_timeline(shared: Path) -> None:
    events, rejects = await read(shared / "data/moltbook-2026-01/timeline.jsonl.gz")
    assert not rejects
    assert Counter(type(e).__name__ for e in events) == {"Post": 117_904, "AgentSeen": 5_240}
    posts = [e for e in events if isinstance(e, Post)]
    assert sum(p.is_root for p in posts) == 12_673
    assert sum(p.link is not None for p in posts) == 67
    assert all((p.parent is None) == p.is_root for p in posts)
    assert all(p.seen_at == p.created_at for p in posts)
    assert in_order(events)


async def test_real_tables(shared: Path) -> None:
    folder = shared / "data/kelkalot"
    events, rejects = await read(folder)
    assert not rejects
    assert in_order(events)
    posts = {e.id: e for e in events if isinstance(e, Post)}
    for name in ("moltbook_posts.csv", "moltbook_comments.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                post = posts.pop(row["id"])
                assert (post.author, post.text) == (row["agent_name"], row["content"])
                assert post.link is None
                assert post.url == row.get("url")
    assert not posts


async def test_real_snapshot(shared: Path) -> None:
    events, rejects = await read(shared / "data/mint-flood/snapshot-2026-02-07.json")
    assert not rejects
    assert len(events) == 500
    assert in_order(events)


@pytest.mark.parametrize(
    ("name", "posts", "agents"),
    [
        ("posts_2026-02-12.json", 20, 20),
        ("get_posts_new.json", None, 0),
        ("get_posts_hot.json", None, 0),
        ("get_post_with_comments.json", 101, 1),
        ("get_agent_profile.json", 20, 1),
    ],
)
async def test_real_answers(shared: Path, name: str, posts: int | None, agents: int) -> None:
    events, rejects = await read(shared / "wire/moltbook" / name)
    assert not rejects
    counts = Counter(type(e).__name__ for e in events)
    assert counts["AgentSeen"] == agents
    assert counts["Post"] == posts if posts is not None else counts["Post"] > 0
    assert all(e.author != "[unknown]" for e in events if isinstance(e, Post))
