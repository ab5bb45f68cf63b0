"""``moltwatch score`` on a session with labels beside it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import SWARM, lines, moltwatch, session
from tests.recording.files import assert_ended

HEAD = "author,group,kind,role,confidence,n_items,first_ts,evidence\n"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("score")
    (folder / "tide.coordination.csv").write_text(
        HEAD
        + "".join(f"{name},tide,clone_swarm,positive,high,1,,x\n" for name in SWARM)
        + "Crab1,greets,hard_negative,hard_negative,high,1,,x\n"
    )
    (folder / "tide.persona.jsonl").write_text(
        '{"id": "talk1", "label": 0, "kind": ""}\n'
        '{"id": "beyond", "label": 0, "kind": "", "content": "Thanks!", "author": "Crab1"}\n'
        '{"id": "lost", "label": 0, "kind": ""}\n'
    )
    path = folder / "tide.jsonl"
    path.write_text(lines(session()))
    return path


def measured(*arguments: str | Path) -> Any:
    done = moltwatch("score", *arguments, "--json")
    assert done.returncode == 0
    return json.loads(done.stdout)


def test_everything_is_measured(recording: Path) -> None:
    report = measured(recording)
    assert (report["posts"], report["accounts"]) == (26, 26)
    found = report["coordinated"]
    assert (found["accounts"]["hits"], found["accounts"]["false"]) == (len(SWARM), 0)
    assert (found["groups_found"], found["groups_formed"]) == (1, 1)
    assert found["look_alikes"] == 1
    persona = report["persona"]
    assert (persona["recorded"]["n"], persona["alone"]["n"], persona["skipped"]) == (1, 1, 1)
    assert "same-text" in report["by_heuristic"]["coordinated"]


def test_hidden_names(recording: Path) -> None:
    report = measured(recording, "--blind")
    assert report["blind"]
    assert report["coordinated"]["accounts"]["hits"] == len(SWARM)
    assert report["coordinated"]["absent"] == 0
    assert not any(name in json.dumps(report) for name in SWARM)


def test_families_alone_and_left_out(recording: Path) -> None:
    alone = measured(recording, "--only", "text")
    assert alone["coordinated"]["accounts"]["hits"] == len(SWARM)
    assert "same-text" in alone["heuristics"]
    without = measured(recording, "--only", "text", "--without", "same-text")
    assert "same-text" not in without["heuristics"]


def test_tables(recording: Path) -> None:
    done = moltwatch("score", recording, recording.parent)
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["by", "account", "1.000", "1.000", "1.000", "6", "0", "0"] in rows


@pytest.mark.parametrize("columns", ["80", "120"])
def test_tables_fit_the_terminal(recording: Path, columns: str) -> None:
    done = moltwatch("score", recording, "--ablation", COLUMNS=columns)
    shown = done.stdout.splitlines()
    assert max(map(len, shown[1:])) <= int(columns)  # the first names the recording
    assert [line for line in shown if line != line.rstrip()] == []
    titles = [
        "Coordinated  ",
        "True groups",
        "Calibration",
        "families",
        "only text",
        "without text",
    ]
    assert [title for title in titles if not any(line.startswith(title) for line in shown)] == []


def test_ablation(recording: Path) -> None:
    report = measured(recording, "--ablation", "--only", "coordinated")
    cuts = {cut["choice"]["name"]: cut for cut in report["ablation"]["coordinated"]}
    assert cuts["all"]["coordinated"] == report["coordinated"]
    assert cuts["only text"]["coordinated"]["accounts"]["hits"] == len(SWARM)
    alone = measured(recording, "--without", "text", "--only", "coordinated")
    assert cuts["without text"]["coordinated"] == alone["coordinated"]
    assert measured(recording)["ablation"] is None


def test_an_empty_recording_and_labels_of_others(recording: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text('{"type":"header","version":1}\n')
    report = measured(empty, f"{recording.with_suffix('')}.")
    assert (report["posts"], report["coordinated"]["absent"]) == (0, len(SWARM))
    assert report["alerts"][0]["per_hour"] is None
    shown = moltwatch("score", empty, f"{recording.with_suffix('')}.").stdout
    assert f"{len(SWARM)} labelled accounts never posted here" in shown
    assert "not in the recording, left out" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{file}", "--only", "text", "--without", "coordinated"), "no heuristic is left"),
        (("-",), "name LABELS"),
        (("-", "{folder}", "--blind"), "it needs a file"),
        (("sim:", "{folder}"), "moltwatch record sim: -o FILE"),
        (("{file}", "--only", "txt"), "did you mean 'text'?"),
        (("{file}", "{file}"), "not a file of labels"),
        (("{file}", "{folder}/none"), "no labels there"),
    ],
)
def test_wrong_usage(recording: Path, arguments: tuple[str, ...], message: str) -> None:
    filled = (text.format(file=recording, folder=recording.parent) for text in arguments)
    done = moltwatch("score", *filled)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_missing_recording_is_said_as_everywhere(tmp_path: Path) -> None:
    done = moltwatch("score", tmp_path / "none.molt")
    assert (done.returncode, done.stdout) == (3, "")
    assert "no such recording" in done.stderr


def test_nothing_is_left_open_when_the_configuration_is_wrong(
    recording: Path, tmp_path: Path
) -> None:
    kept, wrong = tmp_path / "kept.molt", tmp_path / "wrong.toml"
    assert moltwatch("record", recording, "-o", kept).returncode == 0
    labels = recording.with_name(f"{recording.stem}.")
    wrong.write_text("[heuristics.same-text]\nwindw = 3\n")
    before = threading.enumerate()
    done = moltwatch("score", kept, str(labels), "--config", wrong)
    assert done.returncode == 2
    assert "windw" in done.stderr
    assert_ended(before)
