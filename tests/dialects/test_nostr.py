"""What Nostr events say, and whether it is their author who says it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from moltwatch.dialects.lines import Lines
from moltwatch.dialects.nostr import (
    Deletion,
    NostrEvent,
    Note,
    Profile,
    Reaction,
    community_address,
    community_of,
    event_id,
    read_event,
    verify,
)
from moltwatch.dialects.registry import events_from
from moltwatch.errors import BadItem, Rejects
from moltwatch.model import AgentSeen, Post, Vote
from moltwatch.times import SECOND
from tests.recording.files import read
from tests.sources.nostr.kit import ADA, BOB, NOW
from tests.strategies import json_values

EVENT = ADA.post("a post \x07 with \u2028 and \U0001f99e")
ROOT = ADA.post("root", community="ai-freedom")
A, B, C = "a" * 64, "b" * 64, "c" * 64


def note(event: NostrEvent) -> Note:
    reading = read_event(event)
    assert isinstance(reading, Note)
    return reading


def test_a_root_on_clawstr() -> None:
    assert note(ROOT) == Note(
        id=ROOT.id,
        author=ADA.key,
        created_at=NOW * SECOND,
        root=ROOT.id,
        parent=None,
        community="ai-freedom",
        title=None,
        text="root",
        link=None,
        url=f"https://clawstr.com/c/ai-freedom/post/{ROOT.id}",
    )


def test_a_reply_on_clawstr_names_only_what_it_answers() -> None:
    reading = note(BOB.reply(ROOT, "reply", community="ai-freedom"))
    assert (reading.root, reading.parent) == (None, ROOT.id)
    assert reading.community == "ai-freedom"


def test_a_comment_on_something_that_is_no_comment() -> None:
    tags = [["A", f"30023:{A}:an-article"], ["e", B], ["k", "30023"]]
    reading = note(BOB.sign(1111, "on an article", *tags))
    assert (reading.root, reading.parent) == (B, B)


def test_a_comment_that_names_its_root() -> None:
    tags = [["E", A], ["K", "1"], ["e", B], ["k", "1111"]]
    assert (note(BOB.sign(1111, "", *tags)).root, note(BOB.sign(1111, "", *tags)).parent) == (A, B)


@pytest.mark.parametrize(
    ("tags", "root", "parent"),
    [
        ([], None, None),
        ([["e", A]], A, A),
        ([["e", A], ["e", B]], A, B),
        ([["e", A], ["e", C], ["e", B]], A, B),
        ([["e", A, "", "root"]], A, A),
        ([["e", B, "", "reply"], ["e", A, "", "root"]], A, B),
        ([["e", A, "", "root"], ["e", B, "", "reply"], ["e", C, "", "mention"]], A, B),
        ([["e", C, "", "mention"]], None, None),
        ([["e", B, "", "reply"]], B, B),
        ([["e"], [], ["e", "no id"], ["e", A.upper()]], None, None),
    ],
)
def test_where_a_note_stands(tags: list[list[str]], root: str | None, parent: str | None) -> None:
    event = BOB.note("note", *tags)
    reading = note(event)
    assert (reading.root, reading.parent) == (root or event.id, parent)


def test_a_note_on_the_whole() -> None:
    reading = note(BOB.note("text", ["t", "agents"], ["t", "ai"], ["subject", "a title"]))
    assert (reading.community, reading.title, reading.text) == ("agents", "a title", "text")
    assert reading.url == f"https://njump.me/{reading.id}"


def test_a_comment_on_a_web_page_shares_it() -> None:
    reading = note(BOB.sign(1111, "look", ["I", "https://forum.example/page"], ["K", "web"]))
    assert reading.link == "https://forum.example/page"
    assert reading.community is None


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=30).filter(lambda name: name.strip("/")))
def test_communities_of_any_name(name: str) -> None:
    name = name.strip("/")
    event = structs.replace(ROOT, tags=[["I", community_address(name)]])
    assert community_of(event) == name
    assert note(event).url.isascii()


def test_a_profile() -> None:
    event = ADA.profile(name="otter", display_name="Otter", about="an agent", bot=True)
    assert read_event(event) == Profile(
        id=event.id,
        author=ADA.key,
        created_at=NOW * SECOND,
        display="Otter",
        bio="an agent",
    )


def test_a_profile_without_a_display_name() -> None:
    reading = read_event(ADA.profile(name="otter", display_name=""))
    assert isinstance(reading, Profile)
    assert (reading.display, reading.bio) == ("otter", None)


@pytest.mark.parametrize("content", ["", "hello", "[]", "null", "{" * 9999, '{"name":"\\ud800"}'])
def test_a_profile_that_is_none(content: str) -> None:
    with pytest.raises(BadItem, match="profile"):
        read_event(ADA.sign(0, content))


@pytest.mark.parametrize(
    ("content", "sign"), [("+", 1), ("", 1), ("-", -1), ("\U0001f99e", 0), (":shell:", 0)]
)
def test_votes(content: str, sign: int) -> None:
    reading = read_event(BOB.vote(ROOT, content))
    assert isinstance(reading, Reaction)
    assert (reading.post, reading.sign, reading.author) == (ROOT.id, sign, BOB.key)


def test_a_vote_on_nothing() -> None:
    with pytest.raises(BadItem, match="nothing"):
        read_event(BOB.sign(7, "+"))


def test_a_deletion() -> None:
    event = BOB.sign(5, "sorry", ["e", A], ["e", "?"], ["e", B], ["k", "1111"])
    reading = read_event(event)
    assert isinstance(reading, Deletion)
    assert reading.posts == (A, B)


def test_absurd_times() -> None:
    with pytest.raises(BadItem, match="time"):
        read_event(structs.replace(ROOT, created_at=2**52))


TAGS = st.lists(
    st.lists(st.sampled_from(["e", "E", "I", "k", "t", "root", A, B, "", "\x00", "x"]), max_size=5),
    max_size=6,
)


@settings(max_examples=200)
@given(st.sampled_from([0, 1, 5, 7, 1111, 9]), TAGS, st.text(max_size=30))
def test_nothing_raises_anything_else(kind: int, tags: list[list[str]], content: str) -> None:
    event = structs.replace(ROOT, kind=kind, tags=tags, content=content)
    try:
        reading = read_event(event)
    except BadItem:
        return
    assert reading.id == ROOT.id
    if isinstance(reading, Note):
        assert reading.root is not None or reading.parent is not None
        assert (reading.parent is None) == (reading.root == reading.id)
    json.dumps(structs.asdict(reading))


def foreign(content: str, tags: list[list[str]]) -> NostrEvent:
    """An event as the Rust implementation makes it."""
    from nostr_sdk import EventBuilder, Keys, Kind, Tag

    event = (
        EventBuilder(Kind(1111), content)
        .tags([Tag.parse(tag) for tag in tags])
        .finalize(Keys.generate())
    )
    return NostrEvent(**json.loads(event.as_json()))


@settings(max_examples=30, deadline=None)
@given(
    st.text(max_size=200),
    st.lists(st.lists(st.text(max_size=20), min_size=1, max_size=4), max_size=4),
)
def test_what_another_implementation_signed_is_valid(content: str, tags: list[list[str]]) -> None:
    tags = [tag for tag in tags if tag[0]]
    verify(foreign(content, tags))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"content": "something else"}, "tampered"),
        ({"content": "half a pair \ud800"}, "tampered"),
        ({"created_at": NOW + 1}, "tampered"),
        ({"tags": []}, "tampered"),
        ({"pubkey": BOB.key}, "tampered"),
        ({"kind": 1}, "tampered"),
        ({"sig": "00" * 64}, "signature"),
        ({"sig": BOB.post("x").sig}, "signature"),
        ({"sig": "zz" * 64}, "hexadecimal"),
        ({"sig": ""}, "hexadecimal"),
        ({"id": EVENT.id.upper()}, "hexadecimal"),
        ({"pubkey": ""}, "hexadecimal"),
    ],
)
def test_nobody_is_believed(change: dict[str, object], reason: str) -> None:
    verify(EVENT)
    with pytest.raises(BadItem, match=reason):
        verify(structs.replace(EVENT, **change))


def test_a_new_id_does_not_mend_a_signature() -> None:
    changed = structs.replace(EVENT, content="something else")
    with pytest.raises(BadItem, match="signature"):
        verify(structs.replace(changed, id=event_id(changed)))


def test_a_key_that_is_no_point_of_the_curve() -> None:
    changed = structs.replace(EVENT, pubkey="ff" * 32)
    with pytest.raises(BadItem, match="signature"):
        verify(structs.replace(changed, id=event_id(changed)))


def kept(event: NostrEvent) -> dict[str, Any]:
    return structs.asdict(event)


@pytest.mark.parametrize("framing", ["lines", "array", "document"])
async def test_events_in_a_file(tmp_path: Path, framing: str) -> None:
    """The newest first, as relays give them; a reply to a reply is in the thread of its root."""
    reply = BOB.reply(ROOT, "reply", at=1)
    deeper = ADA.reply(reply, "deeper", at=2)
    profile = ADA.profile(name="Ada", about="I count.", at=-1)
    forged = structs.replace(BOB.post("forged", at=3), content="something else")
    shares = [
        *(forged, BOB.vote(deeper, at=4), BOB.vote(deeper, "🦞", at=4), deeper, reply, ROOT),
        *(profile, BOB.sign(5, "", ["e", ROOT.id]), BOB.sign(6, "")),
    ]
    path = tmp_path / "events.json"
    items = list(map(kept, shares))
    path.write_text(
        "\n".join(map(json.dumps, items))
        if framing == "lines"
        else json.dumps(items, indent=None if framing == "array" else 1)
    )
    events, rejects = await read(path)
    agent, *posts, vote = events
    assert agent == AgentSeen(
        name=ADA.key, seen_at=(NOW - 1) * SECOND, display="Ada", bio="I count.", source="nostr"
    )
    assert [(post.id, post.thread, post.parent) for post in posts if isinstance(post, Post)] == [
        (ROOT.id, ROOT.id, None),
        (reply.id, ROOT.id, ROOT.id),
        (deeper.id, ROOT.id, reply.id),
    ]
    assert [post.seen_at - NOW * SECOND for post in posts] == [0, SECOND, 2 * SECOND]
    assert vote == Vote(id=deeper.id, seen_at=(NOW + 4) * SECOND, delta=1, source="nostr")
    assert {reason: count for reason, count, _ in rejects} == {
        "an event that was tampered with": 1,
        "a deletion, perhaps by a stranger": 1,
        "a kind of event nobody asked for": 1,
    }


def test_what_is_piped_in_is_observed_now() -> None:
    now = (NOW + 60) * SECOND
    lines = Lines("standard input", source="relay.example", now=lambda: now)
    (post,) = lines.read([json.dumps(kept(ROOT)).encode()])
    assert post == note(ROOT).post(ROOT.id, now, "relay.example")


@given(json_values, st.sampled_from(["created_at", "tags", "kind", "content", "id", "sig"]))
def test_an_event_with_anything_in_it_is_read_or_refused(value: object, key: str) -> None:
    rejects = Rejects()
    events = events_from(kept(ROOT) | {key: value}, rejects, source=None)
    assert len(events) + rejects.total == 1
    assert not events or value == kept(ROOT)[key]


async def test_what_real_relays_sent(tmp_path: Path, shared: Path) -> None:
    """The same posts as the frames of the recorded connections hold."""
    frames = [
        json.loads(line[3:])
        for path in sorted((shared / "wire" / "nostr").glob("frames_*.txt"))
        for line in path.read_text().splitlines()
        if line.startswith('<< ["EVENT"')
    ]
    stored = {event["id"]: event for _, _, event, *_ in frames}
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, stored.values())))
    events, _ = await read(path)
    notes = {id for id, event in stored.items() if event["kind"] in (1, 1111)}
    posts = {event.id for event in events if isinstance(event, Post)}
    assert notes
    assert posts == notes


@pytest.mark.parametrize("wrong", [{"kind": "\ud800"}, {"tags": ["\ud800"]}, {"created_at": None}])
def test_a_kept_event_of_the_wrong_shape_is_refused(wrong: dict[str, object]) -> None:
    rejects = Rejects()
    kept = {**msgspec.to_builtins(EVENT), **wrong}
    assert events_from(kept, rejects, source=None, where="line 1") == []
    assert list(rejects) == [("an event of the wrong shape", 1, "line 1")]
