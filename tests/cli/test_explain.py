"""Commands that explain: heuristics and completion."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from moltwatch.cli.completion import SHELLS
from moltwatch.config import load
from moltwatch.heuristics.registry import available, build
from tests.cli.running import moltwatch, moltwatch_process


def test_the_list_is_a_line_each_in_a_pipe() -> None:
    rows = [line.split("\t") for line in moltwatch("heuristics").stdout.splitlines()]
    assert {row[0] for row in rows} == set(available())
    assert {len(row) for row in rows} == {4}


@pytest.mark.parametrize("name", sorted(available()))
def test_each_is_explained(name: str) -> None:
    text = moltwatch("heuristics", name).stdout
    assert text.startswith(f"{name}: ")
    assert "Fails when:" in text


def test_a_wrong_name_is_put_right() -> None:
    done = moltwatch("heuristics", "same-txt")
    assert done.returncode == 2
    assert "did you mean 'same-text'?" in done.stderr


def test_nothing_is_put_in_place_of_a_name_like_no_other() -> None:
    done = moltwatch("heuristics", "nope")
    assert done.returncode == 2
    assert "did you mean" not in done.stderr


def test_the_annotated_configuration_is_one_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(moltwatch("heuristics", "--default-config").stdout)
    config = load(file)
    assert set(config.heuristics) == set(available())
    assert [type(made) for made in build(config.heuristics)] == [type(made) for made in build({})]
    # Every default it shows is one that may be set.
    shown = [line.removeprefix("# ") for line in file.read_text().splitlines()]
    file.write_text("\n".join(line for line in shown if " = " in line or line.startswith("[")))
    assert len(build(load(file).heuristics)) == len(build({}))


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_scripts_are_understood_by_their_shell(shell: str, tmp_path: Path) -> None:
    script = moltwatch("completion", shell).stdout
    assert "_MOLTWATCH_COMPLETE" in script
    if (path := shutil.which(shell)) is None:
        pytest.skip(f"no {shell} here")
    file = tmp_path / "script"
    file.write_text(script)
    subprocess.run([path, "-n", file], check=True, timeout=30)


@pytest.mark.parametrize(
    ("words", "completion"),
    [
        ("moltwatch heur", "plain,heuristics"),
        ("moltwatch heuristics same-t", "plain,same-text"),
        ("moltwatch score night --without synch", "plain,synchrony"),
        ("moltwatch flags ws", "plain,ws:"),
        ("moltwatch flags - --kind pers", "plain,persona"),
        ("moltwatch replay nig", "plain,night"),
        ("moltwatch replay night --theme tide", "plain,tidepool"),
        ("moltwatch themes tide", "plain,tidepool"),
        ("moltwatch simulate --session qui", "plain,quiet-day"),
    ],
)
def test_words_are_completed(words: str, completion: str) -> None:
    done = moltwatch_process(
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split()) - 1),
        _MOLTWATCH_COMPLETE="bash_complete",
        PATH=os.environ["PATH"],
    )
    assert completion in done.stdout.splitlines()
