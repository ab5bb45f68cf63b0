"""What came with moltwatch is found by name, and never hides a file of the user's own."""

from __future__ import annotations

import pwd
from pathlib import Path

import pytest

from moltwatch.analysis import Keeping, answers_folder
from moltwatch.config import Config, load
from moltwatch.paths import (
    bundled_recording,
    bundled_recordings,
    cache_folder,
    config_file,
    shipped,
    state_folder,
)


def test_nobody_needs_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(user: int) -> object:
        raise KeyError(user)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    assert load() == Config()
    Keeping(answers_folder()).discard()
    for folder in (config_file().parent, state_folder(), cache_folder()):
        with pytest.raises(OSError):
            folder.mkdir(parents=True)
    assert list(tmp_path.iterdir()) == []


def test_themes_and_recordings_are_there() -> None:
    assert list(shipped("themes").glob("*.toml"))
    assert list(shipped("recordings").glob("*.jsonl.gz"))


def test_bundled_recordings_have_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert bundled_recording("quiet-day") == shipped("recordings") / "quiet-day.jsonl.gz"
    assert bundled_recordings() == ["first-look", "night", "quiet-day"]
    for name in (
        "",
        "-",
        "nothing",
        "../recordings/night",
        "night.jsonl.gz",
        "ws://night",
        "x" * 300,
        "\0",
    ):
        assert bundled_recording(name) is None
    (tmp_path / "quiet-day").touch()
    assert bundled_recording("quiet-day") is None


def test_folders_are_those_of_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert config_file() == tmp_path / "moltwatch" / "config.toml"
    assert state_folder() == tmp_path / "state" / "moltwatch"
