"""The configuration file."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from moltwatch.config import Config, Flags, annotated, load, parse
from moltwatch.errors import UsageError
from moltwatch.model import Kind


def test_nothing_configured_is_the_default() -> None:
    assert parse("") == Config()


def test_every_section_is_read() -> None:
    config = parse(
        """
        [flags]
        kinds = ["coordinated"]
        min_score = 0.8
        [screen]
        theme = "midnight"
        [heuristics.same-text]
        enabled = false
        """
    )
    assert config.flags == Flags(kinds=(Kind.COORDINATED,), min_score=0.8)
    assert config.screen.theme == "midnight"
    assert config.heuristics == {"same-text": {"enabled": False}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[flag]", "x.toml: flag: no such section; did you mean 'flags'?"),
        ("[flags]\nmin_scor = 1", "x.toml: flags.min_scor: no such key; did you mean 'min_score'?"),
        ("[flags]\nmin_score = 2", "x.toml: flags.min_score: Expected float <= 1.0"),
        ("[flags]\nkinds = ['spam']", "x.toml: flags.kinds[0]: Invalid enum value 'spam'"),
        ("[flags]\nkinds = []", "x.toml: flags.kinds: Expected array of length >= 1"),
        ("flags = 3", "x.toml: flags: Expected object, got int"),
        ("path = 'x'", "x.toml: path: no such section; there are flags, screen, cache, heuristics"),
        ("heuristics.same-text = 3", "x.toml: heuristics[...]: Expected object, got int"),
        ("[flags", "x.toml: "),
    ],
)
def test_a_mistake_names_the_file_and_the_key(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, "x.toml")
    assert str(caught.value).startswith(message)


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[screen]\nfps = 10\n")
    config = load(file)
    assert (config.screen.fps, config.path) == (10, file)


def test_a_file_that_was_named_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="no such file"):
        load(tmp_path / "config.toml")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load() == Config()


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        load(file)


def test_the_annotated_file_changes_nothing_and_explains_every_key() -> None:
    text = annotated([("same-text", "Says it.", {"window": (1.5, "seconds"), "n": (3, "")})])
    assert parse(text).flags == Config().flags
    uncommented = "\n".join(
        line.removeprefix("# ") for line in text.splitlines() if " = " in line or "[" in line[:1]
    )
    data = tomllib.loads(uncommented)
    assert data["heuristics"] == {"same-text": {"enabled": True, "window": 1.5, "n": 3}}
    assert parse(uncommented).flags == Config().flags
    assert set(data["flags"]) == set(Flags.__struct_fields__)
    assert "# window = 1.5  # seconds\n" in text


def test_the_zone_of_the_screen_is_local_unless_a_file_says_otherwise() -> None:
    assert parse("").screen.zone == "local"
    assert parse('[screen]\nzone = "Europe/Berlin"').screen.zone == "Europe/Berlin"
    assert '# zone = "local"  # time zone of the screen: local, UTC, or a name' in annotated()
