"""Ground truth: formats told by content, roles as the scoring rules have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from moltwatch.errors import UsageError
from moltwatch.evaluation.labels import Truth, read_labels
from moltwatch.times import parse_time

CSV = """author,group,kind,role,confidence,n_items,first_ts,evidence
a,ring,clone_swarm,positive,high,3,2026-01-30T18:49:41.933575+00:00,"said, the same"
b,ring,clone_swarm,positive,medium,3,2026-01-30T18:49:41.933575+00:00,x
c,ring,clone_swarm,positive,low,3,2026-01-30T18:49:41.933575+00:00,x
d,greets,hard_negative,hard_negative,high,3,2026-01-30T18:49:41.933575+00:00,x
e,two,same_operator_pair,pair,high,3,,x
f,flood,single_flood,single_flood,high,3,,x
g,,,unlabelled,,3,,
"""
PERSONA = """{"id": "p1", "type": "post", "author": "a", "bio": "A pirate.", "title": "Ahoy",
"content": "I, a pirate", "in_reply_to": null, "label": 1.0, "kind": "character", "reader_a": 2}
{"id": "p2", "type": "comment", "author": "b", "content": "x", "label": null, "kind": ""}
{"id": "p3", "type": "comment", "author": "b", "content": "x", "label": 0, "kind": null}
""".replace('Ahoy",\n', 'Ahoy", ')
HAZARD = '{"id": "h1", "label": 1, "kind": "injection"}\n{"id": "h2", "label": 0, "kind": ""}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "night.coordination.csv").write_text(CSV)
    (tmp_path / "night.persona.jsonl").write_text(PERSONA)
    (tmp_path / "night.hazards.jsonl").write_text(HAZARD)
    (tmp_path / "night.jsonl").write_text('{"type":"header"}\n')
    (tmp_path / "agents.jsonl").write_text('{"name": "a"}\n')
    (tmp_path / "other.csv").write_text("id,author\n1,a\n")
    return tmp_path


def test_roles_follow_the_scoring_rules(folder: Path) -> None:
    labels = read_labels([folder / "night.coordination.csv"], "")
    truths = {name: labels.truth(name) for name in "abcdefgz"}
    assert truths == {
        "a": Truth.POSITIVE,
        "b": Truth.POSITIVE,
        "c": Truth.IGNORED,
        "d": Truth.LOOK_ALIKE,
        "e": Truth.IGNORED,
        "f": Truth.IGNORED,
        "g": Truth.IGNORED,
        "z": Truth.INNOCENT,
    }
    assert labels.accounts["a"].since == parse_time("2026-01-30T18:49:41.933575Z")
    assert labels.accounts["e"].since is None


def test_author_and_group_are_enough(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text("group,author\nring,a\nring,b\n")
    labels = read_labels([file], "")
    assert [labels.truth(name) for name in "abc"] == [
        Truth.POSITIVE, Truth.POSITIVE, Truth.INNOCENT,
    ]  # fmt: skip


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text('{"id": "p1", "label": 1}\n\n{"id": "p2", "label": "yes"}\n')
    with pytest.raises(UsageError, match=r"own\.jsonl: labels cannot be read \(line 3: Expected"):
        read_labels([file], "")


@pytest.mark.parametrize("where", ["", "night", "night."])
def test_a_folder_or_the_beginning_of_a_name(folder: Path, where: str) -> None:
    labels = read_labels([folder / where], "")
    assert [path.name for path in labels.files] == [
        "night.coordination.csv",
        "night.hazards.jsonl",
        "night.persona.jsonl",
    ]
    assert {id: item.label for id, item in labels.personas.items()} == {
        "p1": 1,
        "p2": None,
        "p3": 0,
    }
    assert set(labels.hazards) == {"h1", "h2"}


@pytest.mark.parametrize("name", ["night.jsonl", "night.molt", "night.jsonl.gz", "night.jsonl.zst"])
def test_labels_beside_the_recording(folder: Path, name: str) -> None:
    assert len(read_labels([], str(folder / name)).files) == 3


def test_hazards_are_told_from_personas_by_their_kinds(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(HAZARD)
    labels = read_labels([file], "")
    assert set(labels.hazards) == {"h1", "h2"}
    assert not labels.personas


@pytest.mark.parametrize("text", ["a,b\n", '{"id": "x"}\n', '{"label": 1}\n', "", "\x00\n"])
def test_a_file_that_is_none_is_a_usage_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"x\.jsonl"):
        read_labels([file], "")


def test_marks_of_other_programs_and_half_rows_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    head, *rows = CSV.splitlines()
    file.write_text("\ufeff" + "\r\n".join([head, "half,ring", ",,,", *rows]), newline="")
    labels = read_labels([file], "")
    assert labels.truth("half") is Truth.IGNORED
    assert labels.truth("a") is Truth.POSITIVE
    assert set(labels.accounts) == {"half", *"abcdefg"}


def test_nothing_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no labels there"):
        read_labels([tmp_path], "")
    with pytest.raises(UsageError, match="no labels there"):
        read_labels([], str(tmp_path / "day[1].molt"))


def test_blinded_labels_have_other_names_and_the_same_truth(folder: Path) -> None:
    labels = read_labels([folder], "").blinded(
        str.upper, lambda text: text.replace("pirate", "_"), lambda id: id.replace("p", "at://p")
    )
    assert labels.truth("A") is Truth.POSITIVE
    assert labels.truth("a") is Truth.INNOCENT
    hidden = labels.personas["at://p1"]
    assert (hidden.id, hidden.author, hidden.content) == ("at://p1", "A", "I, a _")


def test_the_labels_of_the_real_data_are_read_as_they_are(shared: Path) -> None:
    labels = read_labels([shared / "data" / "moltbook-2026-01"], "")
    positive = [name for name in labels.accounts if labels.truth(name) is Truth.POSITIVE]
    assert (len(positive), len(labels.personas)) == (168, 521)
