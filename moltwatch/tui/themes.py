"""Themes: a TOML file of colours each, shipped or the user's own.

Of textual, reading needs only the names of colours, so that ``moltwatch themes`` stays quick;
:func:`to_textual` makes of a theme what the screen takes. A file looks like this::

    description = "a line about it"
    dark = true

    [colors]            # any CSS colour, or ansi_blue and the like with ansi = true
    background = "#0b1016"
    …                   # see COLORS; the rest of the file has defaults

    [moltwatch]
    persona = "#c39bff"
    voices = ["#…", …]  # six
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from moltwatch.errors import UsageError
from moltwatch.paths import config_file, shipped

if TYPE_CHECKING:
    from textual import theme as textual

DEFAULT = "tidepool"
LIGHT = "daylight"
"""Where the terminal is light and no theme was chosen."""
SIXTEEN = "terminal"
"""For terminals with 16 colours or none."""


TextStyle = Literal["none", "bold", "dim", "italic", "reverse", "underline"]


class Colors(Struct, frozen=True, forbid_unknown_fields=True):
    """What textual's own widgets use too."""

    background: str
    surface: str
    panel: str
    foreground: str
    primary: str
    accent: str
    secondary: str | None = None
    success: str | None = None
    warning: str | None = None
    error: str | None = None


class Styles(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What moltwatch draws with."""

    strong: str
    dim: str
    faint: str
    rail: str
    fresh: str
    cursor: str
    cursor_blurred: str
    persona: str
    coordinated: str
    hazard: str
    voices: tuple[str, str, str, str, str, str]
    cursor_style: TextStyle = "none"
    """Text style of the row under the cursor, ``reverse`` where colours will not do."""
    faint_style: TextStyle = "none"


class ThemeFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A theme as it stands in its file."""

    colors: Colors
    moltwatch: Styles
    description: str = ""
    dark: bool = True
    ansi: bool = False
    """Uses the terminal's own 16 colours."""


class Theme(Struct, frozen=True):
    """A theme, and where it is from."""

    name: str
    """The file's name without its suffix."""
    path: Path
    file: ThemeFile


def user_folder() -> Path:
    """Where the user's own themes lie, beside ``config.toml``."""
    return config_file().parent / "themes"


def load(path: Path) -> Theme:
    """Read one theme. Raises UsageError that names the file and the key."""
    try:
        file = msgspec.convert(tomllib.loads(path.read_text("utf-8")), ThemeFile)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"theme {path}: cannot be read ({error})") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"theme {path}: {error}") from None
    _check_colors(path, file)
    return Theme(path.stem, path, file)


def load_all(complaints: list[str] | None = None) -> dict[str, Theme]:
    """All themes by name, the user's own over the shipped. A broken file costs only itself: what
    is wrong with it is appended to ``complaints``."""
    themes: dict[str, Theme] = {}
    for folder in (shipped("themes"), user_folder()):
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            try:
                themes[path.stem] = load(path)
            except UsageError as error:
                if complaints is not None:
                    complaints.append(str(error))
    return themes


def find(name: str) -> Theme:
    """The theme of that name. Raises UsageError that names those there are."""
    themes = load_all()
    if name not in themes:
        raise UsageError(f"no theme is called {name!r}; there are {', '.join(themes)}")
    return themes[name]


def _check_colors(path: Path, file: ThemeFile) -> None:
    from textual.color import Color, ColorParseError

    for table, struct in (("colors", file.colors), ("moltwatch", file.moltwatch)):
        for key, value in msgspec.to_builtins(struct).items():
            if key.endswith("-style"):
                continue
            for color in value if isinstance(value, list | tuple) else [value]:
                if color is None:
                    continue
                try:
                    Color.parse(color)
                except ColorParseError:
                    raise UsageError(
                        f"theme {path}: {table}.{key}: no such color {color!r}"
                    ) from None


def variables(styles: Styles) -> dict[str, str]:
    """The theme's styles as CSS variables."""
    values = msgspec.to_builtins(styles)
    voices = values.pop("voices")
    named = {f"style-{key}": value for key, value in values.items()}
    return named | {f"style-voice-{i}": color for i, color in enumerate(voices)}


def to_textual(theme: Theme) -> textual.Theme:
    """What the screen takes."""
    from textual.theme import BUILTIN_THEMES
    from textual.theme import Theme as TextualTheme

    file, colors = theme.file, theme.file.colors
    sixteen = BUILTIN_THEMES["ansi-dark" if file.dark else "ansi-light"].variables
    return TextualTheme(
        name=theme.name,
        **msgspec.structs.asdict(colors),
        dark=file.dark,
        ansi=file.ansi,
        variables=(sixteen if file.ansi else {})
        | variables(file.moltwatch)
        | {"border": colors.primary},
    )
