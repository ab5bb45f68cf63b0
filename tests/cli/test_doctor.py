"""``moltwatch doctor``: what a report of a bug needs, and no secret in it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from moltwatch import __version__
from moltwatch.sources.registry import KINDS
from tests.cli.running import moltwatch

SECRET = "not-a-real-key-4711"


def test_all_is_well_and_no_key_is_told(tmp_path: Path) -> None:
    names = {name for kind in KINDS for name in re.findall(r"[A-Z]+(?:_[A-Z]+)+", kind.key)}
    names |= {"MOLTWATCH_SERVE_TOKEN"}
    done = moltwatch(
        "doctor", "sim:?agents=20&rate=600&speed=50&seed=1",
        XDG_CONFIG_HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path), TERM="xterm-256color",
        **dict.fromkeys(names, SECRET),
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr, lines[-1]) == (0, "", "nothing is wrong")
    assert lines[0] == f"moltwatch: {__version__}" and lines[1].startswith("python: 3.")
    assert re.search(r"^packages: .*textual \d", done.stdout, re.MULTILINE)
    assert "its settings: TERM=xterm-256color" in done.stdout
    assert f"configuration: {tmp_path}" in done.stdout and "none: defaults" in done.stdout
    for name in names:
        assert f"{name}: set, in {name}" in lines
    assert SECRET not in done.stdout
    assert any(line.startswith("sim:?agents=20") and "first event" in line for line in lines)


def test_each_trouble_comes_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "moltwatch").mkdir()
    (tmp_path / "moltwatch" / "config.toml").write_text("[flags]\nmin_scor = 0.4\n")
    (tmp_path / "file").write_text("")
    done = moltwatch(
        "doctor", f"ws://eve:{SECRET}@127.0.0.1:9/?token={SECRET}",
        XDG_CONFIG_HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path / "file" / "state"),
        MOLTBOOK_API_KEY_FILE=str(tmp_path / "gone"), MOLTBOOK_API_HOST="forum.example",
    )  # fmt: skip
    wrong = [line for line in done.stdout.splitlines() if line.startswith("  wrong: ")]
    assert done.returncode == 1 and done.stdout.endswith(f"\nwrong: {len(wrong)}\n")
    configuration, state, key, source = wrong
    assert "config.toml" in configuration and "min_score" in configuration
    assert f"{tmp_path / 'file'} cannot be written to" in state
    assert "MOLTBOOK_API_KEY_FILE" in key and "No such file" in key
    assert "MOLTBOOK_API_HOST: forum.example" in done.stdout
    assert source and "connection refused" in done.stdout and SECRET not in done.stdout


def test_the_home_folder_is_not_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    variables = {name: "" for name in os.environ if name.startswith("XDG_")}
    done = moltwatch("doctor", HOME=str(tmp_path), **variables)
    assert str(tmp_path) not in done.stdout and "state folder: ~" in done.stdout
