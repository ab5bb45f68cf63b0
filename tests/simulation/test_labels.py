"""Label files: the shapes of the real ones, and nobody in them who is not in the session."""

from __future__ import annotations

import csv
import io
import json
from itertools import pairwise
from pathlib import Path

import pytest

from moltwatch.model import Post
from moltwatch.simulation.labels import COLUMNS, PERSONA_SAMPLE, Role, Truth
from moltwatch.simulation.simulate import SESSIONS, Settings, Simulation
from moltwatch.times import MINUTE, parse_time

POST = Post(id="1", thread="1", author="Bram", title="t", text="a", created_at=5, seen_at=6)


@pytest.fixture(scope="module")
def session() -> tuple[list[Post], Simulation]:
    simulation = Simulation(Settings(agents=120, rate=20, seed=8, hours=1.5))
    return [e for e in simulation.events() if isinstance(e, Post)], simulation


def test_coordination_rows_match_the_posts(session: tuple[list[Post], Simulation]) -> None:
    posts, simulation = session
    rows = list(csv.DictReader(io.StringIO(simulation.truth.coordination_csv())))
    assert tuple(rows[0]) == COLUMNS
    assert {row["role"] for row in rows} == {"positive", "hard_negative", "single_flood"}
    for row in rows:
        own = [post for post in posts if post.author == row["author"]]
        assert len(own) == int(row["n_items"]) > 0
        assert parse_time(row["first_ts"]) == own[0].created_at
        assert row["confidence"] == "high"
    groups = {row["group"] for row in rows if row["role"] == "hard_negative"}
    assert {"hn_greeting", "hn_test_posts", "hn_self_repeat", "hn_quote_op"} <= groups


def test_persona_and_hazard_labels_match_the_posts(
    session: tuple[list[Post], Simulation],
) -> None:
    posts, simulation = session
    known = {post.id: post for post in posts}
    items = [json.loads(line) for line in simulation.truth.persona_jsonl().splitlines()]
    assert len(items) == PERSONA_SAMPLE
    for item in items:
        post = known[item["id"]]
        assert (item["author"], item["content"]) == (post.author, post.text)
        assert (item["type"], item["title"]) == (post.kind, post.title or "")
        assert item["label"] in (0, 1)
        assert bool(item["kind"]) == bool(item["label"])
        if post.parent:
            assert item["in_reply_to"][:40] == known[post.parent].body[:40].replace("\n", " ", 1)
        else:
            assert item["in_reply_to"] is None
    for line in simulation.truth.hazards_jsonl().splitlines():
        assert json.loads(line)["id"] in known


def test_a_hard_negative_is_never_a_member(session: tuple[list[Post], Simulation]) -> None:
    for member in session[1].truth.members.values():
        assert (member.role is Role.HARD_NEGATIVE) == member.group.startswith("hn_")


def test_the_quiet_day_has_look_alikes_and_nothing_else() -> None:
    simulation = Simulation(SESSIONS["quiet-day"].settings)
    for _ in simulation.events():
        pass
    active = [m for m in simulation.truth.members.values() if m.n_items]
    assert {m.role for m in active} == {Role.HARD_NEGATIVE}
    assert {m.group for m in active} >= {"hn_warning", "hn_hot_threads", "hn_default_names"}
    assert not any(item.label for item in simulation.truth.hazards)


def test_no_two_strangers_warn_in_the_same_words_soon_after() -> None:
    session = Simulation(Settings(hours=3, agents=60, rate=20, seed=14, campaigns=()))
    posts = [event for event in session.events() if isinstance(event, Post)]
    members = session.truth.members.items()
    warners = {author for author, member in members if member.group == "hn_warning"}
    said: dict[str, list[int]] = {}
    for post in posts:
        if post.author in warners:
            words = " ".join(word for word in post.text.split() if not word.startswith("tide1demo"))
            said.setdefault(words, []).append(post.created_at)
    gaps = [later - at for times in said.values() for at, later in pairwise(times)]
    assert gaps and min(gaps) >= 40 * MINUTE


def test_names_are_spelled_as_csv_needs() -> None:
    truth = Truth()
    truth.member("Bram", 'a "group", quoted', "ring", Role.POSITIVE, "line\nbreak")
    truth.member("Silent", "g", "ring", Role.POSITIVE, "never posts")
    truth.posted(POST)
    (row,) = csv.DictReader(io.StringIO(truth.coordination_csv()))
    assert (row["group"], row["evidence"]) == ('a "group", quoted', "line\nbreak")
    assert row["first_ts"] == "1970-01-01T00:00:00.000005+00:00"


def test_the_first_word_on_an_account_stands() -> None:
    truth = Truth()
    truth.member("Bram", "one", "ring", Role.POSITIVE, "")
    truth.member("Bram", "two", "ring", Role.POSITIVE, "")
    assert truth.members["Bram"].group == "one"


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.molt"])
def test_label_files_lie_beside_the_recording(tmp_path: Path, name: str) -> None:
    truth = Truth()
    truth.persona(POST, "bio", "brief", None)
    truth.hazard(POST, "mention", label=0)
    written = truth.write_beside(tmp_path / name)
    assert [path.name for path in written] == [
        "a.coordination.csv",
        "a.persona.jsonl",
        "a.hazards.jsonl",
    ]
    assert json.loads(written[1].read_text())["kind"] == "brief"
    assert json.loads(written[2].read_text()) == {"id": "1", "label": 0, "kind": "mention"}


def test_an_endless_session_keeps_no_labels() -> None:
    truth = Truth(keep=False)
    truth.member("Bram", "g", "ring", Role.POSITIVE, "")
    truth.persona(POST, "bio", None, None)
    truth.hazard(POST, "mention", label=0)
    truth.posted(POST)
    assert not truth.members
    assert not truth.personas
    assert not truth.hazards
