"""Themes: shipped ones are whole, the user's own go before them, errors name file and key."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from textual.color import Color

from moltwatch.cli.themes import command
from moltwatch.errors import UsageError
from moltwatch.paths import shipped
from moltwatch.tui import themes
from moltwatch.tui.app import MoltwatchApp
from tests.tui.driving import watching
from tests.tui.forum import Forum, script

SHIPPED = sorted(shipped("themes").glob("*.toml"))


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder of themes."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "moltwatch" / "themes"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_themes_can_be_read(path: Path) -> None:
    theme = themes.load(path)
    assert theme.file.description
    file = theme.file
    if file.ansi:
        return
    # Text that cannot be told from its ground is no text (WCAG asks 4.5 for body text; what is
    # meant to recede may have less).
    ground = Color.parse(file.colors.background)
    assert _contrast(Color.parse(file.colors.foreground), ground) >= 7
    for color in (*file.moltwatch.voices, file.moltwatch.persona, file.moltwatch.coordinated):
        assert _contrast(Color.parse(color), ground) >= 4.5
    assert _contrast(Color.parse(file.moltwatch.dim), ground) >= 4
    assert _contrast(Color.parse(file.moltwatch.faint), ground) >= 2.5


def _contrast(one: Color, other: Color) -> float:
    """Ratio of WCAG 2."""

    def luminance(color: Color) -> float:
        parts = [c / 255 for c in (color.r, color.g, color.b)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_there_are_a_dark_a_light_and_a_sixteen_colour_one() -> None:
    files = [theme.file for theme in themes.load_all().values()]
    assert {file.dark for file in files} == {True, False}
    assert sum(file.ansi for file in files) == 1
    assert themes.DEFAULT in themes.load_all() and themes.SIXTEEN in themes.load_all()


def _variant(own: Path, name: str, old: str, new: str) -> Path:
    path = own / f"{name}.toml"
    text = (shipped("themes") / "tidepool.toml").read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('accent = "#ff7f5c"', 'accent = "corral"', "colors.accent: no such color 'corral'"),
        ('persona = "#c39bff"', "", "`persona`"),
        ('persona = "#c39bff"', "persona = 7", "$.moltwatch.persona"),
        ('hazard = "#ff5d6c"', 'hasard = "#ff5d6c"', "hasard"),
        ("[colors]", "[colors", "line"),
        ('rail = "#223442"', 'rail = "#223442"\ncursor-style = "wobble"', "wobble"),
    ],
)
def test_errors_name_file_and_key(own: Path, old: str, new: str, complaint: str) -> None:
    path = _variant(own, "mine", old, new)
    with pytest.raises(UsageError) as caught:
        themes.load(path)
    assert str(path) in str(caught.value) and complaint in str(caught.value)


def test_a_file_that_is_no_text_is_an_error(own: Path) -> None:
    (own / "mine.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        themes.load(own / "mine.toml")


async def test_ones_own_theme_goes_before_and_a_broken_one_costs_itself(own: Path) -> None:
    _variant(own, "tidepool", 'background = "#0a1118"', 'background = "#123456"')
    _variant(own, "broken", 'accent = "#ff7f5c"', 'accent = "corral"')
    events, findings = script(minutes=3)
    async with watching(Forum(events, findings)) as watcher:
        assert watcher.main.styles.background == Color.parse("#123456")
        assert "corral" in watcher.notice


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "tidepool"),
        ({"TERM": "xterm"}, "terminal"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "terminal"),
    ],
)
def test_few_colours_get_the_terminals_own(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str], expected: str
) -> None:
    for name in ("TERM", "COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    events, _ = script(minutes=3)
    assert MoltwatchApp(Forum(events).open).theme == expected


def test_an_unknown_theme_is_said_not_fatal() -> None:
    events, _ = script(minutes=3)
    app = MoltwatchApp(Forum(events).open, theme="no-such")
    assert app.theme in (themes.DEFAULT, themes.SIXTEEN)


def test_what_can_be_chosen_is_what_the_command_lists() -> None:
    events, _ = script(minutes=3)
    for wanted in (None, "daylight", "nord"):
        app = MoltwatchApp(Forum(events).open, theme=wanted)
        assert app.available_themes.keys() == themes.load_all().keys()


def test_the_command_lists_and_prints() -> None:
    listed = CliRunner().invoke(command)
    assert listed.exit_code == 0
    assert [line.split("\t")[0] for line in listed.output.splitlines()] == [
        path.stem for path in SHIPPED
    ]
    printed = CliRunner().invoke(command, ["tidepool"])
    assert printed.output == (shipped("themes") / "tidepool.toml").read_text("utf-8")
    unknown = CliRunner().invoke(command, ["no-such"])
    assert isinstance(unknown.exception, UsageError)


def test_a_theme_printed_into_ones_own_folder_is_printed_in_silence(own: Path) -> None:
    (own / "mine.toml").touch()  # as the shell does for `moltwatch themes tidepool > mine.toml`
    printed = CliRunner().invoke(command, ["tidepool"])
    assert printed.exit_code == 0
    assert printed.stderr == ""
    assert "mine.toml" in CliRunner().invoke(command).stderr
